"""The sweep that looks only where something is new: it finds what a sweep of everything would find."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_cli import dump
from test_ingest_workers import PEOPLE, TALK

from pipeline.cli import _find, _looking, _settle, _sweep
from pipeline.cli._gate import SEARCHED
from pipeline.cli._indexed import Indexed
from pipeline.cli._search import written
from pipeline.cli.ingest import ingest_files
from pipeline.cli.names import list_words
from pipeline.errors import StudyError
from pipeline.pseudonymise.leads import leads
from pipeline.pseudonymise.nearby import Nearby
from pipeline.pseudonymise.spread import spread, wordings
from pipeline.records import Identifier
from pipeline.risk import Sought, Sweep, Vocabulary
from pipeline.study import Study, register

SURFACES = [
    ("Sarah Thompson", "PERSON"),
    ("O'Brien", "PERSON"),
    ("Anne-Marie", "PERSON"),
    ("José Silva", "PERSON"),
    ("St Wendreda's", "ORGANISATION"),
    ("Quenby Hall Trust", "ORGANISATION"),
    ("07700 900318", "PHONE"),
    ("sarah.jones@example.org", "EMAIL"),
    ("22nd of May", "DATE"),
    ("14 Harrow Lane", "ADDRESS"),
]
SPOKEN = {
    "07700 900318": [
        "oh double seven oh oh nine hundred three one eight",
        "0770 0900 318",
        "+44 7700 900318",
    ],
    "sarah.jones@example.org": ["sarah dot jones at example dot org", "Sarah Jones, example org"],
    "22nd of May": ["twenty second of may", "May the twenty-two", "22 May", "the twenty-second may"],
    "14 Harrow Lane": ["fourteen harrow lane", "14, Harrow Lane", "harrow lane"],
}


def slipped(word: str, place: int, letter: str, kind: int) -> str:
    """A word with one letter changed, left out or put in."""
    place %= len(word)
    return (
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
    )[kind]


@given(
    st.sampled_from(SURFACES),
    st.integers(0, 30),
    st.sampled_from("aeént'"),
    st.integers(0, 2),
    st.sampled_from(["as it is", "capitals", "possessive", "slip", "spoken"]),
    st.integers(0, 3),
)
def test_the_index_leads_to_all_that_a_sweep_finds(
    known: tuple[str, str], place: int, letter: str, kind: int, how: str, number: int
) -> None:
    surface, label = known
    forms = SPOKEN.get(surface, [surface])
    said = {
        "as it is": surface,
        "capitals": surface.upper(),
        "possessive": surface + "'s",
        "slip": slipped(surface, place, letter, kind),
        "spoken": forms[number % len(forms)],
    }[how]
    text = f"So they asked about {said} for a while, you know."
    one = Sought(surface, label)
    # As the index has them: small letters, no accents, parted by whatever is no letter or digit.
    words = {word.replace("é", "e") for word in re.findall(r"[^\W_]+", text.lower())}
    leads = Vocabulary(sorted(words)).leads(one)
    found = any(all(words & set(group) for group in groups) for groups in leads)
    assert found or not Sweep([one]).hits([text])
    if how == "as it is":
        assert found


NEW = [
    *("Sarah Harding", "Lewis Knowles", "Tom Parkin", "Grace Anne-Marie", "Venkataraman", "Rosie O'Dowd"),
    *("Adele Blackburn", "Keelan Willis", "Mary Bateson", "Zoë Márquez", "Jo-Ann Barnes", "Ed Woodward"),
]
SAID = {
    "as it is": lambda name, at: name,
    "a slip": lambda name, at: slipped(name, at, "aelns"[at % 5], at % 3),
    "a hyphen put in": lambda name, at: f"{name[: 1 + at % len(name)]}-{name[1 + at % len(name) :]}",
    "a letter become a hyphen": lambda name, at: slipped(name, 1 + at, "-'"[at % 2], 0),
    "its hyphen a letter late": lambda name, at: re.sub(r"(['-])(\w)", r"\2\1", name),
    "letter by letter": lambda name, at: ", ".join(name.upper()),
    "its beginning": lambda name, at: name[: 3 + at % 8],
    "a family": lambda name, at: f"the {name}s",
    "a pet form": lambda name, at: f"{name[: 3 + at % 5].rstrip('s')}s is here",
}


@pytest.mark.parametrize("name", NEW)
def test_the_index_leads_to_wherever_a_new_name_is_found(name: str) -> None:
    known = wordings({name: "PERSON"})
    seen = 0
    for word, say, at, lower in product(name.split(), SAID.values(), range(31), (False, True)):
        text = f"Yesterday evening {say(word, at)}, they thought"
        text = text.lower() if lower else text
        if spread([text], [()], known)[0]:
            words = _indexed(text)
            assert any(f" {_indexed(one)} " in f" {words} " for one in leads(known, {*words.split()})), text
            seen += 1
    assert seen > 30


def _indexed(words: str) -> str:
    """Words as SQLite's index has them."""
    plain = unicodedata.normalize("NFD", words.lower())
    return " ".join(
        re.findall(r"[^\W_]+", "".join(each for each in plain if not unicodedata.combining(each)))
    )


def test_a_word_that_begins_a_new_name_does_not_lead_to_all_talk_that_says_it() -> None:
    known = wordings({"Lewis Harding": "PERSON", "Rosie O'Dowd": "PERSON"})
    found = leads(known, ["hard", "so", "go", "hardng", "harding", "down", "rosie"])
    assert not found & {"hard", "so", "go", "down"}
    assert found >= {"harding", "hardng", "lewis", "rosie", "dowd"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Adele Blackburn", "I asked Black-Burn and it was fine."),
        ("Adele Willis", "Wills is here every week and it helps."),
        ("Keelan Tindall", "Keels is at the door, as always."),
        ("Adele Parkin", "I went there and the Parkins were at the door."),
        ("Adele Pask", "It is spelt P, A, S, K on the door."),
        ("Zoë Márquez", "Marqez came too, as always."),
    ],
)
def test_a_name_that_comes_later_is_masked_as_one_that_comes_at_once(
    name: str, said: str, new_study: Path, tmp_path: Path, blank_nlp: Any
) -> None:
    files = []
    for at, talk in enumerate([said, "It was fine.", "It was good.", f"My name is {name}, I work there."], 1):
        files.append(tmp_path / f"S{at}PW{at}.txt")
        files[-1].write_text(f"I: How was it for you then?\nP: {talk}\n", encoding="utf-8")
    ingest_files(new_study, list(map(str, files[:-1])), nlp=blank_nlp)
    ingest_files(new_study, [str(files[-1])], nlp=blank_nlp)
    with Study.open(new_study).store() as store:
        [_, turn] = store.turns("S1PW1")
    assert "[" in turn.text


@pytest.mark.parametrize(
    ("said", "later"),
    [
        (["Then hope rusnak came and it was fine."], ["My name is Tom Rusnak.", "My name is Hope Rusnak."]),
        (["[dawn rusnak laughs] and so on."], ["My name is Tom Rusnak.", "My name is Dawn Rusnak."]),
        (
            ["[Harriton Park Surgery closed] and so it was."],
            ["My name is Sarah Harriton.", "I work at the Harriton Park Surgery."],
        ),
        (
            ["I was in Mead House then. We liked Mead House.", "We had mead and more mead.", "Mead said so."],
            ["My name is Ida Mead."],
        ),
        (
            ["it was on the 3rd of may and it was fine and so on", "[the hardings laugh] it was fine"],
            ["My name is Dawn Harding."],
        ),
        (["Großkopp and so on, it was fine."], ["My name is Anna Großkopp, I work there."]),
        (["[Griﬃn laughs] and so on."], ["My name is Ida Griffin, I work there."]),
        (["[the Pérezes laugh] and so on."], ["My name is Ida Pérez, I work there."]),
        (["[the Trườngs laugh] and so on."], ["My name is Li Trường, I work there."]),
        (["[김민수 laughs] and so on."], ["My name is 김민수, I work there."]),
        (["Ma\u0301rquez and so on."], ["My name is Zoë Márquez, I work there."]),
        (
            ["So Mrs Harding came. We asked the quenby and Harding lot, you know."],
            ["I work for Quenby and Harding Partnership now."],
        ),
        (
            ["Dr Keelan Rusnak and Mrs Harding came. We saw the rusnak and harding partnership."],
            ["I work for the Rusnak and Harding Partnership now."],
        ),
        (
            ["So I saw Mrs Duffy B, A, R, N, E, S is how it goes."],
            ["Dr Keelan Barnes came and said so."],
        ),
        (["So I asked tom constable too."], ["I met Tom Webb.", "My name is Tom Constable."]),
        (
            ["Dr Rusnak came.", "He lives at 14 Bakery Lane now.", "We saw the rusnak bakery and so on."],
            ["I work for Rusnak Bakery now."],
        ),
        (["Mead's house closed then."], ["I live in Mead House now."]),
    ],
)
def test_what_comes_one_by_one_reads_as_what_comes_at_once(
    said: list[str], later: list[str], new_study: Path, tmp_path: Path, blank_nlp: Any
) -> None:
    talks = [said, ["It was fine."], ["It was good."], ["We were well."], *([one] for one in later)]
    files = []
    for at, turns in enumerate(talks, 1):
        files.append(tmp_path / f"S{at}PW{at}.txt")
        lines = "".join(f"I: How was it for you then?\nP: {turn}\n" for turn in turns)
        files[-1].write_text(lines, encoding="utf-8")
    together = tmp_path / "together"
    shutil.copytree(new_study, together)
    ingest_files(together, list(map(str, files)), nlp=blank_nlp)
    ingest_files(new_study, list(map(str, files[:4])), nlp=blank_nlp)
    for file in files[4:]:
        ingest_files(new_study, [str(file)], nlp=blank_nlp)
    read = []
    for study in (new_study, together):
        with Study.open(study).store() as store:
            read.append([re.sub(r"\d+", "1", turn.text) for turn in store.turns("S1PW1")])
    assert read[0] == read[1]
    assert read[0][1::2] != said


def test_a_misspelt_name_in_captions_is_masked_also_beside_a_pseudonym(
    new_study: Path, tmp_path: Path, blank_nlp: Any
) -> None:
    talks = {
        "S1PW1": ["my name is tom rusnak and it was fine", "[the suanders thing] it was fine and so on"],
        "S2PW2": ["My name is Sarah Saunders."],
    }
    for name, turns in talks.items():
        file = tmp_path / f"{name}.txt"
        file.write_text("".join(f"I: how was it for you then\nP: {turn}\n" for turn in turns), "utf-8")
        ingest_files(new_study, [str(file)], nlp=blank_nlp)
    with Study.open(new_study).store() as store:
        said = " ".join(turn.text for turn in store.turns("S1PW1"))
    assert "[Person" in said
    assert "suanders" not in said


def keep(study: Path, label: str) -> None:
    """Have the study leave what has this label as it stands."""
    settings = study / "study.toml"
    text = settings.read_text(encoding="utf-8")
    assert f'{label} = "bracket"' in text
    settings.write_text(text.replace(f'{label} = "bracket"', f'{label} = "keep"'), encoding="utf-8")


def one_by_one(study: Path, talks: Iterable[str], nlp: Any) -> None:
    """Ingest interviews S1PW1, S2PW2 ... of one answer each, one after the other."""
    for at, talk in enumerate(talks, 1):
        file = study.parent / f"S{at}PW{at}.txt"
        file.write_text(f"I: How was it for you then?\nP: {talk}\n", encoding="utf-8")
        ingest_files(study, [str(file)], nlp=nlp)


def test_a_place_that_the_study_keeps_stays_though_somebody_elsewhere_is_called_so(
    new_study: Path, blank_nlp: Any
) -> None:
    keep(new_study, "LOCATION")
    talks = ["Dr Keelan Woodward came and said so.", "I live in Woodward and I like it."]
    one_by_one(new_study, talks, blank_nlp)
    with Study.open(new_study).store() as store:
        assert "Woodward" not in store.turns("S1PW1")[1].text
        assert store.turns("S2PW2")[1].text == "I live in Woodward and I like it."


def test_a_kept_place_made_of_two_names_that_overlap_ends_no_ingest(new_study: Path, blank_nlp: Any) -> None:
    keep(new_study, "ORGANISATION")
    talks = ["I live in Keelan Woodward Park now.", "My name is Keelan Woodward.", "I met Mr Woodward Park."]
    one_by_one(new_study, talks, blank_nlp)
    with Study.open(new_study).store() as store:
        assert store.is_swept()
        assert "Woodward" not in store.turns("S2PW2")[1].text
        assert "Woodward" not in store.turns("S3PW3")[1].text


@pytest.mark.parametrize("wording", ["nan", "Matron"])
def test_a_title_that_people_list_is_masked_wherever_it_stands(
    wording: str, new_study: Path, blank_nlp: Any
) -> None:
    talks = [f"{wording.title()} was there.", f"So I asked {wording} about it.", f"{wording} said."]
    one_by_one(new_study, talks, blank_nlp)
    list_words(new_study, [wording], always=True)
    with Study.open(new_study).store() as store:
        said = [store.turns(f"S{at}PW{at}")[1].text for at in (1, 2, 3)]
    assert not [text for text in said if wording.lower() in text.lower()]


def taking_for_a_place(wording: str) -> type[_find.Finder]:
    """A finder that takes some words for a place, as a model does at times."""

    class Guessing(_find.Finder):
        def find(self, texts: Sequence[str], labels: Sequence[str] = ()) -> list[Any]:
            found = super().find(texts, labels)
            return [self._with_place(text, one) for text, one in zip(texts, found, strict=True)]

        def _with_place(self, text: str, one: Any) -> Any:
            at = text.find(wording)
            place = Identifier(at, at + len(wording), "LOCATION", ("guessed",))
            return replace(one, identifiers=(place,)) if at >= 0 else one

    return Guessing


def test_letters_of_a_name_are_masked_where_the_middle_was_taken_for_something_else(
    new_study: Path, blank_nlp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_find, "Finder", taking_for_a_place("U, S"))
    talks = ["It is spelt R, U, S, N, A, K and so on.", "My name is Tom Rusnak."]
    one_by_one(new_study, talks[:1], blank_nlp)
    with Study.open(new_study).store() as store:
        assert store.turns("S1PW1")[1].text == "It is spelt R, [Place 1], N, A, K and so on."
    one_by_one(new_study, talks, blank_nlp)
    with Study.open(new_study).store() as store:
        assert "N, A, K" not in store.turns("S1PW1")[1].text


def test_a_slip_of_a_slip_is_masked_in_the_same_run(new_study: Path, tmp_path: Path, blank_nlp: Any) -> None:
    names = ("Shevchenka", "Shevchanka", "Shavchanka")
    talks = [*(f"[{one} laughs] and so it was." for one in names), "My name is Ida Shevchenko."]
    for at, talk in enumerate(talks, 1):
        file = tmp_path / f"S{at}PW{at}.txt"
        file.write_text(f"I: How was it for you then?\nP: {talk}\n", encoding="utf-8")
    ingest_files(new_study, [str(tmp_path / "S*.txt")], nlp=blank_nlp)
    with Study.open(new_study).store() as store:
        said = " ".join(turn.text for at in (1, 2, 3) for turn in store.turns(f"S{at}PW{at}"))
    assert not [one for one in names if one in said]


PERSONS = [
    "Sarah Thompson",
    "Trevor Baker",
    "Anne-Marie O'Brien",
    "Katherine Jones",
    "Lynda",
    "Den",
    "Jo Webb",
]


@given(
    st.lists(
        st.tuples(st.sampled_from(PERSONS), st.integers(0, 1), st.integers(0, 8)), min_size=1, max_size=6
    ),
    st.integers(0, 30),
    st.sampled_from("aeént'"),
    st.booleans(),
)
def test_names_that_could_not_stand_in_a_talk_are_found_nowhere_in_it(
    said: list[tuple[str, int, int]], place: int, letter: str, lower: bool
) -> None:
    forms = []
    for name, part, how in said:
        word = name.split()[min(part, name.count(" "))]
        swapped = word[: place % len(word)] + word[place % len(word) :][1::-1] + word[place % len(word) + 2 :]
        forms.append(
            (
                word, word + "'s", f"the {word}s", f"the {word}es", word[:4] + "s is",
                ", ".join(word.upper()), slipped(word, place, letter, place % 3), swapped, name.upper(),
            )[how]
        )  # fmt: skip
    texts = [f"Well, {one} said it was fine, Ella, you know." for one in forms]
    texts = [text.lower() for text in texts] if lower else texts
    nearby = Nearby(texts)
    known = dict.fromkeys(PERSONS, "PERSON") | {"Quenby Hall Trust": "ORGANISATION", "1Ella": "USERNAME"}
    some = {surface: label for surface, label in known.items() if nearby.could_stand(surface)}
    nothing: list[Any] = [()] * len(texts)
    assert spread(texts, nothing, some) == spread(texts, nothing, known)
    every = [Sought(surface, label) for surface, label in known.items()]
    kept = [one for one in every if nearby.could_stand(one.surface)]
    assert Sweep(kept).hits(texts, lower=lower) == Sweep(every).hits(texts, lower=lower)


class Both(_looking.Looking):
    """Looks where something is new, and sees that a look everywhere finds the same."""

    looks: ClassVar[list[tuple[str, bool]]] = []

    def where_new(self, index: Indexed | None = None) -> list[Any]:
        found = super().where_new(index)
        new = self._store.unswept()
        Both.looks += [(one.transcript_id, one.transcript_id in new) for one in found]
        assert told(found) == told(self.everywhere())
        return found

    def since(self, before: _looking.Looking, found: Iterable[Any]) -> list[Any]:
        found = super().since(before, found)
        Both.looks += [(one.transcript_id, False) for one in found]
        assert told(found) == told(self.everywhere())
        return found


def told(some: list[Any]) -> list[Any]:
    return sorted((one.transcript_id, one.index, one.identifiers) for one in some)


@pytest.fixture
def grown(tmp_path: Path) -> list[Path]:
    """Interviews; early ones say in passing what only later ones introduce."""
    folder = tmp_path / "grown"
    folder.mkdir()
    out = []
    for number, name in enumerate(PEOPLE * 2):
        first, last = name.split()
        later = PEOPLE[(number + 3) % len(PEOPLE)].split()[1]
        text = TALK.format(first=first, last=last, number=number)
        text += f"I: Who else?\nP: We did ask {later} too, and {later[:-1]}x said no.\n"
        out.append(folder / f"S{number % 3 + 1}PW{number + 1}.txt")
        out[-1].write_text(text, encoding="utf-8")
    return out


def test_looking_where_something_is_new_finds_what_a_look_everywhere_finds(
    new_study: Path, grown: list[Path], blank_nlp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sweep, "Looking", Both)
    monkeypatch.setattr(_settle, "older", lambda *_: [])  # so that the sweep meets new names in old talk
    Both.looks = []
    for file in grown:
        ingest_files(new_study, [str(file)], nlp=blank_nlp)
    assert any(not new for _, new in Both.looks), "nothing was left in old talk"
    text = str(dump(new_study)["turns"])
    assert not [name for name in PEOPLE if name.split()[1] in text]


@pytest.fixture
def settled(new_study: Path, grown: list[Path], blank_nlp: Any) -> Study:
    """The same interviews, taken in at once."""
    ingest_files(new_study, [str(file) for file in grown], nlp=blank_nlp)
    return Study.open(new_study)


def test_a_second_look_finds_what_a_look_everywhere_finds(settled: Study) -> None:
    with settled.store() as store:
        kept = register.load(settled.vault)
        before = _looking.Looking(settled, store, kept)
        texts = {name: store.turns(name) for name in ("S1PW1", "S2PW2")}
        first, second = (next(iter(kept.entities[0]["where"])), "Zebedee Quill")
        for name, said in (("S1PW1", first), ("S2PW2", f"Zebedee Quilk and {second}")):
            last = texts[name][-1]
            store.db.execute(
                "UPDATE turns SET text = text || ? WHERE transcript_id = ? AND turn_index = ?",
                (f" We met {said}.", name, last.index),
            )
        kept.entities.append({**kept.entities[0], "id": "PER999", "where": {second: ["S1PW1"]}})
        found = Both(settled, store, kept).since(before, ())  # which sees that everywhere the same is found
    assert {one.transcript_id for one in found} == {"S1PW1", "S2PW2"}


def test_what_masking_leaves_as_it_was_is_noticed(settled: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    with settled.store() as store:
        kept = register.load(settled.vault)
        surface = next(iter(kept.entities[0]["where"]))
        store.db.execute("UPDATE turns SET text = text || ? WHERE turn_index = 1", (f" We met {surface}.",))
        monkeypatch.setattr(_settle, "mask", lambda *_: [])
        with pytest.raises(StudyError, match="known names are left"):
            _sweep.sweep(settled, store, kept, again=True)
        assert not store.is_swept()


def test_a_slip_in_talk_without_capitals_is_found_beside_talk_with_capitals(
    new_study: Path, blank_nlp: Any, tmp_path: Path
) -> None:
    named = "Interviewer: How are you?\nPatient: My name is Sarah Saunders. The Clinic was Fine.\n"
    plain = "interviewer: how was it\npatient: i saw it was like the suanders thing and it was fine.\n"
    files = [tmp_path / f"S1P{number}.txt" for number in range(1, 7)]
    for file, text in zip(
        files, [named] * 4 + [named.replace("Sarah Saunders", "Tom Webb"), plain], strict=True
    ):
        file.write_text(text, encoding="utf-8")
    ingest_files(new_study, [str(file) for file in files[:4]], nlp=blank_nlp)
    ingest_files(new_study, [str(file) for file in files[4:]], nlp=blank_nlp)
    assert "suanders" not in str(dump(new_study)["turns"])


def test_a_study_grown_one_by_one_is_swept_as_a_whole(
    new_study: Path, grown: list[Path], blank_nlp: Any
) -> None:
    for file in grown:
        ingest_files(new_study, [str(file)], nlp=blank_nlp)
    study = Study.open(new_study)
    with study.store() as store:
        assert store.is_swept()
        assert not store.unswept()
        look = _looking.Looking(study, store, register.load(study.vault))
        assert look.everywhere() == []
        noted = json.loads(store.note(SEARCHED))
        counted = look.whole.coverage
        assert noted["anywhere"] + noted["capitalised"] == counted.anywhere + counted.capitalised
        assert noted["left_out"] == counted.left_out


def test_where_talk_no_longer_uses_a_word_everything_is_swept(settled: Study) -> None:
    with settled.store() as store:
        kept = register.load(settled.vault)
        assert "fine" in written(store)
        assert _looking.Looking(settled, store, kept).suffices()
        store.db.execute(
            "UPDATE turns SET text = replace(text, 'fine', 'well') "
            "WHERE transcript_id <> (SELECT min(transcript_id) FROM turns)"
        )
        store.set_swept()
        assert not _looking.Looking(settled, store, kept).suffices()
        assert "fine" not in written(store)


def test_a_change_of_the_text_behind_the_tools_back_closes_the_gate(tiny_study: Path) -> None:
    with Study.open(tiny_study).store() as store:
        before = store.state()
        assert store.is_swept()
        store.db.execute("UPDATE turns SET text = text || ' Sarah.' WHERE transcript_id = 'S1PW1'")
        assert not store.is_swept()
        assert store.state() != before
        assert store.unswept() == {"S1PW1"}
        store.db.execute(
            "UPDATE turns SET text = substr(text, 1, length(text) - 7) WHERE transcript_id = 'S1PW1'"
        )
        assert store.state() == before
        assert store.is_swept()

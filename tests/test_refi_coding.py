"""Coding from other programs laid on the study's utterances: by words, through replaced names, by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import report
from pipeline.exchange.align import Piece, align, raw_pieces, transcript_words, words
from pipeline.exchange.coding import human_codes
from pipeline.exchange.compose import MODEL, SUGGESTED, Line, Talk, compose, laid_out, user_guid
from pipeline.exchange.highlights import highlight_codes, is_highlights, read_highlights
from pipeline.exchange.laying import SAME, lay, which
from pipeline.exchange.project import Coding, Document, Passage, Project, ProjectCode, User, guid
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.refi_write import write_project
from pipeline.exchange.schemes import code_guid, codebook_of, project_codes, read_scheme
from pipeline.records import NONE, Code, Codebook, CodedRow, Given, Suggestion

BOOK = Codebook(
    "b",
    "B",
    "",
    (
        Code("context", "Context"),
        Code("context.culture", "Culture", was=("climate",)),
        Code("context.leadership", "Leadership"),
        Code("facilitation", "Facilitation"),
        Code("facilitation.role", "Role of the facilitator"),
    ),
)
LEAVES = [code.id for code in BOOK.leaves()]
RAW = [
    ("I", "How did the ward take to you?"),
    ("P", "The ward sister, Sarah Thompson, was welcoming from the first day. They knew what I was for."),
    ("I", "And supervision?"),
    ("P", "Every other week with the group. I would bring whatever worried me. Sarah came once."),
]
MASKED = {"Sarah Thompson": "[Person 1]", "Sarah": "[Person 1]"}


def study(raw: bool = False) -> dict[str, list[Piece]]:
    """The interview's sentences as utterances, pseudonymised, or as they stood before (names unknown)."""
    pieces: list[Piece] = []
    for turn, (_, talk) in enumerate(RAW, start=1):
        for number, sentence in enumerate(talk.replace("?", "?|").replace(". ", ".|").split("|"), start=1):
            sentence = sentence.strip()
            if sentence:
                pieces += masked(f"S1.t{turn:04}.u{number:02}", sentence, raw)
    return {"S1": pieces}


def masked(name: str, sentence: str, raw: bool) -> list[Piece]:
    surface = next((each for each in MASKED if each in sentence), "")
    if not surface:
        return [Piece(name, sentence)]
    at, new = sentence.index(surface), MASKED[surface]
    text = sentence.replace(surface, new)
    moves = [(at, at + len(surface), at, at + len(new))]
    return raw_pieces(name, text, 0, moves) if raw else [Piece(name, text)]


PAGE = "\r\n".join(f"{who}:\t{talk}" for who, talk in RAW).replace("\r\n", "\n")


def utterances(page: str, quotation: str, *, raw: bool) -> list[str]:
    start = page.index(quotation)
    laid = align(words(page), transcript_words(study(raw)["S1"]))
    return laid.utterances(start, start + len(quotation))


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(
    ("quotation", "wanted"),
    [
        ("They knew what I was for.", ["S1.t0002.u02"]),
        ("The ward sister, Sarah Thompson, was welcoming from the first day", ["S1.t0002.u01"]),
        ("I would bring whatever worried me. Sarah came once", ["S1.t0004.u02", "S1.t0004.u03"]),
        ("And supervision?\nP:\tEvery other week with the group.", ["S1.t0003.u01", "S1.t0004.u01"]),
        ("for the first", []),
    ],
)
def test_passages_of_the_raw_page_find_their_utterances(quotation: str, wanted: list[str], raw: bool) -> None:
    if wanted:
        assert utterances(PAGE, quotation, raw=raw) == wanted
    else:
        laid = align(words(PAGE), transcript_words(study(raw)["S1"]))
        assert laid.utterances(len(PAGE), len(PAGE) + 10) == wanted


def test_a_passage_of_nothing_but_a_name_is_found_through_the_offset_map_only() -> None:
    assert utterances(PAGE, "Sarah Thompson", raw=True) == ["S1.t0002.u01"]
    assert utterances(PAGE, "Sarah Thompson", raw=False) == []


def test_the_share_tells_a_raw_text_from_the_study_s_own() -> None:
    page = words(PAGE)
    assert align(page, transcript_words(study(raw=True)["S1"])).share == 1.0
    assert align(page, transcript_words(study()["S1"])).share < SAME
    own = words("\n".join(piece.text for piece in study()["S1"]))
    assert align(own, transcript_words(study()["S1"])).share == 1.0


def test_an_utterance_that_is_only_brushed_is_not_coded() -> None:
    talk = transcript_words(
        [Piece("u1", "we had three managers in a year"), Piece("u2", "and nobody to cover me")]
    )
    text = "we had three managers in a year and nobody to cover me"
    laid = align(words(text), talk)
    assert laid.utterances(0, text.index("nobody")) == ["u1"]
    assert laid.utterances(0, text.index(" cover")) == ["u1", "u2"]
    assert laid.utterances(text.index("nobody"), text.index(" to")) == ["u2"]


WORD = st.sampled_from(
    [
        "the",
        "ward",
        "was",
        "kind",
        "and",
        "we",
        "were",
        "few",
        "but",
        "nobody",
        "left",
        "so",
        "it",
        "went",
        "on",
    ]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(WORD, min_size=2, max_size=12), min_size=1, max_size=25), st.data())
def test_every_utterance_of_a_page_with_labels_and_times_is_found(
    talk: list[list[str]], data: st.DataObject
) -> None:
    pieces = [Piece(f"u{number}", " ".join(said)) for number, said in enumerate(talk)]
    page, places = "", []
    for piece in pieces:
        page += data.draw(st.sampled_from(["", "P: ", "\r\n00:01:02,000 --> 00:01:04,500\r\nP: "]))
        places.append((len(page), len(page) + len(piece.text)))
        page += piece.text + data.draw(st.sampled_from(["\n", ". ", "\r\n\r\n"]))
    laid = align(words(page), transcript_words(pieces))
    assert laid.share == 1.0
    assert [laid.utterances(*place) for place in places] == [[piece.utterance_id] for piece in pieces]


def test_documents_are_known_by_their_words_whatever_they_are_called() -> None:
    talks = study() | {
        "S2": [Piece("S2.t0001.u01", "They are fifty miles apart, the hospital and her house.")]
    }
    documents = [
        Document("a", "New document 7", PAGE),
        Document("b", "S1", "Fifty miles. They are fifty miles apart, the hospital and her house."),
        Document("c", "S2.docx", "Unlike."),
        Document("d", "letter", "Dear all, nothing of this was said in any of the interviews."),
        Document("e", "tape4", "Mm."),
    ]
    assert which(documents, talks, {"tape4": "S2"}) == {"a": "S1", "b": "S2", "c": "S2", "e": "S2"}


CODES = project_codes(BOOK)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (("Context", "Culture"), "context.culture"),
        (("PARIHS 2012", "Context", "Culture"), "context.culture"),
        (("Context::Culture",), "context.culture"),
        (("context.culture",), "context.culture"),
        (("climate",), "context.culture"),
        (("Themes", "role of the FACILITATOR"), "facilitation.role"),
        (("Nothing applies",), NONE),
        (("Context",), ""),
        (("Weather",), ""),
    ],
)
def test_codes_are_known_by_path_or_name(path: tuple[str, ...], wanted: str) -> None:
    chain = [ProjectCode(f"g{n}", name, f"g{n - 1}" if n else "") for n, name in enumerate(path)]
    scheme = read_scheme(chain, BOOK)
    assert scheme.ids.get(chain[-1].guid, "") == wanted
    assert (chain[-1].guid in {**scheme.unknown, **scheme.above}) == (not wanted)


def test_a_codebook_of_another_program_becomes_a_codebook() -> None:
    flat = [
        ProjectCode(str(n), name) for n, name in enumerate(["Barriers", "Barriers.Cost", "Enablers.Family"])
    ]
    book = codebook_of(flat, "tags", "Taguette 1.5.2")
    assert [code.id for code in book.codes] == ["barriers", "barriers.cost", "enablers", "enablers.family"]
    nested = [ProjectCode("1", "Código: uno"), ProjectCode("2", "Ünit", "1"), ProjectCode("3", "ünit", "1")]
    ids = [code.id for code in codebook_of(nested, "x").codes]
    assert ids == ["codigo_uno", "codigo_uno.unit", "codigo_uno.unit_2"]


def test_a_code_that_is_given_and_has_codes_below_it_gets_one_for_the_rest() -> None:
    """NVivo and ATLAS.ti let people code at any level; here only a code without codes below is given."""
    codes = [ProjectCode("1", "Context"), ProjectCode("2", "Culture", "1"), ProjectCode("3", "Role")]
    plain = codebook_of(codes, "x")
    assert [code.id for code in plain.leaves()] == ["context.culture", "role"]
    assert read_scheme(codes, plain).above == {"1": "Context"}
    book = codebook_of(codes, "x", used={"1", "3", "gone"})
    assert [code.id for code in book.leaves()] == ["context.culture", "role", "context.general"]
    scheme = read_scheme(codes, book)
    assert (scheme.ids["1"], scheme.above, scheme.unknown) == ("context.general", {}, {})
    rows, problems = read(coded(passage("Sarah came once.", "context")))
    assert (rows, problems) == (
        [],
        ["S1, paragraph 4, characters 220-236: 'Context' has codes below it; give one of those"],
    )


def test_our_codebook_comes_back_through_a_project() -> None:
    full = replace(BOOK, codes=(Code("a", "A", "What.", ("in",), ("out",), ("We sing.",)), Code("a.b", "B")))
    assert codebook_of(project_codes(full), "b").codes == full.codes


# A study out and in ---------------------------------------------------------------------------------------

SENTENCES = st.lists(st.lists(WORD, min_size=2, max_size=8).map(" ".join), min_size=1, max_size=12)


@st.composite
def studies(draw: st.DrawFn) -> tuple[list[Talk], list[CodedRow], dict[str, list[Suggestion]]]:
    talks, rows, suggestions = [], [], {}
    for number in range(1, draw(st.integers(1, 2)) + 1):
        lines = []
        for turn, text in enumerate(draw(SENTENCES), start=1):
            text += draw(st.sampled_from(["", " \U0001f600", ".", " <script>", " \U0001d11e!"]))
            name = f"T{number}.t{turn:04}.u01"
            lines.append(
                Line(draw(st.sampled_from(["P1", "", "Interviewer"])), text, ((name, 0, len(text)),))
            )
            for coder in draw(st.lists(st.sampled_from(["anna", "b\u00e9n", "adjudicated"]), unique=True)):
                given = draw(st.lists(st.sampled_from(LEAVES), unique=True))
                codes = tuple(
                    Given(code, draw(st.sampled_from([None, "barrier", "facilitator", "both"])))
                    for code in sorted(given)
                )
                note = draw(st.sampled_from(["", "hm", "a & b"]))
                rows.append(
                    CodedRow(f"T{number}", codes, utterance_id=name, coder=coder, seen="suggested", note=note)
                )
            suggestions[name] = [
                Suggestion(name, draw(st.sampled_from(LEAVES)), 0.5, "score", True, "barrier")
            ]
        talks.append(Talk(f"T{number}", tuple(lines)))
    return talks, rows, suggestions


@settings(max_examples=40, deadline=None)
@given(studies(), st.sampled_from(["spec", "nvivo", "maxqda", "atlasti"]), st.booleans())
def test_people_s_coding_comes_back_as_it_went(
    made: tuple[list[Talk], list[CodedRow], dict[str, list[Suggestion]]], target: str, split: bool
) -> None:
    talks, rows, suggestions = made
    project = compose("s", BOOK, talks, rows, suggestions, study="s")
    back = read_project(write_project(project, target), "a.qdpx")
    if split:
        back = one_coding_a_passage(back)
    known = {
        talk.id: [Piece(name, line.text[a:b]) for line in talk.lines for name, a, b in line.places]
        for talk in talks
    }
    home = {document.guid: talk.id for document, talk in zip(back.documents, talks, strict=True)}
    read = human_codes(
        back,
        read_scheme(back.codes, BOOK),
        home,
        lay(back.documents, known, home),
        codable=frozenset(piece.utterance_id for pieces in known.values() for piece in pieces),
    )
    assert read.problems == []
    valences = [{given.valence for given in row.codes} for row in rows]
    if not split or all(len(ways) <= 1 for ways in valences):
        assert sorted(read.rows, key=str) == sorted(rows, key=str)


def one_coding_a_passage(project: Project) -> Project:
    """The project as NVivo writes it: a passage for every coding."""
    documents = [
        replace(
            document,
            passages=tuple(
                replace(one, guid=guid(one.guid, coding.guid), codings=(coding,))
                for one in document.passages
                for coding in one.codings
            ),
        )
        for document in project.documents
    ]
    return replace(project, documents=tuple(documents))


def coded(*passages: Passage, users: tuple[User, ...] = (User("u1", "anna"),)) -> Project:
    return Project("p", "NVivo", users=users, codes=CODES, documents=(Document("d", "S1", PAGE, passages),))


def read(project: Project, codable: frozenset[str] | None = None) -> tuple[list[CodedRow], list[str]]:
    talks = study(raw=True)
    every = frozenset(piece.utterance_id for piece in talks["S1"])
    home = which(project.documents, talks)
    out = human_codes(
        project,
        read_scheme(project.codes, BOOK),
        home,
        lay(project.documents, talks, home),
        codable=codable or every,
    )
    return out.rows, report(out.problems)


def passage(quotation: str, code: str, user: str = "u1", note: str = "") -> Passage:
    start = PAGE.index(quotation)
    coding = Coding(guid(quotation, code, user), code_guid(code), user)
    return Passage(guid("p", quotation, code), start, start + len(quotation), (coding,), note)


def test_suggestions_are_nobody_s_coding_even_when_a_program_gives_them_to_somebody() -> None:
    said = "They knew what I was for."
    own = passage(said, "context.culture")
    lost = passage(said, "context.leadership", note=f"{SUGGESTED}, score 0.50.")
    model = passage(said, "facilitation.role", user=user_guid(MODEL))
    rows, problems = read(coded(own, lost, model, users=(User("u1", "anna"), User(user_guid(MODEL), MODEL))))
    assert [(row.coder, row.codes, row.seen) for row in rows] == [
        ("anna", (Given("context.culture"),), "suggested")
    ]
    assert problems == []


def test_what_cannot_be_taken_is_named_and_the_rest_is_taken() -> None:
    unknown = ProjectCode("x1", "Weather")
    good = passage("They knew what I was for.", "context.culture")
    odd = replace(passage("Sarah came once.", "y"), codings=(Coding("c", "x1", "u1"),))
    asked = passage("How did the ward take to you?", "context.culture")
    project = coded(good, odd, asked)
    codable = frozenset({"S1.t0002.u02", "S1.t0004.u03"})
    rows, problems = read(replace(project, codes=(*CODES, unknown)), codable)
    assert [row.utterance_id for row in rows] == ["S1.t0002.u02"]
    assert problems == [
        "S1, paragraph 1, characters 3-32: no participant's talk found there",
        "S1, paragraph 4, characters 220-236: 'Weather' is no code of the codebook",
    ]


def test_a_document_of_another_study_is_named() -> None:
    other = replace(
        coded(passage("Sarah came once.", "context.culture")).documents[0], name="letter", text="x" * 400
    )
    rows, problems = read(Project("p", codes=CODES, documents=(other,)))
    assert rows == []
    assert problems == ["document 1: 1 passages left out, it is no transcript of this study"]


# Taguette -------------------------------------------------------------------------------------------------


def highlights(*rows: tuple[str, str, str]) -> bytes:
    lines = ["id,document,tag,content", *(f'{n},{d},{t},"{c}"' for n, (d, t, c) in enumerate(rows, start=1))]
    return "\r\n".join(lines).encode("utf-8-sig")


def test_highlights_are_found_by_their_words() -> None:
    data = highlights(
        ("page1", "context.culture", "They knew what I was for."),
        ("page1", "climate", "They knew what I was for."),
        ("page1", "Leadership", "The ward sister, Sarah Thompson, was welcoming"),
        ("page1", "Leadership", "bring whatever worried me. Sarah came once"),
    )
    assert is_highlights(data, "h.csv")
    raw = highlight_codes(
        read_highlights(data, "h.csv"),
        BOOK,
        study(raw=True),
        codable=frozenset(piece.utterance_id for piece in study()["S1"]),
        coder="anna",
    )
    assert raw.problems == []
    assert [(row.utterance_id, [one.code for one in row.codes]) for row in raw.rows] == [
        ("S1.t0002.u01", ["context.leadership"]),
        ("S1.t0002.u02", ["context.culture"]),
        ("S1.t0004.u02", ["context.leadership"]),
        ("S1.t0004.u03", ["context.leadership"]),
    ]


def test_highlights_that_stand_twice_or_nowhere_are_refused() -> None:
    talks = {
        "S1": [Piece("u1", "I do not know."), Piece("u2", "It went well."), Piece("u3", "I do not know.")]
    }
    data = highlights(
        ("S1", "Culture", "I do not know."),
        ("S1", "Culture", "It went badly for everybody there"),
        ("S1", "Weather", "It went well."),
        ("S9", "Culture", "It rained"),
        ("S1", "Culture", "It went well."),
    )
    out = highlight_codes(
        read_highlights(data, "h.csv"), BOOK, talks, codable=frozenset({"u1", "u2", "u3"}), coder="anna"
    )
    assert [row.utterance_id for row in out.rows] == ["u2"]
    assert report(out.problems) == [
        "row 2: its words stand in 2 places of the transcript",
        "row 3: its words are not in the transcript",
        "row 4: 'Weather' is no code of the codebook",
        "row 5: its document is no transcript of this study",
    ]


def test_where_an_utterance_lies_is_the_same_in_text_and_places() -> None:
    talk = Talk(
        "T1", (Line("P", "We met. We left.", (("u1", 0, 7), ("u2", 8, 16))), Line("", "Mm.", (("u3", 0, 3),)))
    )
    text, places = laid_out(talk)
    assert {name: text[a:b] for name, (a, b) in places.items()} == {
        "u1": "We met.",
        "u2": "We left.",
        "u3": "Mm.",
    }

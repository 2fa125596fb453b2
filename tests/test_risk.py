"""What may be left, and how sure one can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.errors import StudyError
from pipeline.risk import (
    Lexicon,
    Sought,
    Sweep,
    banded,
    is_common,
    leftovers,
    missed_per_10000_words,
    rare_combinations,
    rare_words,
    sweep,
)


def test_the_sweep_finds_every_spelling() -> None:
    texts = ["So SARAH'S here, and Sarha.", "sarah, Thompsen and Sarah Thompson"]
    hits = sweep(texts, ["Sarah", "Thompson", "Sarah Thompson"])
    assert [(hit.text, texts[hit.text][hit.start : hit.end], hit.exact) for hit in hits] == [
        (0, "SARAH", True),
        (0, "Sarha", False),
        (1, "sarah", True),
        (1, "sarah, Thompsen", False),
        (1, "Thompsen", False),
        (1, "Sarah", True),
        (1, "Sarah Thompson", True),
        (1, "Thompson", True),
    ]


def test_the_sweep_passes_over_pseudonyms_words_and_longer_words() -> None:
    texts = ["[Peer worker 3] saw will power. Will said. Annual [Town 2]", "they peer in"]
    assert sweep(texts, ["Will", "Ann", "Town", "Peer Worker"], ordinary={"will", "town"}) == []


def test_the_sweep_sees_an_ordinary_word_that_is_capitalised_inside_a_sentence() -> None:
    assert [hit.start for hit in sweep(["I asked Will about it"], ["Will"], ordinary={"will"})] == [8]


def test_the_sweep_looks_into_remarks() -> None:
    assert len(sweep(["[Sarah laughs] [Person 1]"], ["Sarah", "Person"])) == 1
    assert len(sweep(["[Sarah 1]"], ["Sarah"], pseudonyms=["[Person 1]"])) == 1


def test_leftovers_are_ranked() -> None:
    texts = ["write to a.b@c.org, said Zorblatt. In 1987 we went. The Ward was full", "the ward, [Person 1]"]
    told = [(one.surface, one.reason) for one in leftovers(texts)]
    assert told[0][1] == "looks like an e-mail address"
    assert ("Zorblatt", "in no dictionary") in told
    assert told[-1] == ("1987", "a year")
    assert not any("ward" in surface.casefold() or "Person" in surface for surface, _ in told)
    assert "Zorblatt" not in [one.surface for one in leftovers(texts, dismissed=["zorblatt"])]


LEXICON = Lexicon(
    english=frozenset(
        ("he", "is", "the", "we", "met", "at", "of", "a", "work", "left", "old", "star", "rainbow")
    ),
    capitals=frozenset(("monday", "english", "ok")),
    names=frozenset(("tracy", "otis")),
    places=frozenset(("wick",)),
)


@pytest.mark.parametrize(
    ("text", "surface", "reason"),
    [
        ("he is at Wick", "Wick", "a place of the lists"),
        ("we met Tracy Zorbl", "Tracy Zorbl", "a registered name"),
        ("we met otis", "otis", "a registered name in small letters"),
        ("at Great [Place 3] we", "Great", "a capitalised word beside a pseudonym"),
        ("at [Address 1], 5102 we", "5102", "a number beside a pseudonym"),
        ("at MIND we met", "MIND", "in capitals throughout"),
        ("at the Rainbow Star", "Rainbow Star", "several capitalised words"),
        ("the Rainbow", "Rainbow", "capitalised inside a sentence"),
        ("call 00 44 1632 960 at work", "00 44 1632 960", "a long number"),
        ("he is the last man that wound it", "the last man that wound it", "says that there is only one"),
        ("the lad that winds it up", "the lad that winds it up", "says who somebody is by what they do"),
    ],
)  # fmt: skip
def test_what_looks_like_an_identifier_is_listed_with_its_kind(text: str, surface: str, reason: str) -> None:
    told = {one.surface: one for one in leftovers([text], LEXICON)}
    assert told[surface].reason == reason
    assert 0 <= told[surface].weight <= 1
    assert leftovers([text], LEXICON, dismissed=[surface.upper()]) == [
        one for one in leftovers([text], LEXICON) if one.surface != surface
    ]


@pytest.mark.parametrize(
    "text",
    [
        "It was Monday. Old work, the English, is OK",
        "I'm OK, and I said so",
        "the last thing that he did, the number that we met",
        "[Person 1] left [Ward A]",
        "Rainbow is at the start",
    ],
)
def test_what_names_nobody_is_not_listed(text: str) -> None:
    assert leftovers([text], LEXICON) == []


def test_every_kind_has_a_measured_weight() -> None:
    measured = [one.weight for one in leftovers(["we met Zorblatt", "the last man left"], LEXICON)]
    assert measured == sorted(measured, reverse=True)
    assert all(0 < weight < 1 for weight in measured)


def test_rare_combinations_are_minimal() -> None:
    participants = {
        "P1": {"role": "GP", "site": "A", "age": "40-49"},
        "P2": {"role": "GP", "site": "B", "age": "40-49"},
        "P3": {"role": "nurse", "site": "A", "age": "40-49"},
        "P4": {"role": "nurse", "site": "A", "age": ""},
    }
    found = {(one.attributes, one.participants) for one in rare_combinations(participants, fewer_than=2)}
    assert ((("site", "B"),), ("P2",)) in found
    assert ((("role", "GP"), ("site", "A")), ("P1",)) in found
    assert ((("age", "40-49"), ("role", "nurse")), ("P3",)) in found
    assert all(len(who) == 1 for _, who in found)
    assert not any(("site", "B") in pairs and len(pairs) > 1 for pairs, _ in found)


def test_rare_words_belong_to_one_participant() -> None:
    talk = {"P1": ["my falconry, falconry, my nursing"], "P2": ["nursing, tiresomely"], "P3": ["podiatry"]}
    assert rare_words(talk)["P2"] == [("tiresomely", 1)]
    assert rare_words(talk, is_common) == {
        "P1": [("falconry", 2)],
        "P2": [("tiresomely", 1)],
        "P3": [("podiatry", 1)],
    }


def test_numbers_are_put_into_bands_and_rare_combinations_are_of_bands() -> None:
    """Rare job, small site and age band: who can be told by them together, and how many share them."""
    people = {
        "S1PW1": {"role": "PW", "case": "S1", "age": "42", "job": "falconer"},
        "S1PW2": {"role": "PW", "case": "S1", "age": "47", "job": "cook"},
        "S1PW3": {"role": "PW", "case": "S1", "age": "61", "job": "cook"},
        "S2PW1": {"role": "PW", "case": "S2", "age": "44", "job": "cook"},
        "S2PW2": {"role": "PW", "case": "S2", "age": "66", "job": ""},
        "S2PW3": {"role": "PW", "case": "S2", "age": "49", "job": "cook"},
    }
    found = {one.attributes: one.participants for one in rare_combinations(banded(people), fewer_than=3)}
    assert found[(("job", "falconer"),)] == ("S1PW1",)
    assert found[(("age", "60-69"),)] == ("S1PW3", "S2PW2")
    assert found[("age", "60-69"), ("case", "S1")] == ("S1PW3",)
    assert found[("age", "40-49"), ("case", "S1"), ("job", "cook")] == ("S1PW2",)
    assert not any(("role", "PW") in pairs for pairs in found), "what all share tells nobody apart"


def test_none_found_gives_the_rule_of_three() -> None:
    estimate, low, high = missed_per_10000_words(3000, 0)
    assert (estimate, low) == (0.0, 0.0)
    assert high == pytest.approx(10_000 * 3 / 3000, rel=0.01)


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    # Clopper & Pearson's own example in many textbooks: 10 of 100 gives 4.90 % to 17.62 %.
    estimate, low, high = missed_per_10000_words(100, 10)
    assert estimate == 1000
    assert low == pytest.approx(490.0, abs=0.6)
    assert high == pytest.approx(1762.2, abs=0.6)


@given(st.integers(1, 2000), st.data())
def test_the_interval_holds_the_estimate_and_inverts_the_binomial(words: int, data: st.DataObject) -> None:
    missed = data.draw(st.integers(0, words))
    estimate, low, high = missed_per_10000_words(words, missed)
    assert 0 <= low <= estimate <= high <= 10_000
    if 0 < missed < words:
        assert stats.binom.sf(missed - 1, words, low / 10_000) == pytest.approx(0.025, abs=1e-6)
        assert stats.binom.cdf(missed, words, high / 10_000) == pytest.approx(0.025, abs=1e-6)


@pytest.mark.parametrize(("words", "missed"), [(0, 0), (10, 11), (10, -1)])
def test_an_impossible_sample_is_refused(words: int, missed: int) -> None:
    with pytest.raises(StudyError, match="cannot be"):
        missed_per_10000_words(words, missed)


# What the sweep looks for ----------------------------------------------------------------------------------


def found(text: str, *sought: Sought, ordinary: tuple[str, ...] = (), lower: bool = False) -> list[str]:
    made = Sweep(sought, ordinary=ordinary)
    return [text[hit.start : hit.end] for hit in made.hits([text], lower=lower)]


@pytest.mark.parametrize(
    ("known", "label", "text", "hits"),
    [
        ("07700 900318", "PHONE", "oh double seven oh oh, nine hundred, three one eight.", 1),
        ("07700 900318", "PHONE", "+44 7700-900318 or 07700900318", 2),
        ("07700 900318", "PHONE", "107700 900318 and 07700 9003180", 0),
        ("nine nine nine, four one two", "ID", "it is 999 412", 1),
        ("LS1 4AB", "POSTCODE", "ls14ab, L S one four A B", 2),
        ("j dot smith at example dot net", "EMAIL", "write to j.smith@example.net", 1),
        ("14 Corder Street", "ADDRESS", "at fourteen corder street", 1),
        ("22 May 1991", "DATE", "the twenty-second of May, nineteen ninety-one", 1),
        ("11 May", "DATE", "there were eleven, may I say", 0),
        ("DL-00482", "ID", "dl 00482, not DL-004821", 1),
    ],
)
def test_numbers_are_found_however_they_are_said(known: str, label: str, text: str, hits: int) -> None:
    assert len(found(text, Sought(known, label))) == hits


@pytest.mark.parametrize(
    ("known", "text", "hits"),
    [
        ("Larkfield House", "at larkfield house, LARKFIELD HOUSE, Larkfeild House", 3),
        ("Turning Point", "at the turning point. Turning point. With Turning Point, at Turning Point", 2),
        ("Anne-Marie", "Anne Marie, anne-marie, Ann Marie", 2),
        ("Brindmoor", "ex-Brindmoor people, Brindmoor's", 2),
        ("Sarah Thompson", "Sarah [Person 3] Thompson. Sarah\nThompson", 0),
        ("Sarah Thompson", "Sarah Tompson, Srah Thompson", 2),
    ],
)
def test_places_and_names_of_several_words(known: str, text: str, hits: int) -> None:
    assert len(found(text, Sought(known, "ORGANISATION"), ordinary=("turning", "point"))) == hits


def test_a_word_of_english_is_no_misspelt_name() -> None:
    made = Sweep([Sought("Barley", "PERSON")], english=("barely",))
    assert made.hits(["Barely that. Barlye came."])[0].start == 13
    assert found("so trebarow rang", Sought("Trebarrow", "PERSON"), lower=True) == ["trebarow"]
    assert found("so trebarow rang", Sought("Trebarrow", "PERSON")) == []


def test_what_cannot_be_searched_for_is_counted() -> None:
    made = Sweep(
        [Sought("forty", "AGE"), Sought("1987", "DATE"), Sought("Jo", "PERSON"), Sought("Will", "PERSON")],
        ordinary=("will",),
    )
    assert (made.coverage.anywhere, made.coverage.capitalised) == (0, 1)
    assert made.coverage.left_out == {"AGE": 1, "DATE": 1, "PERSON": 1}
    assert made.hits(["forty of them in 1987 at Jo's, will they"]) == []


@given(st.text(alphabet="abcdefghij XYZ.,'-[]\n0123456789", max_size=120), st.data())
def test_a_planted_name_is_found_and_offsets_fit(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    planted = f"{text[:at]} Quellworth {text[at:]}"
    hits = Sweep([Sought("Quellworth", "LOCATION")], own=["[Town 1]"]).hits([planted])
    assert [planted[hit.start : hit.end] for hit in hits if hit.exact] == ["Quellworth"]

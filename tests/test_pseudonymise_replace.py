"""Replacement, its offset map, and the policies a label."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StudyError
from pipeline.pseudonymise import Mention, Moves, Policies, link, pseudonymiser, replace
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.moments import Moment, age_band, days_for, month_and_year, read_date, shifted
from pipeline.pseudonymise.surrogates import surrogates
from pipeline.records import Identifier


def masked(_: Identifier, surface: str) -> str:
    return f"[{len(surface)}]"


def test_a_longer_word_is_never_touched() -> None:
    text = "Ann's annual Annual review, said ANN"
    found = [Identifier(0, 3, "PERSON"), Identifier(13, 16, "PERSON"), Identifier(33, 36, "PERSON")]
    assert replace(text, found, masked).text == "[3]'s annual Annual review, said [3]"


def test_the_possessive_stays() -> None:
    assert replace("Ann’s bag", [Identifier(0, 5, "PERSON")], masked).text == "[3]’s bag"


def test_a_possessive_that_is_part_of_a_places_name_goes_with_it() -> None:
    text = "at St Wendreda's then"
    assert replace(text, [Identifier(3, 16, "ORGANISATION")], masked).text == "at [13] then"


def test_overlapping_finds_are_replaced_once_under_the_longest() -> None:
    text = "see sarah@site.org now"
    found = [Identifier(4, 9, "PERSON"), Identifier(4, 18, "EMAIL"), Identifier(10, 18, "URL")]
    replaced = replace(text, found, lambda one, _: f"[{one.label}]")
    assert replaced.text == "see [EMAIL] now"
    assert [one.label for one in replaced.done] == ["EMAIL"]


ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


@given(st.text(alphabet="ab .'", max_size=60), ranges)
def test_offsets_outside_replacements_travel_both_ways(text: str, stretches: list[tuple[int, int]]) -> None:
    found = [Identifier(min(pair), max(pair), "PERSON") for pair in stretches]
    replaced = replace(text, found, lambda *_: "[Person 12]")
    inside = [(move.raw_start, move.raw_end) for move in replaced.moves.moves]
    for offset in range(len(text) + 1):
        if any(start < offset < end for start, end in inside):
            continue
        assert replaced.moves.to_raw(replaced.moves.to_new(offset)) == offset
    for place, letter in enumerate(text):
        if not any(start <= place < end for start, end in inside):
            assert replaced.text[replaced.moves.to_new(place)] == letter
    for move in replaced.moves.moves:
        assert replaced.text[move.start : move.end] == "[Person 12]"
    assert Moves.from_json(replaced.moves.as_json()) == replaced.moves


@given(st.text(alphabet="ab .", max_size=60), ranges)
def test_offsets_keep_their_order(text: str, stretches: list[tuple[int, int]]) -> None:
    found = [Identifier(min(pair), max(pair), "PERSON") for pair in stretches]
    moves = replace(text, found, lambda *_: "[P]").moves
    carried = [moves.to_new(offset) for offset in range(len(text) + 1)]
    assert carried == sorted(carried)
    spans = [(moves.to_new(start), moves.to_new(start + 1, end=True)) for start in range(len(text))]
    assert all(start <= end for start, end in spans)


def test_an_offset_inside_goes_to_the_edge() -> None:
    moves = replace("so Sarah left", [Identifier(3, 8, "PERSON")], lambda *_: "[Person 1]").moves
    assert moves.to_new(5) == 3
    assert moves.to_new(5, end=True) == 13
    assert moves.to_new(8) == moves.to_new(8, end=True) == 13
    assert moves.to_raw(7) == 3
    assert moves.to_raw(7, end=True) == 8


def mention(label: str, surface: str, role: str = "") -> Mention:
    return Mention("T1", "A", label, surface, role=role)


LINKED = link(
    [
        mention("PERSON", "Sarah Thompson", "Peer worker"),
        mention("PERSON", "SARAH"),
        mention("LOCATION", "Leeds"),
        mention("DATE", "5 April 1973"),
    ]
)


def told(label: str, surface: str, policies: Policies | None = None, **asked: object) -> str:
    pseudonym_of = pseudonymiser(LINKED, "T1", policies, **asked)  # type: ignore[arg-type]
    return pseudonym_of(Identifier(0, len(surface), label), surface)


def test_the_default_is_a_typed_pseudonym_in_brackets() -> None:
    assert told("PERSON", "Sarah Thompson") == told("PERSON", "SARAH") == "[Peer worker 1]"
    assert told("LOCATION", "Leeds") == "[Town 1]"
    assert told("DATE", "5 April 1973") == "[April 1973]"
    assert told("AGE", "forty two years old") == "[40-49]"
    assert told("PHONE", "07700 900123") == "[Phone number]"


def test_policies_by_label() -> None:
    described = Policies({"LOCATION": "describe", "DATE": "shift"}, {"Leeds": "a northern city"})
    assert told("LOCATION", "Leeds", described) == "[a northern city]"
    assert told("DATE", "5 April 1973", described, days=30) == "[5 May 1973]"
    assert told("DATE", "the sixth, I think", described, days=30) == "[Date]"
    with pytest.raises(StudyError, match="no way to replace PHONE"):
        Policies({"PHONE": "shift"})


def test_surrogates_are_plausible_stable_and_foreign_to_the_study() -> None:
    names = surrogates(LINKED.entities, b"secret")
    [(first, last)] = names.values()
    assert names == surrogates(LINKED.entities, b"secret") != surrogates(LINKED.entities, b"other")
    assert first[0] not in "ST"
    assert last[0] not in "ST"
    chosen = Policies({"PERSON": "surrogate"})
    assert told("PERSON", "Sarah Thompson", chosen, names=names) == f"{first} {last}"
    assert told("PERSON", "SARAH", chosen, names=names) == first.upper()


def test_surrogates_differ_between_people() -> None:
    people = link(
        [Mention("T1", "A", "PERSON", f"{name} {name}son") for name in ("Ann", "Bea", "Cai", "Dev", "Eve")]
    )
    names = surrogates(people.entities, b"secret")
    assert len({first for first, _ in names.values()}) == len(names) == 5


def test_a_thousand_surrogates_are_all_different_and_never_of_the_study() -> None:
    people = link([Mention(f"T{n}", f"C{n}", "PERSON", f"Olivia{n} Zed") for n in range(900)])
    real = [Entity("PER9999", "PERSON", "[Person 0]", "Person", (("T", "Emily Taylor"),))]
    names = surrogates([*people.entities, *real], b"secret")
    given = [part for pair in names.values() for part in pair]
    assert len(set(given)) == len(given)
    assert not {"Emily", "Taylor"} & set(given)
    assert all(first[0] not in "OZ" for name, (first, _) in names.items() if name != "PER9999")


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        ("fifth of April, uh, nineteen seventy three", Moment(5, 4, 1973)),
        ("nineteen ninety one, um, seventeenth of November", Moment(17, 11, 1991)),
        ("twenty-one twelve and nineteen uh eighty-six", Moment(21, 12, 1986)),
        ("March 3rd, 2019", Moment(3, 3, 2019)),
        ("2021-03-04", Moment(4, 3, 2021)),
        ("two thousand and five", Moment(None, None, 2005)),
        ("May 1990", Moment(None, 5, 1990)),
        ("second of June", Moment(2, 6, None)),
        ("31/12/99", Moment(31, 12, 1999)),
    ],
)
def test_dates_are_read_as_they_are_said(surface: str, said: Moment) -> None:
    assert read_date(surface) == said


def test_shifting_and_coarsening() -> None:
    assert shifted("30 December 1999", 5) == "4 January 2000"
    assert shifted("May 1990", 5) == ""
    assert month_and_year("the second of June") == "June"
    assert age_band("nineteen", width=5) == "15-19"
    assert age_band("somewhat old") == ""
    assert [age_band(said) for said in ("in her twenties", "teens", "nineties", "two")] == [
        "20-29",
        "10-19",
        "90 or over",
        "0-9",
    ]


@given(st.text(max_size=8), st.binary(min_size=1, max_size=8))
def test_the_shift_is_hidden_stable_and_never_nothing(participant: str, secret: bytes) -> None:
    days = days_for(participant, secret)
    assert days == days_for(participant, secret)
    assert 1 <= abs(days) <= 180


def test_a_made_up_name_has_one_word_for_each_part() -> None:
    people = [Entity(f"PER{n:03d}", "PERSON", "", "Person", (("T1", "Sarah Thompson"),)) for n in range(400)]
    for first, last in surrogates(people, b"any secret").values():
        assert len(first.split()) == len(last.split()) == 1

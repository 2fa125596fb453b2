"""What spares a line the costly patterns is a condition that they need: whatever a pattern matches passes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.pseudonymise import addresses as streets
from pipeline.pseudonymise import (
    ages,
    contacts,
    dates,
    descriptions,
    introduced,
    organisations,
    persons,
    premises,
    usernames,
)
from pipeline.pseudonymise.find import Finder
from pipeline.pseudonymise.glance import folded, has_digit, has_number, heard

_I = re.IGNORECASE


def holds(*cues: str) -> Callable[[str], bool]:
    return lambda text: any(cue in folded(text) for cue in cues)


def says(known: frozenset[str]) -> Callable[[str], bool]:
    return lambda text: not heard(text).isdisjoint(known)


GATES: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    **{
        name: (vars(ages)[name], ages._may_tell)
        for name in (
            "_AGED",
            "_SAID_AFTER",
            "_AT_AGE",
            "_HOW_OLD",
            "_SMALL_AGE",
            "_SOMETHING",
            "_DECADE_OF_LIFE",
        )
    },
    "_ISH": (ages._ISH, ages._may_tell),
    "_UNIQUE": (descriptions._UNIQUE, says(descriptions._ONLY_WORDS)),
    "_HOUSE": (streets._HOUSE, says(streets._STREETS)),
    "_UNNUMBERED": (streets._UNNUMBERED, says(streets._STREETS)),
    "_KNOWN_STREET": (streets._KNOWN_STREET, says(streets._STREETS)),
    "_LETTERED": (streets._LETTERED, says(streets._FLATS)),
    "_CROSSING": (streets._CROSSING, lambda text: has_digit(text) or says(streets._ORDINALS)(text)),
    "_URL": (contacts._URL, lambda text: contacts._MAYBE_URL.search(text) is not None),
    "_MAILBOX": (contacts._MAILBOX, holds(*contacts._PROVIDERS)),
    "_POSTCODE_CUE": (contacts._POSTCODE_CUE, holds(*contacts._CUES)),
    "_MONTH_WEEK": (dates._MONTH_WEEK, says(dates._MONTHS)),
    "_SEASON_YEAR": (dates._SEASON_YEAR, says(dates._SEASONS)),
    "_BIRTH_CUE": (dates._BIRTH_CUE, holds(*dates._BIRTHS)),
    "_INTRODUCED": (introduced._INTRODUCED, holds(*introduced._NAMING)),
    "_NAME_CUE": (introduced._NAME_CUE, holds(*introduced._NAME_CUES)),
    "_OF": (introduced._OF, says(introduced._KINS)),
    "_CALL": (introduced._CALL, says(introduced._FIRST_CALLED)),
    "_SAINT": (organisations._SAINT, says(organisations._SAINTS)),
    "_TITLE": (persons._TITLE, says(persons._TITLES)),
    "_BOX": (premises._BOX, lambda text: has_number(text) and "box" in folded(text)),
    "_HIGHWAY": (premises._HIGHWAY, lambda text: has_digit(text) or says(premises._ROUTES)(text)),
    "_LOT": (premises._LOT, says(premises._PITCHES)),
    "_ROOM": (premises._ROOM, lambda text: has_number(text) and says(premises._ROOMS)(text)),
    "_WRITTEN": (usernames._WRITTEN, lambda text: any(sign in text for sign in usernames._SIGNS)),
    "_NAMED": (usernames._NAMED, usernames._named),
    "_ASKED": (usernames._ASKED, usernames._named),
}


def test_small_letters_are_those_that_a_pattern_sees() -> None:
    every = "".join(map(chr, range(0x110000)))
    small = folded(every)
    assert len(small) == len(every)
    for letter in "abcdefghijklmnopqrstuvwxyz":
        seen = [match.start() for match in re.finditer(letter, every, _I)]
        assert seen == [match.start() for match in re.finditer(letter, small)]


@pytest.mark.parametrize("name", GATES)
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=25)
@given(data=st.data())
def test_what_a_pattern_matches_passes_its_gate(name: str, data: st.DataObject) -> None:
    pattern, gate = GATES[name]
    text = data.draw(st.from_regex(pattern))
    assert gate(text)


@pytest.mark.parametrize(
    "said",
    [
        "I'mforty now",
        "imjustaboutforty",
        "they'll beninety",
        "he turnsten.",
        "be about hundredfive",
        "whatthırty",
    ],
)
def test_a_number_run_on_to_the_word_before_it_may_be_an_age(said: str) -> None:
    assert ages._may_tell(said)


def test_a_word_that_only_ends_like_a_number_is_no_age() -> None:
    assert not ages._may_tell("someone has often done without a written phone number")


@pytest.mark.parametrize("said", ["sıx", "eİghty two", "ſeven", "TRİPLE FIVE"])
def test_numbers_in_letters_beyond_ascii_stop_nothing(said: str) -> None:
    finder = Finder(nlp=spacy.blank("en"))
    texts = [f"Ring me on oh seven double four {said} nine one, my code is A {said} B, I'm {said}."]
    assert finder.find(texts)[0].identifiers

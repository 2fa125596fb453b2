"""Names by list and by dictionary: first names, surnames, places, capitalised words of no dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.text import SMALL, WORD, bare, followed_as_word, starts_sentence
from pipeline.pseudonymise.vocabulary import derived, no_word
from pipeline.pseudonymise.wordlists import (
    also_word,
    first_names,
    never_alone,
    only_in_the_middle,
    place_phrases,
    places,
    seldom,
    surnames,
    words,
)

FIRST, WORDY = "first name", "first name that is also a word"
_CALLS = words("calls")
_PLAIN = re.compile(r"[^\W\d_]{3,}(?:['’][^\W\d_]{2,})?(?:-[^\W\d_]{3,})?")
"""How a word looks that a list of surnames or places may know."""
_COMMON = 3000
"""The rank of first names up to which one counts in small letters."""
_WHERE = re.compile(
    r"\b(?:in|from|near|at|to|outside|around|through|into|towards?|of|via|leaving|across|down|up)\s+$",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"\b(?:Great|Little|Upper|Lower|North|South|East|West|New|Old|St\.?|Nether|High|Long|Market)\s$"
)
"""What stands with a capital before the name of a place and belongs to it."""
_DOES = re.compile(
    r"\s+(?:she|he|says?|said|told|tells|asked|asks|rang|rings|phoned|called|calls|thinks|thought|reckons|reckoned|wanted|"
    r"wants|laughed|knows|knew|cried|smiled|replied|answered|begged|drives|drove|can|could|can't|can’t|couldn't|couldn’t|"
    r"won't|won’t|doesn't|doesn’t|didn't|didn’t)\b|[.,!?]?\s+(?:She|He)(?:['’]\w+)?\b|"
    r",\s+(?:the|my|our|that's|who|who's|manager|nurse|lovely)\b"
)
_IS = re.compile(
    r"\s+(?:is|was|has|had|isn't|isn’t|wasn't|wasn’t|hasn't|hasn’t|got|gets|goes|went|came|comes|did|does|likes|liked|"
    r"loves|loved|lives|lived|works|worked|needs|needed|started|used|just|always|never|also|and i)\b"
)
_WHEN = re.compile(
    r"\b(?:in|since|until|till|of|by|last|next|this|early|late|mid|during|every|before|after|on)\s+$"
)


@dataclass(frozen=True, slots=True)
class Talk:
    """How a talk is written: the words it uses in small letters, and whether it has no capitals at all."""

    small: frozenset[str]
    lower: bool


def listed(text: str, talk: Talk) -> Iterator[Hit]:
    """Listed first names, surnames and places, and words with a capital that no dictionary knows.

    In talk without capitals the capitals were restored by guess: there a name that is also a word is left
    to the model, and a word that no dictionary knows counts wherever it stands.

    >>> [hit.reason for hit in listed("and so Mister Guillory went", Talk(frozenset(), False))]
    ['surname']
    """
    spoken = [(match.start(), match.group()) for match in WORD.finditer(text)]
    for place, (start, word) in enumerate(spoken):
        if not (word[0].isupper() or talk.lower):
            if _written_small(word):
                yield Hit(start, start + len(bare(word)), "PERSON", "first name in small letters")
            continue
        following = spoken[place + 1] if place + 1 < len(spoken) else None
        hit = _first_name(text, start, word, following, talk) or _other(text, start, word, talk)
        if hit:
            yield hit
        yield from _phrases(text, place, spoken, talk)


@cache
def _written_small(word: str) -> bool:
    """Whether a word in small letters is a common first name and nothing else: a hurried transcriber's."""
    low = bare(word).casefold()
    common = first_names().get(low, _COMMON + 1) <= _COMMON
    return (len(low) > 5 or (common and len(low) > 3)) and low in first_names() and no_word(low)


def _first_name(
    text: str, start: int, word: str, following: tuple[int, str] | None, talk: Talk
) -> Hit | None:
    """A capitalised first name of the list, with the surname that follows it."""
    name = bare(word)
    low = name.casefold()
    names = first_names()
    if low not in names and low.split("-")[0] not in names:
        return None
    if not word[0].isupper() and not talk.lower:
        return None
    if len(low) < 2 or low in _CALLS or (name.isupper() and len(name) < 4):
        return None
    end = start + len(name)
    opens = starts_sentence(text, start)
    if low in SMALL or low in never_alone():
        said = (
            low in words("names though small")
            and not talk.lower
            and not opens
            and not followed_as_word(text, end)
        )
        acts = acts_like_a_person(text, start, end) and len(low) > 2 and low not in _CALLS
        return Hit(start, end, "PERSON", WORDY) if said or acts else None
    if talk.lower and following and _full_name(text, end, low, following):
        return Hit(start, following[0] + len(bare(following[1])), "PERSON", FIRST)
    a_word = low in only_in_the_middle() or low in seldom() or low in talk.small or also_word(low)
    if a_word and (talk.lower or (opens and not acts_like_a_person(text, start, end, being=True))):
        return None
    if following and name == word and text[end : following[0]] == " " and following[1][0].isupper():
        surname = bare(following[1])
        if _may_be_surname(surname, talk.small):
            end = following[0] + len(surname)
    return Hit(start, end, "PERSON", WORDY if a_word else FIRST)


def _full_name(text: str, end: int, low: str, following: tuple[int, str]) -> bool:
    """Whether a first name that is also a word has a surname after it that is none: "dawn rusnak"."""
    surname = bare(following[1]).casefold()
    named = no_word(surname) and (surname in surnames() or not derived(surname))
    return named and len(surname) > 3 and low not in words("calendar") and text[end : following[0]] == " "


def _may_be_surname(word: str, ordinary: frozenset[str]) -> bool:
    low = word.casefold()
    return low not in SMALL and len(low) > 2 and (low in surnames() or low not in ordinary)


def acts_like_a_person(text: str, start: int, end: int, *, being: bool = False) -> bool:
    """Whether a name that is also a word does what people do: "Will says", "Will, the manager".

    With `being` it may also be or have something: "Grace was", which a month or a season may too.
    """
    if not text[start:end].istitle() or _WHEN.search(text, max(0, start - 12), start):
        return False
    return bool(_DOES.match(text, end) or (being and _IS.match(text, end)))


def _other(text: str, start: int, word: str, talk: Talk) -> Hit | None:
    """A surname or place of the lists, or a name of no list, that is no word of English."""
    name = bare(word)
    low = name.casefold()
    if (
        not _PLAIN.fullmatch(name)
        or not no_word(low)
        or low in talk.small
        or (name.isupper() and len(name) < 6)
    ):
        return None
    end = start + len(name)
    before = _PREFIX.search(text, max(0, start - 9), start) if low not in first_names() else None
    start = before.start() if before and not talk.lower else start
    if low in places() and (low not in surnames() or _WHERE.search(text, max(0, start - 12), start)):
        return Hit(start, end, "LOCATION", "place list")
    if low in surnames() or low in first_names():
        return Hit(start, end, "PERSON", "surname" if low in surnames() else FIRST)
    if low in places():
        return Hit(start, end, "LOCATION", "place list")
    opens = starts_sentence(text, start) and not acts_like_a_person(text, start, end, being=True)
    if len(low) < 4 or derived(low) or (opens and not talk.lower):
        return None
    there = _WHERE.search(text, max(0, start - 12), start)
    return Hit(start, end, "LOCATION" if there else "PERSON", "word of no dictionary")


def _phrases(text: str, place: int, spoken: list[tuple[int, str]], talk: Talk) -> Iterator[Hit]:
    """Places of several words: "Eau Claire", "Salt Lake City"."""
    start, word = spoken[place]
    if place + 1 == len(spoken):
        return
    for phrase in place_phrases().get((word.casefold(), bare(spoken[place + 1][1]).casefold()), ()):
        size = len(phrase)
        told = [
            bare(one) if at == size - 1 else one for at, (_, one) in enumerate(spoken[place : place + size])
        ]
        if tuple(one.casefold() for one in told) != phrase:
            continue
        end = spoken[place + size - 1][0] + len(told[-1])
        capital = all(one[0].isupper() for one in told if len(one) > 3)
        there = phrase[0] not in SMALL and _WHERE.search(text, max(0, start - 12), start)
        known = capital or there or any(no_word(part) for part in phrase)
        if "\n" not in text[start:end] and (known if talk.lower else capital):
            yield Hit(start, end, "LOCATION", "place list")
            return

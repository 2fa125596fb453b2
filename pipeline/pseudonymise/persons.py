"""People's names by rule: titles and introductions; and what the model's finds are worth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import OPEN
from pipeline.pseudonymise.text import SMALL, WORD, bare, followed_as_word, is_medicine
from pipeline.pseudonymise.wordlists import first_names, never_alone, words

_NAME = r"[^\W\d_a-zà-öø-ÿ][\w'’\-]*"
_FULL = rf"{_NAME}(?:\s+(?:(?:de|van|von|der|la|al|bin|Mc|O'|[A-Z]\.)\s+)?{_NAME}){{0,3}}"
_TITLE_WORDS = words("titles")
_TITLES = sorted(title.capitalize() for title in _TITLE_WORDS)
_ANY_TITLE = "|".join([*_TITLES, *(title.upper() for title in _TITLES), "doctor|nurse|sister|auntie|uncle"])
_TITLE = re.compile(rf"\b(?:{_ANY_TITLE})\b\.?\s+(?P<name>{_FULL})")
_LOWER_TITLE = re.compile(
    r"\b(?:mr|mrs|ms|dr|doctor|miss|professor|auntie|uncle|aunt)\b\.?\s+(?P<name>[^\W\d_]{3,})", re.IGNORECASE
)
_NAME_IS = (
    r"(?:my|your|his|her|their)(?:\s+(?:full|first|last|middle|maiden))?\s+(?:name|surname)"
    r"(?:'s|’s| is| was)|name:"
)
_CALLED = (
    r"(?:i'm|i’m|i am|he's|she's|he is|she is|he was|she was) (?:called|named)|call(?:s|ed)? (?:me|him|her)"
)
_INTRODUCED = re.compile(
    rf"\b(?:(?i:{_NAME_IS}){OPEN}(?P<name>[^\W\d_][\w'’\-]*(?:\s+{_NAME}){{0,2}})|"
    rf"(?i:{_CALLED}){OPEN}(?P<called>{_FULL}))"
)
_SPEAKING = re.compile(rf"\b(?:this is|it's|it’s)\s+(?P<name>{_FULL})\s+(?:speaking|here|calling|from)\b")
_NAME_CUE = re.compile(
    r"\b(?:your (?:full |first |last )?(?:name|surname)|what's your name|who am i speaking)\b", re.IGNORECASE
)
_ANSWER = re.compile(rf"^{OPEN}(?:i'm |I'm |I’m |I am |my name is )?(?P<name>{_FULL})")
_DIRECTION = re.compile(
    r"\b(?:north|south|east|west|central|greater|inner|outer|upper|lower|mid)[ \-]$", re.IGNORECASE
)
_INTERJECTIONS = words("calls")


def titles(text: str, *, lower: bool = False) -> Iterator[Hit]:
    """Names after a title: "Dr Patel", "Sister Mary".

    >>> [hit.start for hit in titles("I saw Dr Patel there")]
    [9]
    """
    for match in _TITLE.finditer(text):
        yield from _trimmed(text, *match.span("name"), "title")
    if lower:
        for match in _LOWER_TITLE.finditer(text):
            word = bare(match.group("name")).casefold()
            if word not in SMALL and word not in never_alone() and word not in _INTERJECTIONS:
                yield Hit(match.start("name"), match.start("name") + len(word), "PERSON", "title")


def introductions(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Names given by their bearer: "my name is Jo", "this is Jo speaking", or an answer to "your name?"."""
    for match in _INTRODUCED.finditer(text):
        yield from _trimmed(text, *match.span("name" if match.group("name") else "called"), "introduction")
    for match in _SPEAKING.finditer(text):
        yield from _trimmed(text, *match.span("name"), "introduction")
    if _NAME_CUE.search(asked[-100:]):
        answer = _ANSWER.search(text)
        if answer:
            yield from _trimmed(text, *answer.span("name"), "answer to a name question")


def _trimmed(text: str, start: int, end: int, reason: str) -> Iterator[Hit]:
    """The words from `start` until the first that can be no name."""
    last = first = None
    for match in WORD.finditer(text, start, end):
        word = bare(match.group())
        low = word.casefold().replace("’", "'")
        if low in SMALL or low.split("'")[0] in SMALL:
            # "My name is Will." names somebody, "Doctor, will you" does not.
            if first is not None or not _named_like_a_word(text, match.start(), word):
                break
        elif low in _INTERJECTIONS and first is None:
            break
        first = match.start() if first is None else first
        last = match.start() + len(word)
    if first is not None and last is not None:
        yield Hit(first, last, "PERSON", reason)


def _named_like_a_word(text: str, start: int, word: str) -> bool:
    return (
        word.istitle() and word.casefold() in first_names() and not followed_as_word(text, start + len(word))
    )


def model_finds(text: str, start: int, end: int, label: str, *, cased: bool = True) -> Iterator[Hit]:
    """A find of the model, cut down to what can be a name: fillers, small words and possessives fall off
    its ends."""
    words = [(match.start(), bare(match.group())) for match in WORD.finditer(text, start, end)]
    person = label == "PERSON"
    while words and _no_name(words[0][1], cased, person):
        words.pop(0)
    while words and _no_name(words[-1][1], cased, person):
        words.pop()
    while person and len(words) > 1 and words[0][1].casefold() in _TITLE_WORDS:
        words.pop(0)
    if not words:
        return
    if len(words) == 1 and (
        words[0][1].casefold() in _TITLE_WORDS
        or len(words[0][1]) < 2
        or words[0][1].casefold() in _INTERJECTIONS
    ):
        return
    if len(words) == 1 and is_medicine(words[0][1]):
        return
    first = words[0][0]
    if label == "LOCATION":
        direction = _DIRECTION.search(text, max(0, first - 12), first)
        first = direction.start() if direction else first
    yield Hit(first, words[-1][0] + len(words[-1][1]), label, "model")


def _no_name(word: str, cased: bool, person: bool) -> bool:
    low = word.casefold().replace("’", "'")
    if low in SMALL:
        # "Will", "May", "June": a small word, unless the model takes it for a person's name and it is one.
        return not (person and cased and word.istitle() and low in first_names())
    return cased and not any(character.isupper() for character in word)


def speaker_names(labels: Iterable[str]) -> list[str]:
    """The names in speaker labels; roles, single letters and numbers are none.

    >>> speaker_names(["Interviewer", "SARAH THOMPSON", "P2", "Dr Patel"])
    ['SARAH THOMPSON', 'Patel']
    """
    out: list[str] = []
    for label in labels:
        words = [word.group() for word in WORD.finditer(label)]
        kept = [word for word in words if word.casefold() not in _ROLES and len(word) > 2]
        if kept:
            out.append(" ".join(kept))
    return out


_ROLES = words("titles") | words("roles")

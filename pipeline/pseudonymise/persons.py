"""People's names by rule: titles, speaker labels; and what the model's finds are worth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.pseudonymise.glance import heard, told_by
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.text import SMALL, WORD, bare, followed_as_word
from pipeline.pseudonymise.vocabulary import is_medicine, no_word
from pipeline.pseudonymise.wordlists import capitals, first_names, never_alone, surnames, words

NAME = r"[^\W\d_a-zà-öø-ÿ][\w'’\-]*"
FULL = rf"{NAME}(?:\s+(?:(?:de|van|von|der|la|al|bin|Mc|O'|[A-Z]\.)\s+)?{NAME}){{0,3}}"
_TITLE_WORDS = words("titles")


def _capitalised(choice: str) -> str:
    """The alternatives of a pattern with a capital, and in capitals throughout."""
    return "|".join(form for word in choice.split("|") for form in (word.capitalize(), word.upper()))


_SHORT = "|".join(sorted(words("short titles")))
"""Titles that may carry a stop; after "my doctor." a new sentence begins."""
_LONG = "|".join(sorted(_TITLE_WORDS - set(_SHORT.split("|"))))
_IN_SMALL = "doctor|nurse|sister|auntie|uncle"
_TITLES = told_by((*_TITLE_WORDS, *_IN_SMALL.split("|")))
_TITLE = re.compile(
    rf"\b(?:(?P<short>{_capitalised(_SHORT)})\b\.?|(?:{_capitalised(_LONG)}|{_IN_SMALL})\b)"
    rf"\s+(?P<name>{FULL})"
)
_LOWER_TITLE = re.compile(
    rf"\b(?:(?P<short>{_SHORT})\b\.?|(?:doctor|miss|officer|detective|sergeant|professor|auntie|uncle|aunt|judge)\b)"
    r"\s+(?P<name>[^\W\d_]{2,})(?:\s+(?P<second>[^\W\d_]{3,}))?",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r"\b(?:north|south|east|west|central|greater|inner|outer|upper|lower|mid)[ \-]$", re.IGNORECASE
)
_INTERJECTIONS = words("calls")


def titles(text: str, *, lower: bool = False) -> Iterator[Hit]:
    """Names after a title: "Dr Patel", "Sister Mary".

    >>> [hit.start for hit in titles("I saw Dr Patel there")]
    [9]
    """
    for match in () if heard(text).isdisjoint(_TITLES) else _TITLE.finditer(text):
        yield from trimmed(text, *match.span("name"), "title", titled=match.group("short") is not None)
    if lower:
        for match in _LOWER_TITLE.finditer(text):
            yield from _after_title(match)


def _after_title(match: re.Match[str]) -> Iterator[Hit]:
    """A name after a title in small letters: any word after "mr", a name or no word after "doctor"."""
    word = bare(match.group("name")).casefold()
    if word in SMALL or word in _INTERJECTIONS or word in _TITLE_WORDS:
        return
    if not match.group("short") and not (
        no_word(word) or (word in first_names() and word not in never_alone())
    ):
        return
    end = match.start("name") + len(word)
    second = bare(match.group("second") or "").casefold()
    if word in first_names() and second in surnames() and no_word(second):
        end = match.start("second") + len(second)
    yield Hit(match.start("name"), end, "PERSON", "title")


def trimmed(text: str, start: int, end: int, reason: str, *, titled: bool = False) -> Iterator[Hit]:
    """A hit on the words from `start` until the first that can be no name; behind a title written short
    (`titled`) a surname is one even where it is also a form of address: "Mr Love"."""
    last = first = None
    for match in WORD.finditer(text, start, end):
        word = bare(match.group())
        low = word.casefold().replace("’", "'")
        if low in SMALL or low.split("'")[0] in SMALL:
            # "My name is Will." names somebody, "Doctor, will you" does not.
            if first is not None or not _named_like_a_word(text, match.start(), word):
                break
        elif (first is None and (low in capitals() or low in _TITLE_WORDS)) or (
            first is None and low in _INTERJECTIONS and not (titled and word.istitle() and low in surnames())
        ):
            break
        first = match.start() if first is None else first
        last = match.start() + len(word)
    if first is not None and last is not None:
        yield Hit(first, last, "PERSON", reason)


def _named_like_a_word(text: str, start: int, word: str) -> bool:
    return (
        word.istitle() and word.casefold() in first_names() and not followed_as_word(text, start + len(word))
    )


def within_lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A find of the model line by line; of the further lines only those that hold a name: a name does not go
    on into the next line, and in a form the next line is another field.

    >>> text = "Tilda Brox\\nPhone: 12"
    >>> [text[start:end] for start, end in within_lines(text, 0, 16)]
    ['Tilda Brox']
    """
    for match in re.finditer(r"[^\n]+", text[start:end]):
        said = [bare(word.group()) for word in WORD.finditer(match.group())]
        named = any(word[0].isupper() and word.casefold() in surnames() for word in said)
        if (
            match.start() == 0
            or named
            or any(w in first_names() or no_word(w) for w in map(str.casefold, said))
        ):
            yield start + match.start(), start + match.end()


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


_ROLES = words("titles") | words("roles") | words("kin")

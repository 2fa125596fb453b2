"""Names by what stands before them: introductions, answers, kin and friends, nicknames, calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.pseudonymise.glance import folded, heard, told_by
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.persons import FULL, NAME, trimmed
from pipeline.pseudonymise.spoken import OPEN
from pipeline.pseudonymise.text import SMALL, bare
from pipeline.pseudonymise.vocabulary import no_word
from pipeline.pseudonymise.wordlists import first_names, words

_NAME_IS = (
    r"(?:my|your|his|her|their)(?:\s+(?:full|first|last|middle|maiden))?\s+(?:name|surname)"
    r"(?:'s|’s| is| was)|(?:by )?(?:the )?name of|name:|name(?:'s|’s| is| was)"
)
_CALLED = (
    r"(?:i'm|i’m|i am|he's|she's|he is|she is|he was|she was|someone|somebody|guy|man|woman|girl|boy|"
    r"lady|fella|bloke|kid|friend) (?:called|named)|call(?:s|ed|ing)? (?:me|him|her)|(?:goes|went|go) by|"
    r"known as|nick-?named?|nickname(?:'s|’s| is| was)"
)
_NAMING = ("name", "call", "go by", "goes by", "went by", "known as", "nick")
"""One of these stands in every introduction."""
_INTRODUCED = re.compile(
    rf"\b(?:(?i:{_NAME_IS}){OPEN}(?P<name>[^\W\d_][\w'’\-]*(?:\s+{NAME}){{0,2}})|"
    rf"(?i:my name,|{_CALLED}){OPEN}(?:Mr|Mrs|Ms|Miss|Dr)?\.?\s*(?P<called>{FULL}))"
)
_SPEAKING = re.compile(
    rf"\b(?i:this is|it's|it’s|i'm|i’m)\s+(?P<name>{FULL})\s+"
    rf"(?:speaking|here|calling|(?:calling )?from|with|and i'm)\b"
)
_NAME_CUE = re.compile(
    r"\b(?:(?:your|his|her|their) (?:full |first |last |middle |maiden )?(?:name|surname)|what's your name|"
    r"who am i speaking|(?:first|last|full) name)\b",
    re.IGNORECASE,
)
_NAME_CUES = ("name", "who am i speaking")
"""One of these stands in every question for a name."""
_ANSWER = re.compile(rf"^{OPEN}(?:i'm |I'm |I’m |I am |my name is |my name's )?(?P<name>{FULL})")
_QUOTED = re.compile(rf"\b{NAME}\s+[\"“'‘(](?P<name>{FULL})[\"”'’)]\s+{NAME}")
_KIN = "|".join(sorted(words("kin")))
_KINS = told_by(words("kin"))
_OF = re.compile(
    rf"\b(?i:my|his|her|our|your|their|the|whose|a)\s+(?:[\w'’\-]+\s+){{0,2}}?(?i:{_KIN})(?:,\s+|\s+)(?P<name>{FULL})"
)
_CALLS = (
    "hi|hey|hello|thanks|thank you|sorry|bye|goodbye|good morning|good afternoon|"
    "listen|dear|happy birthday|congratulations|ask|tell|asked|told|poor|little|big|old|young"
)
_FIRST_CALLED = frozenset(call.split()[0] for call in _CALLS.split("|"))
_CALL = re.compile(rf"\b(?i:{_CALLS})(?:,\s*|\s+)(?P<name>{NAME})")
_PAIR = re.compile(rf"\b(?P<one>{NAME})(?:,)?\s+(?:and|or|&)\s+(?P<two>{NAME})")
_MONTHS = frozenset(("april", "june", "may", "august"))
"""Months that are first names too: told apart by what stands before them."""
INTRODUCED, ANSWERED, KIN, CALLED, PAIRED, NICKNAME = (
    "introduction",
    "answer to a name question",
    "kin or friend",
    "called by name",
    "named beside a name",
    "nickname",
)


def introductions(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Names that the words around them announce; `asked` is the talk just before, which may ask for one.

    >>> [text[hit.start:hit.end] for text in ["my brother Chue, he came"] for hit in introductions(text)]
    ['Chue']
    """
    said, low = heard(text), folded(text)
    for match in _INTRODUCED.finditer(text) if any(cue in low for cue in _NAMING) else ():
        yield from trimmed(text, *match.span("name" if match.group("name") else "called"), INTRODUCED)
    for match in _SPEAKING.finditer(text):
        yield from trimmed(text, *match.span("name"), INTRODUCED)
    for match in _QUOTED.finditer(text):
        yield from trimmed(text, *match.span("name"), NICKNAME)
    for match in () if said.isdisjoint(_KINS) else _OF.finditer(text):
        yield from trimmed(text, *match.span("name"), KIN)
    for match in () if said.isdisjoint(_FIRST_CALLED) else _CALL.finditer(text):
        if _a_name(match.group("name")):
            yield from trimmed(text, *match.span("name"), CALLED)
    for match in _PAIR.finditer(text):
        one, two = _a_name(match.group("one")), _a_name(match.group("two"))
        for name, other in (("one", "two"), ("two", "one")):
            if one and two and _plainly(match.group(other)) and not _plainly(match.group(name)):
                yield from trimmed(text, *match.span(name), PAIRED)
    if any(cue in folded(asked) for cue in _NAME_CUES) and _NAME_CUE.search(asked[-100:]):
        answer = _ANSWER.search(text)
        if answer and (
            _a_name(answer.group("name").split()[0]) or no_word(answer.group("name").split()[0].casefold())
        ):
            yield from trimmed(text, *answer.span("name"), ANSWERED)


def _a_name(word: str) -> bool:
    low = bare(word).casefold()
    small = low in SMALL and low not in words("names though small") and low not in _MONTHS
    return low in first_names() and len(low) > 2 and not small and low not in words("calls")


def _plainly(word: str) -> bool:
    low = bare(word).casefold()
    return low in first_names() and no_word(low)


_LOWER_KIN = re.compile(
    rf"\b(?:my|his|her|our|your|their)\s+(?:[\w'’\-]+\s+)?(?:{_KIN}),?\s+(?P<name>[^\W\d_]{{3,}})(?!['’])"
)
_LOWER_CALLED = re.compile(
    rf"\b(?:{_CALLED}|name(?:'s| is| was)|ask for|asked for|tell|told|called)\s+"
    r"(?P<name>[^\W\d_]{3,})(?!['’])"
)


def introductions_without_capitals(text: str) -> Iterator[Hit]:
    """The same in talk that has no capitals, where the word itself must be a listed name or no word at all.

    >>> [hit.reason for hit in introductions_without_capitals("so my sister destiny, she left")]
    ['kin or friend']
    """
    folded = "".join(letter.casefold() if len(letter.casefold()) == 1 else letter for letter in text)
    for pattern, reason in ((_LOWER_KIN, KIN), (_LOWER_CALLED, INTRODUCED)):
        for match in pattern.finditer(folded):
            word = bare(match.group("name"))
            if _a_name(word) or no_word(word):
                yield Hit(match.start("name"), match.start("name") + len(word), "PERSON", reason)

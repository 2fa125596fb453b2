"""Organisations and places by how they are called: "Larch Ward", "the Tipton community team", "at Target"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.pseudonymise.glance import heard, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.text import SMALL, WORD, bare, starts_sentence
from pipeline.pseudonymise.vocabulary import is_medicine, no_word
from pipeline.pseudonymise.wordlists import capitals, english, first_names, never_alone, words

_CAP = r"[^\W\d_a-zà-öø-ÿ][\w'’\-]*"
_JOIN = r"(?:\s+(?:and|&|of|for|the|on|upon|in|de|del|la|von|van)(?=\s+[^\W\d_a-zà-öø-ÿ]))*\s+"
_RUN = re.compile(rf"(?<![\w'’])(?:{_CAP})(?:{_JOIN}{_CAP})*")
_HEADS = "|".join(sorted(words("heads"), key=lambda word: (-len(word), word)))
_OF_HEADS = "|".join(sorted(words("what teams do"), key=lambda word: (-len(word), word)))
_TAIL = re.compile(rf"(?:\s+(?:{_OF_HEADS}))*\s+(?:{_HEADS})\b", re.IGNORECASE)
_AT = re.compile(
    r"\b(?:at|from|to|into|in|near|outside|inside|for|with|called|joined|left)\s+(?:the\s+|a\s+|an\s+|our\s+|my\s+)?$",
    re.IGNORECASE,
)
_APPOSED = re.compile(rf"\s*,\s+(?:the|our|my|a)\s+(?:{_HEADS})\b", re.IGNORECASE)
_AT_ONLY = re.compile(r"\b(?:at|from|to|into|in|near|outside|inside)\s+(?:the\s+)?$", re.IGNORECASE)
_HOLY = r"(?:saint|st|san|santa)"
_SAINTS = written_out(_HOLY)
_SAINT = re.compile(
    rf"(?<![\d'’])\b{_HOLY}\b\.?\s+(?P<name>[^\W\d_]{{3,}}(?:['’]s)?)"
    rf"(?:(?:\s+(?:{_OF_HEADS}))*\s+(?:{_HEADS})\b)?",
    re.IGNORECASE,
)
_SAINTLY = re.compile(r"(?<![^\W\d_]\s)(?:S(?:aint|t)\b)|(?<=[a-z]\s)S(?:aint|t)\b")
"""A saint, and not the end of a street's name ("Maple St")."""
_LOWER_NAME = re.compile(
    rf"\b(?P<name>[^\W\d_]{{4,}})(?P<tail>(?:\s+(?:{_OF_HEADS}))*\s+(?:{_HEADS}))\b", re.IGNORECASE
)
_SHOP = re.compile(
    rf"\b(?i:at|to|from|the|called|by|near|like|in)\s+(?P<name>{_CAP}['’]s)"
    r"(?=\s*(?:[.,!?;\n]|$)|\s+(?:in|on|at|and|or|for|to|then|when|because|with|after|before)\b)"
)
_LONGEST = 6
"""Words in a name; a longer run of capitals is a heading."""
NAMED, SEVERAL, JOINED = "named team or place", "several capitals", "capitals joined by a small word"
AT, SAINT = "capital after a preposition", "saint"


def organisations(text: str, *, lower: bool = False) -> Iterator[Hit]:
    """Names of organisations and places, whole: with the plain words that say what they are.

    >>> text = "so the Tipton community team rang"
    >>> [text[hit.start:hit.end] for hit in organisations(text)]
    ['Tipton community team']
    """
    for match in () if heard(text).isdisjoint(_SAINTS) else _SAINT.finditer(text):
        name = bare(match.group("name")).casefold()
        if no_word(name) or (
            name not in SMALL and match.group("name")[0].isupper() and _SAINTLY.match(text, match.start())
        ):
            yield Hit(match.start(), match.end(), "ORGANISATION", SAINT)
    if lower:
        for match in _LOWER_NAME.finditer(text):
            does = match.group("tail").split()[-1] in words("heads that people do")
            if no_word(bare(match.group("name")).casefold()) and not (
                does and _plain_name(match.group("name"))
            ):
                yield Hit(*match.span(), "ORGANISATION", NAMED)
        return
    for match in _SHOP.finditer(text) if "'s" in text or "’s" in text else ():
        if not _no_part(bare(match.group("name"))):
            yield Hit(*match.span("name"), "ORGANISATION", AT)
    for match in _RUN.finditer(text):
        yield from _run(text, *match.span())


def not_two(text: str, hits: Iterable[Hit]) -> Iterator[Hit]:
    """The hits without those that join two names, each found by something else: two wards, two people."""
    every = list(hits)
    sure = [hit for hit in every if hit.reason not in (JOINED, SEVERAL, "word of no dictionary")]
    for hit in every:
        if hit.reason != JOINED or not _apart(text, hit, sure):
            yield hit


def _apart(text: str, joined: Hit, sure: Iterable[Hit]) -> bool:
    inside = [hit for hit in sure if joined.start <= hit.start and hit.end <= joined.end]
    spoken = list(WORD.finditer(text, joined.start, joined.end))
    covered = [any(hit.start <= match.start() < hit.end for hit in inside) for match in spoken]
    return all(held is match.group()[0].isupper() for held, match in zip(covered, spoken, strict=True))


def _run(text: str, start: int, end: int) -> Iterator[Hit]:
    """What a run of capitalised words names, less those on its ends that owe their capital to something."""
    spoken = [(match.start(), bare(match.group())) for match in WORD.finditer(text, start, end)]
    opens = starts_sentence(text, start)
    while spoken and _no_part(spoken[0][1], first=opens and spoken[0][0] == start):
        spoken.pop(0)
    while spoken and _no_part(spoken[-1][1], last=len(spoken) > 1):
        spoken.pop()
    if not spoken:
        return
    first, last = spoken[0][0], spoken[-1][0] + len(spoken[-1][1])
    inside = [word for _, word in spoken if word[0].isupper()]
    tail = _TAIL.match(text, last) if not _possessive(text, last) else None
    if tail and tail.group().split()[-1] in words("heads that people do") and _plain_name(inside[-1]):
        tail = None  # "Sarah works in ..."
    if tail and "\n" not in tail.group() and not any(map(_acronym, inside)):
        yield Hit(first, tail.end(), "ORGANISATION", NAMED)
    elif len(inside) > 1 and _says_what(text, last, inside):
        yield Hit(first, last, "ORGANISATION", NAMED)
    elif len(inside) > 1:
        for piece in _pieces(spoken):
            named = [word for _, word in piece if word[0].isupper() and len(word) > 1 and not _acronym(word)]
            if 1 < len(piece) <= _LONGEST and named:
                joined = any(not word[0].isupper() for _, word in piece)
                reason = JOINED if joined else SEVERAL
                yield Hit(piece[0][0], piece[-1][0] + len(piece[-1][1]), "ORGANISATION", reason)
    elif not opens and inside[0].casefold() in english() and len(inside[0]) > 2 and not inside[0].isupper():
        there = _AT_ONLY.search(text, max(0, first - 16), first)
        if there:
            yield Hit(first, last, "LOCATION" if there.group().startswith("in") else "ORGANISATION", AT)


def _says_what(text: str, end: int, inside: Sequence[str]) -> bool:
    """Whether a name says what it names, as its last word or behind it: "Quenby and Coastal, the trust"."""
    if _plain_name(inside[0]) and len(inside) == 2:
        return False  # "Kevin Park"
    return inside[-1].casefold() in words("heads") or _APPOSED.match(text, end) is not None


def _pieces(spoken: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """The run whole; where it holds a first name, cut at its small words: "Sarah and Tom" are two."""
    if not any(word[0].isupper() and _plain_name(word) for _, word in spoken):
        return [spoken]
    pieces: list[list[tuple[int, str]]] = [[]]
    for start, word in spoken:
        if word[0].isupper():
            pieces[-1].append((start, word))
        else:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _plain_name(word: str) -> bool:
    return word.casefold() in first_names() and no_word(word.casefold())


def _possessive(text: str, end: int) -> bool:
    return text[end : end + 1] in ("'", "’")


def _acronym(word: str) -> bool:
    return word.isupper() and len(word) < 6


def _no_part(word: str, *, first: bool = False, last: bool = False) -> bool:
    """Whether a capitalised word owes its capital to something else; `first` opens a sentence, `last` ends
    a run, where a faith or a people may be part of a name ("Old Regular Baptist")."""
    low = word.casefold().replace("’", "'")
    if low in SMALL or low in _NO_NAMES or is_medicine(low) or not word[0].isupper():
        return True
    if not last and (low in capitals() or low in words("peoples")):
        return True
    return first and (low in english() or low in never_alone())


_NO_NAMES = (
    words("calls")
    | words("calendar")
    | words("titles")
    | words("kin")
    | words("roles")
    | words("fillers")
    | words("numbered")
)

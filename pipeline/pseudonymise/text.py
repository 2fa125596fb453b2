"""Words, remarks and capitals: what every finder needs to know of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.pseudonymise.wordlists import also_word, words

WORD = re.compile(r"[^\W\d_](?:[^\W_]|['’\-](?=[^\W_]))*")
"""A word of a text with its apostrophes and hyphens: `Sarah's`, `O'Brien`, `Anne-Marie`."""
_POSSESSIVE = re.compile(r"(?:['’](?:s|ll|d|ve|re)|(?<=s)['’])$", re.IGNORECASE)
_REMARK = re.compile(r"\[[^\[\]\n]{0,200}\]|\(\([^()\n]{0,200}\)\)|\(\.+\)|<[^<>\n]{1,60}>")
LABEL = re.compile(r"^[ \t]*([^\W\d_][^:\n\[\](){}?!]{0,40}):(?=\s)", re.MULTILINE)
"""A speaker label at the start of a line: `Doctor:`."""
_FEW = 0.01
"""The share of words with a capital up to which talk counts as written without capitals."""
FILLER = words("fillers")

SMALL = words("small")
"""Words that are never a name in themselves."""


_VERB_LIKE = re.compile(
    r"\s+(?:i|you|he|she|it|we|they|so|this|that|there|the|a|an|my|your|his|her|its|our|their|to|of|for|in|me|him|us|them)\b",
    re.IGNORECASE,
)


def bare(word: str) -> str:
    """The word without its possessive ending or a verb that has grown to it ("Den'll").

    >>> bare("Sarah's"), bare("James’")
    ('Sarah', 'James')
    """
    return _POSSESSIVE.sub("", word) if "'" in word or "’" in word else word


def blank_remarks(text: str) -> str:
    """The text with bracketed remarks and pseudonyms blanked out, each character by one space.

    >>> blank_remarks("so [laughs] yes")
    'so          yes'
    """
    return _REMARK.sub(lambda match: " " * len(match.group()), text)


_PSEUDONYM = re.compile(r"\[[^\[\]\n]{1,80} (?:\d+|[A-Z]{1,2})\]")


def blank_pseudonyms(text: str) -> str:
    """The text with bracketed pseudonyms blanked out, while remarks stay.

    >>> blank_pseudonyms("[Ward A] [Sarah laughs]")
    '         [Sarah laughs]'
    """
    return _PSEUDONYM.sub(lambda match: " " * len(match.group()), text)


def remarks(text: str) -> list[tuple[int, int]]:
    """Where bracketed remarks and pseudonyms lie."""
    return [match.span() for match in _REMARK.finditer(text)]


def labels(texts: Iterable[str]) -> set[str]:
    """Speaker labels written at the start of lines, those that stand there at least twice."""
    seen: dict[str, int] = {}
    for text in texts:
        for match in LABEL.finditer(text):
            seen[match.group(1).strip()] = seen.get(match.group(1).strip(), 0) + 1
    return {label for label, count in seen.items() if count >= 2}


def without_capitals(texts: Iterable[str]) -> bool:
    """Whether talk was written without capitals, as automatic captions are (speaker labels apart).

    >>> without_capitals(["so i spoke to sarah about it"]), without_capitals(["So I spoke to Sarah"])
    (True, False)
    """
    talk = [LABEL.sub("", text) for text in texts]
    most = (sum(map(len, talk)) + len(talk)) / 2  # words that so many characters can hold
    words = capitals = 0
    for text in talk:
        for said in WORD.findall(text):
            words += 1
            capitals += said[0].isupper()
        if capitals > most * _FEW:
            return False
    return words > 0 and capitals <= words * _FEW


def starts_sentence(text: str, start: int) -> bool:
    """Whether the word at `start` may owe its capital to standing first in a sentence or after a filler."""
    before = text[max(0, start - 24) : start]
    stripped = before.rstrip(" \t,\"'“‘(–-")
    if not stripped or stripped[-1] in ".?!:;…\n":
        return True
    last = re.search(r"[^\W\d_]+$", stripped)
    return bool(last and last.group().casefold() in FILLER)


def opens_as_word(text: str, start: int, low: str) -> bool:
    """Whether a name that is also a word opens a sentence the way the word would: "Will you", "Mark it".

    >>> opens_as_word("Will you come?", 0, "will"), opens_as_word("Will came.", 0, "will")
    (True, False)
    """
    if not also_word(low) and low not in SMALL:
        return False
    return followed_as_word(text, start + len(low)) and starts_sentence(text, start)


def followed_as_word(text: str, end: int) -> bool:
    """Whether what follows is what follows a verb or a noun rather than a name: "it", "you", "to", "of"."""
    return bool(_VERB_LIKE.match(text, end))

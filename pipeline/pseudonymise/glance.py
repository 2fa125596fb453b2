"""What a line of talk holds, told at a glance: costly patterns are spared the lines they cannot match.

Every question here is a condition that a pattern needs. Where it is answered "no" the pattern need not be
tried, and the answer is kept for the other rules that read the same line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pipeline.pseudonymise.spoken import NUMBER_WORD, NUMERIC, small

_RUN = re.compile("[a-z]+")
_DIGIT = re.compile(r"\d")
_KEPT = 16
"""How many lines are remembered: the one that the rules are at, and the talk before it."""


@lru_cache(_KEPT)
def folded(text: str) -> str:
    """The text in small letters, as a pattern that ignores case sees it.

    >>> folded("Kım ASKED")
    'kim asked'
    """
    return small(text)


@lru_cache(_KEPT)
def heard(text: str) -> frozenset[str]:
    """Its runs of the letters a to z, in small letters: among them every such word with an end on both sides.

    >>> sorted(heard("It's SIX, sıx or 6th"))
    ['it', 'or', 's', 'six', 'th']
    """
    return frozenset(_RUN.findall(folded(text)))


def written_out(pattern: str) -> frozenset[str]:
    r"""The words of two letters or more that a pattern names, with and without a letter that may lack.

    >>> sorted(written_out(r"\b(?P<kind>streets?|ave\.?|Hill)\b"))
    ['ave', 'hill', 'street', 'streets']
    """
    plain = re.sub(r"\\.|\(\?P<\w+>", " ", pattern).lower()
    words = re.findall(r"([a-z]+)([a-z]\??)", plain)
    return frozenset(form for stem, end in words for form in (stem + end[0], stem if end[1:] else stem + end))


def told_by(words: Iterable[str]) -> frozenset[str]:
    """For each of these words one that `heard` gives wherever it stands with an end on both sides.

    >>> sorted(told_by(["sister-in-law", "fiancé"]))
    ['fianc', 'sister']
    """
    return frozenset(max(sorted(heard(word)), key=len) for word in words)


@lru_cache(_KEPT)
def has_digit(text: str) -> bool:
    """Whether a text holds a digit."""
    return _DIGIT.search(text) is not None


@lru_cache(_KEPT)
def numeric(text: str) -> bool:
    """Whether a text holds a digit or what looks like a word for a number ("sixteen", but also "with")."""
    return NUMERIC.search(text) is not None


_NUMBERS = written_out(NUMBER_WORD)


def has_number(text: str) -> bool:
    """Whether a text holds a digit or a word for a number that stands by itself ("sixteen", "sixth")."""
    return has_digit(text) or not heard(text).isdisjoint(_NUMBERS)

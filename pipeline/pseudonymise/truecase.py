"""Capitals given back to talk that was written without any, so that the model can read it."""

from __future__ import annotations

from pipeline.pseudonymise.text import SMALL, WORD, bare
from pipeline.pseudonymise.vocabulary import no_word
from pipeline.pseudonymise.wordlists import (
    also_word,
    countries,
    first_names,
    only_in_the_middle,
    surnames,
    words,
)

_CALENDAR = words("calendar")
SHORT_TITLES = words("short titles")
"""Titles after which any word is a name."""


def truecase(text: str) -> str:
    """The same text, letter for letter, with capitals on likely names, titles, weekdays and first words.

    >>> truecase("i met sarah thompson in leeds")
    'I met Sarah Thompson in Leeds'
    """
    out = list(text)
    previous = ""
    for match in WORD.finditer(text):
        word = bare(match.group()).casefold()
        start = match.start()
        before = text[max(0, start - 4) : start].rstrip(" \t\"'“‘")
        opens = before[-1:] in ("", ".", "?", "!", "\n", ":")
        named = word in _CALENDAR or word in countries() or _may_be_name(word) or _surname(word, previous)
        if opens or named:
            out[start] = _upper(out[start])
        previous = word
    return "".join(out)


def is_first_name(word: str) -> bool:
    """Whether a word in small letters is a listed first name and no ordinary word."""
    low = word.casefold()
    return low in first_names() and len(low) > 2 and low not in SMALL and not also_word(low)


def _may_be_name(word: str) -> bool:
    """Whether a capital lets the model judge: listed names, also "mark", and words of no dictionary."""
    if word in SMALL or len(word) < 3:
        return False
    return is_first_name(word) or word in only_in_the_middle() or no_word(word)


def _surname(word: str, previous: str) -> bool:
    """Whether a word that may be anything else is a surname here: after "mr", or after a first name."""
    if word in SMALL or len(word) < 3:
        return False
    return previous in SHORT_TITLES or (is_first_name(previous) and word in surnames())


def _upper(letter: str) -> str:
    upper = letter.upper()
    return upper if len(upper) == 1 else letter


def lowered(text: str) -> str:
    """The same text in small letters, letter for letter, for talk written in capitals throughout."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)

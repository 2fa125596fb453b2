"""What a word is by its spelling alone: English, a medicine, made from English words, or in no dictionary."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

from rapidfuzz.distance import DamerauLevenshtein

from pipeline.pseudonymise.wordlists import (
    also_word,
    capitals,
    english,
    first_names,
    surnames,
    uk_first_names,
    uk_surnames,
    words,
)

_NO_NAMES = (
    words("peoples")
    | words("titles")
    | words("roles")
    | words("calendar")
    | words("calls")
    | words("small")
    | words("kin")
)
_MEDICINE_ENDINGS = tuple(sorted(words("medicine endings")))
_ILLNESS = re.compile(
    r"(?:itis|osis|oses|a?emia|ology|ologist|ological|oidism|thyroid|otomy|ectomy|opathy|algia|rrhoea|rrhea|axis|actic|"
    r"oscopy|therapy|plegia|phobia|philia|trophic|genic)s?$"
)
_PREFIX = re.compile(
    r"^(?:anti|auto|bi|counter|cyber|de|dis|ex|extra|hyper|hypo|infra|inter|intra|macro|mega|micro|mid|mini|mis|multi|neo|"
    r"neuro|non|osteo|out|over|para|pop|post|pre|pro|pseudo|psycho|re|self|semi|sub|super|tele|trans|ultra|un|under|up)-?"
)
_SUFFIXES = tuple(sorted(words("endings"), key=lambda ending: (-len(ending), ending)))
_LONG = 7
"""Letters a word must have before one slip away from an English word makes it a misspelling."""


@cache
def no_word(low: str) -> bool:
    """Whether a word in small letters stands in no dictionary of English, with a capital or without.

    >>> [no_word(word) for word in ("guillory", "kitchen", "armenian", "lisinopril")]
    [True, False, False, False]
    """
    plain = low.replace("’", "'")
    if "-" in plain:
        return any(
            no_word(part) and (part in surnames() or part in first_names()) for part in plain.split("-")
        )
    parts = {plain, plain.removesuffix("s"), *plain.split("'")[:1]}
    known = (english(), capitals(), _NO_NAMES)
    if any(part in some for part in parts for some in known):
        return False
    return not also_word(low) and not is_medicine(low) and re.search("[aeiouyà-ÿ]", low) is not None


@cache
def derived(low: str) -> bool:
    """Whether a word is made from English ones, names an illness, or misspells an English word.

    >>> [derived(word) for word in ("rehydration", "osteoarthritis", "commited", "kunle")]
    [True, True, True, False]
    """
    if _ILLNESS.search(low):
        return True
    stem = _PREFIX.sub("", low)
    bases = {low, stem}
    for word in (low, stem):
        for suffix in _SUFFIXES:
            if word.endswith(suffix):
                cut = word.removesuffix(suffix)
                bases |= {cut, cut + "e", cut + "y", cut[:-1] if cut[-1:] == cut[-2:-1] else cut}
    if any(len(base) > 2 and base in english() for base in bases - {low}):
        return True
    return misspelt(low)


@cache
def misspelt(low: str) -> bool:
    """Whether a long word is one slip away from an English word."""
    if len(low) < _LONG:
        return False
    near = (word for size in (-1, 0, 1) for word in _by_shape()[low[:2], len(low) + size])
    return any(DamerauLevenshtein.distance(low, word, score_cutoff=1) <= 1 for word in near)


@cache
def _by_shape() -> dict[tuple[str, int], list[str]]:
    table: dict[tuple[str, int], list[str]] = defaultdict(list)
    for word in english():
        if len(word) >= _LONG - 1:
            table[word[:2], len(word)].append(word)
    return table


def is_medicine(word: str) -> bool:
    """Whether a word ends as medicines do (international nonproprietary stems) and is no registered name.

    >>> is_medicine("Lisinopril"), is_medicine("April")
    (True, False)
    """
    low = word.casefold()
    named = low in uk_first_names() or low in uk_surnames()
    return low.rstrip("s").endswith(_MEDICINE_ENDINGS) and not named

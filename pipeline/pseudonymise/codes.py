"""Numbers and codes as they are told: digits, letters, words that spell a letter, and what stands between."""

from __future__ import annotations

import re
from itertools import pairwise

from pipeline.pseudonymise.spoken import BELOW_100, DIGIT, TEN_TO_99, below_100, small
from pipeline.pseudonymise.wordlists import words

_I = re.IGNORECASE
_NATO = r"(?:\s+(?:as in|for|like)\s+[\w\-]+)"
_LETTER = (
    rf"(?:(?<!['’])\b[B-HJ-Z]\b(?!['’]|-[A-Z]{{2}}){_NATO}?|"
    rf"\b[AI]\b{_NATO}?(?=(?:[\s,.\-/]|slash|stroke|dash)+(?:\d|{DIGIT}\b))|\b[AI]\b{_NATO}|(?<=\d\s)(?-i:A)\b)"
)
"""A letter said alone; "I" and "a" only where a digit follows or a word spells them."""
_THEN = rf"(?:[\s,\-/]|slash|dash|stroke){{1,3}}(?:\d|{DIGIT}\b|[A-Z]{{2,5}}\s\d)"
_LETTERS = (
    rf"(?-i:(?!(?:ID|PIN|MRN|SSN|VIN|NHS|NI|REF|DOB|NO)\b)\b[A-Z]{{2,5}}(?={_THEN})|"
    rf"(?<=\d\s)[A-Z]{{2,3}}\b(?!['’]))|\b(?!mrs?\b|dr\b|vs\b|st\b|nhs\b)[b-df-hj-np-tv-z]{{2,4}}(?={_THEN})"
)
"""Several letters written together beside a digit: "KLR 4407"."""
_SPELLED = "|".join(sorted(words("spelling words"), key=lambda word: (-len(word), word)))
_LETTER_SAID = (
    rf"\b(?:{_SPELLED})\b(?=[\s,\-]+(?:\d|{DIGIT}\b|(?:{_SPELLED})\b))|"
    rf"(?<=[a-z\d][\s,]\s)(?-i:{_SPELLED})\b"
)
_UNIT = r"(?:st|nd|rd|th|s|am|pm|mg|mcg|ml|kg|g|lbs?|cm|mm|m|km|k|x|hrs?|mins?|ish)\b"
_MIXED = rf"(?:\d+(?![A-Z\d])|(?!\d+{_UNIT})(?=[A-Z]{{0,4}}\d)[A-Z\d]{{2,18}}\b)"
_HUNDRED = rf"hundred(?:\s+and\s+{BELOW_100}|\b)"
_TOKEN = (
    rf"(?:{_MIXED}|(?:double|triple)[\s\-]+{DIGIT}\b|{DIGIT}\b|{TEN_TO_99}|{_HUNDRED}|"
    rf"{_LETTERS}|{_LETTER}|{_LETTER_SAID})"
)
_BETWEEN = (
    r"(?:[^\S\n]|[,.\-–—/]|\b(?:um+|uh+m?|er+m?|dash|hyphen|space|slash|stroke|no|sorry|and then|then|wait|"
    r"make that)\b)*"
)
RUN = re.compile(rf"(?<![\w.:$£€])(?<!\d,)(?:{_TOKEN})(?:{_BETWEEN}(?:{_TOKEN}))*(?![\w%:]|[.,]\d)", _I)
"""Digits and letters told one after the other, with what people say between them."""
_ONE = (
    rf"(?:(?:(?:double|triple)\s+)?(?:\d|{DIGIT}\b)|{_LETTER}|"
    rf"(?-i:[A-Z]{{2,4}}\b|[A-Z]{{1,3}}\d\b)|{_LETTER_SAID})"
)
_ALONE = re.compile(rf"(?:{_ONE}[\s\-,]{{1,2}}(?:(?:slash|stroke|dash)\s)?){{3,}}{_ONE}", _I)
"""Digits and letters told one by one."""
_SPELLED_ONE = re.compile(rf"\b(?:{_SPELLED})\b", _I)
_LETTERED = re.compile(r"\b(?:[B-HJ-Zb-hj-z]|[A-Z]{2,5})\b|\d[A-Za-z]|[A-Za-z]\d")
_DIGITS = re.compile(
    rf"\d|\b(?P<tens>{TEN_TO_99})|(?P<round>\bhundred\b)|"
    rf"(?:(?P<times>double|triple)[\s\-]+)?\b(?P<said>{DIGIT})\b",
    _I,
)
_VALUES = {"oh": "0", "zero": "0", "nought": "0"} | {
    word: str(value)
    for value, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1)
}


def lettered(said: str) -> bool:
    """Whether a code holds letters, told as such or spelled.

    >>> lettered("four one B"), lettered("nine, bravo"), lettered("four one")
    (True, True, False)
    """
    return _LETTERED.search(said) is not None or _SPELLED_ONE.search(said) is not None


def one_by_one(said: str) -> bool:
    """Whether at least four digits or letters are told one by one, and not just counted.

    >>> one_by_one("two two four one nine"), one_by_one("one two three four"), one_by_one("4417")
    (True, False, False)
    """
    return _ALONE.fullmatch(said) is not None and not _counted(read_digits(said))


def _counted(digits: str) -> bool:
    """Whether digits only count up or down, or are all the same: "one two three four"."""
    steps = {int(after) - int(one) for one, after in pairwise(digits)}
    return len(steps) <= 1 and steps <= {-1, 0, 1}


def read_digits(said: str) -> str:
    """The digits of a number as it was said or written.

    >>> read_digits("oh seven double four, 12"), read_digits("forty four seventeen")
    ('074412', '4417')
    """
    out = []
    for match in _DIGITS.finditer(said):
        word = match.group("said")
        if match.group("tens"):
            out.append(str(below_100(match.group("tens"))))
        elif match.group("round"):
            out.append("00")
        elif word is None:
            out.append(match.group())
        else:
            times = {"double": 2, "triple": 3}.get(small(match.group("times") or ""), 1)
            out.append(_VALUES[small(word)] * times)
    return "".join(out)

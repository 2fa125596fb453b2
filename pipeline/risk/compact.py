"""Numbers, addresses and dates reduced to what was said, so that "oh seven seven" and "077" are one."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

TOKEN = re.compile(r"[^\W_]+")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7",
    "eighth": "8", "ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12", "thirteenth": "13",
    "fourteenth": "14", "fifteenth": "15", "sixteenth": "16", "seventeenth": "17", "eighteenth": "18",
    "nineteenth": "19", "twentieth": "20", "thirtieth": "30",
}  # fmt: skip
_DIGITS = {word: str(number) for number, word in enumerate(_UNITS)} | {"oh": "0", "nought": "0"}
_NUMBERS = (
    _DIGITS
    | {word: str(number) for number, word in enumerate(_TEENS, start=10)}
    | _ORDINALS
    | {"hundred": "00", "thousand": "000"}
)
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_SILENT = frozenset(
    (
        "of",
        "the",
        "at",
        "dot",
        "dash",
        "hyphen",
        "underscore",
        "um",
        "er",
        "erm",
        "uh",
        "http",
        "https",
        "www",
    )
)
"""What is said between the parts of a date, a number or an e-mail address, and belongs to none of them."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A text as one string of letters and digits; `starts` and `ends` tell where its words begin and end in
    it, `places` where those lie in the text."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    def at(self, place: int, key: str) -> tuple[int, int] | None:
        """Where in the text a key lies that begins at `place` (one of `starts`) and ends with a word; None
        where it does not."""
        end = place + len(key)
        if not self.text.startswith(key, place):
            return None
        first, last = bisect_left(self.starts, place), bisect_left(self.ends, end)
        if last == len(self.ends) or self.ends[last] != end:
            return None
        return self.places[first][0], self.places[last][1]


def compact(text: str) -> Compact:
    """Reduce a text: number words become digits, small letters, nothing between words.

    >>> compact("07700 900-318").text, compact("oh double seven oh oh, nine hundred three one eight").text
    ('07700900318', '07700900318')
    >>> compact("the twenty-second of May").text, compact("22nd May").text
    ('22may', '22may')
    """
    tokens = [(match.start(), match.end(), match.group().casefold()) for match in TOKEN.finditer(text)]
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    place = 0
    while place < len(tokens):
        said, used = _said([word for _, _, word in tokens[place : place + 2]])
        if said:
            pieces.append(said)
            places.append((tokens[place][0], tokens[place + used - 1][1]))
        place += used
    starts, ends, size = [], [], 0
    for piece in pieces:
        starts.append(size)
        size += len(piece)
        ends.append(size)
    return Compact("".join(pieces), tuple(starts), tuple(ends), tuple(places))


def alone(word: str) -> str | None:
    """What a word in small letters comes to whatever follows it; None where that hangs on the next one.

    >>> [alone(word) for word in ("seven", "the", "077", "double")]
    ['7', '', '077', None]
    """
    return None if word in _TIMES or word in _TENS else _by_itself(word)


def opening(word: str) -> str | None:
    """What a number begins with that is told from this word on; None where the word is none of it.

    >>> [opening(word) for word in ("oh", "twenty", "double", "the")]
    ['0', '2', '', None]
    """
    if word in _TIMES:
        return ""
    if word in _TENS:
        return str(_TENS.index(word) + 2)
    return _by_itself(word) or None


def ending(word: str) -> str | None:
    """What a number ends with that is told up to this word; None where the word is none of it.

    >>> [ending(word) for word in ("eight", "twenty", "318", "the")]
    ['8', '20', '318', None]
    """
    return _by_itself(word) or None


@cache
def _by_itself(word: str) -> str:
    """What a word comes to with nothing behind it."""
    return _said([word])[0]


def _said(words: list[str]) -> tuple[str, int]:
    """What the first of these words comes to, and how many of them it takes up."""
    word, after = words[0], words[1] if len(words) > 1 else ""
    if word in _SILENT:
        return "", 1
    if word in _TIMES and (after in _DIGITS or (len(after) == 1 and after.isalnum())):
        return _DIGITS.get(after, after) * _TIMES[word], 2
    if word in _TENS:
        ten = str(_TENS.index(word) + 2)
        unit = _DIGITS.get(after) or _ORDINALS.get(after, "")
        return (ten + unit, 2) if len(unit) == 1 and unit != "0" else (ten + "0", 1)
    ordinal = _ORDINAL.fullmatch(word)
    return (ordinal.group(1) if ordinal else _NUMBERS.get(word, word)), 1

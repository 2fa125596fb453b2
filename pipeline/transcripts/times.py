"""Times in transcripts: clock shapes read into seconds, and taken out of the talk."""

from __future__ import annotations

import re
from collections.abc import Sequence

CLOCK = r"(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?(?:-\d)?"
"""`3:07`, `00:12:03`, `1:02:03.250` and the tenths of F4, `00:01:02-3`."""

_ENCLOSED = rf"(?:\[\s*{CLOCK}\s*\]|<\s*{CLOCK}\s*>|#\s*{CLOCK}\s*#|\{{\s*{CLOCK}\s*\}})"
_TO = r"\s*(?:-->|->|[-–—]|to)\s*"
_LOOSE = r"(?:\d{1,3}:)?\d{1,3}:\d{1,2}(?:[.,]\d{1,3})?"
RANGE = rf"[\[(]?\s*{_LOOSE}\s*(?:-->|->|\s[-–—]\s|[–—])\s*{_LOOSE}\s*[\])]?"
"""A stretch of time, also as Teams once wrote it: `0:0:3.120 --> 0:0:6.480`."""
TIME = rf"(?:{_ENCLOSED}|\(\s*{CLOCK}\s*\))"
"""A time in brackets or hashes."""

_TAKE = re.compile(
    rf"\[\s*{CLOCK}{_TO}{CLOCK}\s*\]|{_ENCLOSED}|\(\s*\d{{1,2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,3}})?\s*\)"
)
_CLOCK = re.compile(rf"{CLOCK}|{_LOOSE}")
_LONG = re.compile(r"(?:(\d{1,2}) ?h ?)?(\d{1,2}) ?(?:m|min|['′]) ?(\d{1,2}(?:[.,]\d+)?) ?(?:s|sec|[\"″])")


def seconds(clock: str) -> float | None:
    """A clock reading in seconds, or None if it is none.

    >>> [seconds(clock) for clock in ("1:02:03.5", "00:01:02-3", "75:00", "1h02m03s", "12'03\\"")]
    [3723.5, 62.3, 4500.0, 3723.0, 723.0]
    """
    text = clock.strip().strip("[](){}<>#").strip()
    long = _LONG.fullmatch(text)
    if long:
        return int(long[1] or 0) * 3600 + int(long[2]) * 60 + float(long[3].replace(",", "."))
    if not _CLOCK.fullmatch(text):
        return None
    main, _, tenths = text.partition("-")
    parts = main.replace(",", ".").split(":")
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return round(total + (int(tenths) / 10 if tenths else 0.0), 3)


def clocks(text: str) -> list[float]:
    """Every clock reading in a text, in order."""
    return [value for m in _CLOCK.finditer(text) if (value := seconds(m[0])) is not None]


def take_times(text: str) -> tuple[str, float | None, float | None]:
    """The text without bracketed times, the time that leads it, and the last time that does not.

    >>> take_times("[00:00:05] Yes, exactly. #00:01:02-3#")
    ('  Yes, exactly.  ', 5.0, 62.3)
    """
    if ":" not in text:
        return text, None, None
    first: float | None = None
    last: float | None = None
    for m in _TAKE.finditer(text):
        values = clocks(m[0])
        if not text[: m.start()].strip():
            first, last = values[0], values[1] if len(values) > 1 else last
        else:
            last = values[-1]
    return _TAKE.sub(" ", text) if first is not None or last is not None else text, first, last


_TWO_FIELDS = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?![\d:.])")
_THREE_FIELDS = re.compile(r"\d:\d{2}:\d{2}")
_FASTEST = 8.0
"""Words in a second; nobody talks like that, so times that ask for it are hours and minutes."""


def in_hours(texts: Sequence[str], words: int, starts: Sequence[float | None]) -> bool:
    """Whether the two-field times of a file, read as minutes and seconds, would be hours and minutes.

    They are where the file has no three-field time and its talk would be impossibly fast.
    """
    told = [start for start in starts if start is not None]
    if len(told) < 3 or max(told) <= min(told):
        return False
    if any(_THREE_FIELDS.search(text) for text in texts) or not any(
        _TWO_FIELDS.search(text) for text in texts
    ):
        return False
    return words / (max(told) - min(told)) > _FASTEST and words > 200

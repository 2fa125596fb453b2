"""Dates and ages read from their wording, written or spoken, so that they can be shifted or made coarser."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta

_CALENDAR = "january february march april may june july august september october november december"
_MONTHS = _CALENDAR.split()
_BELOW_20 = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ORDERED = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_TENS_SAID = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(_BELOW_20.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TENS_SAID.split(), 2)}
_ORDINALS = {word: value for value, word in enumerate(_ORDERED.split(), 1)} | {"thirtieth": 30}
_TOKEN = re.compile(r"\d+|[a-z]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as far as it was said: `None` where a part was not."""

    day: int | None
    month: int | None
    year: int | None


def read_date(surface: str) -> Moment:
    """The date that a wording says; day before month in all-number dates, unless that cannot be.

    >>> read_date("fifth of April, uh, nineteen seventy three")
    Moment(day=5, month=4, year=1973)
    >>> read_date("12/1/1981")
    Moment(day=12, month=1, year=1981)
    """
    iso = re.search(r"\b(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})", surface)
    if iso:
        return Moment(int(iso[3]), int(iso[2]), int(iso[1]))
    numeric = re.search(r"\b(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d\d)\b", surface)
    if numeric:
        day, month = int(numeric[1]), int(numeric[2])
        return Moment(*((month, day) if month > 12 else (day, month)), _full_year(int(numeric[3])))
    month_said, numbers = _parts(surface)
    years = [value for value in numbers if value > 99]
    rest = [value for value in numbers if value <= 99]
    if month_said is None and len(rest) >= 2 and rest[0] <= 31 and rest[1] <= 12:
        month_said, rest = rest[1], [rest[0], *rest[2:]]
    day_said = rest.pop(0) if rest and rest[0] <= 31 and (len(rest) > 1 or years or month_said) else None
    year = years[0] if years else (_full_year(rest[0]) if rest else None)
    return Moment(day_said, month_said, year)


def _parts(surface: str) -> tuple[int | None, list[int]]:
    """The month named in a wording, and its numbers in order."""
    month: int | None = None
    numbers: list[int] = []
    pending: list[str] = []
    for token in [*(match.group().casefold() for match in _TOKEN.finditer(surface)), ""]:
        if token in _UNITS or token in _TENS or token in _ORDINALS or token in ("hundred", "thousand", "oh"):
            pending.append(token)
            continue
        if token in ("and", "um", "uh", "er", "umm", "uhh"):
            continue
        numbers.extend(_spoken(pending))
        pending = []
        named = [place for place, name in enumerate(_MONTHS, 1) if len(token) >= 3 and name.startswith(token)]
        if token.isdigit():
            numbers.append(int(token))
        elif named and month is None:
            month = named[0]
    return month, numbers


def _spoken(words: list[str]) -> list[int]:
    """Number words in a row as numbers, a year of two halves as one number."""
    out: list[int] = []
    for word in words:
        if word == "oh":
            out.append(0)
        elif word in _ORDINALS:
            tens = bool(out) and out[-1] in (20, 30) and _ORDINALS[word] < 10
            out[-1:] = [out[-1] + _ORDINALS[word]] if tens else [*out[-1:], _ORDINALS[word]]
        elif word == "hundred" and out:
            out[-1] *= 100
        elif word == "thousand" and out:
            out[-1] *= 1000
        elif word in _TENS:
            out.append(_TENS[word])
        elif word in _UNITS:
            joins = bool(out) and out[-1] in _TENS.values() and 0 < _UNITS[word] < 10
            out[-1:] = [out[-1] + _UNITS[word]] if joins else [*out[-1:], _UNITS[word]]
    return _years(out)


def _years(numbers: list[int]) -> list[int]:
    out: list[int] = []
    place = 0
    while place < len(numbers):
        value, after = numbers[place], numbers[place + 1 : place + 2]
        if value in (18, 19, 20) and after and 0 <= after[0] < 100 and after[0] not in range(1, 10):
            low = numbers[place + 2] if after[0] == 0 and place + 2 < len(numbers) else 0
            out.append(value * 100 + after[0] + low)
            place += 3 if low else 2
        elif value in (1800, 1900, 2000) and after and 0 < after[0] < 100:
            out.append(value + after[0])
            place += 2
        else:
            out.append(value)
            place += 1
    return out


def _full_year(short: int) -> int:
    if short > 99:
        return short
    return 2000 + short if short <= date.today().year % 100 else 1900 + short


def days_for(participant: str, secret: bytes, most: int = 180) -> int:
    """The hidden number of days by which a participant's dates are shifted: never 0, at most `most`
    either way."""
    digest = hmac.new(secret, b"shift " + participant.encode(), hashlib.sha256).digest()
    days = 1 + int.from_bytes(digest[:8], "big") % most
    return days if digest[8] % 2 else -days


def shifted(surface: str, days: int) -> str:
    """A date moved by `days`, as far as it was said; "" where the wording cannot be read as day and month.

    >>> shifted("5 April 1973", 30)
    '5 May 1973'
    """
    said = read_date(surface)
    if said.day is None or said.month is None:
        return ""
    try:
        moved = date(said.year or 2001, said.month, said.day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return ""
    name = _MONTHS[moved.month - 1].capitalize()
    return f"{moved.day} {name} {moved.year}" if said.year else f"{moved.day} {name}"


def month_and_year(surface: str) -> str:
    """A date without its day: "April 1973", "April" or "1973"; "" where neither month nor year can be read.

    >>> month_and_year("fifth of April, uh, nineteen seventy three")
    'April 1973'
    """
    said = read_date(surface)
    month = _MONTHS[said.month - 1].capitalize() if said.month and said.month <= 12 else ""
    return " ".join(part for part in (month, str(said.year) if said.year else "") if part)


def age_band(surface: str, width: int = 10) -> str:
    """The band an age lies in: "40-49", "90 or over"; "" where no age can be read.

    >>> age_band("forty two years old"), age_band("93"), age_band("late thirties")
    ('40-49', '90 or over', '30-39')
    """
    decade = re.search(r"\b(teens|\w+t)(?:ies)?$", surface.strip(), re.IGNORECASE)
    if decade and decade.group(1).casefold() == "teens":
        return "10-19"
    if decade and surface.strip().casefold().endswith("ties"):
        tens = _TENS.get(decade.group(1).casefold() + "y", 0)
        return "90 or over" if tens >= 90 else f"{tens}-{tens + 9}" if tens else ""
    numbers = [value for value in _parts(surface)[1] if value < 130]
    if not numbers or re.search(r"\b(?:months?|weeks?)\b", surface, re.IGNORECASE):
        return "0-9" if numbers and width == 10 else ""
    age = numbers[-1]
    if age >= 90:
        return "90 or over"
    low = age // width * width
    return f"{low}-{low + width - 1}"

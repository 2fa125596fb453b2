"""Exact dates, written and spoken.

Most of what a model calls a date identifies nobody ("two days ago", "Monday"). Only a day with its
month, a month with its year, a year of birth and a date of birth in numbers are found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.pseudonymise.glance import folded, has_digit, heard, numeric, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import GAP, NUMBER_WORD, OPEN, ORDINAL, TEN_TO_99, YEAR

_I = re.IGNORECASE
_MONTH = (
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan\.?|feb\.?|mar\.|apr\.?|jun\.|jul\.?|aug\.?|sept?\.?|oct\.?|nov\.?|dec\.?)(?![\w'’])"
)
_MONTHS = written_out(_MONTH) | {"of" + month for month in written_out(_MONTH)}
"""The months, also with the "of" before them run on: "the fifth ofmay"."""
_DIGIT_YEAR = r"(?:(?:1[89]|20)\d\d|['’]\d\d)\b"
_ANY_YEAR = rf"(?:{_DIGIT_YEAR}|{YEAR})"
_TWO_DIGIT = rf"(?:{TEN_TO_99}|\d\d\b)"
_DAY = rf"(?:(?<![\d/.:])[0-3]?\d(?:st|nd|rd|th)?\b(?![:/]|\.\d)|{ORDINAL})"
_PLAIN_DAY = (
    r"(?:thirty(?:[\s\-]+one)?|twenty(?:[\s\-]+(?:one|two|three|four|five|six|seven|eight|nine))?|ten|eleven|twelve|thirteen|"
    r"fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|one|two|three|four|five|six|seven|eight|nine)\b"
    r"(?!\s+(?:of|or|to|hundred|thousand|o'clock|years?|days?|months?|weeks?|people|times|percent|more|\w+ty)\b)"
)
"""A day said as a plain number, after its month: "January one"."""
_THAT_YEAR = r"(?:,?\s+(?:last|this|next)\s+year\b)?"
_DAY_MONTH = re.compile(
    rf"\b(?P<day>{_DAY})(?P<of>{GAP}(?:day{GAP})?of(?:{GAP})?|{GAP})(?:the{GAP})?{_MONTH}(?:{GAP}(?:(?:in|of){GAP})?(?:{_ANY_YEAR}|{_TWO_DIGIT}))?"
    rf"{_THAT_YEAR}",
    _I,
)
_MONTH_DAY = re.compile(
    rf"\b{_MONTH}{GAP}(?:the{GAP})?(?P<day>{_DAY}|{_PLAIN_DAY})(?:{GAP}(?:of{GAP})?{_ANY_YEAR})?{_THAT_YEAR}",
    _I,
)
_MONTH_WEEK = re.compile(
    rf"\b(?:first|second|third|fourth|last|final)\s+(?:week|weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
    rf"\s+(?:of|in)\s+{_MONTH}(?:{GAP}{_ANY_YEAR})?{_THAT_YEAR}",
    _I,
)
_SEASON = r"(?:spring|summer|fall|autumn|winter|christmas|thanksgiving|easter)"
_SEASONS = written_out(_SEASON)
_SEASON_YEAR = re.compile(rf"\b{_SEASON}\s+(?:of\s+)?(?:{_ANY_YEAR})", _I)
_FEAST = re.compile(
    r"\b(?:valentine['’]?s day|christmas (?:day|eve)|boxing day|new year['’]?s (?:day|eve)|halloween|"
    r"bonfire night|hogmanay|all saints['’]? day|st\.? (?:patrick|george|andrew|david)['’]?s day|burns night|"
    r"april fools['’]? day|twelfth night|veterans day|armistice day|midsummer['’]?s? day|juneteenth|"
    r"fourth of july|groundhog day)\b",
    _I,
)
_NEAR = 40
"""Characters between a date and the feast that is said with it."""
_DECADES = r"(?:(?=[fsen])(?!forty|fift|ten\b)" + TEN_TO_99 + r"|[5-9]\d)\b"
_HOLIDAY = re.compile(r"(?:fourth|4th) of july", _I)
_MONTH_YEAR = re.compile(
    rf"\b{_MONTH}(?:(?:{GAP}of)?{GAP}{_ANY_YEAR}|{GAP}of{GAP}{_DECADES})(?:{GAP}{_DAY})?", _I
)
_YEAR_MONTH = re.compile(
    rf"\b{_ANY_YEAR}{GAP}(?:{_DAY}{GAP}(?:of{GAP})?)?{_MONTH}(?:{GAP}(?:the{GAP})?{_DAY})?", _I
)
_NUMERIC = re.compile(
    r"(?<![\w./\-])(?:\d{1,2}([/.\-])\d{1,2}\1(?:\d{4}|\d\d)|(?:18|19|20)\d\d([/.\-])\d{1,2}\2\d{1,2})(?![\w/\-]|\.\d)"
    r"(?:[ T]\d\d:\d\d(?::\d\d)?)?"
)
_BORN = re.compile(
    rf"\bborn{OPEN}(?:in|on|back in){OPEN}"
    rf"(?P<when>{_ANY_YEAR}|{NUMBER_WORD}(?:{GAP}(?:of{GAP}|the{GAP})*{NUMBER_WORD})+)",
    _I,
)
_BIRTH_CUE = re.compile(r"\b(?:date of birth|birth\s?date|birthday|DOB|born|d\.o\.b)\b", _I)
_BIRTHS = ("birth", "born", "dob", "d.o.b")
"""One of these stands in every word of a birth."""
_NUMBERS = re.compile(rf"\b{NUMBER_WORD}(?:(?:{GAP}|/)(?:(?:and|of|the){GAP})*{NUMBER_WORD})+", _I)
_BARE_YEAR = re.compile(rf"\b(?:(?:18|19|20)\d\d\b|{YEAR})", _I)


def dates(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Exact dates in `text`; `asked` is the talk just before it, which may have asked for a date of birth.

    >>> [hit.reason for hit in dates("it was the fifth of April, you know")]
    ['day and month']
    """
    said, digit = heard(text), has_digit(text)
    month, season = not said.isdisjoint(_MONTHS), not said.isdisjoint(_SEASONS)
    birth = any(word in folded(talk) for talk in (text, asked) for word in _BIRTHS)
    if not (month or season or digit or birth) or not numeric(text):
        return
    if month:
        yield from _of_months(text)
    for match in _SEASON_YEAR.finditer(text) if season else ():
        yield Hit(*match.span(), "DATE", "season and year")
    for match in _NUMERIC.finditer(text) if digit else ():
        yield Hit(*match.span(), "DATE", "date in numbers")
    if birth:
        for match in _BORN.finditer(text):
            yield Hit(*match.span("when"), "DATE", "year of birth")
        yield from _after_birth(text, asked)


def _of_months(text: str) -> Iterator[Hit]:
    for pattern, reason in (
        (_DAY_MONTH, "day and month"),
        (_MONTH_DAY, "day and month"),
        (_MONTH_YEAR, "month and year"),
        (_YEAR_MONTH, "month and year"),
        (_MONTH_WEEK, "week and month"),
    ):
        for match in pattern.finditer(text):
            if _is_month(match) and not _HOLIDAY.fullmatch(match.group()):
                yield Hit(*match.span(), "DATE", reason)


def feasts(text: str, hits: Iterable[Hit]) -> Iterator[Hit]:
    """Feasts that fall on one day of the year, said beside a date: they would give away the day again.

    >>> text = "on the fourteenth of February, Valentine's Day"
    >>> [text[hit.start:hit.end] for hit in feasts(text, dates(text))]
    ["Valentine's Day"]
    """
    found = [hit for hit in hits if hit.label == "DATE"]
    for match in _FEAST.finditer(text) if found else ():
        if any(hit.start - _NEAR <= match.start() <= hit.end + _NEAR for hit in found):
            yield Hit(*match.span(), "DATE", "feast beside a date")


def _is_month(match: re.Match[str]) -> bool:
    """`may` and `march` in small letters are verbs unless "of" or a year stands with them."""
    if match.group("month") not in ("may", "march", "mar."):
        return True
    groups = match.groupdict()
    if match.re is _MONTH_DAY and match.group("month") == "march":
        return re.fullmatch(_PLAIN_DAY, groups["day"], _I) is None
    return "of" in (groups.get("of") or "") or match.re is _MONTH_YEAR or match.re is _YEAR_MONTH


def _after_birth(text: str, asked: str) -> Iterator[Hit]:
    whole = asked + "\n" + text
    shift = len(asked) + 1
    for cue in _BIRTH_CUE.finditer(whole):
        window = whole[: cue.end() + 110]
        match = _NUMBERS.search(window, cue.end())
        if match is None or match.end() == len(window) < len(whole):
            match = _NUMBERS.search(whole, cue.end(), min(len(whole), cue.end() + 200))
        if match and match.start() >= shift and match.start() - cue.end() <= 100:
            yield Hit(match.start() - shift, match.end() - shift, "DATE", "date of birth in numbers")
        year = _BARE_YEAR.search(whole, cue.end(), min(len(whole), cue.end() + 100))
        if year and year.start() >= shift:
            yield Hit(year.start() - shift, year.end() - shift, "DATE", "year of birth")

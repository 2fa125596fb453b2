"""Exact dates and ages, written and spoken.

Most of what a model calls a date identifies nobody ("two days ago", "Monday"). Only a day with its
month, a month with its year, a year of birth and a date of birth in numbers are found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import BELOW_100, GAP, NUMBER_WORD, NUMERIC, OPEN, ORDINAL, TEN_TO_99, YEAR
from pipeline.pseudonymise.vocabulary import no_word

_I = re.IGNORECASE
_MONTH = (
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan\.?|feb\.?|mar\.|apr\.?|jun\.|jul\.?|aug\.?|sept?\.?|oct\.?|nov\.?|dec\.?)(?![\w'’])"
)
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
_FEAST = re.compile(
    r"\b(?:valentine['’]?s day|christmas (?:day|eve)|boxing day|new year['’]?s (?:day|eve)|halloween|"
    r"bonfire night|hogmanay|all saints['’]? day|st\.? (?:patrick|george|andrew|david)['’]?s day|burns night|"
    r"april fools['’]? day|twelfth night|veterans day|armistice day|midsummer['’]?s? day|juneteenth|"
    r"fourth of july|groundhog day)\b",
    _I,
)
_NEAR = 40
"""Characters between a date and the feast that is said with it."""
_HOLIDAY = re.compile(r"(?:fourth|4th) of july", _I)
_MONTH_YEAR = re.compile(rf"\b{_MONTH}(?:{GAP}of)?{GAP}{_ANY_YEAR}(?:{GAP}{_DAY})?", _I)
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
_NUMBERS = re.compile(rf"\b{NUMBER_WORD}(?:(?:{GAP}|/)(?:(?:and|of|the){GAP})*{NUMBER_WORD})+", _I)
_BARE_YEAR = re.compile(rf"\b(?:(?:18|19|20)\d\d\b|{YEAR})", _I)
_AGE_NUMBER = (
    rf"(?:\d{{1,3}}(?:\s?(?:and a half|½))?|(?:a{GAP})?hundred(?:{GAP}and{GAP}{BELOW_100})?|{BELOW_100})"
)
_YEARS_OLD = re.compile(
    rf"\b{_AGE_NUMBER}(?:(?:[\s,]+|\b(?:um+|uh+)\b)*(?:or|to|and|,)?[\s,]*{_AGE_NUMBER})?"
    rf"(?:(?:[\s\-,]|\b(?:um+|uh+)\b)*(?:years?|yrs?|months?|weeks?)[\s\-,]*"
    rf"(?:old|of{GAP}age)s?\b"
    r"|\s?(?:y/o|yo|yrs)\b)",
    _I,
)
_AGED = re.compile(
    rf"\b(?:aged|age of|age is|age was|age:|ages of|at age){OPEN}(?P<age>{_AGE_NUMBER})(?![\w:.%]\w)", _I
)
_NOW = (
    r"(?=\s*(?:[.?!;\n]|$)|,?\s+(?:now|when|on the|next|today|tomorrow|this (?:year|month|week)|"
    r"in (?:january|"
    r"february|march|april|may|june|july|august|september|october|november|december)|"
    r"and (?:i|he|she|my|his|her|a|we)\b|so\b|but\b)|,(?!\s*\d))"
)
_ABOUT = rf"(?:(?:just|only|about|nearly|almost|like|maybe|probably|around|barely|still|already|what){OPEN})*"
_PERSON = (
    r"(?:he|she|son|daughter|sister|brother|mother|father|mum|mom|dad|husband|wife|child|baby|boy|girl|lad|lass|kid|man|woman|"
    r"bloke|fella|guy|lady|gentleman|patient|nephew|niece|cousin|uncle|aunt|grandson|granddaughter|teenager)"
)
_SAID_AFTER = re.compile(
    rf"(?P<age>{TEN_TO_99}|\b\d\d\b),?\s+(?:i|he|she)\s+(?:was|am|is|were)\b(?=\s*[.,?!;\n]|$)", _I
)
_BESIDE = re.compile(
    rf"\b{_PERSON}(?:\s+(?:of|from|called|named)\s+[\w'’\-]+){{0,2}}[,.]\s+(?P<age>{TEN_TO_99}|\d\d\b)(?=\s*[.,?!;\n]|$)",
    _I,
)
_NAME_BESIDE = re.compile(
    rf"\b(?P<name>[A-Z][\w'’\-]+),\s+(?P<age>(?i:{TEN_TO_99})|[1-9]\d\b)(?=\s*[.,;\n]|$)(?!,?\s*(?i:{NUMBER_WORD}))"
)
_AT_AGE = re.compile(
    rf"\b(?:had (?:her|him|me|them|one|it)|married|pregnant|left (?:school|home)|retired|died|"
    rf"widowed|diagnosed|sectioned|divorced)"
    rf"\s+at\s+(?P<age>{TEN_TO_99}|\d\d)\b(?![:\-]|\s*(?:o'clock|{BELOW_100}))",
    _I,
)
_SMALL_AGE = re.compile(
    r"\b(?:i'm|i’m|he's|he’s|she's|she’s|i was|he was|she was)\s+(?:like |only |just |about |what,? )*"
    r"(?P<age>two|three|four|five|six|seven|eight|nine)(?=[.?!]|,\s+(?:and|so|but|he|she|i)\b|\s*\n|$)",
    _I,
)
_DECADE_OF_LIFE = re.compile(
    r"\b(?:in (?:my|his|her|their|your) )?(?P<age>(?:(?:early|mid|late)[\s\-]+)?"
    r"(?:teens|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties))\b",
    _I,
)
_HOW_OLD = re.compile(
    r"\b(?:how old|what age)\b[^.\n]{0,40}?[?.,]?\s*"
    r"(?:[^.\n]{0,30}?\b(?:said|says|was|i'm|i’m|about)\s+)?"
    rf"(?P<age>{BELOW_100}|\d{{1,2}}\b)",
    _I,
)
_KIN = r"(?:he|she|son|daughter|sister|brother|mother|father|mum|mom|dad|husband|wife|child|baby|boy|girl)"
_I_AM = re.compile(
    rf"\b(?:i'm|i’m|i am|im){OPEN}{_ABOUT}(?:{BELOW_100}{GAP})?(?P<age>\d\d\b|{TEN_TO_99}){_NOW}|"
    rf"\b(?:{_KIN}(?:'s|’s| is| was)|turn(?:ed|ing|s)?|i(?:'|’)ll be|(?:when )?i was|they were|be)"
    rf"{OPEN}{_ABOUT}"
    rf"(?P<age2>\d{{1,3}}\b|{BELOW_100}){_NOW}",
    _I,
)
_AGE_CUE = re.compile(
    r"\b(?:how old|what age|your age|age,? please|(?:his|her|their) age|age,? (?:for|if)|birthday|makes you|"
    r"what (?:is|was) (?:he|she))\b",
    _I,
)
_REPLY = re.compile(
    rf"^{OPEN}(?:i'm |i’m |i am |she's |he's )?(?P<age>\d{{1,3}}\b|{BELOW_100})"
    rf"(?!{GAP}?(?:of|{NUMBER_WORD}))",
    _I,
)


def dates(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Exact dates in `text`; `asked` is the talk just before it, which may have asked for a date of birth.

    >>> [hit.reason for hit in dates("it was the fifth of April, you know")]
    ['day and month']
    """
    if not NUMERIC.search(text):
        return
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
    for match in _NUMERIC.finditer(text):
        yield Hit(*match.span(), "DATE", "date in numbers")
    for match in _BORN.finditer(text):
        yield Hit(*match.span("when"), "DATE", "year of birth")
    yield from _after_birth(text, asked)


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


def ages(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Ages in `text`: "nineteen years old", "aged 42", "I'm forty two."

    >>> [hit.reason for hit in ages("I'm forty two.")]
    ['stated age']
    """
    if not NUMERIC.search(text):
        return
    for match in _YEARS_OLD.finditer(text):
        yield Hit(*match.span(), "AGE", "years old")
    for match in _AGED.finditer(text):
        yield Hit(*match.span("age"), "AGE", "aged")
    for match in _I_AM.finditer(text):
        group = "age" if match.group("age") else "age2"
        yield Hit(*match.span(group), "AGE", "stated age")
    for pattern in (_SAID_AFTER, _BESIDE, _NAME_BESIDE, _AT_AGE, _HOW_OLD):
        for match in pattern.finditer(text):
            if pattern is _NAME_BESIDE and not no_word(match.group("name").casefold()):
                continue
            yield Hit(*match.span("age"), "AGE", "stated age")
    for match in _SMALL_AGE.finditer(text):
        yield Hit(*match.span("age"), "AGE", "stated age")
    for match in _DECADE_OF_LIFE.finditer(text):
        if match.start() < match.start("age") or " " in match.group("age") or "-" in match.group("age"):
            yield Hit(*match.span("age"), "AGE", "decade of life")
    last = asked[-120:]
    if _AGE_CUE.search(last):
        reply = _REPLY.search(text)
        if reply:
            yield Hit(*reply.span("age"), "AGE", "age asked for")

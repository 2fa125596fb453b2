"""Ages: "nineteen years old", "she's forty two", "this lad, nineteen", "in his late thirties"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.pseudonymise.glance import folded, has_digit, heard, numeric, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import BELOW_100, GAP, NUMBER_WORD, OPEN, TEN_TO_99
from pipeline.pseudonymise.vocabulary import no_word
from pipeline.pseudonymise.wordlists import first_names

_I = re.IGNORECASE
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
_OLD = re.compile(r"old|age|y/o|yo\b|yrs")
"""What stands behind a number of years, in small letters."""
_AGED_CUES = ("aged", "age of", "age is", "age was", "age:", "ages of", "at age")
_AGED = re.compile(rf"\b(?:{'|'.join(_AGED_CUES)}){OPEN}(?P<age>{_AGE_NUMBER})(?![\w:.%]\w)", _I)
_NOW = (
    r"(?=\s*(?:[.?!;\n]|$)|,?\s+(?:now|when|on the|next|today|tomorrow|this (?:year|month|week)|"
    r"in (?:january|"
    r"february|march|april|may|june|july|august|september|october|november|december)|"
    r"and (?:i|he|she|my|his|her|a|we)\b|so\b|but\b|then\b|at the time|or so|going on|already|too\b|"
    r"because|'?cause\b|"
    r"still\b|years young|--|—)|,(?!\s*\d)|,\s+(?:the|my|his|her)\b)"
)
_ABOUT = rf"(?:(?:just|only|about|nearly|almost|like|maybe|probably|around|barely|still|already|what){OPEN})*"
_PERSON = (
    r"(?:he|she|son|daughter|sister|brother|mother|father|mum|mom|dad|husband|wife|child|baby|boy|girl|lad|lass|kid|man|woman|"
    r"bloke|fella|guy|lady|gentleman|patient|nephew|niece|cousin|uncle|aunt|grandson|granddaughter|teenager)"
)
_I_WAS = r"(?:i|he|she)\s+(?:was|am|is|were)\b(?=\s*[.,?!;\n]|$)"
_ENDS_IN_I_WAS = re.compile(_I_WAS, _I)
_SAID_AFTER = re.compile(rf"\b(?P<age>{TEN_TO_99}|\d\d\b),?\s+{_I_WAS}", _I)
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
_DECADE = r"(?:teens|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties)"
_DECADE_OF_LIFE = re.compile(
    rf"\b(?:in (?:my|his|her|their|your) )?(?P<age>(?:(?:early|mid|late)[\s\-]+)?{_DECADE})\b",
    _I,
)
_HOW_OLD = re.compile(
    r"\b(?:how old|what age)\b[^.\n]{0,40}?[?.,]?\s*"
    r"(?:[^.\n]{0,30}?\b(?:said|says|was|i'm|i’m|about)\s+)?"
    rf"\b(?P<age>{BELOW_100}|\d{{1,2}}\b)",
    _I,
)
_KIN = (
    r"(?:he|she|son|daughter|sister|brother|mother|father|mum|mom|dad|husband|wife|child|baby|boy|girl|oldest|"
    r"youngest|eldest|middle one|little one|other one|grandson|granddaughter|nephew|niece|cousin|partner|"
    r"boyfriend|girlfriend|nan|gran|grandma|grandad|grandpa|uncle|aunt|auntie)"
)
_NOT_COUNTED = (
    r"(?!\s*(?:%|percent|per cent|hours?|days?|weeks?|months?|minutes?|seconds?|miles?|feet|foot|inch|"
    r"points?|stone|pounds?|dollars?|quid|kilos?|degrees|people|of|or|to|in the|times|doors?|streets?|"
    r"blocks?|houses|hundred|thousand|o'?clock|past|thirty|fifteen|forty|am|pm|down|up|left|behind|ahead|:|\.\d)(?!\w))"
)
"""What would make the number before it one of things, of money or of the clock."""
_GROWN = rf"(?:(?!ten\b|eleven\b|twelve\b){TEN_TO_99}|(?:1[3-9]|[2-9]\d)\b)"
"""Thirteen or more: below, "at ten" is a time of the day."""
_YEARS = rf"(?:\d{{1,2}}\b|{BELOW_100})"
_ENDS = r"(?=\s*(?:[.,;?!\n]|$))"
_WHEN_I_WAS = re.compile(
    rf"\b(?:when|since|till|until|before|after|by the time|while|if|once)\s+"
    rf"(?:i|he|she|we|they|(?:my|her|his) \w+)\s+"
    rf"(?:was|were|am|is|turned|got to be)\s+{_ABOUT}(?P<age>{_YEARS}){_NOT_COUNTED}",
    _I,
)
_SEVERAL = re.compile(
    r"\b(?:they|kids|children|boys|girls|twins|lads|sons|daughters|grandkids|grandchildren)"
    r"(?:'re|’re| are| were)\s+"
    rf"{_ABOUT}(?P<ages>{_YEARS}(?:(?:,? and|,)\s+{_YEARS})*){_ENDS}",
    _I,
)
_AT = re.compile(
    rf"(?:^|[.?!]\s+)at\s+(?P<age>{_GROWN}),?\s+(?:i|he|she)\b|"
    r"\b(?:started|began|drinking|smoking|using|passed(?: away)?|moved out|joined up|left)\s+at\s+"
    rf"(?P<age2>{_GROWN})(?:{_ENDS}|(?=\s+and\b))",
    _I,
)
_TURNED = re.compile(
    r"\b(?:i|he|she|we|who|just|have|has|had|both)(?:'ve|’ve|'d|’d)?\s+turned\s+"
    rf"(?P<age>{_YEARS}){_NOT_COUNTED}|\bboth\s+(?P<age2>{_GROWN}){_ENDS}",
    _I,
)
_SOMETHING = re.compile(
    r"(?<!eighteen )(?<!nineteen )(?<!twenty )\b"
    r"(?P<age>(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[\s\-]something)\b",
    _I,
)
_ONE = re.compile(_YEARS, _I)
_TOLD = (_WHEN_I_WAS, _SEVERAL, _AT, _TURNED, _SOMETHING)
_I_AM = re.compile(
    rf"\b(?:i'm|i’m|i am|im){OPEN}{_ABOUT}(?:{BELOW_100}{GAP})?(?P<age>\d\d\b|{TEN_TO_99}){_NOW}|"
    rf"\b(?:{_KIN}(?:'s|’s| is| was)|turn(?:ed|ing|s)?|(?:i|he|she|they|you)(?:'|’)ll be|(?:when )?i was|"
    rf"(?:they|we|you) were|we were both|"
    rf"i(?:'|’)?m going on|going on|be)"
    rf"{OPEN}{_ABOUT}"
    rf"(?P<age2>\d{{1,3}}\b|{BELOW_100}){_NOW}",
    _I,
)
_NAMED_AGE = re.compile(
    rf"\b(?P<name>[^\W\d_]{{3,}})(?:(?:'|’)(?:s|ll be)| is| was)\s+{_ABOUT}"
    rf"(?P<age>\d{{1,2}}\b|{BELOW_100}){_NOW}",
    _I,
)
_ISH = re.compile(
    r"\b(?:i'm|i’m|i am|he's|he’s|she's|she’s|he is|she is|i was|he was|she was)\s+"
    r"(?P<age>(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|\d0)[\s\-]?(?:something|odd|ish))\b",
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
_CUES = "|".join(pattern.pattern for pattern in (_I_AM, _WHEN_I_WAS, _SEVERAL, _NAMED_AGE))
for _apart in (OPEN, _NOW, _NOT_COUNTED):
    _CUES = _CUES.replace(_apart, " ")
_RUN_ON = "|".join(sorted(written_out(_CUES)))
"""The words to which these patterns let a number be run on: "I'm justforty"."""
_NUMBER = re.compile(
    rf"(?:.*(?:{_RUN_ON}|[sm]))?(?:{'|'.join(sorted(written_out(BELOW_100)))})"
    rf"(?:something|odd|ish)?|.*hundred.*|{_DECADE}"
)
"""What a word without a digit looks like that holds the number of an age."""


def ages(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Ages in `text`: "nineteen years old", "aged 42", "I'm forty two."

    >>> [hit.reason for hit in ages("I'm forty two.")]
    ['stated age']
    """
    if not _may_tell(text) or not numeric(text):
        return
    for match in _YEARS_OLD.finditer(text) if _OLD.search(folded(text)) else ():
        yield Hit(*match.span(), "AGE", "years old")
    for match in _AGED.finditer(text):
        yield Hit(*match.span("age"), "AGE", "aged")
    for match in _I_AM.finditer(text):
        group = "age" if match.group("age") else "age2"
        yield Hit(*match.span(group), "AGE", "stated age")
    for match in _SAID_AFTER.finditer(text) if _ENDS_IN_I_WAS.search(text) else ():
        yield Hit(*match.span("age"), "AGE", "stated age")
    for pattern in (_BESIDE, _NAME_BESIDE, _AT_AGE, _HOW_OLD):
        for match in pattern.finditer(text):
            if pattern is _NAME_BESIDE and not no_word(match.group("name").casefold()):
                continue
            yield Hit(*match.span("age"), "AGE", "stated age")
    for pattern in (_SMALL_AGE, _ISH):
        for match in pattern.finditer(text):
            yield Hit(*match.span("age"), "AGE", "stated age")
    for pattern in _TOLD:
        for match in pattern.finditer(text):
            said = next(name for name, number in match.groupdict().items() if number)
            for one in _ONE.finditer(text, *match.span(said)) if said == "ages" else ():
                yield Hit(*one.span(), "AGE", "stated age")
            if said != "ages":
                yield Hit(*match.span(said), "AGE", "stated age")
    for match in _NAMED_AGE.finditer(text):
        low = match.group("name").casefold()
        if low in first_names() and no_word(low):
            yield Hit(*match.span("age"), "AGE", "stated age")
    for match in _DECADE_OF_LIFE.finditer(text):
        if match.start() < match.start("age") or " " in match.group("age") or "-" in match.group("age"):
            yield Hit(*match.span("age"), "AGE", "decade of life")
    last = asked[-120:]
    if _AGE_CUE.search(last):
        reply = _REPLY.search(text)
        if reply:
            yield Hit(*reply.span("age"), "AGE", "age asked for")


def _may_tell(text: str) -> bool:
    """Whether a text holds a number that may be an age, or words after which any letters may hold one."""
    if has_digit(text) or any(map(_number, heard(text))):
        return True
    return any(cue in folded(text) for cue in _AGED_CUES)


@cache
def _number(word: str) -> bool:
    return _NUMBER.fullmatch(word) is not None

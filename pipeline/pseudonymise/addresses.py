"""Postal addresses: written in the ways of several countries, spoken, with and without capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.pseudonymise.glance import folded, has_digit, has_number, heard, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import DIGIT, NUMBER_WORD, ORDINAL, TEN_TO_99
from pipeline.pseudonymise.text import SMALL, WORD
from pipeline.pseudonymise.vocabulary import no_word
from pipeline.pseudonymise.wordlists import capitals, countries, english, first_names, words

_I = re.IGNORECASE
_STREET = (
    r"(?:streets?|str?\.?|roads?|rd\.?|avenue|ave\.?|lane|drive|close|court|crescent|terrace|gardens?|grove|way|place|"
    r"square|hill|mews|row|walk|parade|rise|view|green|park|boulevard|blvd\.?|highway|hwy\.?|parkway|pkwy\.?|circle|"
    r"alley|quay|wharf|pike|turnpike|trail|loop)"
)
_SURE_STREET = (
    r"(?:street|road|avenue|ave|lane|drive|crescent|boulevard|blvd|terrace|parkway|turnpike|highway|circle)"
)
_STREETS = written_out(_STREET) | written_out(_SURE_STREET)
_PREMISES = r"(?:flat|apartment|apt\.?|unit|suite|ste\.?|room|number|house|box)"
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ][\w'’.\-]*"
_MOST = 12
"""Words of a house number at most: with no bound, somebody who counts aloud would be read for ever."""
_ADDRESS = re.compile(
    rf"(?:\b{_PREMISES}\s+(?:{NUMBER_WORD}(?:[\s,]+[A-Za-z]\b)?[\s,\-]*){{1,{_MOST}}})?"
    rf"(?<![\w£$€:])(?:{NUMBER_WORD}[\s,]+){{1,{_MOST}}}(?:[A-Z]\b[\s,]+)?"
    rf"(?:(?:{_CAPITAL}|of|the|St\.?)[\s,]+){{1,4}}(?i:{_STREET})\b\.?(?:\s+[A-Z][\w'’]+)?"
)
_COUNTED = rf"{ORDINAL}[\s,]+(?!{NUMBER_WORD}|{_STREET}\b)"
"""Which of several something is ("the first car park"): no house is numbered so."""
_LOWER_ADDRESS = re.compile(
    rf"\b(?:{_PREMISES}\s+)?(?!{_COUNTED})(?:{NUMBER_WORD}[\s,]+){{1,{_MOST}}}(?:[\w'’]+[\s,]+){{0,3}}?{_STREET}\b"
    rf"(?:[\s,]+(?-i:[A-Z])[\w'’]+)?",
    _I,
)
_NUMBERED = re.compile(
    rf"\b(?!{_COUNTED})(?P<number>\d{{1,5}}|(?:{NUMBER_WORD}[\s\-]+){{0,{_MOST}}}{NUMBER_WORD})\s+"
    rf"(?P<name>(?:[^\W\d_][\w'’]*\s+){{1,3}}?)"
    rf"{_SURE_STREET}\b",
    _I,
)
_UNNUMBERED = re.compile(
    r"\b(?:on|off|onto|down|along|at|near|from|corner of|over on|up|round|around|to|into|of)\s+"
    r"(?P<street>(?:[^\W\d_][\w'’]*\s+|\d+(?:st|nd|rd|th)\s+){1,2}?"
    r"(?:street|road|avenue|lane|boulevard|crescent|terrace|parkway|turnpike|highway|"
    r"(?-i:Drive|Way|Close|Court|Place|Row|Circle|Grove|Hill|Square|Trail|Pike|Walk|Mews|Alley|Loop|Parade)))\b",
    _I,
)
_ORDINAL = re.compile(r"\b\d+(?:st|nd|rd|th)\s+(?:street|avenue|ave|road|place)\b", _I)
_HOUSE = re.compile(
    r"\b(?:The\s+)?(?:[A-Z][\w'’]+\s+){1,3}(?:House|Cottage|Farm|Lodge|Barn|Villa),?\s+"
    rf"(?:[A-Z][\w'’]+\s+){{1,3}}(?i:{_STREET})\b"
)
_FLAT = re.compile(
    r"\b(?:flat|apartment|apt\.?|suite|unit|p\.?\s?o\.?\s?box|postbox|psc)\s*(?:number\s+|no\.?\s*)?\d+\w?\b"
    r"(?:,?\s+box\s+\d+)?",
    _I,
)
_FLAT_WORD = r"apartment|apt\.?|flat|suite"
_FLATS = written_out(_FLAT_WORD)
_LETTERED = re.compile(
    rf"\b(?i:{_FLAT_WORD})\s+(?i:number\s+)?(?:(?i:{NUMBER_WORD})\s*)*(?:[A-H]\b|(?i:{NUMBER_WORD}))"
)
_RURAL = re.compile(
    r"\b\d{2,5} block of\s+(?-i:[A-Z][\w'’]+(?:\s[A-Z][\w'’]+){0,2})",
    _I,
)
_ORDINALS = written_out(ORDINAL)
_CROSSING = re.compile(
    rf"\b(?P<both>(?:\d+(?:st|nd|rd|th)|{ORDINAL})\s+and\s+(?-i:{_CAPITAL})|(?-i:{_CAPITAL})\s+and\s+(?:\d+(?:st|nd|rd|th)\b|{ORDINAL}))"
    rf"(?!\s+(?:of|in|time|one|grade|day|floor|year))",
    _I,
)
_CAPITALS_CROSS = re.compile(
    rf"\b(?:at|by|near|off|under|around)\s+(?P<both>(?P<one>{_CAPITAL})(?:\s+(?i:{_SURE_STREET}))?\s+and\s+"
    rf"(?P<two>{_CAPITAL})(?:\s+(?i:{_SURE_STREET})\b)?)(?=\s*(?:[.,;?!]|$))|"
    rf"\b{_CAPITAL}\s+(?i:{_SURE_STREET})\s+and\s+{_CAPITAL}\s+(?i:{_SURE_STREET})\b"
)
_KNOWN_STREET = re.compile(
    r"\b(?P<name>[^\W\d_]{3,})\s+(?:street|road|avenue|lane|boulevard|crescent|terrace|"
    r"(?-i:Drive|Close|Court|Way|Row|Grove|Hill))\b",
    _I,
)
_RANKS = re.compile(rf"(?:{ORDINAL})\s+and\s+(?:{ORDINAL})", _I)
_BARE = re.compile(
    rf"\b(?:(?P<cue>(?i:(?:lives?|lived|living|live|house|staying|over|moved)(?: in| to)? at|moved (?:in)?to|"
    rf"address(?:'s|’s| is| was)|i'm at|form was))|(?i:at))\s+"
    rf"(?P<street>(?P<number>\d{{2,5}}|(?:(?i:{NUMBER_WORD})[\s\-]+)+(?i:{NUMBER_WORD}))(?:\s+[A-Z])?\s+"
    rf"(?:(?:North|South|East|West|N|S|E|W)\.?\s+)?(?:{_CAPITAL})(?:\s+{_CAPITAL})?)"
)
_CLOCK = re.compile(
    rf"(?:{DIGIT}|ten|eleven|twelve)[\s\-]+(?:oh[\s\-]+\w+|ten|fifteen|twenty|thirty|forty|fifty)(?:[\s\-]+five)?",
    _I,
)
"""A time of the day, after which somebody may be named: "at six thirty Dave"."""
_SAID_HOUSE = re.compile(
    rf"\b(?:it's|it’s|that's|that’s|is|was|to|into)\s+(?P<street>(?:(?:(?i:{NUMBER_WORD})[\s\-]+)*(?i:{NUMBER_WORD})[\s\-]+[A-F]|"
    rf"\d{{1,4}}[A-Fa-f]|(?:(?i:{TEN_TO_99}|{DIGIT}|hundred)[\s\-]+)+(?i:{TEN_TO_99}|{DIGIT}|hundred))\s+"
    rf"(?P<name>{_CAPITAL})(?:\s+{_CAPITAL})?)"
)
"""A house number said in two parts, or with a letter, and a name: "it's eighteen eleven Tupelo"."""
_MILITARY = re.compile(r"\b(?:APO|FPO|DPO),?\s+A[AEP]\s+\d{5}\b")
_CORNER = re.compile(
    rf"\bcorner of\s+(?P<both>[\w'’.\- ]{{2,40}}?\s+and\s+(?:{_CAPITAL}|[\w'’]+)(?:\s+{_CAPITAL})?)", _I
)
_NUMBER = r"\d{1,5}(?:[/\-]\d{1,4})?[A-Za-z]?"
_KIND_FIRST = "|".join(sorted(words("streets first")))
_KIND_LAST = "|".join(sorted(words("streets last"), key=lambda ending: (-len(ending), ending)))
_EUROPEAN = re.compile(
    rf"(?:\b\d{{1,5}}\s+)?\b(?:(?i:{_KIND_FIRST})\.?\s+(?:[\w'’.\-]+\s+){{0,3}}?{_CAPITAL}|"
    rf"(?:{_CAPITAL}\s+){{0,2}}?[^\W\d_a-zà-öø-ÿ][\w'’\-]*(?:(?<=\w\w)|\s)(?i:{_KIND_LAST}))\.?,?\s+{_NUMBER}\b\.?"
)
_LOWER_EUROPEAN = re.compile(
    rf"\b(?:(?:{_KIND_FIRST})\.?\s+(?:[\w'’.\-]+\s+){{0,4}}?[\w'’.\-]+?|[\w'’\-]{{3,}}(?:{_KIND_LAST}))\.?,?\s+{_NUMBER}\b",
    _I,
)
_BLOCK = re.compile(
    rf"(?<![\w/:.\-])\d{{1,5}}\s+(?:{_CAPITAL}\s+){{1,4}}\d{{1,5}}\b\.?(?=[,\s]*\n|,|\s+(?i:suite|apt|flat|unit)\b)"
)
_PLAIN_EUROPEAN = re.compile(
    rf"(?<![\w/:.\-])\d{{1,5}}\s+(?:{_CAPITAL}\s+){{1,4}}\d{{1,5}}\b(?![:/\d])|"
    rf"(?<=\baddress:)\s*{_CAPITAL}[^\n,;]{{2,40}}\d{{1,5}}\b"
)
_DATED = re.compile(rf"\b(?:{'|'.join(sorted(words('calendar')))}|may|march)\b", _I)
"""A month or a weekday between two numbers makes them a date."""
_STATE_ZIP = re.compile(rf"\b{_CAPITAL}(?:\s{_CAPITAL}){{0,2}},\s+[A-Z]{{2}}\s+\d{{5}}(?:-\d{{4}})?\b")
_CUE = (
    r"(?:address|live at|lives at|lived at|living at|live on|lives on|i'm at|come to|located|sent to|"
    r"deliver(?:ed)? to|"
    r"ship(?:ped)? to|drops? (?:you|me|us) off at|meet (?:me|you|us) at)"
)
_ADDRESS_CUE = re.compile(rf"\b{_CUE}\b", _I)
_MAYBE_CUE = re.compile(_CUE)
_NEXT = re.compile(
    rf"(?P<gap>,?[ \t]*\n[>\s]*|,\s*|\s+(?=(?i:suite|apt)))(?P<part>(?i:{_PREMISES})\s*\d+\w?|"
    rf"\d{{1,5}}[A-Za-z]?\s+(?:{_CAPITAL}[ \t]*){{1,3}}|"
    rf"(?:{_CAPITAL}[ \t]*){{1,4}}(?:,?\s*\d{{3,6}}(?:[ \-]\d{{2,4}})?)?|"
    rf"nan|\d{{4,6}}(?:\s(?:{_CAPITAL}[ \t]*){{1,3}})?)(?=[\s,.;?!]|$)"
)
_HINT = re.compile(
    rf"\d|\b{_STREET}(?!\w)|\bcorner of\b|\b(?:apartment|flat|suite)\b|\band {ORDINAL}|{ORDINAL} and\b|"
    rf"\b(?:at|is|was|it's|it’s|that's|that’s|to|into)\s+{NUMBER_WORD}|\b(?:at|by|near|off|under|around)\s+\w+\s+and\b",
    _I,
)
"""What every address holds: a digit, or a word for a street."""
_LINES = 4
"""How many further lines or parts an address may have."""


def addresses(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Addresses in `text`; `asked` is the talk just before, which may have asked for one.

    >>> text = "out on Tinker Lane, Tuesday"
    >>> [text[hit.start:hit.end] for hit in addresses(text)]
    ['Tinker Lane']
    """
    for hit in _found(text, asked):
        if not _HINT.search(text):
            return
        yield hit


def _found(text: str, asked: str) -> Iterator[Hit]:
    street = not heard(text).isdisjoint(_STREETS)
    for pattern in (_FLAT, _MILITARY, _EUROPEAN, _BLOCK, _STATE_ZIP) if has_digit(text) else ():
        for match in pattern.finditer(text):
            if pattern is _BLOCK and _DATED.search(match.group()):
                continue
            if pattern is _EUROPEAN and match.group().split()[0].casefold() in english():
                continue
            yield Hit(*match.span(), "ADDRESS", "flat or box" if pattern is _FLAT else "street address")
    for pattern in (_ADDRESS, _HOUSE) if street else ():
        for match in pattern.finditer(text):
            yield Hit(*match.span(), "ADDRESS", "street address")
    yield from _streets(text, street)
    yield from _crossings(text)
    numbered = has_digit(text) or (street and has_number(text))
    cued = numbered and any(_MAYBE_CUE.search(folded(said)) for said in (text, asked))
    for pattern in (_LOWER_ADDRESS, _PLAIN_EUROPEAN, _LOWER_EUROPEAN) if cued else ():
        for match in pattern.finditer(text):
            if not _DATED.search(match.group()) and _ADDRESS_CUE.search(
                (asked + "\n" + text[: match.start()])[-160:]
            ):
                yield Hit(*match.span(), "ADDRESS", "street address asked for")


def _streets(text: str, street: bool) -> Iterator[Hit]:
    """Streets with and without a number and a word for street (`street`: whether the text holds one)."""
    for match in _NUMBERED.finditer(text) if street and has_number(text) else ():
        if _names_a_street(match.group("name")):
            yield Hit(*match.span(), "ADDRESS", "street address in small letters")
    for match in _UNNUMBERED.finditer(text) if street else ():
        if _names_a_street(match.group("street").rsplit(maxsplit=1)[0]):
            yield Hit(*match.span("street"), "ADDRESS", "street")
    for match in _ORDINAL.finditer(text) if has_digit(text) else ():
        yield Hit(*match.span(), "ADDRESS", "street")
    for match in () if heard(text).isdisjoint(_FLATS) else _LETTERED.finditer(text):
        yield Hit(*match.span(), "ADDRESS", "flat or box")
    for match in _RURAL.finditer(text) if has_digit(text) else ():
        yield Hit(*match.span(), "ADDRESS", "flat or box")
    if has_number(text):
        yield from _houses(text)
    for match in _KNOWN_STREET.finditer(text) if street else ():
        if no_word(match.group("name").casefold()):
            yield Hit(*match.span(), "ADDRESS", "street")


def _houses(text: str) -> Iterator[Hit]:
    """Houses with a number and the name of a street that no word says to be one."""
    for match in _BARE.finditer(text):
        timed = not match.group("cue") and _CLOCK.fullmatch(match.group("number").strip())
        if not timed and not _DATED.search(match.group()):
            yield Hit(*match.span("street"), "ADDRESS", "street address")
    for match in _SAID_HOUSE.finditer(text):
        name = match.group("name").casefold()
        no_street = any(name in some for some in (capitals(), words("peoples"), words("calendar"), SMALL))
        if not no_street and not _DATED.search(match.group()):
            yield Hit(*match.span("street"), "ADDRESS", "street address")


def _crossings(text: str) -> Iterator[Hit]:
    """Where two streets meet."""
    joined = "and" in heard(text)
    counted = has_digit(text) or not heard(text).isdisjoint(_ORDINALS)
    for match in _CROSSING.finditer(text) if joined and counted else ():
        if not _DATED.search(match.group()) and (
            not _RANKS.fullmatch(match.group()) or _on(text, match.start())
        ):
            yield Hit(*match.span("both"), "ADDRESS", "street")
    for match in _CAPITALS_CROSS.finditer(text) if joined else ():
        if not match.group("both"):
            yield Hit(*match.span(), "ADDRESS", "street")
        elif not {match.group("one").casefold(), match.group("two").casefold()} & first_names().keys():
            yield Hit(*match.span("both"), "ADDRESS", "street")
    for match in _CORNER.finditer(text) if "corner" in heard(text) else ():
        yield Hit(*match.span("both"), "ADDRESS", "street")


def _on(text: str, start: int) -> bool:
    """Whether before a place stands what leads up to a crossing."""
    return re.search(r"\b(?:on|at|of|near|by|to|between|around)\s+$", text[:start], _I) is not None


def _names_a_street(said: str) -> bool:
    """Whether the words before "street" can be its name: none is a small word or tells which street."""
    parts = [match.group().casefold() for match in WORD.finditer(said)]
    return not any(part in SMALL or part in words("which street") for part in parts)


def continued(text: str, hits: list[Hit]) -> Iterator[Hit]:
    """The further parts of written addresses: next lines, or what stands behind commas, if they look it.

    >>> text = "Lindenallee 12\\n Suite 4\\n Bremerhaven\\n Germany 27568\\nMobile: none"
    >>> [text[hit.start:hit.end] for hit in continued(text, [Hit(0, 14, "ADDRESS", "street address")])]
    ['Lindenallee 12\\n Suite 4\\n Bremerhaven\\n Germany 27568']
    """
    for hit in hits:
        if hit.label != "ADDRESS" or hit.reason == "street":
            continue
        end = hit.end
        sure = hit.end
        for _ in range(_LINES):
            match = _NEXT.match(text, end)
            if not match or not _part(text, match):
                break
            end = match.end()
            if re.search(r"\d", match.group("part")) or _place(match.group("part")):
                sure = end
        if sure > hit.end:
            yield Hit(hit.start, sure, "ADDRESS", "rest of an address")


def _part(text: str, match: re.Match[str]) -> bool:
    first = WORD.search(match.group("part"))
    low = first.group().casefold() if first else ""
    after = text[match.end() : match.end() + 2]
    return low not in SMALL and low not in words("calls") and not after.startswith((":", "'", "’"))


def _place(part: str) -> bool:
    return " ".join(part.split()).casefold() in countries()

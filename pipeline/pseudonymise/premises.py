"""Where people live and wait without a street's name: rooms, lots, boxes, roads with a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.pseudonymise.glance import folded, has_digit, has_number, heard, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import DIGIT, NUMBER_WORD, TEN_TO_99
from pipeline.pseudonymise.wordlists import countries, places, words

_I = re.IGNORECASE
_SAID = rf"(?:(?:{NUMBER_WORD})(?:[\s\-]+|\b))"
_BOX = re.compile(rf"\b(?:p\.?\s?o\.?\s?box|postbox)\s+(?:number\s+)?{_SAID}{{1,6}}", _I)
_ROUTE = (
    r"(?:route|highway|interstate|(?:county|state|farm) (?:road|route|highway)|mile marker|rural route|"
    r"(?<!\d\s)(?-i:UR|SR|CR|FM|RR))"
)
_ROUTES = written_out(_ROUTE)
_HIGHWAY = re.compile(
    rf"\b(?:{_ROUTE}[\s\-]+(?:\d+\w?\b|{_SAID}{{1,3}})(?:,?\s*box\s+\d+)?|I-\d{{1,3}}\b|US-\d{{1,3}}\b|"
    rf"(?-i:I)\s\d{{2,3}}(?=\s+(?:north|south|east|west)\b|[.,]))(?!\s+(?:years?|days?|times|people)\b)",
    _I,
)
_MOTORWAY = re.compile(
    r"\b(?:the|on|off|onto|along|down|up)\s+(?P<road>A\d{1,4}|M\d{1,2}|B\d{3,4})\b"
    r"(?!\s+(?:paper|sheets?|pages?|size|side|pad|poster|patch|form))"
)
_ROOM_WORD = r"(?:room|rm\.?)"
_ROOMS = written_out(_ROOM_WORD)
_ROOM = re.compile(
    rf"(?<!\bthe )(?<!\bevery )(?<!\bper )\b(?P<room>{_ROOM_WORD}\s+(?:number\s+)?"
    rf"(?:\d{{1,4}}\s?(?-i:[A-Z]\b)?|(?-i:[A-Z])[\s\-]?\d{{1,4}}|{DIGIT}[\s\-]+(?:{DIGIT}[\s\-]+)?(?:{DIGIT}|{TEN_TO_99})|"
    rf"{TEN_TO_99}[\s\-]+{TEN_TO_99}))\b(?!\s+(?:people|of us|or|to|times|beds?|chairs?|guys))",
    _I,
)
_PITCH, _BUILDING = r"(?:(?-i:Lot|lot)|trailer|pitch|plot|berth|pod)", r"(?:building|block)"
_PITCHES = written_out(_PITCH) | written_out(_BUILDING)
_LOT = re.compile(
    rf"(?<!\ba )(?<!\bwhole )\b(?:{_PITCH}\s+(?:number\s+)?"
    rf"(?:\d{{1,4}}(?-i:[A-Z])?|(?:(?<=\bL...)|(?<=number\s))(?:{DIGIT}|{TEN_TO_99}))|"
    rf"{_BUILDING}\s+(?:number\s+)?(?:\d{{1,3}}(?=\s*(?:[.,;?!]|$))|(?-i:[A-HJ-Z](?!['’]))))\b"
    rf"(?!\s+(?:people|of|or|to|times|years|days|more|weeks|hours)\b)",
    _I,
)
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ][\w'’\-]*"
_DIRECTION = r"(?:North|South|East|West|Northeast|Northwest|Southeast|Southwest|NE|NW|SE|SW|[NSEW])\b\.?"
_TOWARDS = re.compile(
    r"\b(?:north|south|east|west)\s+\d{1,3}(?:st|nd|rd|th)\b|\b[NSEW]\.?\s\d{1,3}(?:st|nd|rd|th)\b", _I
)
_NUMBERED_ROAD = re.compile(
    r"\b(?:take|taking|took|on|off|get on|down|up)\s+the\s+(?P<road>\d{3})\b"
    r"(?=\s+(?:to|north|south|east|west|and|freeway|exit)\b|[.,])",
    _I,
)
_FACING = re.compile(
    rf"(?<![\w$£€.,])(?:\d{{2,5}}\s+|(?:(?i:{NUMBER_WORD})[\s\-]+){{2,5}})(?P<street>{_DIRECTION}\s+{_CAPITAL})"
)
_SIDE = re.compile(rf"{_DIRECTION}\s+{_CAPITAL}")
_THE = re.compile(
    rf"\b(?i:at|in|on|is|number|live|lives|lived|address:?)\s+(?P<street>\d{{1,4}}\w?,?\s+The\s+{_CAPITAL})"
)
ROOM, BOX, ROAD = "room or lot", "flat or box", "road with a number"


def premises(text: str) -> Iterator[Hit]:
    """Rooms, lots, post boxes and numbered roads in `text`.

    >>> [text[hit.start:hit.end] for text in ["He's in room 12B, off Route nine"] for hit in premises(text)]
    ['Route nine', 'room 12B']
    """
    said, digit, number = heard(text), has_digit(text), has_number(text)
    for pattern, reason, likely in (
        (_BOX, BOX, number and "box" in folded(text)),
        (_HIGHWAY, ROAD, digit or (number and not said.isdisjoint(_ROUTES))),
        (_LOT, ROOM, not said.isdisjoint(_PITCHES)),
    ):
        for match in pattern.finditer(text) if likely else ():
            yield _trimmed(match, 0, reason)
    for pattern in (_MOTORWAY, _NUMBERED_ROAD) if digit else ():
        for match in pattern.finditer(text):
            yield Hit(*match.span("road"), "ADDRESS", ROAD)
    for match in _ROOM.finditer(text) if number and not said.isdisjoint(_ROOMS) else ():
        yield _trimmed(match, "room", ROOM)
    for match in _TOWARDS.finditer(text) if digit else ():
        yield Hit(*match.span(), "ADDRESS", ROAD)
    for match in _FACING.finditer(text) if number and _SIDE.search(text) else ():
        street = match.group("street").casefold()
        if (
            not {street, street.split()[-1]} & (countries() | words("lands by their side"))
            and street not in places()
        ):
            yield Hit(*match.span(), "ADDRESS", "street address")
    for match in _THE.finditer(text) if digit else ():
        yield Hit(*match.span("street"), "ADDRESS", "street address")


def _trimmed(match: re.Match[str], group: int | str, reason: str) -> Hit:
    start = match.start(group)
    return Hit(start, start + len(match.group(group).rstrip(" -\t\n")), "ADDRESS", reason)

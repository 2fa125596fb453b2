"""What an entity is called in its pseudonym: `[Peer worker 3]`, `[Ward A]`, `[Town 2]`, `[Hospital 1]`."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from itertools import count

from pipeline.pseudonymise.text import WORD
from pipeline.pseudonymise.wordlists import countries, places

_KINDS = (
    ("Hospital", r"hospitals?|infirmary|hospice"),
    ("Ward", r"ward"),
    ("Unit", r"unit|clinic|centre|center|department|team"),
    ("Practice", r"surgery|practice|gp|medical centre"),
    ("School", r"school|academy|college|nursery"),
    ("University", r"university|uni"),
    ("Church", r"church|mosque|temple|synagogue|cathedral"),
    ("Street", r"street|road|avenue|lane|drive|close|crescent|terrace|way"),
    ("Council", r"council|borough"),
    ("Trust", r"trust|board|nhs"),
    ("Charity", r"charity|foundation|society|association"),
    ("Region", r"county|shire|\w+shire|region|valley|north|south|east|west"),
)
_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for kind, words in _KINDS)
_PLAIN = {
    "PERSON": "Person",
    "LOCATION": "Place",
    "ORGANISATION": "Organisation",
    "DATE": "Date",
    "PHONE": "Phone number",
    "EMAIL": "E-mail",
    "ID": "Number",
    "POSTCODE": "Postcode",
    "ADDRESS": "Address",
    "AGE": "Age",
    "URL": "Web address",
    "OTHER": "Identifier",
}
_LETTERED = frozenset(("Ward", "Unit"))


def kind_of(label: str, surfaces: Iterable[str]) -> str:
    """The kind of thing that these wordings of one entity name.

    >>> kind_of("LOCATION", ["Leeds"]), kind_of("ORGANISATION", ["Leeds General Infirmary"])
    ('Town', 'Hospital')
    """
    wordings = list(surfaces)
    if label in ("LOCATION", "ORGANISATION"):
        for kind, pattern in _PATTERNS:
            if any(pattern.search(surface) for surface in wordings):
                return kind
        plain = {
            " ".join(match.group() for match in WORD.finditer(surface)).casefold() for surface in wordings
        }
        if label == "LOCATION" and plain & countries():
            return "Country"
        if label == "LOCATION" and plain & places():
            return "Town"
    return _PLAIN.get(label, label.capitalize())


def pseudonyms(kind: str, taken: Container[str]) -> Iterator[str]:
    """The free pseudonyms of a kind, one after the other; wards and units are lettered, all else is numbered.

    >>> next(pseudonyms("Town", {"[Town 1]"})), next(pseudonyms("Ward", ()))
    ('[Town 2]', '[Ward A]')
    """
    for number in count(1):
        name = f"[{kind} {_letters(number) if kind in _LETTERED else number}]"
        if name not in taken:
            yield name


def _letters(number: int) -> str:
    out = ""
    while number:
        number, rest = divmod(number - 1, 26)
        out = chr(ord("A") + rest) + out
    return out


def plain_kind(label: str) -> str:
    """The word for a label where nothing more is known: "Phone number"."""
    return _PLAIN.get(label, label.capitalize())

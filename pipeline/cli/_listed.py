"""Wordings that people said are always to be masked: found as they were typed, whatever a finder thinks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.pseudonymise.text import blank_pseudonyms
from pipeline.records import Identifier
from pipeline.study import Register

REASON = "always list"


def always(kept: Register) -> dict[str, str]:
    """The wordings of the always list with their labels."""
    return {one["surface"]: one["label"] for one in kept.always}


def stated(text: str, wordings: Mapping[str, str]) -> list[Identifier]:
    """Every place where one of these wordings stands as whole words.

    Typed in small letters, a wording is found in any letters; otherwise as typed or in capitals throughout,
    so that "Grace" leaves "saying grace" alone.

    >>> [one.start for one in stated("Grace said GRACE and grace", {"Grace": "PERSON"})]
    [0, 11]
    """
    if not wordings:
        return []
    read = blank_pseudonyms(text)
    return [
        Identifier(match.start(), match.end(), label, (REASON,))
        for surface, label in wordings.items()
        for match in _pattern(surface).finditer(read)
    ]


def spared(text: str, some: Iterable[Identifier], kept: Register) -> list[Identifier]:
    """The identifiers that do not lie within a wording of the never list."""
    left = [re.finditer(_whole(surface), text, re.IGNORECASE) for surface in kept.never]
    stretches = [match.span() for matches in left for match in matches]
    return [one for one in some if not any(a <= one.start and one.end <= b for a, b in stretches)]


def _whole(surface: str) -> str:
    return r"(?<!\w)" + r"\s+".join(map(re.escape, surface.split())) + r"(?!\w)"


def _pattern(surface: str) -> re.Pattern[str]:
    forms = [_whole(form) for form in (surface, surface.upper())]
    flags = re.IGNORECASE if surface.islower() else re.NOFLAG
    return re.compile("|".join(forms), flags)

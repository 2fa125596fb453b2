"""Natural names in the place of real ones: never one that the study knows, never with the same initial."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from functools import cache

from pipeline.pseudonymise.alike import taken_apart
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.text import SMALL, WORD
from pipeline.pseudonymise.wordlists import never_alone, only_in_the_middle, uk_first_names, uk_surnames

_COMMON = 1500


@cache
def _stock() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """First names and surnames that are plainly names and nothing else, each of one word: a made-up name
    is fitted part for part."""
    words = SMALL | never_alone() | only_in_the_middle()
    firsts = {name for name, rank in uk_first_names().items() if rank <= _COMMON} - words
    lasts = set(uk_surnames()) - words - set(uk_first_names())
    return tuple(sorted(filter(_one_word, firsts))), tuple(sorted(filter(_one_word, lasts)))


def _one_word(name: str) -> bool:
    return WORD.fullmatch(name) is not None


def surrogates(entities: Sequence[Entity], secret: bytes) -> dict[str, tuple[str, str]]:
    """A first and a last name for each person, by entity id; the same ones whenever it is asked again.

    `secret` decides the choice, so nobody without it can repeat the draw. Names occurring in the study
    are left out.
    """
    known = {
        match.group().casefold() for one in entities for text in one.surfaces for match in WORD.finditer(text)
    }
    used: set[str] = set(known)
    out: dict[str, tuple[str, str]] = {}
    for one in sorted((one for one in entities if one.label == "PERSON"), key=lambda one: one.id):
        names = [taken_apart(surface) for surface in one.surfaces]
        initials = {part[0] for name in names for part in (name.first, name.last) if part}
        first = _draw(_stock()[0], used, initials, secret, one.id + " first")
        last = _draw(_stock()[1], used, initials, secret, one.id + " last")
        used.update((first.casefold(), last.casefold()))
        out[one.id] = (first, last)
    return out


def _draw(
    stock: Sequence[str], used: Iterable[str], initials: Iterable[str], secret: bytes, purpose: str
) -> str:
    taken, letters = set(used), set(initials)
    free = [name for name in stock if name not in taken and name[0] not in letters]
    free = free or [name for name in stock if name[0] not in letters]
    digest = hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
    return free[int.from_bytes(digest[:8], "big") % len(free)].title()


def fitted(surface: str, entity: Entity, name: tuple[str, str]) -> str:
    """The surrogate that answers a wording part for part: first name for first name, capitals for capitals.

    >>> one = Entity("PER001", "PERSON", "[Person 1]", "Person", (("T1", "Sarah Thompson"),))
    >>> [fitted(text, one, ("Emma", "Clarke")) for text in ("Sarah Thompson", "THOMPSON", "sarah")]
    ['Emma Clarke', 'CLARKE', 'emma']
    """
    asked = taken_apart(surface)
    lasts = {taken_apart(text).last for text in entity.surfaces} - {""}
    if asked.full:
        new = " ".join(name)
    elif asked.last or asked.first in lasts:
        new = name[1]
    else:
        new = name[0]
    if surface.isupper() and len(surface) > 1:
        return new.upper()
    return new.lower() if surface.islower() else new

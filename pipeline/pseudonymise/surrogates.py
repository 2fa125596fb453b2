"""Natural names in the place of real ones: never one that the study knows, never with the same initial."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from pipeline.errors import StudyError
from pipeline.pseudonymise.alike import taken_apart
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.text import SMALL, WORD
from pipeline.pseudonymise.wordlists import (
    english,
    first_names,
    never_alone,
    only_in_the_middle,
    seldom,
    surnames,
    uk_first_names,
    uk_surnames,
)

_COMMON = 1500


@cache
def _firsts() -> tuple[tuple[str, ...], ...]:
    """First names that are plainly names, of one word: the common ones, then all that are registered."""
    plain = [name for name in uk_first_names() if name not in seldom() and _plain(name)]
    common = [name for name in plain if uk_first_names()[name] <= _COMMON]
    return tuple(sorted(common)), tuple(sorted(plain))


@cache
def _lasts() -> tuple[tuple[str, ...], ...]:
    """Surnames that are plainly surnames, of one word: those of the United Kingdom, then all."""
    common = [name for name in uk_surnames() if name not in uk_first_names() and _plain(name)]
    rest = [name for name in surnames() - english() if name not in first_names() and _plain(name)]
    return tuple(sorted(common)), tuple(sorted(rest))


def _plain(name: str) -> bool:
    """Whether a name is no word besides, and one word, so that a made-up name is fitted part for part."""
    word = name in SMALL or name in never_alone() or name in only_in_the_middle()
    return not word and len(name) > 2 and WORD.fullmatch(name) is not None


def surrogates(entities: Sequence[Entity], secret: bytes) -> dict[str, tuple[str, str]]:
    """A first and a last name for each person, by entity id; the same ones whenever it is asked again.

    `secret` decides the choice, so nobody without it can repeat the draw. Names occurring in the study
    are left out; raises `StudyError` where none is left.
    """
    known = {
        match.group().casefold() for one in entities for text in one.surfaces for match in WORD.finditer(text)
    }
    used: set[str] = set(known)
    out: dict[str, tuple[str, str]] = {}
    for one in sorted((one for one in entities if one.label == "PERSON"), key=lambda one: one.id):
        names = [taken_apart(surface) for surface in one.surfaces]
        initials = {part[0] for name in names for part in (name.first, name.last) if part}
        first = _draw(_firsts(), used, initials, secret, one.id + " first")
        last = _draw(_lasts(), used, initials, secret, one.id + " last")
        used.update((first.casefold(), last.casefold()))
        out[one.id] = (first, last)
    return out


def _draw(
    stocks: Iterable[Sequence[str]],
    used: Collection[str],
    initials: Collection[str],
    secret: bytes,
    purpose: str,
) -> str:
    """A name of the first stock that has one free, chosen by `secret`."""
    for stock in stocks:
        free = [name for name in stock if name not in used and name[0] not in initials]
        if free:
            digest = hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
            return free[int.from_bytes(digest[:8], "big") % len(free)].title()
    raise StudyError(
        "no made-up names are left: each is given once, and never to somebody with its initial",
        where="study.toml",
        hint='Choose PERSON = "pseudonym" under [pseudonymise.policy].',
    )


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

"""What is looked for before anything leaves a study: every wording that the register knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

from pipeline.cli import _listed
from pipeline.pseudonymise.alike import taken_apart
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.text import SMALL, WORD, bare, without_capitals
from pipeline.pseudonymise.wordlists import also_words, english, plain_names, uk_first_names, words
from pipeline.records import Identifier
from pipeline.risk import Hit, Sought, Sweep
from pipeline.study import Register, Store, StoredTurn, Study

_LEFT = "left by the spreading"
_SEVERAL = 2
_STREET = re.compile(r"[^\W\d_][^\d]*$")

Turns = Iterable[tuple[str, list[StoredTurn]]]


def turns_of(store: Store) -> Turns:
    """Every transcript with its turns, one at a time."""
    for one in store.transcripts():
        yield one.id, store.turns(one.id)


def search(study: Study, kept: Register, turns: Turns) -> Sweep:
    """The search for all that the register knows, less what the study keeps and what people let stand.

    `turns` is the talk it will be used on: it tells which wordings are ordinary words here.
    """
    policy = study.settings.pseudonymise.policy
    sought = [one for one in _sought(kept) if policy.get(one.label) != "keep"]
    masked = set(kept.masked({one.surface for one in sought}))
    wanted = [one for one in sought if one.surface in masked]
    return Sweep(
        wanted,
        ordinary=_ordinary(turns, kept),
        english=english(),
        own=(entity["pseudonym"] for entity in kept.entities),
    )


def _sought(kept: Register) -> Iterator[Sought]:
    """Every known wording; the parts of people's names and the streets of addresses, to the letter."""
    always = _listed.always(kept)
    yield from (Sought(surface, label) for surface, label in always.items())
    known = {surface.casefold() for surface in always}
    parts: dict[str, str] = {}
    for entity in map(Entity.from_json, kept.entities):
        for surface in entity.surfaces:
            known.add(surface.casefold())
            yield Sought(surface, entity.label)
            if entity.label == "PERSON":
                name = taken_apart(surface)
                parts.update((part, "PERSON") for part in (name.first, name.last) if _can_be_a_name(part))
            elif entity.label == "ADDRESS":
                street = _STREET.search(surface)
                if street and len(street.group().split()) > 1:
                    parts[street.group()] = "ADDRESS"
    yield from (Sought(part, label) for part, label in parts.items() if part.casefold() not in known)


def _can_be_a_name(part: str) -> bool:
    return len(part) > 2 and part not in words("titles") and part not in words("roles")


def _ordinary(turns: Turns, kept: Register) -> set[str]:
    """Words that are said as words: those of the dictionary, and those that this talk writes in small letters
    in two interviews at least, and in more of them than those in which it was masked.

    Talk without capitals says nothing, and a registered name that is in no dictionary is none.
    """
    names = plain_names()
    written: Counter[str] = Counter()
    for _, some in turns:
        texts = [turn.text for turn in some]
        if not without_capitals(texts):
            said = (bare(match.group()) for text in texts for match in WORD.finditer(text))
            written.update({word for word in said if word.islower()} - names)
    masked = Counter(
        word
        for _, word in {
            (name, word.casefold())
            for entity in kept.entities
            for name, surface in entity["where"]
            for word in surface.split()
        }
    )
    dialect = {word for word, number in written.items() if number >= _SEVERAL and number > masked[word]}
    return dialect | _dictionary() | also_words() | SMALL


@cache
def _dictionary() -> frozenset[str]:
    """Words of English that are no first name, in so far as their spelling tells."""
    return english() - uk_first_names().keys()


def found(hit: Hit) -> Identifier:
    """A hit of the sweep as an identifier."""
    return Identifier(hit.start, hit.end, hit.label, (_LEFT,), 0.5)

"""What is looked for before anything leaves a study: every wording that the register knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.cli import _listed
from pipeline.pseudonymise.alike import taken_apart
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.text import SMALL, WORD, bare, without_capitals
from pipeline.pseudonymise.wordlists import also_words, countries, places, plain_names, words
from pipeline.pseudonymise.wordlists import english as english_words
from pipeline.records import Identifier
from pipeline.risk import Hit, Sought, Sweep, english
from pipeline.study import Register, Store, StoredTurn, Study

_LEFT = "left by the spreading"
_OFTEN = 3
"""So often must an English word stand in small letters in one transcript to be taken for an ordinary one."""
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
        english=english().keys() - _names(),
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


def _names() -> set[str]:
    """Registered names of people and places that are not everyday words as well."""
    return set((plain_names() | (places() - english_words()) | countries()) - also_words() - SMALL)


def _ordinary(turns: Turns, kept: Register) -> set[str]:
    """Words that are said as words: those of every talk, and those that this talk writes in small letters.

    That is: in two interviews at least, and in more of them than those in which it was masked; or three times
    in one, if it is a common English word. Talk without capitals says nothing, and a registered first name or
    surname is none.
    """
    names = plain_names() - SMALL
    written: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for _, some in turns:
        texts = [turn.text for turn in some]
        if not without_capitals(texts):
            said = Counter(
                bare(match.group())
                for text in texts
                for match in WORD.finditer(text)
                if match.group().islower()
            )
            written.update(said.keys())
            times.update(said)
    masked = Counter(
        word
        for _, word in {
            (name, word.casefold())
            for entity in kept.entities
            for name, surface in entity["where"]
            for word in surface.split()
        }
    )
    common = english()
    out = {
        word
        for word, number in written.items()
        if word not in names
        and ((number > 1 and number > masked[word]) or (times[word] >= _OFTEN and word in common))
    }
    return out | also_words() | SMALL


def found(hit: Hit) -> Identifier:
    """A hit of the sweep as an identifier."""
    return Identifier(hit.start, hit.end, hit.label, (_LEFT,), 0.5)

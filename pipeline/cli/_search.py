"""What is looked for before anything leaves a study: every wording that the register knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from functools import cache, lru_cache

from pipeline.cli import _listed
from pipeline.pseudonymise.alike import taken_apart
from pipeline.pseudonymise.text import SMALL, WORD, bare, without_capitals
from pipeline.pseudonymise.wordlists import also_words, english, plain_names, uk_first_names, words
from pipeline.records import Identifier
from pipeline.risk import Hit, Sought, Sweep
from pipeline.study import Register, Store, StoredTurn, Study, states

BASIS = "swept on"
"""The note in the store, a keyed hash, that says what the last sweep went by."""
_LEFT = "left by the spreading"
_SEVERAL = 2
_STREET = re.compile(r"[^\W\d_][^\d]*$")

Turns = Iterable[tuple[str, list[StoredTurn]]]


def written(store: Store) -> dict[str, int]:
    """How many transcripts write a word in small letters, for those that several do; what has changed since
    this was last asked is counted anew. Where a word is no longer among them, all is swept next time."""
    before = states.small_words(store.db, _SEVERAL)
    stale = states.uncounted(store.db)
    if not stale:
        return before
    with store.writing() as db:
        for name in stale:
            states.count(db, name, small_words(turn.text for turn in store.turns(name)))
        now = states.small_words(db, _SEVERAL)
        if before.keys() - now.keys():
            db.execute("DELETE FROM meta WHERE key = ?", (BASIS,))
    return now


def counted(turns: Turns) -> dict[str, int]:
    """The same for talk at hand."""
    return Counter(word for _, some in turns for word in small_words(turn.text for turn in some))


def small_words(texts: Iterable[str]) -> set[str]:
    """The words that a transcript writes in small letters and that are no registered name; none where it has
    no capitals at all."""
    texts = list(texts)
    if without_capitals(texts):
        return set()
    said = {match.group() for text in texts for match in WORD.finditer(text)}
    return {word for word in map(bare, said) if word.islower()} - plain_names()


def search(study: Study, kept: Register, counts: Mapping[str, int]) -> Sweep:
    """The search for all that the register knows, less what the study keeps and what people let stand.

    `counts` tells how many transcripts write a word in small letters (see `written`), and so which wordings
    are ordinary words here.
    """
    return search_for(study, kept, everything(kept), dialect(counts, kept), pseudonyms(kept))


def search_for(
    study: Study, kept: Register, some: Iterable[Sought], plain: frozenset[str], own: frozenset[str]
) -> Sweep:
    """The search for some wordings only; `plain` are words that are said as words here (see `dialect`),
    `own` the study's pseudonyms (see `pseudonyms`)."""
    stays = {label for label, choice in study.settings.pseudonymise.policy.items() if choice == "keep"}
    sought = [one for one in some if one.label not in stays]
    if kept.never:
        masked = set(kept.masked({one.surface for one in sought}))
        sought = [one for one in sought if one.surface in masked]
    return Sweep(
        sought,
        ordinary=_ordinary(plain),
        english=english(),
        own=own,
    )


def pseudonyms(kept: Register) -> frozenset[str]:
    """The pseudonyms of the study, of which no part is anything that was said."""
    return frozenset(entity["pseudonym"] for entity in kept.entities)


def everything(kept: Register) -> set[Sought]:
    """Every known wording, with the parts of people's names and the streets of addresses."""
    return apart(kept, set())[0]


def apart(kept: Register, new: set[str]) -> tuple[set[Sought], set[Sought]]:
    """The same in two: what is known without some new transcripts, and what only they brought.

    A part of a name is not looked for as such where it is a wording by itself.
    """
    here: set[Sought] = set()
    elsewhere: set[Sought] = set()
    for entity in kept.entities:
        label = entity["label"]
        for surface, names in entity["where"].items():
            (here if new.issuperset(names) else elsewhere).add(Sought(surface, label))
    before = elsewhere | {Sought(surface, label) for surface, label in _listed.always(kept).items()}
    fresh = here - elsewhere
    known = {one.surface.casefold() for one in before}
    before |= _in_parts(elsewhere, known)
    fresh |= _in_parts(fresh, known | {one.surface.casefold() for one in fresh})
    return before, fresh - before


def _in_parts(named: Iterable[Sought], known: Container[str]) -> set[Sought]:
    """The parts of wordings that are looked for by themselves, less those that are known so."""
    parts = {
        part: label
        for surface, label in named
        if not surface.isalpha()  # a single word is itself
        for part in _parts(surface, label)
    }
    return {Sought(part, label) for part, label in parts.items() if part.casefold() not in known}


@cache
def _parts(surface: str, label: str) -> tuple[str, ...]:
    """The first and the last name of a person, the street of an address."""
    if label == "PERSON":
        name = taken_apart(surface)
        return tuple(part for part in (name.first, name.last) if _can_be_a_name(part))
    street = _STREET.search(surface) if label == "ADDRESS" else None
    return (street.group(),) if street and len(street.group().split()) > 1 else ()


def _can_be_a_name(part: str) -> bool:
    return len(part) > 2 and part not in words("titles") and part not in words("roles")


def dialect(counts: Mapping[str, int], kept: Register) -> frozenset[str]:
    """Words that are said as words here: those that this talk writes in small letters in two interviews at
    least, and in more of them than those in which it was masked."""
    masked: dict[str, set[str]] = {}
    for entity in kept.entities:
        for surface, names in entity["where"].items():
            for word in surface.casefold().split():
                if word in counts:
                    masked.setdefault(word, set()).update(names)
    return frozenset(
        word for word, number in counts.items() if number >= _SEVERAL and number > len(masked.get(word, ()))
    )


@lru_cache(maxsize=2)
def _ordinary(plain: frozenset[str]) -> frozenset[str]:
    """Words that are said as words here or anywhere."""
    return _plain_words() | plain


@cache
def _plain_words() -> frozenset[str]:
    """Words that are said as words anywhere."""
    return frozenset(_dictionary() | also_words() | SMALL)


@cache
def _dictionary() -> frozenset[str]:
    """Words of English that are no first name, in so far as their spelling tells."""
    return english() - uk_first_names().keys()


def found(hit: Hit) -> Identifier:
    """A hit of the sweep as an identifier."""
    return Identifier(hit.start, hit.end, hit.label, (_LEFT,), 0.5)

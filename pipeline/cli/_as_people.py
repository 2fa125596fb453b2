"""One-word wordings that a model took for an organisation and the rest of the study shows to be a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.pseudonymise.alike import Name, compatible, same_spelling, taken_apart
from pipeline.pseudonymise.entities import Entity, Mention
from pipeline.pseudonymise.wordlists import first_names

_LETTERS = 4
"""A shorter word agrees with too many names to be taken for one of them."""


def as_people(mentions: Sequence[Mention], entities: Iterable[Entity]) -> list[Mention]:
    """The mentions, with a single word called an organisation made a person where it is a registered first
    name, or agrees with the name of somebody who is named at the same site.

    A model that meets a misspelt or rare name alone in a line often guesses an organisation; called so, it
    would get a pseudonym of its own and its owner two.

    >>> said = [Mention("T1", "A", "PERSON", "Giles Wetherden"),
    ...         Mention("T2", "A", "ORGANISATION", "Wetherdon")]
    >>> [one.label for one in as_people(said, ())]
    ['PERSON', 'PERSON']
    """
    names: dict[str, set[Name]] = {}
    for one in mentions:
        if one.label == "PERSON":
            names.setdefault(_site(one), set()).add(taken_apart(one.surface))
    for entity in entities:
        if entity.label == "PERSON":
            for transcript, surface in entity.where:
                for site in entity.cases or (f"transcript {transcript}",):
                    names.setdefault(site, set()).add(taken_apart(surface))
    held = {surface for entity in entities for surface in entity.surfaces}
    return [
        replace(one, label="PERSON")
        if one.surface not in held and _is_person(one, names.get(_site(one), set()))
        else one
        for one in mentions
    ]


def _site(one: Mention) -> str:
    return one.case or f"transcript {one.transcript_id}"


def _is_person(one: Mention, named: set[Name]) -> bool:
    word = one.surface
    if one.label != "ORGANISATION" or len(word) < _LETTERS or not word.isalpha() or word.isupper():
        return False
    return word.casefold() in first_names() or any(_agrees(word.casefold(), name) for name in named)


def _agrees(word: str, name: Name) -> bool:
    """Whether a word is a name in another spelling, or shorter; a longer word is no form of a pet name."""
    parts = [part for part in (name.first, name.last) if part]
    if any(same_spelling(word, part) for part in parts):
        return True
    return len(word) <= max(map(len, parts), default=0) and compatible(taken_apart(word.title()), name)

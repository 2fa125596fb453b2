"""The sweep of the pseudonymised text for every known name, and the stamp that opens the gate."""

from __future__ import annotations

import re
from collections import Counter

from pipeline import risk
from pipeline.cli import _settle
from pipeline.errors import StudyError
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.wordlists import never_alone, only_in_the_middle
from pipeline.records import Identifier
from pipeline.study import Register, Store, Study

DIRECT = ("PERSON", "PHONE", "EMAIL", "ID", "POSTCODE", "ADDRESS", "URL")
"""Kinds of identifiers that name somebody by themselves; none of them may be left anywhere."""
_SMALL = re.compile(r"(?<![\w'’])[^\W\d_]+(?![\w'’])")
_COMMON = 2
"""A word that stands in small letters in so many transcripts is an ordinary word of the study's talk."""


def sweep(study: Study, store: Store, kept: Register) -> int:
    """Search the text for every known name, replace what is left, and stamp the state that is clean.

    Returns how many were replaced. An ordinary word counts only where it is capitalised inside a sentence.
    """
    if store.stamp() == store.state():
        return 0
    labels = _surfaces(kept)
    ordinary = _ordinary(store)
    left = _left(store, kept, labels, ordinary)
    if left:
        _settle.mask(study, store, kept, left)
        still = _left(store, kept, labels, ordinary)
        if still:
            store.set_stamp("")
            raise StudyError(
                f"known names are left in {len(still)} turns",
                where=still[0].transcript_id,
                hint="Nothing can be exported until they are out. Please report this.",
            )
    store.set_stamp(store.state())
    return sum(len(one.identifiers) for one in left)


def _surfaces(kept: Register) -> dict[str, str]:
    """The wordings to look for, with their labels."""
    never = {surface.casefold() for surface in kept.never}
    return {
        surface: entity.label
        for entity in map(Entity.from_json, kept.entities)
        if entity.label in DIRECT
        for surface in entity.surfaces
        if surface.casefold() not in never
    }


def _ordinary(store: Store) -> set[str]:
    """Words that are names too and words that this study uses in small letters."""
    counts: Counter[str] = Counter()
    for transcript in store.transcripts():
        found = {
            word
            for turn in store.turns(transcript.id)
            for word in _SMALL.findall(turn.text)
            if word.islower()
        }
        counts.update(found)
    return {*never_alone(), *only_in_the_middle(), *(word for word, n in counts.items() if n >= _COMMON)}


def _left(store: Store, kept: Register, labels: dict[str, str], ordinary: set[str]) -> list[_settle.Touched]:
    pseudonyms = {entity["pseudonym"] for entity in kept.entities}
    out = []
    for transcript in store.transcripts():
        turns = store.turns(transcript.id)
        by_turn: dict[int, list[Identifier]] = {}
        texts = [turn.text for turn in turns]
        for hit in risk.sweep(texts, labels, ordinary=ordinary, pseudonyms=pseudonyms):
            one = Identifier(hit.start, hit.end, labels[hit.surface], ("left by the spreading",), 0.5)
            by_turn.setdefault(hit.text, []).append(one)
        out += [
            _settle.Touched(transcript.id, turns[at], tuple(some)) for at, some in sorted(by_turn.items())
        ]
    return out

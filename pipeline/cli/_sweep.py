"""The sweep of the pseudonymised text for every known name, and the stamp that opens the gate."""

from __future__ import annotations

from collections import Counter

from pipeline import risk
from pipeline.cli import _listed, _settle
from pipeline.cli._rewrite import Touched
from pipeline.cli._touched import not_own
from pipeline.errors import StudyError
from pipeline.pseudonymise.alike import taken_apart
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.spread import ordinary_words
from pipeline.records import Identifier
from pipeline.study import Register, Store, Study

DIRECT = ("PERSON", "PHONE", "EMAIL", "ID", "POSTCODE", "ADDRESS", "URL")
"""Kinds of identifiers that name somebody by themselves; none of them may be left anywhere."""
_SEVERAL = 2
_LEFT = "left by the spreading"


def sweep(study: Study, store: Store, kept: Register, *, again: bool = False) -> list[str]:
    """Search the text for every known name, replace what is left, and stamp the state that is clean.

    Returns the utterances that read differently now. Text that bears the stamp is searched only with `again`.
    """
    if not again and store.stamp() == store.state():
        return []
    labels, parts = _surfaces(study, kept)
    left = _left(study, store, kept, labels, parts)
    changed = []
    if left:
        changed = _settle.mask(study, store, kept, left)
        still = _left(study, store, kept, labels, parts)
        if still:
            store.set_stamp("")
            raise StudyError(
                f"known names are left in {len(still)} turns",
                where=still[0].transcript_id,
                hint="Nothing can be exported until they are out: look for them with `secondcoder names`.",
            )
    store.set_stamp(store.state())
    return changed


def _surfaces(study: Study, kept: Register) -> tuple[dict[str, str], set[str]]:
    """The wordings to look for, with their labels: what names somebody, its parts, and what people listed.

    The second value tells which are parts of people's names: these are looked for letter by letter only.
    """
    policy = study.settings.pseudonymise.policy
    found = {
        surface: entity.label
        for entity in map(Entity.from_json, kept.entities)
        if entity.label in DIRECT
        for surface in entity.surfaces
    }
    whole = {**found, **_listed.always(kept)}
    known = {surface.casefold() for surface in whole}
    names = [taken_apart(surface) for surface, label in found.items() if label == "PERSON"]
    parts = {part for name in names for part in (name.first, name.last) if len(part) > 2} - known
    wanted = {
        surface: label
        for surface, label in {**dict.fromkeys(parts, "PERSON"), **whole}.items()
        if policy.get(label) != "keep" and not kept.unmasked(surface)
    }
    return wanted, parts


def _ordinary(transcripts: list[list[str]]) -> set[str]:
    """Words of English talk, and words that stand in small letters in several transcripts of the study.

    One transcript alone may have a name in small letters, where a machine wrote the talk down.
    """
    everywhere = Counter(word for texts in transcripts for word in ordinary_words(texts))
    return {*ordinary_words(()), *(word for word, number in everywhere.items() if number >= _SEVERAL)}


def _left(
    study: Study, store: Store, kept: Register, labels: dict[str, str], parts: set[str]
) -> list[Touched]:
    turns = {one.id: store.turns(one.id) for one in store.transcripts()}
    ordinary = _ordinary([[turn.text for turn in some] for some in turns.values()])
    pseudonyms = {entity["pseudonym"] for entity in kept.entities}
    out = []
    for name, some in turns.items():
        texts = [turn.text for turn in some]
        by_turn: dict[int, list[Identifier]] = {}
        for hit in risk.sweep(texts, labels, ordinary=ordinary, pseudonyms=pseudonyms):
            one = Identifier(hit.start, hit.end, labels[hit.surface], (_LEFT,), 0.5)
            if (hit.exact or hit.surface not in parts) and _listed.spared(texts[hit.text], [one], kept):
                by_turn.setdefault(some[hit.text].index, []).append(one)
        out += not_own(study, name, some, by_turn)
    return out

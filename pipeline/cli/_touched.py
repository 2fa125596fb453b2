"""Where in the settled transcripts a name stands that came to the study after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz, process

from pipeline import utterances
from pipeline.cli import _found, _listed
from pipeline.cli._rewrite import Touched
from pipeline.pseudonymise.spread import Wordings, spread, wordings
from pipeline.records import Identifier
from pipeline.study import Register, Store, StoredTurn, Study

_NEAR = 80.0
"""Likeness (0 to 100) from which a word of older transcripts is looked at for a new name."""


def wanted(kept: Register, *, after: int) -> dict[str, str]:
    """The names that came after a version of the list, with their labels, less those never to be masked."""
    new = [surface for surface, one in kept.known.items() if one.version > after]
    return {surface: kept.known[surface].label for surface in kept.masked(new)}


def older(study: Study, store: Store, kept: Register, pending: set[str]) -> list[Touched]:
    """The turns of settled transcripts in which names stand that are newer than they are.

    The full-text index leads to them, so the cost follows what is touched.
    """
    versions = {one.id: one.names_version for one in store.transcripts() if one.id not in pending}
    out: list[Touched] = []
    for version in sorted(set(versions.values())):
        new = wanted(kept, after=version)
        if not new:
            continue
        known = wordings(new)
        places: dict[str, set[int]] = {}
        for transcript_id, index in store.turns_with(_candidates(new, store.words())):
            if versions.get(transcript_id) == version:
                places.setdefault(transcript_id, set()).add(index)
        for transcript_id, indices in sorted(places.items()):
            turns = store.turns(transcript_id)
            hits = _found_in(turns, new, known, kept)
            at = {turn.index: hit for turn, hit in zip(turns, hits, strict=True) if turn.index in indices}
            out += not_own(study, transcript_id, turns, at)
    return out


def _found_in(
    turns: list[StoredTurn], names: Mapping[str, str], known: Wordings, kept: Register
) -> list[tuple[Identifier, ...]]:
    """Where these names stand in each turn, in the light of the whole transcript's words."""
    texts = [turn.text for turn in turns]
    always = {surface: label for surface, label in _listed.always(kept).items() if surface in names}
    said = [_listed.stated(text, always) for text in texts]
    found = spread(texts, said, known, remarks=True)
    return [tuple(_listed.spared(text, some, kept)) for text, some in zip(texts, found, strict=True)]


def not_own(
    study: Study, transcript_id: str, turns: list[StoredTurn], hits: Mapping[int, Iterable[Identifier]]
) -> list[Touched]:
    """What was hit (by turn number), less what the tool wrote itself: a made-up name, a month."""
    if not any(hits.values()):
        return []
    record = _found.load(study.vault, transcript_id)
    out = []
    for turn in turns:
        left = [one for one in hits.get(turn.index, ()) if not record.own(turn.index, one.start, one.end)]
        if left:
            out.append(Touched(transcript_id, turn, tuple(left)))
    return out


def _candidates(new: Mapping[str, str], vocabulary: list[str]) -> list[str]:
    """The words of the study that are, or nearly are, a part of a new name."""
    parts = sorted({part for surface in new for part in utterances.words_of(surface)})
    there = set(vocabulary)
    found = {part for part in parts if part in there}
    for part in parts:
        if len(part) > 3:
            near = process.extract(part, vocabulary, scorer=fuzz.ratio, score_cutoff=_NEAR, limit=None)
            found.update(match[0] for match in near)
    return sorted(found)

"""Where in the settled transcripts a name stands that came to the study after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline import utterances
from pipeline.cli import _found, _listed
from pipeline.cli._rewrite import Touched
from pipeline.pseudonymise.leads import leads
from pipeline.pseudonymise.spread import Wordings, spread, wordings
from pipeline.records import Identifier
from pipeline.study import Register, Store, StoredTurn, Study


def wanted(kept: Register, *, after: int) -> dict[str, str]:
    """The names that came after a version of the list, with their labels, less those never to be masked."""
    new = [surface for surface, one in kept.known.items() if one.version > after]
    return {surface: kept.known[surface].label for surface in kept.masked(new)}


def older(study: Study, store: Store, kept: Register, pending: set[str]) -> list[Touched]:
    """The turns of settled transcripts in which names stand that are newer than they are.

    The full-text index leads to them, so the cost follows what is touched.
    """
    stored = store.fingerprints().items()
    versions = {name: version for name, (_, _, version) in stored if name not in pending}
    out: list[Touched] = []
    for version in sorted(set(versions.values())):
        new = wanted(kept, after=version)
        if not new:
            continue
        known = wordings(new)
        places: dict[str, set[int]] = {}
        # A wording that people listed is looked for whole, also where it is too short to be spread.
        whole = {" ".join(utterances.words_of(one)) for one in new}
        for transcript_id, index in store.turns_with(sorted((whole | leads(known, store.words())) - {""})):
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

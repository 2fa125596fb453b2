"""What happened since the last `suggest`: does the model still fit, and what should be coded next?"""

from __future__ import annotations

from typing import Any

from pipeline.records import Codebook, Utterance
from pipeline.study import Store, Study
from pipeline.study.cache import Cache

_SHOWN = 8


def since_training(study: Study, book: Codebook, store: Store) -> dict[str, list[str]] | None:
    """Codes added, removed or reworded, transcripts unlike the coded ones, and those not suggested for yet.

    None where no model has been trained. Vectors come from the cache; none is computed.
    """
    if study.model is None:
        return None
    from pipeline.suggest.drift import drift
    from pipeline.suggest.saved import load

    model = load(study.model)
    utterances = store.utterances(study.case_of())
    size = model.memory.vectors.shape[1] if model.memory else 0
    cache = Cache(study.folder / "cache.db")
    try:
        texts = [one.text for one in utterances]
        places, vectors = cache.known(texts, model=str(model.facts.get("vectors")), size=size)
    finally:
        cache.close()
    found = drift(model, book, [utterances[place] for place in places], vectors)
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": list(found.changed),
        "far": list(found.far or ()),
        "unseen": _unseen(store, utterances),
    }


def told(found: dict[str, list[str]] | None) -> list[str]:
    """The same in lines for a person; nothing where all is well."""
    if not found:
        return []
    lines = []
    reworded = [*found["added"], *found["changed"], *found["removed"]]
    if reworded:
        lines.append(f"the codebook changed since the last suggest: {_some(reworded)}")
    if found["unseen"]:
        lines.append(f"no suggestions yet for {_some(found['unseen'])}")
    if found["far"]:
        lines.append(f"unlike what was coded so far, so code from these next: {_some(found['far'])}")
    return lines


def _unseen(store: Store, utterances: list[Utterance]) -> list[str]:
    """Transcripts without a single suggestion."""
    rows: list[Any] = store.db.execute("SELECT DISTINCT utterance_id FROM suggestions").fetchall()
    offered = {row[0] for row in rows}
    seen = {one.transcript_id for one in utterances if one.id in offered}
    return sorted({one.transcript_id for one in utterances} - seen)


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")

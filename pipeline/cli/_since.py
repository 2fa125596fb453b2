"""What happened since the last `suggest`: do its suggestions still stand, and what should be coded next?

Nothing here loads a model: `suggest` notes what it noticed, so that `status` answers at once.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pipeline.records import Codebook
from pipeline.study import Store, Study
from pipeline.study.folder import versions
from pipeline.suggest import FORMAT
from pipeline.suggest.fingerprints import changes

NOTE = "suggest"
"""Under this key the store keeps what the last `suggest` rested on, what came of it, and what it noticed."""
_SHOWN = 8


def rests_on(study: Study, store: Store) -> str:
    """A short hash of what suggestions rest on: text, decisions, codebook, settings, release, format."""
    parts = (
        store.state(),
        store.scalar("SELECT count(*) FROM decisions"),
        store.scalar("SELECT coalesce(max(id), 0) FROM decisions"),
        study.codebook_text,
        study.settings.suggest.model_dump_json(),
        versions()["secondcoder"],
        FORMAT,
    )
    return hashlib.sha256(repr(parts).encode("utf-8")).hexdigest()[:32]


def unchanged(study: Study, store: Store) -> dict[str, Any] | None:
    """What the last `suggest` came to, if its model is there and nothing that it rests on has changed since;
    else None."""
    noted = _last(store)
    if noted is None or study.model is None or noted["of"] != rests_on(study, store):
        return None
    return dict(noted["result"])


def since_training(book: Codebook, store: Store) -> dict[str, list[str]] | None:
    """Codes added, removed or reworded, transcripts unlike the coded ones, and those not suggested for yet.

    None where nothing was ever suggested.
    """
    noted = _last(store)
    if noted is None:
        return None
    there = {one.id for one in store.transcripts()}
    far = [name for name in noted["far"] if name in there]
    return {**changes(noted["codebook"], book), "far": far, "unseen": _unseen(store)}


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


def _last(store: Store) -> dict[str, Any] | None:
    """What the last `suggest` noted: `of`, `codebook`, `far`, `result`; its model may be gone since."""
    kept = store.note(NOTE)
    return json.loads(kept) if kept else None


def _unseen(store: Store) -> list[str]:
    """Transcripts with something to code and without a single suggestion."""
    rows: list[Any] = store.db.execute(
        "SELECT id FROM transcripts t WHERE "
        "EXISTS (SELECT 1 FROM utterances u WHERE u.transcript_id = t.id AND NOT u.context) AND NOT "
        "EXISTS (SELECT 1 FROM utterances u JOIN suggestions s ON s.utterance_id = u.id "
        "WHERE u.transcript_id = t.id AND NOT u.context) ORDER BY id"
    ).fetchall()
    return [row[0] for row in rows]


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")

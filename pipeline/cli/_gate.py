"""The gate before everything that leaves a study."""

from __future__ import annotations

from pipeline.errors import StudyError
from pipeline.study import Store


def check_swept(store: Store) -> None:
    """Refuse unless the text in its present state was swept clean of every known identifier."""
    if store.stamp() != store.state():
        raise StudyError(
            "the text has not been swept since it last changed",
            hint="Whoever holds the key runs `secondcoder ingest STUDY` once more, which sweeps it.",
        )

"""What a study still has to do: nothing here loads a model or a library for documents, so that a command with
nothing to do ends at once."""

from __future__ import annotations

from pipeline.study import Register, Store, Study, words

GOING_ON = "names are being corrected"
"""The note in the store that stands there while a correction of names is carried into the text."""
FRESH = ".next.age"
"""How the name of a record ends that is written beside the one before."""


def at_rest(study: Study, store: Store, kept: Register) -> bool:
    """Whether every command came to its end, and text and notes are as clean as the register wants."""
    return (
        not is_half_done(store, kept)
        and not any((study.vault.folder / "found").glob(f"*{FRESH}"))
        and store.all_searched(kept.version)
        and store.is_swept()
        and not words.waiting(store)
    )


def is_half_done(store: Store, kept: Register) -> bool:
    """Whether a correction of names was stopped before the text, or the backups, were in step with it."""
    return bool(kept.unwritten or store.note(GOING_ON))

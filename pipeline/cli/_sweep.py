"""The sweep of text and notes for everything that is known, and the stamp that opens the gate."""

from __future__ import annotations

import json

from pipeline.cli import _notes, _settle
from pipeline.cli._gate import SEARCHED
from pipeline.cli._indexed import Indexed
from pipeline.cli._looking import Looking
from pipeline.cli._matrix_files import WORKBOOK
from pipeline.errors import StudyError
from pipeline.risk import Coverage
from pipeline.study import Register, Store, Study, words

_ROUNDS = 8
"""What is masked may be a slip of a name that leads to a slip of it; where that does not end, people look."""


def sweep(
    study: Study, store: Store, kept: Register, *, again: bool = False, index: Indexed | None = None
) -> list[str]:
    """Search text and notes for every known wording, replace what is left, and stamp the state that is clean.

    Notes that wait are masked first. Returns the utterances that read differently now. Text that bears the
    stamp is searched only with `again`, and other text no further than has to be (see `Looking`); `index` is
    that of the text before the last transcripts came to it, where it was read already.
    """
    if not again and store.is_swept() and not words.waiting(store):
        return []
    look = Looking(study, store, kept)
    partly = not again and look.suffices()
    left = look.where_new(index) if partly else look.everywhere()
    changed: list[str] = []
    for _ in range(_ROUNDS):
        if not left:
            break
        changed += _settle.mask(study, store, kept, left)
        before, look, masked = look, Looking(study, store, kept), left
        left = look.where_new(index) if partly else look.since(before, masked)
        if left == masked:
            break
    if store.has_words_to_forget():
        store.forget_words()
    if left:
        store.set_swept(False)
        raise StudyError(
            f"known names are left in {len(left)} turns",
            where=left[0].transcript_id,
            hint="Nothing can be exported until they are out: look for them with `secondcoder names`.",
        )
    _mend(study, store, kept, look)
    store.set_note(SEARCHED, json.dumps(_told(study, kept, look.whole.coverage)))
    look.remember()
    store.set_swept()
    return list(dict.fromkeys(changed))


def _mend(study: Study, store: Store, kept: Register, look: Looking) -> None:
    """Mask what people wrote in their own words."""
    if words.waiting(store) or words.spoken(store):
        _notes.read(study, store, kept, look.whole)
        _notes.mend(study, store, kept, look.whole)
    if (study.folder / "reports" / WORKBOOK).is_file():
        from pipeline.cli import _summaries  # it loads what makes a matrix

        _summaries.mend(study, store, kept, look.whole)


def _told(study: Study, kept: Register, coverage: Coverage) -> dict[str, object]:
    """What was searched for and what was not, for the exports to say."""
    policy = study.settings.pseudonymise.policy
    return {
        "anywhere": coverage.anywhere,
        "capitalised": coverage.capitalised,
        "left_out": coverage.left_out,
        "kept": sorted(label for label, choice in policy.items() if choice == "keep"),
        "never": len(kept.never),
    }

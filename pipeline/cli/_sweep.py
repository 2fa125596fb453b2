"""The sweep of text and notes for everything that is known, and the stamp that opens the gate."""

from __future__ import annotations

import json

from pipeline.cli import _listed, _notes, _settle
from pipeline.cli._gate import SEARCHED
from pipeline.cli._matrix_files import WORKBOOK
from pipeline.cli._rewrite import Touched
from pipeline.cli._search import Turns, found, search, turns_of
from pipeline.cli._touched import not_own
from pipeline.errors import StudyError
from pipeline.pseudonymise.text import without_capitals
from pipeline.records import Identifier
from pipeline.risk import Coverage, Sweep
from pipeline.study import Register, Store, Study, words


def sweep(study: Study, store: Store, kept: Register, *, again: bool = False) -> list[str]:
    """Search text and notes for every known wording, replace what is left, and stamp the state that is clean.

    Notes that wait are masked first. Returns the utterances that read differently now. Text that bears the
    stamp is searched only with `again`.
    """
    if not again and store.is_swept() and not words.waiting(store):
        return []
    made = search(study, kept, turns_of(store))
    left = _left(study, kept, made, turns_of(store))
    changed = []
    if left:
        changed = _settle.mask(study, store, kept, left)
        made = search(study, kept, turns_of(store))
        still = _left(study, kept, made, turns_of(store))
        if still:
            store.set_swept(False)
            raise StudyError(
                f"known names are left in {len(still)} turns",
                where=still[0].transcript_id,
                hint="Nothing can be exported until they are out: look for them with `secondcoder names`.",
            )
    _notes.read(study, store, kept, made)
    _notes.mend(study, store, kept, made)
    if (study.folder / "reports" / WORKBOOK).is_file():
        from pipeline.cli import _summaries  # it loads what makes a matrix

        _summaries.mend(study, store, kept, made)
    store.set_note(SEARCHED, json.dumps(_told(study, kept, made.coverage)))
    store.set_swept()
    return changed


def _left(study: Study, kept: Register, made: Sweep, turns: Turns) -> list[Touched]:
    out = []
    for name, some in turns:
        texts = [turn.text for turn in some]
        by_turn: dict[int, list[Identifier]] = {}
        for hit in made.hits(texts, lower=without_capitals(texts)):
            one = found(hit)
            if _listed.spared(texts[hit.text], [one], kept):
                by_turn.setdefault(some[hit.text].index, []).append(one)
        out += not_own(study, name, some, by_turn)
    return out


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

"""Pseudonymised interviews written as documents of their own."""

from __future__ import annotations

from pathlib import Path

from pipeline.exchange.documents import FORMATS
from pipeline.study import Store, StoredTurn, Study
from pipeline.study.vault import write_safely


def write_clean(study: Study, store: Store, folder: Path, to: str) -> list[str]:
    """Write each transcript as docx or txt (with `same`: docx where it came as docx); returns the paths."""
    written = []
    for transcript in store.transcripts():
        ending = to if to != "same" else ("docx" if transcript.format == "docx" else "txt")
        lines = [
            (_label(study, turn), turn.text) for turn in store.turns(transcript.id) if turn.role != "header"
        ]
        file = folder / f"{transcript.id}.{ending}"
        write_safely(file, FORMATS[ending](lines))
        written.append(str(file))
    return written


def _label(study: Study, turn: StoredTurn) -> str:
    if turn.role == "interviewer":
        return study.settings.role_names.get(turn.role, turn.speaker)
    return turn.speaker or turn.role

"""Finding a codebook by the name or the file that the user gave."""

from __future__ import annotations

from pathlib import Path

from pipeline import codebook as codebooks
from pipeline import resources
from pipeline.errors import StudyError
from pipeline.records import Codebook
from pipeline.study import Study


def find(name: str) -> str:
    """The text of a codebook: one that comes with secondcoder, or a file."""
    known = resources.codebooks()
    file = known.get(name, Path(name))
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise StudyError(
            "is neither a codebook that comes with secondcoder nor a readable file",
            where=name,
            hint=f"Known: {', '.join(known)}.",
        ) from None


def of_study(study: Study) -> Codebook:
    """The codebook of a study, checked."""
    return codebooks.parse(study.codebook_text, where="codebook.yaml")

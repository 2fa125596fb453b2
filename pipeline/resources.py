"""Finds `configs/`, `models/` and `sample_transcripts/`, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import StudyError

_PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """The folder that holds `configs/`, `models/` and `sample_transcripts/`."""
    packed = _PACKAGE / "_data"
    return packed if packed.is_dir() else _PACKAGE.parent


def path(*parts: str) -> Path:
    """The path of a resource; raises `StudyError` where the installation lacks it.

    >>> path("configs", "study.toml").name
    'study.toml'
    """
    found = root().joinpath(*parts)
    if not found.exists():
        raise StudyError(
            "is missing from this installation", where="/".join(parts), hint="Install secondcoder again."
        )
    return found


def codebooks() -> dict[str, Path]:
    """The codebooks that come with Second Coder, by name."""
    return {file.stem: file for file in sorted(path("configs", "codebooks").glob("*.yaml"))}

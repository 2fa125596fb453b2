"""From what the user typed to files: folders, patterns (Windows' shell expands none), single files."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import StudyError


def expand(given: Sequence[str], suffixes: Iterable[str]) -> list[Path]:
    """The files meant, sorted by name, each once; Word's `~$` files and hidden ones are left out.

    A folder stands for the files directly in it whose ending is one of `suffixes`.
    """
    endings = {suffix.lower() for suffix in suffixes}
    found: dict[Path, None] = {}
    for one in given:
        for file in _meant(one, endings):
            if not file.name.startswith(("~$", ".")):
                found[file.resolve()] = None
    if not found:
        raise StudyError("no file to read", where=", ".join(given), hint="Name a file, folder or pattern.")
    return sorted(found, key=lambda file: (file.name.casefold(), str(file)))


def _meant(one: str, endings: set[str]) -> list[Path]:
    path = Path(one)
    if path.is_dir():
        files = [file for file in path.iterdir() if file.is_file() and file.suffix.lower() in endings]
        if not files:
            raise StudyError(
                "holds no file that could be a transcript",
                where=one,
                hint="Folders inside it are not searched.",
            )
        return files
    if path.is_file():
        return [path]
    matched = [Path(name) for name in glob.glob(one, recursive=True) if Path(name).is_file()]
    if not matched:
        raise StudyError("there is no such file, folder or pattern", where=one)
    return matched

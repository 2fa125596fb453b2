"""A new key pair for a study: everything encrypted is brought over, and the old key opens nothing here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyrage

from pipeline.errors import StudyError
from pipeline.study import backups
from pipeline.study.vault import Vault, new_key, read_key, write_key, write_safely

_NEW = ".new"


def rotate(study: Path, vault: Vault) -> int:
    """Make a new key pair and encrypt every file to it; returns how many files were brought over.

    Killed at any point and run again, it goes on: until the last file is over, each can be opened with the
    key that is in force. Raises `StudyError`, with nothing changed, where a file cannot be opened.
    """
    fresh = vault.key_path.with_name(vault.key_path.name + _NEW)
    if _half_done(vault, fresh):
        _switch(vault, fresh)
    old = vault.identity()
    if not fresh.is_file():
        write_key(fresh, new_key()[0])
    new = read_key(fresh)
    files = _files(study)
    _bring_over(files, study, [old, new], [old, new])
    _switch(vault, fresh)
    return _bring_over(files, study, [old, new], [new])


def _half_done(vault: Vault, fresh: Path) -> bool:
    """Whether a run was killed after the public key was exchanged and before the private one was."""
    return fresh.is_file() and str(read_key(fresh).to_public()) == vault.public


def _switch(vault: Vault, fresh: Path) -> None:
    """Put the new key in force: the public one first, so that a kill in between is seen by the next run."""
    public = str(read_key(fresh).to_public())
    write_safely(vault.folder / "public.key", (public + "\n").encode("ascii"))
    fresh.replace(vault.key_path)
    vault.forget()


def _bring_over(
    files: Iterable[Path], study: Path, opens: list[pyrage.x25519.Identity], to: list[pyrage.x25519.Identity]
) -> int:
    """Encrypt each file anew; all are opened once before the first is written."""
    recipients = [key.to_public() for key in to]
    count = 0
    for write in (False, True):
        for file in files:
            data = _open(file, study, opens)
            if write:
                if file.parent == study / "secret" / "backups":
                    data = backups.rekeyed(data, opens, recipients)
                write_safely(file, bytes(pyrage.encrypt(data, recipients)), mode=0o600)
                count += 1
    return count


def _open(file: Path, study: Path, opens: list[pyrage.x25519.Identity]) -> bytes:
    try:
        return bytes(pyrage.decrypt(file.read_bytes(), opens))
    except pyrage.DecryptError:
        raise StudyError(
            "is damaged or was encrypted to another key",
            where=file.relative_to(study).as_posix(),
            hint="Move it out of the study and run `secondcoder key rotate` again; the old key still works.",
        ) from None


def _files(study: Path) -> list[Path]:
    """Everything of a study that is encrypted."""
    return sorted(file for part in ("secret", "review") for file in (study / part).rglob("*.age"))

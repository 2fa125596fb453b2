"""A new key pair for a study: everything encrypted is brought over, and the old key opens nothing here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage

from pipeline.errors import StudyError
from pipeline.study import backups, words
from pipeline.study.store import Store
from pipeline.study.vault import Vault, new_key, read_key, write_key, write_safely

_NEW = ".new"


@dataclass(frozen=True, slots=True)
class _Sealed:
    """Something encrypted: what to call it, how to read and write it, whether it is a backup of the rest."""

    where: str
    read: Callable[[], bytes]
    write: Callable[[bytes], None]
    backup: bool = False


def rotate(study: Path, vault: Vault, store: Store) -> int:
    """Make a new key pair and encrypt everything to it; returns how many files and notes were brought over.

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
    _bring_over(_everything(study, store), [old, new], [old, new])
    _switch(vault, fresh)
    return _bring_over(_everything(study, store), [old, new], [new])


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
    some: Sequence[_Sealed], opens: list[pyrage.x25519.Identity], to: list[pyrage.x25519.Identity]
) -> int:
    """Encrypt each anew; all are opened once before the first is written."""
    recipients = [key.to_public() for key in to]
    for one in some:
        _open(one, opens)
    for one in some:
        data = _open(one, opens)
        if one.backup:
            data = backups.rekeyed(data, opens, recipients)
        one.write(bytes(pyrage.encrypt(data, recipients)))
    return len(some)


def _open(one: _Sealed, opens: list[pyrage.x25519.Identity]) -> bytes:
    try:
        return bytes(pyrage.decrypt(one.read(), opens))
    except pyrage.DecryptError:
        raise StudyError(
            "is damaged or was encrypted to another key",
            where=one.where,
            hint="Move it out of the study and run `secondcoder key rotate` again; the old key still works.",
        ) from None


def _everything(study: Path, store: Store) -> list[_Sealed]:
    """All that is encrypted in a study: files, and words that wait in the store."""
    files = sorted(file for part in ("secret", "review") for file in (study / part).rglob("*.age"))
    return [*(_file(study, file) for file in files), *(_words(store, one) for one in words.waiting(store))]


def _file(study: Path, file: Path) -> _Sealed:
    return _Sealed(
        file.relative_to(study).as_posix(),
        file.read_bytes,
        lambda data: write_safely(file, data, mode=0o600),
        file.parent == study / "secret" / "backups",
    )


def _words(store: Store, one: words.Sealed) -> _Sealed:
    return _Sealed("a note in study.db", lambda: one.data, lambda data: words.reseal(store, one.id, data))

"""A study taken back from one of its backups: all of it, or nothing."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pyrage

from pipeline.errors import StudyError
from pipeline.study import backups, faults, lock
from pipeline.study import register as registers
from pipeline.study.backups import Backup
from pipeline.study.register import Register
from pipeline.study.store import MODEL, Store
from pipeline.study.vault import Vault, read_key, remove_folder, write_safely

_STORE = "study.db"


@dataclass(frozen=True, slots=True)
class Restored:
    """The backup that was taken back, and the one that keeps what stood there before (None: nothing did)."""

    backup: Backup
    before: Path | None


def choose(folder: Path, name: str = "") -> Backup:
    """The backup of that file name, or else the last one that is not what a restore put aside."""
    kept = [backups.told(file) for file in backups.kept(folder)]
    if name:
        found = [one for one in kept if one.file.name == name]
    else:
        found = [one for one in kept if one.why not in (faults.DAMAGED, faults.REPLACED)]
    if not found:
        raise StudyError(
            f"there is no backup {name}".rstrip() + " to take back",
            where="secret/backups",
            hint="`secondcoder backup list` shows those there are." if kept else "Take a copy of your own.",
        )
    return found[-1]


def restore(folder: Path, vault: Vault, chosen: Backup) -> Restored:
    """Put the files of a backup in the place of the study's; raises `StudyError`, with nothing changed,
    where the backup cannot be opened or is not sound.

    The study as it stands is kept as one more backup. The store is taken away first and put in place last:
    stopped in between, the study says that it has no store, and a restore does it once more.
    """
    identity = read_key(vault.key_path)
    files = _unpacked(chosen.file, identity)
    then = _sound(files, chosen.file.name, identity)
    with lock.alone(folder, "backup restore"):
        if not (vault.folder / "public.key").is_file():
            write_safely(vault.folder / "public.key", f"{identity.to_public()}\n".encode("ascii"))
        vault.unlock()
        _refuse_withdrawn(folder, vault, then, chosen.file.name)
        before = backups.set_aside(folder, vault)
        _put(folder, files)
    return Restored(chosen, before)


def _put(folder: Path, files: dict[str, bytes]) -> None:
    for name in (_STORE, f"{_STORE}-wal", f"{_STORE}-shm"):
        (folder / name).unlink(missing_ok=True)
    remove_folder(folder / MODEL)  # it was trained on another state
    for record in (folder / "secret" / "found").glob("*.age"):
        if f"secret/found/{record.name}" not in files:
            record.unlink()
    for name, data in sorted(files.items()):
        if name not in (_STORE, "secret/public.key"):
            write_safely(folder / name, data, mode=0o600 if name.endswith(".age") else 0o644)
    write_safely(folder / _STORE, files[_STORE])


def _unpacked(file: Path, identity: pyrage.x25519.Identity) -> dict[str, bytes]:
    try:
        packed = zipfile.ZipFile(io.BytesIO(pyrage.decrypt(file.read_bytes(), [identity])))
        with packed:
            return {name: packed.read(name) for name in packed.namelist() if backups.belongs(name)}
    except (pyrage.DecryptError, zipfile.BadZipFile):
        raise _unfit(file.name, "is damaged or was encrypted to another key") from None


def _sound(files: dict[str, bytes], name: str, identity: pyrage.x25519.Identity) -> Register:
    """The register of a backup; refuses one with a part that is missing or damaged."""
    for part in (_STORE, "study.toml", f"secret/{registers.FILE}"):
        if part not in files:
            raise _unfit(name, f"lacks {part}")
    if not _whole(files[_STORE]):
        raise _unfit(name, f"holds a damaged {_STORE}")
    opened: dict[str, bytes] = {}
    for part in files:
        if part.endswith(".age"):
            try:
                opened[part] = bytes(pyrage.decrypt(files[part], [identity]))
            except pyrage.DecryptError:
                raise _unfit(name, f"holds a damaged {part}") from None
    return registers.read(opened[f"secret/{registers.FILE}"])


def _whole(store: bytes) -> bool:
    """Whether SQLite finds no fault with a store's bytes."""
    db = sqlite3.connect(":memory:")
    try:
        db.deserialize(store[:18] + b"\1\1" + store[20:])  # in memory there is no write-ahead log
        return bool(db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
    finally:
        db.close()


def _refuse_withdrawn(folder: Path, vault: Vault, then: Register, name: str) -> None:
    """Refuse a backup that would bring back an interview that was withdrawn since."""
    gone: set[str] = set()
    with contextlib.suppress(StudyError, FileNotFoundError):
        gone |= set(registers.read(vault.read(registers.FILE)).withdrawn)
    with contextlib.suppress(StudyError), Store(folder / _STORE) as store:
        gone |= {row[0] for row in store.db.execute("SELECT transcript_id FROM tombstones")}
    back = sorted(gone - set(then.withdrawn))
    if back:
        raise _unfit(name, f"was made before {back[0]} was withdrawn and would bring it back")


def _unfit(name: str, why: str) -> StudyError:
    hint = "Choose another one with --backup; `secondcoder backup list` shows them. Nothing was changed."
    return StudyError(why, where=f"secret/backups/{name}", hint=hint)

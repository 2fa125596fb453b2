"""What is wrong with a store, in words: held by another command, write-protected, disk full, damaged."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from pipeline.errors import StudyError
from pipeline.study import lock

DAMAGED, REPLACED = "damaged", "restore"
"""What copies of a state that a restore replaced are called; they are taken back only by their names."""
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SHUT = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DEVICE = (sqlite3.SQLITE_IOERR, *_SHUT)
_ROOM = 2**20
"""With fewer free bytes than this, a device that refuses to write is called full."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that a file is not, or is no longer, a database."""
    return _code(error) in _DAMAGED


def is_shut(error: sqlite3.Error) -> bool:
    """Whether a store, or a journal beside it, cannot be opened for writing."""
    return _code(error) in _SHUT


def in_words(error: sqlite3.Error, file: Path) -> StudyError | None:
    """An error of SQLite's as what the user can mend; None where it is a fault of the program."""
    code = _code(error)
    if code in _HELD:
        return lock.refusal(file.parent)
    if code == sqlite3.SQLITE_FULL or (code in _DEVICE and _is_full(file.parent)):
        return StudyError("the disk is full", where=file.name, hint="Make room and run the command again.")
    if code in _SHUT:
        return StudyError(
            "cannot be written", where=file.name, hint="Check the rights on the study's folder."
        )
    if code == sqlite3.SQLITE_IOERR:
        return StudyError(
            "the drive cannot read or write it",
            where=file.name,
            hint="Is the drive still there? Then run the command again.",
        )
    return damaged(file) if code in _DAMAGED else None


def damaged(file: Path) -> StudyError:
    """How damaged a store is by SQLite's own check, and where its backups lie."""
    found = check(file)
    if found:
        return StudyError(found, where=file.name, hint=way_back(file.parent))
    return StudyError(
        "could not be read, but SQLite's check finds nothing wrong with it",
        where=file.name,
        hint="Run the command again; if it happens again, check the drive.",
    )


def check(file: Path) -> str:
    """What `PRAGMA integrity_check` says of a store, in a few words without any of its text; "" if sound."""
    db = sqlite3.connect(file)
    try:
        if not db.execute("PRAGMA user_version").fetchone()[0]:
            return "is empty or no store of a study"
        rows = db.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError as error:
        none = _code(error) == sqlite3.SQLITE_NOTADB
        return f"is damaged: {'it is no database any more' if none else 'SQLite cannot even check it'}"
    finally:
        db.close()
    faults = "1 fault" if len(rows) == 1 else f"{len(rows)} faults"
    return "" if rows == [("ok",)] else f"is damaged: SQLite's check finds {faults}"


def way_back(folder: Path) -> str:
    """Where the backups of a study lie and how one is taken back."""
    aside = tuple(f"-{why}.age" for why in (DAMAGED, REPLACED))
    backups = (folder / "secret" / "backups").glob("*.age")
    number = sum(not file.name.endswith(aside) for file in backups)
    if not number:
        return "There is no backup in secret/backups yet: take a copy of your own."
    return (
        f"{number} encrypted backup{'s lie' if number > 1 else ' lies'} in secret/backups. "
        f"Whoever holds the key takes the last one back with: secondcoder backup restore {folder}"
    )


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _ROOM
    except OSError:
        return False

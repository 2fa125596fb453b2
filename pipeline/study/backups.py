"""Encrypted copies of what cannot be made again: store, register, records, tables filled in by hand."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import StudyError
from pipeline.study.schema import MIGRATIONS
from pipeline.study.vault import Vault

KEPT = 5
"""How many backups stay; the oldest goes when one more is made."""
BEFORE = frozenset(("codes import", "review import", "names always", "names never", "names import"))
"""The commands that a backup is made before; `ingest` asks for one itself where it has something to do."""
_FILES = ("study.toml", "codebook.yaml", "transcripts.csv", "cases.csv", "participants.csv")


def make(folder: Path, vault: Vault, why: str) -> Path | None:
    """Write one backup of a study and let the oldest go; None where nothing is in the study yet.

    Needs only the public key. The file is a zip in the age format: the `age` program opens it with the
    study's private key, and the files in it take the place of those in the study.
    """
    store = _snapshot(folder / "study.db")
    if store is None:
        return None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("study.db", store)
        records = sorted(file.relative_to(folder).as_posix() for file in folder.glob("secret/found/*.age"))
        for name in (*_FILES, "secret/register.age", "secret/public.key", *records):
            if (folder / name).is_file():
                out.writestr(name, (folder / name).read_bytes())
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    name = f"backups/{stamp}-{why.replace(' ', '-')}.age"
    vault.write(name, packed.getvalue())
    for old in kept(folder)[:-KEPT]:
        old.unlink()
    return folder / "secret" / name


def kept(folder: Path) -> list[Path]:
    """The backups of a study, the oldest first."""
    return sorted((folder / "secret" / "backups").glob("*.age"))


def destroy(folder: Path) -> int:
    """Delete every backup, because each holds what has just been taken out; returns how many there were."""
    files = kept(folder)
    for file in files:
        file.unlink()
    return len(files)


def due_to_migrate(file: Path) -> bool:
    """Whether a store has an older format and something in it."""
    try:
        db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    except sqlite3.DatabaseError:
        return False
    try:
        found = int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        return False  # opening the store will say what is wrong with it
    finally:
        db.close()
    return 0 < found < len(MIGRATIONS)


def _snapshot(file: Path) -> bytes | None:
    """The whole store as one file's bytes, journal included."""
    if not file.is_file():
        return None
    db = sqlite3.connect(file)
    try:
        (filled,) = db.execute("SELECT EXISTS (SELECT 1 FROM transcripts)").fetchone()
        return bytes(db.serialize()) if filled else None
    except sqlite3.DatabaseError:
        raise StudyError(
            "no backup can be made of it", where=file.name, hint="It is damaged: take the last good backup."
        ) from None
    finally:
        db.close()

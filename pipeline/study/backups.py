"""Encrypted copies of what cannot be made again: store, register, records, tables filled in by hand."""

from __future__ import annotations

import contextlib
import io
import re
import sqlite3
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyrage

from pipeline.errors import StudyError
from pipeline.study import faults
from pipeline.study.schema import MIGRATIONS
from pipeline.study.vault import Vault

KEPT = 5
"""How many backups stay; the oldest goes when one more is made."""
BEFORE = frozenset(("codes import", "review import", "names always", "names never", "names import"))
"""The commands that a backup is made before; `ingest` asks for one itself where it has something to do."""
_TABLES = ("study.toml", "codebook.yaml", "transcripts.csv", "cases.csv", "participants.csv")
_NAME = re.compile(r"((?P<number>\d+)-)?(?P<at>\d{8}T\d{6})\d*-(?P<why>.+)\.age")
_OLDEST_IN_ZIP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: its file, when it was made (UTC, "" if its name does not tell), before which command."""

    file: Path
    at: str
    why: str


def make(folder: Path, vault: Vault, why: str) -> Path | None:
    """Write one backup of a study and let the oldest go; None where nothing is in the study yet.

    Needs only the public key. The file is a zip in the age format: the `age` program opens it with the
    study's private key, and the files in it take the place of those in the study. Raises `StudyError` where
    the store is damaged, so that no good backup makes way for a bad one.
    """
    store = _snapshot(folder / "study.db")
    return None if store is None else _write(folder, vault, why, store)


def set_aside(folder: Path, vault: Vault) -> Path | None:
    """Keep a study as it is, damaged or not, before another state takes its place."""
    file = folder / "study.db"
    if not file.is_file():
        return None
    try:
        return make(folder, vault, faults.REPLACED)
    except StudyError:
        return _write(folder, vault, faults.DAMAGED, file.read_bytes())


def _write(folder: Path, vault: Vault, why: str, store: bytes) -> Path:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        _add(out, "study.db", store)
        records = sorted(file.relative_to(folder).as_posix() for file in folder.glob("secret/found/*.age"))
        for name in (*_TABLES, "secret/register.age", "secret/public.key", *records):
            if (folder / name).is_file():
                _add(out, name, (folder / name).read_bytes())
    # Numbered, because the clock may jump: the last one made is the last one.
    number = max(map(_number, kept(folder)), default=0) + 1
    name = f"backups/{number:04d}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{why.replace(' ', '-')}.age"
    vault.write(name, packed.getvalue())
    for old in kept(folder)[:-KEPT]:
        old.unlink()
    return folder / "secret" / name


def belongs(name: str) -> bool:
    """Whether a file of a backup has a place in a study."""
    fixed = ("study.db", *_TABLES, "secret/register.age", "secret/public.key")
    return name in fixed or re.fullmatch(r"secret/found/[^/\\]+\.age", name) is not None


def _add(out: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _OLDEST_IN_ZIP)
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(".age") else zipfile.ZIP_DEFLATED
    out.writestr(entry, data, compresslevel=1)  # half the time, a tenth more bytes


def kept(folder: Path) -> list[Path]:
    """The backups of a study, the oldest first."""
    return sorted((folder / "secret" / "backups").glob("*.age"), key=lambda file: (_number(file), file.name))


def _number(file: Path) -> int:
    match = _NAME.fullmatch(file.name)
    return int(match["number"] or 0) if match else 0


def told(file: Path) -> Backup:
    """What a backup's name tells of it."""
    match = _NAME.fullmatch(file.name)
    if match is None:
        return Backup(file, "", file.stem)
    at = datetime.strptime(match["at"], "%Y%m%dT%H%M%S")
    return Backup(file, f"{at:%Y-%m-%d %H:%M}", match["why"].replace("-", " "))


def rekeyed(
    data: bytes, opens: Sequence[pyrage.x25519.Identity], to: Sequence[pyrage.x25519.Recipient]
) -> bytes:
    """A backup, decrypted, with what is encrypted in it encrypted anew; what cannot be opened stays as it is.

    Its public key becomes the last of those it is encrypted to.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as out:
        for name in old.namelist():
            inner = old.read(name)
            if name == "secret/public.key":
                inner = f"{to[-1]}\n".encode("ascii")
            elif name == "study.db":
                inner = _words_rekeyed(inner, opens, to)
            elif name.endswith(".age"):
                with contextlib.suppress(pyrage.DecryptError):
                    inner = bytes(pyrage.encrypt(pyrage.decrypt(inner, list(opens)), list(to)))
            _add(out, name, inner)
    return packed.getvalue()


def _words_rekeyed(
    store: bytes, opens: Sequence[pyrage.x25519.Identity], to: Sequence[pyrage.x25519.Recipient]
) -> bytes:
    """A store with the words that wait sealed in it sealed anew; one that cannot be read stays as it is."""
    plain = store[:18] + b"\x01\x01" + store[20:]  # a database in memory keeps no write-ahead log
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        db.deserialize(plain)
        db.execute("PRAGMA secure_delete = ON")
        rows = db.execute("SELECT id, sealed FROM sealed_words").fetchall()
        for row, sealed in rows:
            with contextlib.suppress(pyrage.DecryptError):
                words = pyrage.decrypt(bytes(sealed), list(opens))
                data = bytes(pyrage.encrypt(words, list(to)))
                db.execute("UPDATE sealed_words SET sealed = ? WHERE id = ?", (data, row))
        if not rows:
            return store
        new = bytes(db.serialize())
    except sqlite3.DatabaseError:
        return store  # damaged, or of a format before there were any
    finally:
        db.close()
    return new[:18] + store[18:20] + new[20:]


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
    """The whole store as one file's bytes, journal included; None while it holds no transcript."""
    if not file.is_file():
        return None
    db = sqlite3.connect(file)
    try:
        if db.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise faults.damaged(file)
        (filled,) = db.execute("SELECT EXISTS (SELECT 1 FROM transcripts)").fetchone()
        return bytes(db.serialize()) if filled else None
    except sqlite3.DatabaseError as error:
        raise (faults.in_words(error, file) or faults.damaged(file)) from None
    finally:
        db.close()

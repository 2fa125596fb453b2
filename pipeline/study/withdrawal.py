"""The one path that deletes: a participant withdraws, and every trace of the transcript's words goes."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from pipeline.errors import StudyError
from pipeline.study import states
from pipeline.study.folder import Study
from pipeline.study.register import Register
from pipeline.study.store import Store, note_to_forget, now


def forget(kept: Register, transcript_id: str, names_in: Callable[[str], Iterable[str]]) -> None:
    """Take a transcript out of the register (in memory), with all that nobody else uses.

    Pseudonyms that were in use stay taken, without what they stood for. `names_in` gives the names that a
    speaker label holds.
    """
    source = kept.sources.pop(transcript_id, None)
    if source is not None:
        kept.withdrawn[transcript_id] = kept.text_hash(source.sha256)
    for entity in kept.entities:
        elsewhere = {
            surface: [name for name in names if name != transcript_id]
            for surface, names in entity["where"].items()
        }
        entity["where"] = {surface: names for surface, names in elsewhere.items() if names}
        if not entity["where"]:
            entity["cases"] = []
            kept.surrogates.pop(entity["id"], None)
            kept.descriptions.pop(entity["id"], None)
    named = {entity["id"] for entity in kept.entities if entity["where"]}
    kept.doubtful = [
        {**one, "candidates": left}
        for one in kept.doubtful
        if one["entity"] in named and (left := [name for name in one["candidates"] if name in named])
    ]
    kept.corrections = [one for one in kept.corrections if one.get("transcript") != transcript_id]
    kept.unwritten = [name for name in kept.unwritten if name != transcript_id]
    used = {surface for entity in kept.entities for surface in entity["where"]}
    used |= {one["surface"] for one in kept.always}
    used |= {name for one in kept.sources.values() for label in one.roles for name in names_in(label)}
    kept.known = {surface: one for surface, one in kept.known.items() if surface in used}


def files_with(study: Study, transcript_id: str) -> list[Path]:
    """The sheets, sent or returned, that hold an utterance of the transcript; those returned are opened."""
    sign = f"{transcript_id}.t".encode()
    found = []
    for file in sorted((study.folder / "review").rglob("*")):
        if file.is_file() and any(sign in data for data in _contents(study, file)):
            found.append(file)
    return found


def _contents(study: Study, file: Path) -> list[bytes]:
    """The bytes of a file, decrypted and unpacked."""
    data = file.read_bytes()
    if file.suffix == ".age":
        data = study.vault.open(data, file.relative_to(study.folder).as_posix())
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [packed.read(entry) for entry in packed.namelist()]
    return [data]


def bury(store: Store, transcript_id: str, reason: str) -> None:
    """Set the tombstone, with the masked reason; before anything is deleted, so that it is never lost."""
    if not buried(store, transcript_id):
        with store.writing() as db:
            db.execute("INSERT INTO tombstones VALUES (?, ?, ?)", (transcript_id, now(), reason))


def delete_rows(store: Store, transcript_id: str) -> dict[str, int]:
    """Delete a transcript from the store, and rewrite the file so that no word lingers.

    All suggestions and their reasons go too: they were learned from, and may quote, what is gone.
    """
    prefix = f"{transcript_id}."
    counts = {}
    with store.writing() as db:
        db.execute("PRAGMA defer_foreign_keys = ON")
        db.execute("INSERT OR REPLACE INTO meta VALUES ('withdrawing', ?)", (transcript_id,))
        states.discount(db, transcript_id)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in ("reasons", "suggestions"):
            db.execute(f"DELETE FROM {table}")
        for table in tables:
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            if table == "tombstones" or table.startswith(("sqlite_", "turns_")):
                continue
            if "transcript_id" in columns:
                cursor = db.execute(f"DELETE FROM {table} WHERE transcript_id = ?", (transcript_id,))
            elif "utterance_id" in columns:
                within = f"substr(utterance_id, 1, {len(prefix)}) = ?"
                cursor = db.execute(f"DELETE FROM {table} WHERE {within}", (prefix,))
            else:
                continue
            counts[table] = cursor.rowcount
        db.execute("DELETE FROM transcripts WHERE id = ?", (transcript_id,))
        db.execute("DELETE FROM meta WHERE key = 'withdrawing'")
        note_to_forget(db)
    store.forget_words()
    store.db.execute("VACUUM")
    return counts


def delete_files(
    study: Study, transcript_id: str, sheets: Iterable[Path], keep: Collection[Path] = ()
) -> int:
    """Delete the transcript's record, the sheets given, all reports but those to `keep`, vectors, and open
    workbooks of names."""
    secret = study.folder / "secret"
    doomed = [*sheets, *secret.glob("found/" + transcript_id + ".*age"), *secret.glob("*.xlsx")]
    doomed += [file for file in (study.folder / "reports").rglob("*") if file.is_file() and file not in keep]
    doomed += study.folder.glob("cache.db*")
    for file in doomed:
        file.unlink(missing_ok=True)
    people = [one for one in study.people() if one.transcript != transcript_id]
    study.write_people(people)
    return len(doomed)


def buried(store: Store, transcript_id: str) -> str:
    """When a transcript was withdrawn, or ""."""
    row = store.db.execute("SELECT at FROM tombstones WHERE transcript_id = ?", (transcript_id,)).fetchone()
    return str(row[0]) if row else ""


def check_known(store: Store, kept: Register, transcript_id: str) -> None:
    """Raise `StudyError` for a transcript that is neither in the study nor half withdrawn."""
    there = any(one.id == transcript_id for one in store.transcripts())
    if not there and transcript_id not in kept.sources and transcript_id not in kept.withdrawn:
        raise StudyError("is no transcript of this study", where=transcript_id, hint="See transcripts.csv.")

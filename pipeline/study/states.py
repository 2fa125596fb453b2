"""What each transcript's text is known by: a hash that is kept beside it, so that only what changed is read.

Triggers on the turns empty the hash with any change, by whomever; it is reckoned anew when it is next needed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable


def of_all(db: sqlite3.Connection) -> str:
    """A short hash of the pseudonymised text of the whole study."""
    rows = db.execute("SELECT id, text_state FROM transcripts ORDER BY id").fetchall()
    told = "".join([f"{name} {state or _of(db, name)}\n" for name, state in rows])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def renew(db: sqlite3.Connection, transcript_id: str) -> None:
    """Within a transaction: keep the hash of a transcript's text."""
    db.execute("UPDATE transcripts SET text_state = ? WHERE id = ?", (_of(db, transcript_id), transcript_id))


def mark_swept(db: sqlite3.Connection, clean: bool) -> None:
    """Within a transaction: keep which text was swept clean, or that none was."""
    for (name,) in db.execute("SELECT id FROM transcripts WHERE text_state = ''").fetchall():
        renew(db, name)
    state = "text_state" if clean else "''"
    db.execute(f"UPDATE transcripts SET swept_state = {state} WHERE swept_state <> {state}")


def _of(db: sqlite3.Connection, transcript_id: str) -> str:
    digest = hashlib.sha256()
    rows = db.execute(
        "SELECT turn_index, speaker, text FROM turns WHERE transcript_id = ? ORDER BY turn_index",
        (transcript_id,),
    )
    for row in rows:
        digest.update(repr(row).encode("utf-8"))
    return digest.hexdigest()[:32]


def uncounted(db: sqlite3.Connection) -> list[str]:
    """The transcripts whose words, as they stand, have not been counted."""
    rows = db.execute(
        "SELECT t.id FROM transcripts t LEFT JOIN talk k ON k.transcript_id = t.id "
        "WHERE t.text_state = '' OR k.state IS NOT t.text_state ORDER BY t.id"
    )
    return [name for (name,) in rows]


def count(db: sqlite3.Connection, transcript_id: str, words: Iterable[str]) -> None:
    """Within a transaction: count these words, each once, as what a transcript writes in small letters."""
    renew(db, transcript_id)
    new = set(words)
    old = forget(db, transcript_id)
    db.execute(
        "INSERT INTO talk SELECT id, text_state, ? FROM transcripts WHERE id = ?",
        (" ".join(sorted(new)), transcript_id),
    )
    _add(db, new - old, 1)
    _add(db, old - new, -1)


def forget(db: sqlite3.Connection, transcript_id: str) -> set[str]:
    """Within a transaction: delete the record of a transcript's words; returns them, still counted."""
    row = db.execute("SELECT small FROM talk WHERE transcript_id = ?", (transcript_id,)).fetchone()
    db.execute("DELETE FROM talk WHERE transcript_id = ?", (transcript_id,))
    return set(row[0].split()) if row else set()


def discount(db: sqlite3.Connection, transcript_id: str) -> None:
    """Within a transaction: count the words of a transcript no longer."""
    _add(db, forget(db, transcript_id), -1)


def _add(db: sqlite3.Connection, words: Iterable[str], more: int) -> None:
    db.executemany(
        "INSERT INTO small_words VALUES (?, ?) "
        "ON CONFLICT (word) DO UPDATE SET transcripts = transcripts + excluded.transcripts",
        [(word, more) for word in sorted(words)],
    )
    if more < 0:
        db.execute("DELETE FROM small_words WHERE transcripts <= 0")


def small_words(db: sqlite3.Connection, least: int) -> dict[str, int]:
    """Words that so many transcripts at least write in small letters, with their number."""
    return dict(db.execute("SELECT word, transcripts FROM small_words WHERE transcripts >= ?", (least,)))

"""The tables of `study.db` and the numbered steps that bring an older store up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from pipeline.errors import StudyError
from pipeline.study import indexed

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT,
  status TEXT NOT NULL DEFAULT 'started', settings TEXT NOT NULL, versions TEXT NOT NULL,
  inputs TEXT NOT NULL DEFAULT '[]', result TEXT NOT NULL DEFAULT '{}');
CREATE TABLE transcripts (
  id TEXT PRIMARY KEY, source_hash TEXT NOT NULL, format TEXT NOT NULL,
  settings_hash TEXT NOT NULL, identifiers INTEGER NOT NULL, names_version INTEGER NOT NULL,
  ingested_at TEXT NOT NULL);
CREATE TABLE turns (
  id INTEGER PRIMARY KEY, transcript_id TEXT NOT NULL REFERENCES transcripts(id), turn_index INTEGER NOT NULL,
  speaker TEXT NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL, start_s REAL, end_s REAL,
  source TEXT NOT NULL, marks TEXT NOT NULL, UNIQUE (transcript_id, turn_index));
CREATE VIRTUAL TABLE turns_fts USING fts5(text, content='turns', content_rowid='id', tokenize='unicode61');
CREATE TRIGGER turns_in AFTER INSERT ON turns BEGIN
  INSERT INTO turns_fts(rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER turns_out AFTER DELETE ON turns BEGIN
  INSERT INTO turns_fts(turns_fts, rowid, text) VALUES ('delete', old.id, old.text); END;
CREATE TRIGGER turns_changed AFTER UPDATE OF text ON turns BEGIN
  INSERT INTO turns_fts(turns_fts, rowid, text) VALUES ('delete', old.id, old.text);
  INSERT INTO turns_fts(rowid, text) VALUES (new.id, new.text); END;
CREATE VIRTUAL TABLE turns_words USING fts5vocab(turns_fts, 'row');
CREATE TABLE utterances (
  id TEXT PRIMARY KEY, transcript_id TEXT NOT NULL, turn_index INTEGER NOT NULL, number INTEGER NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, words INTEGER NOT NULL, context INTEGER NOT NULL,
  text_hash TEXT NOT NULL,
  FOREIGN KEY (transcript_id, turn_index) REFERENCES turns(transcript_id, turn_index));
CREATE INDEX utterances_by_turn ON utterances (transcript_id, turn_index, number);
CREATE TABLE suggestions (
  utterance_id TEXT NOT NULL REFERENCES utterances(id), code TEXT NOT NULL, rank INTEGER NOT NULL,
  score REAL NOT NULL, kind TEXT NOT NULL, suggested INTEGER NOT NULL, valence TEXT,
  run_id INTEGER NOT NULL REFERENCES runs(id), PRIMARY KEY (utterance_id, code)) WITHOUT ROWID;
CREATE TABLE reasons (
  utterance_id TEXT NOT NULL REFERENCES utterances(id), code TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (utterance_id, code)) WITHOUT ROWID;
CREATE TABLE batches (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, coder TEXT NOT NULL, blind INTEGER NOT NULL,
  created_at TEXT NOT NULL, run_id INTEGER REFERENCES runs(id));
CREATE TABLE batch_items (
  batch_id TEXT NOT NULL REFERENCES batches(id), utterance_id TEXT NOT NULL, offered TEXT NOT NULL,
  PRIMARY KEY (batch_id, utterance_id)) WITHOUT ROWID;
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, transcript_id TEXT NOT NULL REFERENCES transcripts(id),
  utterance_id TEXT NOT NULL, text_hash TEXT NOT NULL, code TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (answer IN ('accept', 'reject', 'unsure', 'none')),
  valence TEXT CHECK (valence IN ('facilitator', 'barrier', 'both')),
  kind TEXT NOT NULL CHECK (kind IN ('coded', 'adjudicated', 'withdrawn')),
  scope TEXT NOT NULL CHECK (scope IN ('all_codes', 'offered')),
  coder TEXT NOT NULL, at TEXT NOT NULL, seen TEXT NOT NULL CHECK (seen IN ('blind', 'suggested')),
  run_id INTEGER REFERENCES runs(id), batch_id TEXT, sample_id TEXT, inclusion_probability REAL,
  note TEXT NOT NULL DEFAULT '');
CREATE INDEX decisions_by_utterance ON decisions (utterance_id);
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN
  SELECT RAISE(ABORT, 'decisions are only ever added'); END;
CREATE TRIGGER decisions_kept BEFORE DELETE ON decisions
  WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'withdrawing' AND value = old.transcript_id) BEGIN
  SELECT RAISE(ABORT, 'decisions are only ever added'); END;
CREATE TABLE tombstones (transcript_id TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL);
"""


def _first(db: sqlite3.Connection) -> None:
    for statement in _statements(_FIRST):
        db.execute(statement)


_SAMPLES = """
CREATE TABLE samples (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('audit', 'control')), seed INTEGER NOT NULL,
  settings TEXT NOT NULL, created_at TEXT NOT NULL, run_id INTEGER REFERENCES runs(id));
CREATE TABLE sample_items (
  sample_id TEXT NOT NULL REFERENCES samples(id), utterance_id TEXT NOT NULL,
  inclusion_probability REAL NOT NULL CHECK (inclusion_probability > 0 AND inclusion_probability <= 1),
  stratum TEXT NOT NULL, PRIMARY KEY (sample_id, utterance_id)) WITHOUT ROWID;
ALTER TABLE batches ADD COLUMN sample_id TEXT REFERENCES samples(id);
"""


def _samples(db: sqlite3.Connection) -> None:
    for statement in _statements(_SAMPLES):
        db.execute(statement)


_WANTED = """
CREATE TABLE wanted_codes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, transcript_id TEXT NOT NULL REFERENCES transcripts(id),
  utterance_id TEXT NOT NULL, words TEXT NOT NULL, coder TEXT NOT NULL, batch_id TEXT NOT NULL,
  at TEXT NOT NULL, run_id INTEGER REFERENCES runs(id), UNIQUE (batch_id, utterance_id, words));
"""


def _wanted(db: sqlite3.Connection) -> None:
    for statement in _statements(_WANTED):
        db.execute(statement)


_HIDDEN = "ALTER TABLE batch_items ADD COLUMN hidden TEXT"
"""What the model would have suggested when a blind batch was sent; NULL where that is not known."""


def _hidden(db: sqlite3.Connection) -> None:
    db.execute(_HIDDEN)


_SEALED = """
CREATE TABLE sealed_words (
  id INTEGER PRIMARY KEY AUTOINCREMENT, transcript_id TEXT NOT NULL REFERENCES transcripts(id),
  about TEXT NOT NULL, sealed BLOB NOT NULL, run_id INTEGER REFERENCES runs(id));
DROP TRIGGER decisions_stay;
CREATE TRIGGER decisions_stay BEFORE UPDATE OF id, transcript_id, utterance_id, text_hash, code, answer,
  valence, kind, scope, coder, at, seen, run_id, batch_id, sample_id, inclusion_probability ON decisions BEGIN
  SELECT RAISE(ABORT, 'decisions are only ever added'); END;
CREATE TRIGGER notes_stay BEFORE UPDATE OF note ON decisions
  WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'masking') BEGIN
  SELECT RAISE(ABORT, 'notes are only ever masked'); END;
"""


def _sealed(db: sqlite3.Connection) -> None:
    """Tables for people's words that wait to be masked. What stood in older stores was masked without the
    register: the text counts as not swept until it has been."""
    for statement in _statements(_SEALED):
        db.execute(statement)
    db.execute("DELETE FROM meta WHERE key = 'swept'")


_RELEASED = "ALTER TABLE batches ADD COLUMN released_at TEXT"
"""Since when what is not back of a batch no longer lies with its coder."""


def _released(db: sqlite3.Connection) -> None:
    db.execute(_RELEASED)


_STATES = """
ALTER TABLE transcripts ADD COLUMN text_state TEXT NOT NULL DEFAULT '';
ALTER TABLE transcripts ADD COLUMN swept_state TEXT NOT NULL DEFAULT '';
CREATE TABLE talk (transcript_id TEXT PRIMARY KEY, state TEXT NOT NULL, small TEXT NOT NULL);
CREATE TABLE small_words (word TEXT PRIMARY KEY, transcripts INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER state_in AFTER INSERT ON turns BEGIN
  UPDATE transcripts SET text_state = '' WHERE id = new.transcript_id AND text_state <> ''; END;
CREATE TRIGGER state_out AFTER DELETE ON turns BEGIN
  UPDATE transcripts SET text_state = '' WHERE id = old.transcript_id AND text_state <> ''; END;
CREATE TRIGGER state_changed AFTER UPDATE ON turns BEGIN
  UPDATE transcripts SET text_state = '' WHERE id IN (old.transcript_id, new.transcript_id)
    AND text_state <> ''; END;
"""


def _states(db: sqlite3.Connection) -> None:
    """A hash of each transcript's text, of the text that was last swept, and the words it writes in small
    letters. The stamp is made of these hashes now: the text counts as not swept until it has been again."""
    for statement in _statements(_STATES):
        db.execute(statement)
    db.execute("DELETE FROM meta WHERE key = 'swept'")


_INDEXED = """
CREATE TABLE index_words (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unread_turns (turn_id INTEGER PRIMARY KEY);
CREATE TRIGGER unread_in AFTER INSERT ON turns BEGIN
  INSERT OR IGNORE INTO unread_turns VALUES (new.id); END;
CREATE TRIGGER unread_changed AFTER UPDATE OF text ON turns BEGIN
  INSERT OR IGNORE INTO unread_turns VALUES (new.id); END;
"""


def _indexed(db: sqlite3.Connection) -> None:
    """The words of the full-text index, and the turns whose words are not among them yet."""
    for statement in _statements(_INDEXED):
        db.execute(statement)
    indexed.anew(db)


MIGRATIONS: tuple[tuple[str, Callable[[sqlite3.Connection], None]], ...] = (
    ("first tables", _first),
    ("drawn samples", _samples),
    ("new codes that coders would like", _wanted),
    ("suggestions hidden from blind coders", _hidden),
    ("people's words sealed until they are masked", _sealed),
    ("batches that coders no longer hold", _released),
    ("the state of each transcript's text", _states),
    ("the words of the full-text index", _indexed),
)
"""Steps in order; the version of a store is the number of steps applied to it."""


def version(db: sqlite3.Connection) -> int:
    """The format version of a store: 0 for a new one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Apply the steps that a store lacks, each in one transaction; refuses a store from a later release."""
    found = version(db)
    if found > len(MIGRATIONS):
        raise StudyError(
            f"was written by a later release (format {found}, this one knows {len(MIGRATIONS)})",
            where="study.db",
            hint="Install the newer secondcoder.",
        )
    for number, (name, step) in enumerate(MIGRATIONS[found:], start=found + 1):
        db.execute("BEGIN IMMEDIATE")
        if version(db) >= number:  # another command got here first
            db.execute("ROLLBACK")
            continue
        try:
            db.execute(
                "CREATE TABLE IF NOT EXISTS migrations "
                "(version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
            )
            step(db)
            db.execute(
                "INSERT INTO migrations VALUES (?, ?, ?)", (number, name, datetime.now(UTC).isoformat())
            )
            db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise


def _statements(script: str) -> list[str]:
    """Split a script at the semicolons that end whole statements (a trigger holds several)."""
    statements, current = [], ""
    for line in script.strip().split("\n"):
        current += line + "\n"
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements

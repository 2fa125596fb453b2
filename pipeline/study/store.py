"""`study.db`: pseudonymised turns, utterances, suggestions, decisions, batches, runs."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import StudyError
from pipeline.records import Utterance
from pipeline.study import faults, indexed, schema, states
from pipeline.study.drives import on_shared_drive
from pipeline.study.rows import (
    StoredSpan,
    StoredTranscript,
    StoredTurn,
    marks_text,
    span_of,
    span_row,
    turn_of,
    turn_row,
)
from pipeline.study.vault import remove_folder

BUSY_SECONDS = 20.0
_OLDEST = 2000
"""No clock that was ever set says an earlier year; Excel's and zip's files know none before 1980."""
_TO_FORGET = "words to forget"
"""The note that stands in the store while words that were taken out of the text may linger in its file."""
MODEL = "model"
"""The folder beside `study.db` with the model of the last `suggest`; it holds the vocabulary of the talk."""


def now() -> str:
    """The time as every row records it: UTC, ISO 8601. Raises `StudyError` where the clock was never set."""
    time = datetime.now(UTC)
    if time.year < _OLDEST:
        raise StudyError(
            f"this computer's clock says {time:%d %B %Y}",
            hint="Set it, then run the command again: what people decide is kept with its time.",
        )
    return time.isoformat(timespec="seconds")


class Store:
    """The database of one study. Use it as a context manager: it closes with a truncating checkpoint."""

    def __init__(self, file: Path, *, create: bool = False) -> None:
        if not create and not file.is_file():
            raise StudyError("is missing", where=file.name, hint=faults.way_back(file.parent))
        self._file = file
        self._model = file.with_name(MODEL)
        self.shared_drive = on_shared_drive(file.parent)
        try:
            self.db = self._open(create)
        except sqlite3.DatabaseError as error:
            raise (faults.in_words(error, file) or error) from None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and (said := faults.in_words(error, self._file)):
            raise said from None

    def _open(self, create: bool) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            if not create and not schema.version(db):
                raise faults.damaged(self._file)  # an empty file would pass for a new store
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")
            db.execute(f"PRAGMA journal_mode = {'DELETE' if self.shared_drive else 'WAL'}")
            schema.migrate(db)
        except BaseException as error:
            db.close()
            if isinstance(error, sqlite3.DatabaseError) and self._only_read(error):
                return self._open_to_read()
            raise
        return db

    def _only_read(self, error: sqlite3.Error) -> bool:
        """Whether no journal can be made beside the store, and nobody else is writing one."""
        return faults.is_shut(error) and not self._file.with_name(f"{self._file.name}-wal").exists()

    def _open_to_read(self) -> sqlite3.Connection:
        place = f"{self._file.resolve().as_uri()}?mode=ro&immutable=1"
        db = sqlite3.connect(place, uri=True, isolation_level=None)
        try:
            schema.migrate(db)  # refuses what needs it
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Write everything back into the one file and close it."""
        try:
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.DatabaseError:
            pass  # another command is reading; the last one to close does it
        finally:
            self.db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            yield self.db
            self.db.execute("COMMIT")
        except BaseException as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            if isinstance(error, sqlite3.DatabaseError) and (said := faults.in_words(error, self._file)):
                raise said from None
            raise

    # Transcripts ------------------------------------------------------------------------------------

    def transcripts(self) -> list[StoredTranscript]:
        """The transcripts in the study, by id."""
        rows = self.db.execute(
            "SELECT id, source_hash, format, settings_hash, identifiers, names_version "
            "FROM transcripts ORDER BY id"
        )
        return [StoredTranscript(*row) for row in rows]

    def fingerprints(self, ids: Iterable[str]) -> dict[str, tuple[str, str, int]]:
        """What each of these transcripts rests on, if it is in the study: the hashes of its file and of the
        settings, and the version of the list of names that it was searched for."""
        rows = self.db.execute(
            "SELECT id, source_hash, settings_hash, names_version FROM transcripts "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {name: (source, settings, version) for name, source, settings, version in rows}

    def names_versions(self) -> list[int]:
        """The versions of the list of names that transcripts were searched for."""
        rows = self.db.execute("SELECT DISTINCT names_version FROM transcripts ORDER BY names_version")
        return [version for (version,) in rows]

    def save_transcript(
        self, transcript: StoredTranscript, turns: Sequence[StoredTurn], spans: Sequence[StoredSpan]
    ) -> None:
        """Put one transcript in, or in the place of its former self; decisions on it stay.

        It counts as not swept, also where it reads as it did when it was.
        """
        with self.writing() as db:
            if _drop_text(db, transcript.id):
                note_to_forget(db)
            db.execute(
                "INSERT INTO transcripts (id, source_hash, format, settings_hash, identifiers, "
                "names_version, ingested_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "source_hash = excluded.source_hash, format = excluded.format, "
                "settings_hash = excluded.settings_hash, identifiers = excluded.identifiers, "
                "names_version = excluded.names_version, ingested_at = excluded.ingested_at, "
                "swept_state = ''",
                (
                    transcript.id,
                    transcript.source_hash,
                    transcript.format,
                    transcript.settings_hash,
                    transcript.identifiers,
                    transcript.names_version,
                    now(),
                ),
            )
            db.executemany(
                "INSERT INTO turns (transcript_id, turn_index, speaker, role, text, start_s, end_s, source, "
                "marks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(transcript.id, *turn_row(turn)) for turn in turns],
            )
            db.executemany(
                "INSERT INTO utterances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [span_row(transcript.id, span) for span in spans],
            )
            states.renew(db, transcript.id)

    def change_turns(
        self, transcript_id: str, changes: Sequence[tuple[StoredTurn, Sequence[StoredSpan], int]]
    ) -> None:
        """Give turns a new pseudonymised text, and their utterances new ranges; ids stay.

        Each change tells too how many identifiers more (or, below 0, fewer) the turn has replaced.
        """
        with self.writing() as db:
            for turn, spans, more in changes:
                db.execute(
                    "UPDATE turns SET text = ?, marks = ? WHERE transcript_id = ? AND turn_index = ?",
                    (turn.text, marks_text(turn.marks), transcript_id, turn.index),
                )
                db.executemany(
                    "UPDATE utterances SET start = ?, end = ? WHERE id = ?",
                    [(span.start, span.end, span.id) for span in spans],
                )
                db.execute(
                    "UPDATE transcripts SET identifiers = identifiers + ? WHERE id = ?",
                    (more, transcript_id),
                )
            states.renew(db, transcript_id)
            note_to_forget(db)

    def all_searched(self, version: int) -> bool:
        """Whether every transcript has been searched for the names of this version."""
        return not self.scalar(
            f"SELECT EXISTS (SELECT 1 FROM transcripts WHERE names_version <> {version:d})"
        )

    def set_names_version(self, version: int) -> None:
        """Record that every transcript has been searched for the names of this version."""
        with self.writing() as db:
            db.execute(
                "UPDATE transcripts SET names_version = ? WHERE names_version <> ?", (version, version)
            )

    def forget_words(self) -> None:
        """Rewrite the full-text index and delete the trained model: no word taken out may linger."""
        remove_folder(self._model)
        with self.writing() as db:
            db.execute("INSERT INTO turns_fts(turns_fts) VALUES ('optimize')")
            indexed.anew(db)
            db.execute("DELETE FROM meta WHERE key = ?", (_TO_FORGET,))

    def has_words_to_forget(self) -> bool:
        """Whether words were taken out of the text since words were last forgotten, perhaps by a command that
        was stopped."""
        return bool(self.note(_TO_FORGET))

    def words(self) -> list[str]:
        """Every distinct word of the pseudonymised text, lower case."""
        if indexed.unread(self.db):
            with self.writing() as db:
                indexed.catch_up(db)
        return indexed.words(self.db)

    def turns_with(self, words: Iterable[str]) -> list[tuple[str, int]]:
        """The turns that hold any of these words: (transcript, turn number)."""
        return sorted({place for word in words for place in self.turns_with_all([[word]])})

    def turns_with_all(self, groups: Iterable[Iterable[str]]) -> list[tuple[str, int]]:
        """The turns that hold a word of each group: (transcript, turn number)."""
        wanted = " AND ".join(f"({' OR '.join(map(_quoted, group))})" for group in groups)
        return list(
            self.db.execute(
                "SELECT transcript_id, turn_index FROM turns WHERE id IN "
                "(SELECT rowid FROM turns_fts WHERE turns_fts MATCH ?)",
                (wanted,),
            )
        )

    def turns(self, transcript_id: str) -> list[StoredTurn]:
        """The turns of a transcript in order."""
        rows = self.db.execute(
            "SELECT turn_index, speaker, role, text, start_s, end_s, source, marks FROM turns "
            "WHERE transcript_id = ? ORDER BY turn_index",
            (transcript_id,),
        )
        return [turn_of(row) for row in rows]

    def spans(self, transcript_id: str) -> list[StoredSpan]:
        """The utterances of a transcript as ranges."""
        rows = self.db.execute(
            "SELECT id, turn_index, number, start, end, words, context, text_hash FROM utterances "
            "WHERE transcript_id = ? ORDER BY turn_index, number",
            (transcript_id,),
        )
        return [span_of(row) for row in rows]

    def utterances(self, cases: dict[str, str] | None = None, *, context: bool = False) -> list[Utterance]:
        """The utterances of the study in order; with `context`, the interviewers' too.

        `cases` tells the case of each participant, or of each transcript.
        """
        return [one for talk in self.talks(cases, context=context) for one in talk]

    def talks(
        self, cases: dict[str, str] | None = None, *, context: bool = False
    ) -> Iterator[list[Utterance]]:
        """The same, one transcript at a time."""
        for transcript in self.transcripts():
            yield list(self._utterances(transcript.id, cases or {}, context=context))

    def _utterances(self, transcript_id: str, cases: dict[str, str], *, context: bool) -> Iterator[Utterance]:
        turns = {turn.index: turn for turn in self.turns(transcript_id)}
        spans = self.spans(transcript_id)
        last = max(len(spans) - 1, 1)
        previous = ""
        for place, span in enumerate(spans):
            turn = turns[span.turn_index]
            text = turn.text[span.start : span.end]
            if context or not span.context:
                yield Utterance(
                    id=span.id,
                    transcript_id=transcript_id,
                    turn_index=span.turn_index,
                    text=text,
                    speaker=turn.speaker,
                    role=turn.role,
                    case=cases.get(turn.speaker) or cases.get(transcript_id, ""),
                    previous=previous,
                    position=place / last,
                    words=span.words,
                    context=span.context,
                    text_hash=span.text_hash,
                )
            if span.words > 2:  # "Mm", "Yeah, no": a backchannel does not break the stretch
                previous = text

    def state(self) -> str:
        """A short hash of the pseudonymised text as it stands: any change of any turn changes it."""
        return states.of_all(self.db)

    def unswept(self) -> set[str]:
        """The transcripts whose text is another than that which was last swept clean."""
        rows = self.db.execute(
            "SELECT id FROM transcripts WHERE text_state = '' OR swept_state <> text_state"
        )
        return {name for (name,) in rows}

    def text_states(self) -> dict[str, str]:
        """What the text of each transcript is known by; "" where it has changed since it was last asked."""
        return dict(self.db.execute("SELECT id, text_state FROM transcripts"))

    def note(self, key: str) -> str:
        """What is noted of the study under a key, or ""."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def set_note(self, key: str, value: str) -> None:
        """Note something of the study under a key."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def is_swept(self) -> bool:
        """Whether text and people's notes, as they stand, were swept clean, and all taken out forgotten."""
        return not self.has_words_to_forget() and self.note("swept") == self._everything()

    def set_swept(self, clean: bool = True) -> None:
        """Record that text and notes, as they stand, were swept clean (or that they were not)."""
        with self.writing() as db:
            states.mark_swept(db, clean)
            indexed.catch_up(db)
            db.execute(
                "INSERT OR REPLACE INTO meta VALUES ('swept', ?)", (self._everything() if clean else "",)
            )

    def _everything(self) -> str:
        """A short hash of the text, and of what coders and others wrote."""
        digest = hashlib.sha256(self.state().encode("ascii"))
        for table, column in (("decisions", "note"), ("wanted_codes", "words"), ("tombstones", "reason")):
            for row in self.db.execute(
                f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> '' ORDER BY 1"
            ):
                digest.update(repr(row).encode("utf-8"))
        return digest.hexdigest()[:32]

    def scalar(self, query: str) -> int:
        """The one number that a query gives."""
        return int(self.db.execute(query).fetchone()[0])

    def count(self, table: str) -> int:
        """How many rows a table holds."""
        return int(self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _quoted(word: str) -> str:
    """A word, or words in a row, as the full-text index is asked for them."""
    return '"' + word.replace('"', '""') + '"'


def note_to_forget(db: sqlite3.Connection) -> None:
    """Within the transaction that takes words out: note that they have to be forgotten."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, 'yes')", (_TO_FORGET,))


def _drop_text(db: sqlite3.Connection, transcript_id: str) -> bool:
    """Within a transaction: delete a transcript's text; returns whether there was any."""
    for table in ("suggestions", "reasons"):
        db.execute(
            f"DELETE FROM {table} WHERE utterance_id IN (SELECT id FROM utterances WHERE transcript_id = ?)",
            (transcript_id,),
        )
    db.execute("DELETE FROM utterances WHERE transcript_id = ?", (transcript_id,))
    return db.execute("DELETE FROM turns WHERE transcript_id = ?", (transcript_id,)).rowcount > 0

"""What people wrote in their own words: coders' notes, the codes they wish for, reasons for a withdrawal.

Names may stand in it, and whoever takes it in may not hold the key that tells names. So it is sealed at once,
and laid down in the clear by whoever holds the key, masked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.records import Decision
from pipeline.study import batches
from pipeline.study.batches import Wanted
from pipeline.study.store import Store
from pipeline.study.vault import Vault


@dataclass(frozen=True, slots=True)
class Sealed:
    """Words that wait to be masked, encrypted: of which transcript, and where they belong."""

    id: int
    transcript_id: str
    about: Mapping[str, Any]
    data: bytes
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """Words that stand in the store: in which table and row, of which transcript."""

    table: str
    row: int
    transcript_id: str
    text: str


_PLACES = {"decisions": "note", "wanted_codes": "words", "tombstones": "reason"}
"""The tables with people's words and the column that holds them."""


def seal_notes(store: Store, vault: Vault, decisions: Iterable[Decision], run_id: int) -> None:
    """Keep the notes of decisions that are in the store, sealed; a note that stands there already is none."""
    by_note: dict[tuple[str, str], list[int]] = {}
    for one in decisions:
        row = store.db.execute(
            "SELECT max(id) FROM decisions "
            "WHERE utterance_id = ? AND code = ? AND coder = ? AND batch_id IS ?",
            (one.utterance_id, one.code, one.coder, one.batch_id),
        ).fetchone()
        if one.note.strip() and row[0] is not None:
            by_note.setdefault((one.utterance_id, one.note.strip()), []).append(int(row[0]))
    known = {said.row: said.text for said in spoken(store) if said.table == "decisions"}
    _seal(
        store,
        vault,
        [
            (utterance.partition(".")[0], {"decisions": ids}, note)
            for (utterance, note), ids in by_note.items()
            if any(not _holds(known.get(one, ""), note) for one in ids)
        ],
        run_id,
    )


def seal_wishes(store: Store, vault: Vault, wanted: Iterable[Wanted], run_id: int) -> int:
    """Keep the new codes that coders would like, sealed; returns how many more wait now than before."""
    return _seal(
        store,
        vault,
        [
            (
                one.utterance_id.partition(".")[0],
                {"coder": one.coder, "utterance": one.utterance_id, "batch": one.batch_id},
                one.words,
            )
            for one in wanted
        ],
        run_id,
    )


def _seal(store: Store, vault: Vault, some: Sequence[tuple[str, Mapping[str, Any], str]], run_id: int) -> int:
    """Seal words in the place of what an earlier run sealed about the same: whoever holds no key cannot tell
    whether it is the same once more. Returns how many more there are."""
    rows = [
        (transcript, json.dumps(about), vault.seal(text.encode("utf-8")), run_id)
        for transcript, about, text in some
    ]
    before = store.count("sealed_words")
    with store.writing() as db:
        db.executemany(
            "DELETE FROM sealed_words WHERE about = ? AND run_id <> ?", {(row[1], run_id) for row in rows}
        )
        db.executemany(
            "INSERT INTO sealed_words (transcript_id, about, sealed, run_id) VALUES (?, ?, ?, ?)", rows
        )
    return max(0, store.count("sealed_words") - before)


def waiting(store: Store) -> list[Sealed]:
    """The words that wait to be masked, oldest first."""
    rows = store.db.execute("SELECT id, transcript_id, about, sealed, run_id FROM sealed_words ORDER BY id")
    return [Sealed(row[0], row[1], json.loads(row[2]), bytes(row[3]), row[4]) for row in rows]


def reseal(store: Store, one: int, data: bytes) -> None:
    """Put the same words in under another key."""
    with store.writing() as db:
        db.execute("UPDATE sealed_words SET sealed = ? WHERE id = ?", (data, one))


def unseal(store: Store, masked: Iterable[tuple[Sealed, str]]) -> int:
    """Lay masked words down where they belong; returns how many wishes for a code are new."""
    masked = list(masked)
    wishes = 0
    for one, text in masked:
        if "utterance" in one.about:
            about = one.about
            wish = Wanted(text, about["coder"], about["utterance"], about["batch"])
            wishes += batches.add_wanted(store, [wish], one.run_id)
    with store.writing() as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('masking', '')")
        for one, text in masked:
            for decision in one.about.get("decisions", ()):
                row = db.execute("SELECT note FROM decisions WHERE id = ?", (decision,)).fetchone()
                if row is not None and not _holds(row[0], text):
                    note = f"{row[0]}; {text}" if row[0] else text
                    db.execute("UPDATE decisions SET note = ? WHERE id = ?", (note, decision))
            db.execute("DELETE FROM sealed_words WHERE id = ?", (one.id,))
        db.execute("DELETE FROM meta WHERE key = 'masking'")
    return wishes


def _holds(note: str, words: str) -> bool:
    """Whether a note says these words already."""
    return f"; {words}; " in f"; {note}; "


def spoken(store: Store) -> list[Said]:
    """All words of people that stand in the store."""
    return [
        Said(table, *row)
        for table, column in _PLACES.items()
        for row in store.db.execute(
            f"SELECT rowid, transcript_id, {column} FROM {table} WHERE {column} <> '' ORDER BY rowid"
        )
    ]


def change(store: Store, changes: Iterable[tuple[Said, str]]) -> None:
    """Put masked words in the place of what stands there."""
    with store.writing() as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('masking', '')")
        for one, text in changes:
            db.execute(
                f"UPDATE OR REPLACE {one.table} SET {_PLACES[one.table]} = ? WHERE rowid = ?", (text, one.row)
            )
        db.execute("DELETE FROM meta WHERE key = 'masking'")

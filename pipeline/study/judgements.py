"""What the model suggests and what people decide, and what was sent to whom."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.errors import StudyError
from pipeline.records import Decision, Suggestion
from pipeline.study.store import Store, now

Suggested = dict[str, dict[str, frozenset[str]]]
SENT = ("sheet", "packet")
"""The kinds of batches that show the model's own suggestions."""


def save_suggestions(store: Store, suggestions: Iterable[Sequence[Suggestion]], run_id: int) -> int:
    """Replace all suggestions by these, each sequence in the order of offer; returns how many
    are suggested."""
    with store.writing() as db:
        db.execute("DELETE FROM reasons")
        db.execute("DELETE FROM suggestions")
        count = 0
        for offered in suggestions:
            count += sum(one.suggested for one in offered)
            db.executemany(
                "INSERT INTO suggestions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        one.utterance_id,
                        one.code,
                        rank,
                        one.score,
                        one.kind,
                        one.suggested,
                        one.valence,
                        run_id,
                    )
                    for rank, one in enumerate(offered, start=1)
                ],
            )
    return count


def suggestions(store: Store, *, only_suggested: bool = False) -> dict[str, list[Suggestion]]:
    """The suggestions of each utterance in the order of offer."""
    where = "WHERE suggested" if only_suggested else ""
    out: dict[str, list[Suggestion]] = {}
    for row in store.db.execute(
        f"SELECT utterance_id, code, score, kind, suggested, valence FROM suggestions {where} "
        "ORDER BY utterance_id, rank"
    ):
        one = Suggestion(row[0], row[1], row[2], row[3], bool(row[4]), row[5])
        out.setdefault(one.utterance_id, []).append(one)
    return out


def save_reasons(store: Store, reasons: Iterable[tuple[str, str, str]]) -> None:
    """Keep why a code is suggested: (utterance id, code, words), in place of what was there."""
    with store.writing() as db:
        db.execute("DELETE FROM reasons")
        db.executemany("INSERT INTO reasons VALUES (?, ?, ?)", reasons)


def reasons(store: Store) -> dict[str, dict[str, str]]:
    """Why codes are suggested, by utterance and code."""
    out: dict[str, dict[str, str]] = {}
    for utterance, code, reason in store.db.execute("SELECT utterance_id, code, reason FROM reasons"):
        out.setdefault(utterance, {})[code] = reason
    return out


def signed(decisions: Sequence[Decision], coder: str, run_id: int) -> list[Decision]:
    """Decisions of a batch under the name it was sent to, with the run that took them in."""
    return [replace(one, coder=coder, run_id=run_id) for one in decisions]


def add_decisions(store: Store, decisions: Iterable[Decision]) -> int:
    """Add decisions without their notes (see `words`); what stands there already is not added twice."""
    added = 0
    with store.writing() as db:
        for one in decisions:
            values = (
                one.utterance_id.partition(".")[0],
                one.utterance_id,
                one.text_hash,
                one.code,
                one.answer,
                one.valence,
                one.kind,
                one.scope,
                one.coder,
                one.at,
                one.seen,
                one.run_id,
                one.batch_id,
                one.sample_id,
                one.inclusion_probability,
            )
            if _is_latest(db, one):
                continue
            db.execute(
                "INSERT INTO decisions (transcript_id, utterance_id, text_hash, code, answer, valence, "
                "kind, scope, coder, at, seen, run_id, batch_id, sample_id, inclusion_probability) "
                f"VALUES ({', '.join('?' * len(values))})",
                values,
            )
            added += 1
    return added


def decisions(store: Store) -> list[Decision]:
    """Every decision, oldest first."""
    rows = store.db.execute(
        "SELECT utterance_id, text_hash, code, answer, coder, at, valence, kind, scope, seen, run_id, "
        "batch_id, sample_id, inclusion_probability, note, id FROM decisions ORDER BY id"
    )
    return [Decision(*row) for row in rows]


def add_batch(
    store: Store,
    batch_id: str,
    kind: str,
    coder: str,
    blind: bool,
    offered: dict[str, list[str]],
    run_id: int,
    hidden: Mapping[str, list[str]] | None = None,
) -> None:
    """Record what was sent to whom: utterance id to the codes offered.

    `hidden` holds what would have been offered, had the batch not been blind; the audit compares with it.
    """
    with store.writing() as db:
        db.execute(
            "INSERT INTO batches (id, kind, coder, blind, created_at, run_id) VALUES (?, ?, ?, ?, ?, ?)",
            (batch_id, kind, coder, blind, now(), run_id),
        )
        db.executemany(
            "INSERT INTO batch_items (batch_id, utterance_id, offered, hidden) VALUES (?, ?, ?, ?)",
            [
                (batch_id, utterance, json.dumps(codes), _as_json((hidden or {}).get(utterance)))
                for utterance, codes in offered.items()
            ],
        )


def batch(store: Store, batch_id: str) -> tuple[str, str, bool, dict[str, list[str]]]:
    """Kind, coder, blind, and the codes offered by utterance; `StudyError` for an unknown batch."""
    row = store.db.execute("SELECT kind, coder, blind FROM batches WHERE id = ?", (batch_id,)).fetchone()
    if row is None:
        raise StudyError(
            f"batch {batch_id} was not sent out by this study", hint="See `secondcoder review status`."
        )
    items = store.db.execute("SELECT utterance_id, offered FROM batch_items WHERE batch_id = ?", (batch_id,))
    return row[0], row[1], bool(row[2]), {utterance: json.loads(codes) for utterance, codes in items}


def suggested_then(store: Store) -> tuple[Suggested, Suggested]:
    """What the model suggested when each batch was sent: in view of the coder, and hidden from a blind one.

    By batch and utterance, without batches of which it is not known (another program's, adjudication).
    """
    shown: Suggested = {}
    hidden: Suggested = {}
    for batch, blind, kind, utterance, offered, unseen in store.db.execute(
        "SELECT b.id, b.blind, b.kind, i.utterance_id, i.offered, i.hidden "
        "FROM batch_items i JOIN batches b ON b.id = i.batch_id"
    ):
        if not blind and kind in SENT:
            shown.setdefault(batch, {})[utterance] = frozenset(json.loads(offered))
        elif blind and unseen is not None:
            hidden.setdefault(batch, {})[utterance] = frozenset(json.loads(unseen))
    return shown, hidden


def shown_to(store: Store, coder: str) -> set[str]:
    """The utterances that were sent to a coder with suggestions in view."""
    rows = store.db.execute(
        "SELECT i.utterance_id FROM batch_items i JOIN batches b ON b.id = i.batch_id "
        "WHERE b.coder = ? AND NOT b.blind AND b.kind IN ('sheet', 'packet') AND i.offered <> '[]'",
        (coder,),
    )
    return {name for (name,) in rows}


def trained_on(store: Store) -> frozenset[str] | None:
    """The transcripts that the suggestions in the study were learned from; None where there are none."""
    row = store.db.execute(
        "SELECT result FROM runs WHERE id = (SELECT max(run_id) FROM suggestions)"
    ).fetchone()
    learned = json.loads(row[0]).get("trained_on") if row else None
    return None if learned is None else frozenset(learned)


def _as_json(codes: list[str] | None) -> str | None:
    return None if codes is None else json.dumps(codes)


def _is_latest(db: sqlite3.Connection, one: Decision) -> bool:
    """Whether the last word on this code of this utterance says the same already.

    The last word of the same batch, if it comes from one: an old sheet imported again adds nothing, even
    where the coder has changed a mind in a later one.
    """
    narrower, more = ("AND batch_id = ?", [one.batch_id]) if one.batch_id else ("AND batch_id IS NULL", [])
    row = db.execute(
        "SELECT text_hash, answer, valence, kind, scope, seen FROM decisions "
        f"WHERE utterance_id = ? AND code = ? AND coder = ? {narrower} ORDER BY id DESC LIMIT 1",
        (one.utterance_id, one.code, one.coder, *more),
    ).fetchone()
    return bool(row == (one.text_hash, one.answer, one.valence, one.kind, one.scope, one.seen))

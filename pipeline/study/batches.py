"""What went to whom and what is back; new codes that coders would like; batches taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.errors import StudyError
from pipeline.records import Decision
from pipeline.study.store import Store, now


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch: what went to whom, of which sample, how much is back, when it was withdrawn or released.

    What does not apply is "".
    """

    id: str
    kind: str
    coder: str
    blind: bool
    at: str
    utterances: int
    back: int
    decisions: int
    sample: str = ""
    withdrawn: str = ""
    released: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A new code that a coder would like, with the utterance that called for it; words are masked."""

    words: str
    coder: str
    utterance_id: str
    batch_id: str
    at: str = ""


def sent(store: Store) -> list[Sent]:
    """Every batch, oldest first: `back` counts the utterances with decisions, `decisions` all of those."""
    rows = store.db.execute(
        "SELECT b.id, b.kind, b.coder, b.blind, b.created_at, "
        "(SELECT count(*) FROM batch_items i WHERE i.batch_id = b.id), "
        "coalesce(b.sample_id, ''), coalesce(b.released_at, '') FROM batches b ORDER BY b.rowid"
    ).fetchall()
    back = {
        row[0]: row[1:]
        for row in store.db.execute(
            "SELECT batch_id, count(DISTINCT utterance_id), count(*) FROM decisions "
            "WHERE kind <> 'withdrawn' AND batch_id IS NOT NULL GROUP BY batch_id"
        )
    }
    gone = _withdrawn(store)
    out = []
    for name, kind, coder, blind, at, utterances, sample, released in rows:
        here, decisions = back.get(name, (0, 0))
        sizes = (utterances, here, decisions)
        out.append(Sent(name, kind, coder, bool(blind), at, *sizes, sample, gone.get(name, ""), released))
    return out


def open_utterances(store: Store, *, kind: str = "", sample: str = "") -> dict[str, set[str]]:
    """The utterances that lie with each coder: sent, not released, and no decision of that batch is back.

    With `kind` or `sample`, in batches of that kind or for that drawn sample.
    """
    out: dict[str, set[str]] = {}
    for coder, utterance in store.db.execute(
        "SELECT b.coder, i.utterance_id FROM batch_items i JOIN batches b ON b.id = i.batch_id "
        "LEFT JOIN decisions d ON d.batch_id = i.batch_id AND d.utterance_id = i.utterance_id "
        "WHERE d.id IS NULL AND b.released_at IS NULL AND ? IN ('', b.kind) AND ? IN ('', b.sample_id)",
        (kind, sample),
    ):
        out.setdefault(coder, set()).add(utterance)
    return out


def not_back(store: Store, batch_id: str) -> int:
    """How many utterances of a batch lie with its coder, ready to be released.

    Raises `StudyError` where the batch is unknown, wholly back, released already, or a whole project.
    """
    one = next((each for each in sent(store) if each.id == batch_id), None)
    if one is None:
        raise _unknown(batch_id)
    if one.released:
        raise StudyError(f"batch {batch_id} was released already", hint="There is nothing to release.")
    if not one.utterances:
        raise StudyError(
            f"batch {batch_id} is a whole project, which keeps nothing from others",
            hint="There is nothing to release.",
        )
    if one.back == one.utterances:
        raise StudyError(f"all of batch {batch_id} is back", hint="There is nothing to release.")
    return one.utterances - one.back


def release(store: Store, batch_id: str) -> None:
    """Let what is not back of a batch lie with its coder no longer."""
    with store.writing() as db:
        db.execute("UPDATE batches SET released_at = ? WHERE id = ?", (now(), batch_id))


def standing(store: Store) -> tuple[int, int]:
    """How many decisions stand, those of withdrawn batches left out, and on how many utterances."""
    decisions, utterances = store.db.execute(
        "SELECT count(*), count(DISTINCT d.utterance_id) FROM decisions d LEFT JOIN "
        "(SELECT batch_id, max(id) AS last FROM decisions WHERE kind = 'withdrawn' GROUP BY batch_id) w "
        "ON w.batch_id = d.batch_id WHERE d.kind <> 'withdrawn' AND (w.last IS NULL OR d.id > w.last)"
    ).fetchone()
    return int(decisions), int(utterances)


def withdraw(store: Store, batch_id: str, run_id: int | None) -> list[Decision]:
    """The rows that mark a batch's decisions as withdrawn, ready to be added; none is deleted.

    Raises `StudyError` where the batch is unknown, not back yet, or withdrawn already.
    """
    if not store.db.execute("SELECT 1 FROM batches WHERE id = ?", (batch_id,)).fetchone():
        raise _unknown(batch_id)
    rows = store.db.execute(
        "SELECT utterance_id, text_hash, code, answer, coder, valence, kind, scope, seen FROM decisions "
        "WHERE batch_id = ? ORDER BY id",
        (batch_id,),
    ).fetchall()
    last: dict[tuple[str, str], Decision] = {}
    for utterance, text_hash, code, answer, coder, valence, kind, scope, seen in rows:
        last[(utterance, code)] = Decision(
            utterance,
            text_hash,
            code,
            answer,
            coder,
            now(),
            valence=valence,
            kind=kind,
            scope=scope,
            seen=seen,
            run_id=run_id,
            batch_id=batch_id,
        )
    live = [replace(one, kind="withdrawn") for one in last.values() if one.kind != "withdrawn"]
    if not rows:
        raise StudyError(
            f"nothing of batch {batch_id} is back, so there is nothing to take back",
            hint=f"To send it to somebody else: secondcoder review release STUDY --batch {batch_id}",
        )
    if not live:
        raise StudyError(
            f"batch {batch_id} was withdrawn already", hint="Import its file to take it in again."
        )
    return live


def add_wanted(store: Store, wanted: Iterable[Wanted], run_id: int | None) -> int:
    """Keep what new codes coders would like; what is known already is not kept twice."""
    with store.writing() as db:
        before = store.count("wanted_codes")
        db.executemany(
            "INSERT OR IGNORE INTO wanted_codes (transcript_id, utterance_id, words, coder, batch_id, at, "
            "run_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*_place(one), one.words, one.coder, one.batch_id, now(), run_id) for one in wanted],
        )
    return store.count("wanted_codes") - before


def wanted(store: Store) -> list[Wanted]:
    """The new codes that coders would like, oldest first, less those of withdrawn batches."""
    gone = _withdrawn(store)
    rows = store.db.execute(
        "SELECT words, coder, utterance_id, batch_id, at FROM wanted_codes ORDER BY id"
    ).fetchall()
    return [Wanted(*row) for row in rows if row[3] not in gone]


def _unknown(batch_id: str) -> StudyError:
    return StudyError(f"there is no batch {batch_id}", hint="`secondcoder review status` lists them.")


def _withdrawn(store: Store) -> dict[str, str]:
    """The batches whose last word is that they are withdrawn, with the time."""
    rows = store.db.execute(
        "SELECT batch_id, kind, at FROM decisions WHERE id IN "
        "(SELECT max(id) FROM decisions WHERE batch_id IS NOT NULL GROUP BY batch_id)"
    )
    return {batch: at for batch, kind, at in rows if kind == "withdrawn"}


def _place(one: Wanted) -> tuple[str, str]:
    return one.utterance_id.partition(".")[0], one.utterance_id

"""Samples that were drawn: which utterances, with which probability, and for what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pipeline.records import Decision
from pipeline.study.store import Store, now

Kind = Literal["audit", "control"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawn sample: utterance ids with their inclusion probabilities, and how it was drawn.

    An `audit` sample speaks for the whole study, a `control` sample for what was unread when it was drawn.
    """

    id: str
    kind: Kind
    seed: int
    items: Mapping[str, float]
    strata: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    created_at: str = ""


def add(store: Store, sample: Sample, run_id: int) -> None:
    """Record a drawn sample."""
    with store.writing() as db:
        db.execute(
            "INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?)",
            (sample.id, sample.kind, sample.seed, json.dumps(dict(sample.settings)), now(), run_id),
        )
        db.executemany(
            "INSERT INTO sample_items VALUES (?, ?, ?, ?)",
            [(sample.id, name, p, sample.strata.get(name, "")) for name, p in sample.items.items()],
        )


def of_kind(store: Store, kind: Kind) -> list[Sample]:
    """The samples of a kind, oldest first."""
    rows = store.db.execute(
        "SELECT id, kind, seed, settings, created_at FROM samples WHERE kind = ? ORDER BY rowid", (kind,)
    ).fetchall()
    out = []
    for name, drawn_as, seed, settings, at in rows:
        items = store.db.execute(
            "SELECT utterance_id, inclusion_probability, stratum FROM sample_items WHERE sample_id = ? "
            "ORDER BY utterance_id",
            (name,),
        ).fetchall()
        probabilities = {item[0]: item[1] for item in items}
        strata = {item[0]: item[2] for item in items}
        out.append(Sample(name, drawn_as, seed, probabilities, strata, json.loads(settings), at))
    return out


def link_batch(store: Store, batch_id: str, sample_id: str) -> None:
    """Record that a batch was sent out to have a sample coded."""
    with store.writing() as db:
        db.execute("UPDATE batches SET sample_id = ? WHERE id = ?", (sample_id, batch_id))


def stamped(store: Store, decisions: Sequence[Decision], batch_id: str) -> list[Decision]:
    """Decisions of a batch that codes an audit sample, with the sample and each one's probability on them."""
    rows = store.db.execute(
        "SELECT i.utterance_id, i.sample_id, i.inclusion_probability FROM batches b "
        "JOIN samples s ON s.id = b.sample_id AND s.kind = 'audit' "
        "JOIN sample_items i ON i.sample_id = s.id WHERE b.id = ?",
        (batch_id,),
    )
    known = {row[0]: (row[1], row[2]) for row in rows}
    return [
        replace(one, sample_id=known[one.utterance_id][0], inclusion_probability=known[one.utterance_id][1])
        if one.utterance_id in known
        else one
        for one in decisions
    ]

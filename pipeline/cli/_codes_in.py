"""People's codes from files of any form: the one table, projects, highlights; as decisions in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cli import _exchange, _notes, _refusing
from pipeline.cli._codebook import of_study
from pipeline.cli._failures import read_closed
from pipeline.errors import StudyError, report
from pipeline.exchange.gathered import Read
from pipeline.exchange.highlights import is_highlights
from pipeline.records import NONE, CodedRow, Decision, Given
from pipeline.review.state import ADJUDICATED, coded_rows, not_yet_known, resolve_changes
from pipeline.study import Store, Study, judgements
from pipeline.study.batches import Wanted
from pipeline.study.store import now


@dataclass(frozen=True, slots=True)
class Coded:
    """The coding in a file, not yet taken in: `kind` is "table", "project" or "highlights", `settled` whether
    it is adjudicated; the same file of the same coder has the same `digest`."""

    name: str
    kind: str
    read: Read
    coder: str
    settled: bool
    digest: str

    def batch_of(self, coder: str) -> str:
        """The batch of one coder's codes in this file."""
        settled = f"/{ADJUDICATED}" if self.settled else ""
        return hashlib.sha256(f"{self.digest}/{coder}{settled}".encode()).hexdigest()[:8]


def import_codes(
    study: Path,
    file: Path,
    *,
    coder: str = "",
    adjudicated: bool = False,
    accept_partial: bool = False,
    key: Path | None = None,
) -> dict[str, Any]:
    """Import people's codes as decisions; raises `StudyError` and changes nothing where a row is bad."""
    opened = Study.open(study, key=key)
    with opened.store() as store:
        coded = read_file(opened, store, file, coder=coder, adjudicated=adjudicated)
        _refusing.check([(coded.name, coded.read.problems)], accept_partial=accept_partial)
        return take(opened, store, coded)


def read_file(study: Study, store: Store, file: Path, *, coder: str = "", adjudicated: bool = False) -> Coded:
    """The coding in a file of any form that `codes import` knows; raises `StudyError` if nobody is named."""
    data, book = read_closed(file), of_study(study)
    if file.suffix.lower() == ".qdpx":
        kind, read = "project", _exchange.read_coding
    elif is_highlights(data, file.name):
        kind, read = "highlights", _exchange.read_marks
    else:
        kind, read = "table", _exchange.read_coded
    found = read(study, store, data, file.name, book, coder or (ADJUDICATED if adjudicated else ""))
    if any(not row.coder for row in found.rows):
        raise StudyError("does not say who coded", where=file.name, hint="Give --coder NAME.")
    return Coded(file.name, kind, found, coder, adjudicated, hashlib.sha256(data).hexdigest())


def take(study: Study, store: Store, coded: Coded) -> dict[str, Any]:
    """Take a file's coding in, a batch for each coder, so that it can be taken back; what is known already
    adds nothing."""
    book = of_study(study)
    before = judgements.decisions(store)
    rows = coded_rows(before, store.utterances(study.case_of()))
    known = [_exchange.renamed(row, book) for row in rows]
    new = _exchange.unchanged(coded.read.rows, known, settled=coded.settled)
    with study.run(store, "codes import") as run:
        # A file that came in before says nothing new, also where its coder has changed a mind since.
        made = not_yet_known(_decisions(coded, new, store, now(), run.id), before)
        said = sum(len(row.codes) or 1 for row in coded.read.rows)
        names = _record(store, coded, made, run.id)
        added = judgements.add_decisions(store, resolve_changes(made, before))
        noted = _notes.keep(study, store, made, _wanted(coded), run.id)
        run.result = {
            "added": added,
            "known": said - len(made),
            "utterances": len({one.utterance_id for one in made}),
            "left_out": len(coded.read.problems),
            **noted,
        }
    return {
        "file": coded.name,
        **run.result,
        "batches": names,
        "problems": report(coded.read.problems),
        "notices": coded.read.notices,
    }


def _decisions(coded: Coded, rows: Sequence[CodedRow], store: Store, at: str, run_id: int) -> list[Decision]:
    hashes = dict(store.db.execute("SELECT id, text_hash FROM utterances"))
    return [
        Decision(
            utterance_id=row.utterance_id,
            text_hash=hashes[row.utterance_id],
            code=one.code,
            answer="none" if one.code == NONE else "accept",
            coder=row.coder,
            at=at,
            valence=one.valence,
            kind="adjudicated" if coded.settled or row.coder == ADJUDICATED else "coded",
            seen="suggested" if row.seen == "suggested" else "blind",
            run_id=run_id,
            batch_id=coded.batch_of(row.coder),
            note=row.note,
        )
        for row in rows
        for one in row.codes or (Given(NONE),)
    ]


def _record(store: Store, coded: Coded, made: Sequence[Decision], run_id: int) -> dict[str, str]:
    """Record a batch for each coder of whom there is something new; coder to batch."""
    names = {}
    for coder in sorted({one.coder for one in made}):
        mine = [one for one in made if one.coder == coder]
        names[coder] = name = coded.batch_of(coder)
        if not store.db.execute("SELECT 1 FROM batches WHERE id = ?", (name,)).fetchone():
            blind = all(one.seen == "blind" for one in mine)
            items: dict[str, list[str]] = {one.utterance_id: [] for one in mine}
            judgements.add_batch(store, name, coded.kind, coder, blind, items, run_id)
    return names


def _wanted(coded: Coded) -> list[Wanted]:
    """The codes that coders used and the study lacks, as proposals."""
    return [
        Wanted(words, coder or coded.coder, utterance, coded.batch_of(coder or coded.coder))
        for utterance, coder, words in coded.read.wanted
    ]

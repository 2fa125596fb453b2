"""`review import`, `status`, `undo`, `release`: what comes back, what is taken back, what will not come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.cli import _notes, _refusing
from pipeline.cli._codebook import of_study
from pipeline.cli._codes_in import Coded, read_file, take
from pipeline.cli._failures import read_closed
from pipeline.cli._review_out import ADJUDICATION
from pipeline.errors import Problem, StudyError, report
from pipeline.records import Decision
from pipeline.review.batch import Returned, decisions_from, missing_from, proposals_from, proposed_id
from pipeline.review.packet import read_packet
from pipeline.review.sheet_back import read_sheet
from pipeline.review.state import not_yet_known, resolve_changes
from pipeline.study import Store, Study, batches, judgements, samples, words
from pipeline.study.batches import Wanted
from pipeline.study.store import now


def read_returned(data: bytes, *, where: str) -> tuple[Returned, str]:
    """What came back, and the ending under which it is kept; the form is told by what is in the file."""
    start = data[:2000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.lower().startswith((b"<!doctype html", b"<html")):
        raise StudyError(
            "is the packet itself, which holds no decisions",
            where=where,
            hint="Open it, press `Download decisions`, and import the .json file that this gives.",
        )
    if start.startswith(b"{"):
        return read_packet(data, where=where), "json"
    if not data.startswith(b"PK"):
        raise StudyError(
            "is no returned sheet, no decisions file and no project",
            where=where,
            hint="Sheets come back as .xlsx, packets' decisions as .json, projects as .qdpx. A table of "
            "codes or of highlights goes in with `secondcoder codes import`.",
        )
    return read_sheet(data, where=where), "xlsx"


@dataclass(frozen=True, slots=True)
class _Back:
    """A returned sheet or decisions file, checked and not yet taken in."""

    name: str
    data: bytes
    ending: str
    returned: Returned
    coder: str
    offered: dict[str, list[str]]
    decisions: list[Decision]
    wanted: list[tuple[str, str]]
    problems: list[Problem]


def import_files(
    study: Path, files: Sequence[Path], *, accept_partial: bool = False, key: Path | None = None
) -> list[dict[str, Any]]:
    """Take returned sheets, decisions files and projects in, all of them or none.

    Raises `StudyError` with every row that cannot be taken, unless the good ones are to be taken all the
    same; then nothing has changed.
    """
    opened = Study.open(study, key=key)
    with opened.store() as store:
        read: list[_Back | Coded] = []
        for file in files:
            project = file.suffix.lower() == ".qdpx"
            read.append(read_file(opened, store, file) if project else _read(opened, store, file))
        found = [(one.name, one.read.problems if isinstance(one, Coded) else one.problems) for one in read]
        _refusing.check(found, accept_partial=accept_partial)
        return [
            {"batch": "", "coder": "", "not_in_file": 0, **take(opened, store, one)}
            if isinstance(one, Coded)
            else _take(opened, store, one)
            for one in read
        ]


def import_returned(study: Path, file: Path, *, accept_partial: bool = False) -> dict[str, Any]:
    """Take one returned file in, as `import_files` does."""
    return import_files(study, [file], accept_partial=accept_partial)[0]


def _read(opened: Study, store: Store, file: Path) -> _Back:
    """A returned sheet or decisions file with what it comes to, and what is wrong with it."""
    book, data = of_study(opened), read_closed(file)
    returned, ending = read_returned(data, where=file.name)
    kind, coder, blind, offered = judgements.batch(store, returned.batch_id)
    decisions, problems = decisions_from(
        returned,
        codebook=book,
        blind=blind,
        offered=offered,
        hashes=dict(store.db.execute("SELECT id, text_hash FROM utterances")),
        at=now(),
        adjudication=kind == ADJUDICATION,
    )
    wanted = proposals_from(returned, book, problems)
    return _Back(file.name, data, ending, returned, coder, offered, decisions, wanted, problems)


def _take(opened: Study, store: Store, one: _Back) -> dict[str, Any]:
    """Take a checked file in: its decisions, the new codes wanted, and the file itself, encrypted."""
    batch_id, coder = one.returned.batch_id, one.coder
    with opened.run(store, "review import") as run:
        before = judgements.decisions(store)
        said = judgements.signed(one.decisions, coder, run.id)
        new = not_yet_known(said, before)
        made = samples.stamped(store, new, batch_id)
        added = judgements.add_decisions(store, resolve_changes(made, before))
        news = [Wanted(word, coder, utterance, batch_id) for utterance, word in one.wanted]
        noted = _notes.keep(opened, store, said, news, run.id)
        opened.keep_returned(f"{batch_id}.{one.ending}", one.data)
        run.result = {"batch": batch_id, "added": added, "left_out": len(one.problems)}
    return {
        "file": one.name,
        "batch": batch_id,
        "coder": coder,
        "added": added,
        "known": len(said) - len(new),
        "left_out": len(one.problems),
        "problems": report(one.problems),
        **noted,
        "not_in_file": len(missing_from(one.returned, one.offered)) if one.ending == "xlsx" else 0,
    }


def batches_of(study: Path) -> dict[str, Any]:
    """What went to whom and what is back, and the new codes that coders would like."""
    opened = Study.open(study)
    with opened.store() as store:
        return {
            "batches": [asdict(one) for one in batches.sent(store)],
            "new_codes": [{**asdict(one), "code": proposed_id(one.words)} for one in batches.wanted(store)],
            "waiting": len(words.waiting(store)),
        }


def release_batch(study: Path, batch_id: str) -> dict[str, Any]:
    """Let what is not back of a batch lie with its coder no longer, so that others can get it."""
    opened = Study.open(study)
    with opened.store() as store:
        released = batches.not_back(store, batch_id)  # says what is wrong before a run is recorded
        with opened.run(store, "review release") as run:
            batches.release(store, batch_id)
            run.result = {"batch": batch_id, "released": released}
    return run.result


def undo_batch(study: Path, batch_id: str) -> dict[str, Any]:
    """Mark the decisions of an imported batch as withdrawn; nothing is deleted."""
    opened = Study.open(study)
    with opened.store() as store:
        batches.withdraw(store, batch_id, None)  # says what is wrong before a run is recorded
        with opened.run(store, "review undo") as run:
            rows = batches.withdraw(store, batch_id, run.id)
            withdrawn = judgements.add_decisions(store, rows)
            run.result = {"batch": batch_id, "withdrawn": withdrawn}
    return {"batch": batch_id, "withdrawn": withdrawn}

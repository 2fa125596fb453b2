"""`review import`, `review status`, `review undo`: what comes back, and what is taken back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.cli._codebook import of_study
from pipeline.cli._codes_in import import_project
from pipeline.cli._notes import masked
from pipeline.cli._review_out import ADJUDICATION
from pipeline.errors import StudyError
from pipeline.review.batch import Problem, Returned, decisions_from, missing_from, proposals_from, proposed_id
from pipeline.review.packet import read_packet
from pipeline.review.sheet_back import read_sheet
from pipeline.review.state import not_yet_known, resolve_changes
from pipeline.study import Study, batches, judgements, samples
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
    return read_sheet(data, where=where), "xlsx"


def import_returned(study: Path, file: Path, *, accept_partial: bool = False) -> dict[str, Any]:
    """Take one returned sheet or decisions file in; a bad row raises `StudyError` and changes nothing."""
    if file.suffix.lower() == ".qdpx":
        return import_project(study, file, accept_partial=accept_partial)
    opened = Study.open(study)
    book = of_study(opened)
    data = file.read_bytes()
    returned, ending = read_returned(data, where=file.name)
    with opened.store() as store:
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
        if problems and not accept_partial:
            raise _refusal(problems, file.name)
        with opened.run(store, "review import") as run:
            before = judgements.decisions(store)
            notes = masked([one.note for one in decisions])
            made = not_yet_known(judgements.signed(decisions, coder, notes, run.id), before)
            made = samples.stamped(store, made, returned.batch_id)
            added = judgements.add_decisions(store, resolve_changes(made, before))
            words = masked([one for _, one in wanted])
            news = [
                Wanted(word, coder, utterance, returned.batch_id)
                for (utterance, _), word in zip(wanted, words, strict=True)
            ]
            new_codes = batches.add_wanted(store, news, run.id)
            opened.keep_returned(f"{returned.batch_id}.{ending}", data)
            run.result = {"batch": returned.batch_id, "added": added, "left_out": len(problems)}
    return {
        "file": file.name,
        "batch": returned.batch_id,
        "coder": coder,
        "added": added,
        "problems": [_line(one) for one in problems],
        "new_codes": new_codes,
        "not_in_file": len(missing_from(returned, offered)) if ending == "xlsx" else 0,
    }


def _line(problem: Problem) -> str:
    return f"{problem.place}: {problem.message}"


def _refusal(problems: list[Problem], name: str) -> StudyError:
    """The report row by row; one row stands in the line itself."""
    lines = [_line(one) for one in problems]
    text = lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} rows cannot be taken:", *lines])
    hint = "Nothing was imported. Mend the file, or give --accept-partial to take the good rows."
    return StudyError(text, where=name, hint=hint)


def batches_of(study: Path) -> dict[str, Any]:
    """What went to whom and what is back, and the new codes that coders would like."""
    opened = Study.open(study)
    with opened.store() as store:
        return {
            "batches": [asdict(one) for one in batches.sent(store)],
            "new_codes": [{**asdict(one), "code": proposed_id(one.words)} for one in batches.wanted(store)],
        }


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

"""`review export --to qdpx`: the study as a project for NVivo, ATLAS.ti, MAXQDA or QualCoder."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from pipeline.cli import _exchange, _reasons
from pipeline.cli._base import say
from pipeline.cli._codebook import of_study
from pipeline.cli._gate import check_swept
from pipeline.errors import StudyError
from pipeline.exchange.compose import compose
from pipeline.exchange.offsets import TARGETS
from pipeline.exchange.refi_write import warnings, write_project
from pipeline.records import Codebook, CodedRow, Suggestion
from pipeline.review.state import coded_rows
from pipeline.study import Store, Study, judgements
from pipeline.study.store import now

_LOST = (
    "Left out, since no project can hold it: refused and unsure suggestions, scores of codes that are not "
    "suggested, earlier decisions that somebody changed, who was sent what."
)


def export_project(
    study: Path, *, target: str = "spec", coder: str = "", blind: bool = False
) -> dict[str, Any]:
    """Write the study as a .qdpx into `review/sent/` and record it as a batch; with `coder` only that coder's
    coding, with `blind` no suggestions."""
    if target not in TARGETS:
        raise StudyError(f"no project is written for {target}", hint=f"--target {', '.join(TARGETS)}")
    opened = Study.open(study)
    book = of_study(opened)
    with opened.store() as store:
        checked = check_swept(opened, store)
        every = coded_rows(judgements.decisions(store), store.utterances(opened.case_of()))
        rows = [_known(_exchange.renamed(row, book), book) for row in every if coder in ("", row.coder)]
        suggested = {} if blind else _suggested(store, book)
        why = _reasons.worded(store, store.utterances(context=True), suggested)
        with opened.run(store, "review export") as run:
            project = compose(
                study.resolve().name,
                book,
                _exchange.talks(opened, store),
                rows,
                suggested,
                reasons=why,
                cases=opened.cases(),
                study=opened.settings.study.id,
                at=now(),
                checked=checked,
            )
            if not project.documents:
                raise StudyError("the study holds no transcript", hint="Run `secondcoder ingest` first.")
            safe = "".join(char if char.isalnum() else "-" for char in coder) or "all"
            name = f"{safe}-{'blind-' if blind else ''}{target}.qdpx"
            file = opened.write_review(name, write_project(project, target))
            # It holds the whole study, so none of it lies with the coder: a batch without utterances.
            batch = secrets.token_hex(4)
            judgements.add_batch(store, batch, "qdpx", coder or "everybody", blind, {}, run.id)
            passages = sum(len(one.passages) for one in project.documents)
            run.result = {"batch": batch, "transcripts": len(project.documents), "passages": passages}
    told = [*warnings(project, target), _LOST]
    return {"file": str(file), **run.result, "coders": [one.name for one in project.users], "warnings": told}


def _suggested(store: Store, book: Codebook) -> dict[str, list[Suggestion]]:
    """The suggested codes of each utterance, as far as the codebook still has them."""
    codable = {code.id for code in book.leaves()}
    every = judgements.suggestions(store, only_suggested=True)
    return {name: [one for one in some if one.code in codable] for name, some in every.items()}


def _known(row: CodedRow, book: Codebook) -> CodedRow:
    """The row; what stands on a code that is gone is refused, not dropped."""
    gone = {one.code for one in row.codes} - {code.id for code in book.leaves()}
    if gone:
        raise StudyError(
            f"decisions stand on the code {min(gone)}, which the codebook lacks",
            where="codebook.yaml",
            hint="Put it back, or name it under `was:` of the code that took its place.",
        )
    return row


def say_exported(result: dict[str, Any], study: Path) -> None:
    """Tell what was written, and what the file cannot carry."""
    say(f"{result['transcripts']} transcripts, {result['passages']} coded passages in {result['file']}.")
    for line in result["warnings"]:
        say(f"  {line}")
    say(f"Next, when it is coded: secondcoder codes import {study} FILE.qdpx")

"""`secondcoder review export` and `secondcoder review import`"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, say, show

review = typer.Typer(help="Send utterances to coders and take their decisions back.", no_args_is_help=True)
app.add_typer(review, name="review")


@review.command("export")
def export(
    study: StudyArg,
    coder: Annotated[str, typer.Option(help="Who will review.", show_default=False)] = "",
    to: Annotated[str, typer.Option("--to", help="sheet: Excel. qdpx: NVivo, ATLAS.ti, MAXQDA.")] = "sheet",
    target: Annotated[str, typer.Option(help="With qdpx: nvivo, maxqda, atlasti, or spec.")] = "spec",
    blind: Annotated[bool, typer.Option("--blind", help="Hide every suggestion.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many utterances.")] = 2000,
    as_json: JsonOpt = False,
) -> None:
    """Write an Excel review sheet with drop-downs for one coder, or the study as a REFI-QDA project.

    Example:  secondcoder review export my-study --coder anna
    """
    if to == "qdpx":
        from pipeline.cli._project import export_project, say_exported

        written = export_project(study, target=target, coder=coder, blind=blind)
        if as_json:
            emit(written)
        say_exported(written, study)
        return
    if to != "sheet":
        from pipeline.errors import StudyError

        raise StudyError(f"nothing is exported as {to}", hint="--to sheet or --to qdpx")
    result = export_sheet(study, coder=coder, blind=blind, limit=limit)
    if as_json:
        emit(result)
    say(f"{result['utterances']} utterances for {coder} in {result['file']}.")
    say(f"Next, when it is back: secondcoder review import {study} {Path(result['file']).name}")


@review.command("import")
def import_(
    study: StudyArg,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Returned sheets.", show_default=False)
    ],
    accept_partial: Annotated[bool, typer.Option(help="Take the good rows although others are bad.")] = False,
    as_json: JsonOpt = False,
) -> None:
    """Take returned sheets in; decisions are added, never overwritten.

    Example:  secondcoder review import my-study returned.xlsx
    """
    results = [import_sheet(study, file, accept_partial=accept_partial) for file in files]
    if as_json:
        emit(results)
    for result in results:
        for line in result["problems"]:
            show(f"  {line}")
        say(f"{result['file']}: {result['added']} decisions added, {len(result['problems'])} rows left out.")
    say(f"Next: secondcoder suggest {study}   (learns from them)   or   secondcoder audit {study}")


def export_sheet(study: Path, *, coder: str, blind: bool = False, limit: int = 2000) -> dict[str, Any]:
    """Write a review sheet into `review/sent/` and record it as a batch."""
    from pipeline.cli._codebook import of_study
    from pipeline.cli._gate import check_swept
    from pipeline.errors import StudyError
    from pipeline.review.batch import Batch, Item, offer
    from pipeline.review.sheet import write_sheet
    from pipeline.study import Study, judgements

    if not coder.strip():
        raise StudyError("the coder's name is empty", hint="Give --coder NAME.")
    opened = Study.open(study)
    book = of_study(opened)
    with opened.store() as store:
        check_swept(store)
        done = {one.utterance_id for one in judgements.decisions(store) if one.coder == coder}
        utterances = [one for one in store.utterances(opened.case_of()) if one.id not in done and one.words]
        if not utterances:
            raise StudyError(f"nothing is left for {coder} to review", hint="See `secondcoder status`.")
        with opened.run(store, "review export") as run:
            suggestions = {} if blind else judgements.suggestions(store)
            why = {} if blind else judgements.reasons(store)
            items = tuple(
                Item(one, offer(suggestions.get(one.id, ())), why.get(one.id, {}))
                for one in utterances[:limit]
            )
            batch = Batch(id=secrets.token_hex(4), coder=coder, blind=blind, items=items)
            data = write_sheet(batch, book)
            offered = {item.utterance.id: [one.code for one in item.offered] for item in items}
            judgements.add_batch(store, batch.id, "sheet", coder, blind, offered, run.id)
            safe = "".join(char if char.isalnum() else "-" for char in coder)
            file = opened.write_review(f"{safe}-{batch.id}.xlsx", data)
            run.result = {"batch": batch.id, "utterances": len(items)}
    return {"file": str(file), "batch": batch.id, "utterances": len(items), "blind": blind}


def import_sheet(study: Path, file: Path, *, accept_partial: bool = False) -> dict[str, Any]:
    """Take one returned sheet in; raises `StudyError` and changes nothing where a row is bad."""
    from pipeline.cli._codebook import of_study
    from pipeline.cli._notes import masked
    from pipeline.errors import StudyError
    from pipeline.review.batch import decisions_from
    from pipeline.review.sheet_back import read_sheet
    from pipeline.review.state import resolve_changes
    from pipeline.study import Study, judgements
    from pipeline.study.store import now

    opened = Study.open(study)
    book = of_study(opened)
    data = file.read_bytes()
    returned = read_sheet(data, where=file.name)
    with opened.store() as store:
        _, coder, blind, offered = judgements.batch(store, returned.batch_id)
        hashes = dict(store.db.execute("SELECT id, text_hash FROM utterances"))
        decisions, problems = decisions_from(
            returned, codebook=book, blind=blind, offered=offered, hashes=hashes, at=now()
        )
        lines = [f"{one.place}: {one.message}" for one in problems]
        if lines and not accept_partial:
            raise StudyError(
                lines[0] + (f" (and {len(lines) - 1} rows more)" if len(lines) > 1 else ""),
                where=file.name,
                hint="Nothing was imported. Mend the sheet, or give --accept-partial to take the good rows.",
            )
        with opened.run(store, "review import") as run:
            notes = masked([one.note for one in decisions])
            made = judgements.signed(decisions, coder, notes, run.id)
            added = judgements.add_decisions(store, resolve_changes(made, judgements.decisions(store)))
            opened.keep_returned(f"{returned.batch_id}.xlsx", data)
            run.result = {"batch": returned.batch_id, "added": added, "left_out": len(lines)}
    return {"file": file.name, "batch": returned.batch_id, "added": added, "problems": lines}

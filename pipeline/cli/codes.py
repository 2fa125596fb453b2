"""`secondcoder codes check` and `secondcoder codes import`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say, show

codes = typer.Typer(help="Check a codebook; bring people's codes in.", no_args_is_help=True)
app.add_typer(codes, name="codes")

ALIKE = 0.75
"""Cosine above which two codes' definitions are said to lie close together."""


@codes.command("check")
def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A codebook file, or a name.", show_default=False)
    ],
    as_json: JsonOpt = False,
) -> None:
    """Validate a codebook and say where it is thin.

    Example:  secondcoder codes check my-study/codebook.yaml
    """
    from pipeline import codebook as codebooks
    from pipeline import embed
    from pipeline.cli._codebook import find

    book = codebooks.parse(find(file), where=Path(file).name)
    thin = codebooks.thin_spots(book)
    leaves = book.leaves()
    vectors = embed.load().embed([codebooks.phrases(code)[0] for code in leaves])
    likeness = vectors @ vectors.T
    close = [
        (first.id, second.id, round(float(likeness[i, j]), 3))
        for i, first in enumerate(leaves)
        for j, second in enumerate(leaves)
        if i < j and likeness[i, j] >= ALIKE
    ]
    if as_json:
        pairs = [{"codes": [first, second], "likeness": value} for first, second, value in close]
        emit({"codebook": book.name, "codes": len(leaves), "thin": thin, "close": pairs})
        return
    show(f"{book.name}: {len(leaves)} codes to code with, {len(book.codes)} in all. It can be used.")
    for line in thin:
        show(f"  {line}")
    for first, second, value in close:
        show(f"  {first} and {second} read much alike ({value}): say in `exclude` what divides them")


@codes.command("import")
def import_(
    study: StudyArg,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A coded table, a project (.qdpx), a codebook (.qdc), highlights of Taguette.",
            show_default=False,
        ),
    ],
    coder: Annotated[str, typer.Option(help="Who coded, where the file does not say.")] = "",
    adjudicated: Annotated[bool, typer.Option(help="These are settled codes of several coders.")] = False,
    accept_partial: Annotated[bool, typer.Option(help="Take the good rows although others are bad.")] = False,
    codebook: Annotated[
        bool, typer.Option("--codebook", help="Make the file's codes the study's codebook; take no coding.")
    ] = False,
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Bring people's codes in: a table by utterance_id, turn or quotation; a project or highlights by words.

    Example:  secondcoder codes import my-study coded.csv --coder anna
    """
    if codebook or file.suffix.lower() == ".qdc":
        from pipeline.cli._codes_in import import_codebook

        result = import_codebook(study, file, replace=codebook)
        lines = result["lines"]
    else:
        result = import_codes(
            study, file, coder=coder, adjudicated=adjudicated, accept_partial=accept_partial, key=key
        )
        left = f", {result['left_out']} rows left out." if result["left_out"] else "."
        lines = [
            *result["notices"],
            f"{result['added']} decisions on {result['utterances']} utterances added{left}",
        ]
        if result["new_codes"]:
            lines.append(f"{result['new_codes']} new codes wanted: see `secondcoder review status {study}`.")
    if as_json:
        emit(result)
    for line in lines:
        say(line)
    say(f"Next: secondcoder suggest {study}")


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
    from pipeline.cli._codebook import of_study
    from pipeline.cli._codes_in import Coded, as_batches, keep_wanted, refuse, rows_of
    from pipeline.errors import StudyError
    from pipeline.exchange.match import match
    from pipeline.review.state import resolve_changes
    from pipeline.study import Study, judgements
    from pipeline.study.store import now

    opened = Study.open(study, key=key)
    known = {code.id for code in of_study(opened).leaves()}
    renamed = {old: code.id for code in of_study(opened).codes for old in code.was}
    with opened.store() as store:
        coded: Coded = rows_of(opened, store, file, coder)
        problems = coded.problems + _unknown(coded.rows, known | set(renamed))
        matched, unmatched = match(coded.rows, store.utterances(opened.case_of()))
        problems += [f"row {one.number + 1}: {one.reason}" for one in unmatched]
        if not coder and any(not row.coder for row in coded.rows) and not adjudicated:
            raise StudyError("does not say who coded", where=file.name, hint="Give --coder NAME.")
        if problems and not accept_partial:
            raise refuse(problems, file.name)
        good = [one for one in matched if all(g.code in known or g.code in renamed for g in one.row.codes)]
        with opened.run(store, "codes import") as run:
            notes = _clean_notes([one.row.note for one in good])
            made = [
                decision
                for one, note in zip(good, notes, strict=True)
                for decision in _decisions(one, coder, adjudicated, renamed, note, now(), run.id)
            ]
            made = as_batches(store, coded, made, run.id)
            added = judgements.add_decisions(store, resolve_changes(made, judgements.decisions(store)))
            touched = len({one.utterance_id for one in made})
            left = len(problems) if coded.digest else len(coded.rows) - len(good)
            new_codes = keep_wanted(store, coded, coder, run.id)
            run.result = {"added": added, "utterances": touched, "left_out": left, "new_codes": new_codes}
    return {**run.result, "problems": problems, "notices": coded.notices}


def _unknown(rows: list[Any], known: set[str]) -> list[str]:
    from pipeline.review.batch import shown

    return [
        f"row {number + 1}: {shown(given.code)} is no code of the codebook"
        for number, row in enumerate(rows, start=1)
        for given in row.codes
        if given.code not in known
    ]


def _clean_notes(notes: list[str]) -> list[str]:
    """Notes with the names in them masked: what coders write may name people too."""
    from pipeline.cli._notes import masked

    return masked(notes)


def _decisions(
    matched: Any, coder: str, adjudicated: bool, renamed: dict[str, str], note: str, at: str, run_id: int
) -> list[Any]:
    from pipeline.records import NONE, Decision, Given

    row = matched.row
    settled = adjudicated or row.coder == "adjudicated"
    given = row.codes or (Given(NONE),)
    return [
        Decision(
            utterance_id=utterance.id,
            text_hash=utterance.text_hash,
            code=renamed.get(one.code, one.code),
            answer="none" if one.code == NONE else "accept",
            coder=row.coder or coder or "adjudicated",
            at=at,
            valence=one.valence,
            kind="adjudicated" if settled else "coded",
            seen="suggested" if row.seen == "suggested" else "blind",
            run_id=run_id,
            note=note,
        )
        for utterance in matched.utterances
        for one in given
    ]

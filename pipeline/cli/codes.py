"""`secondcoder codes check` and `secondcoder codes import`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, came_in, emit, number_of, say, show, waits

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
    accept_partial: Annotated[
        bool, typer.Option("--accept-partial", help="Take the good rows although others are bad.")
    ] = False,
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
        from pipeline.cli._codebook_in import import_codebook

        result = import_codebook(study, file, replace=codebook)
        lines, new = result["lines"], True
    else:
        from pipeline.cli._codes_in import import_codes

        result = import_codes(
            study, file, coder=coder, adjudicated=adjudicated, accept_partial=accept_partial, key=key
        )
        lines = _told(result, study)
        new = bool(result["added"])
    if as_json:
        emit(result)
        return
    for line in lines:
        say(line)
    say(f"Next: secondcoder {'suggest' if new else 'review status'} {study}")


def _told(result: dict[str, Any], study: Path) -> list[str]:
    """What came in, what was left out and why."""
    lines = [
        *result["notices"],
        f"{result['file']}: {came_in(result['added'], result['known'], result['left_out'])}",
        *[f"  {line}" for line in result["problems"]],
    ]
    lines += [f"Batch {batch}: {coder}'s." for coder, batch in result["batches"].items()]
    if result["new_codes"]:
        wanted = number_of(result["new_codes"], "new code")
        lines.append(f"{wanted} wanted: see `secondcoder review status {study}`.")
    if result["waiting"]:
        lines.append(waits(result["waiting"]))
    return lines

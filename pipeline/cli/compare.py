"""`secondcoder compare`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show


@app.command()
def compare(
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", help="The study folder.")] = None,
    coded: Annotated[Path | None, typer.Option(metavar="FILE", help="Instead: a coded table.")] = None,
    cases: Annotated[
        Path | None, typer.Option(metavar="FILE", help="... with the cases' attributes.")
    ] = None,
    group: Annotated[str, typer.Option(help="The column of the cases that groups them.")] = "",
    present_share: Annotated[
        float | None, typer.Option(help="Present in a case: at least this share of its participants.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="... and write workbook and CSV there.")
    ] = None,
    workbook: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take your summaries from this copy of matrix.xlsx.")
    ] = None,
    with_suggestions: Annotated[
        bool, typer.Option("--with-suggestions", help="Count what nobody has reviewed too, marked.")
    ] = False,
    condition: Annotated[
        list[str] | None, typer.Option(metavar="NAME=SOURCE", help="QCA: a condition; see docs/COMPARING.md.")
    ] = None,
    outcome: Annotated[str, typer.Option(metavar="NAME=SOURCE", help="QCA: the outcome.")] = "",
    expect: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="QCA: expected to favour it; ~NAME: its absence.")
    ] = None,
    incl_cut: Annotated[float, typer.Option(help="QCA: consistency that a combination needs.")] = 0.8,
    n_cut: Annotated[int, typer.Option(help="QCA: cases that a combination needs.")] = 1,
    as_json: JsonOpt = False,
) -> None:
    """Lay reviewed codes out case by case, and say what all share and what marks one group.

    Example:  secondcoder compare my-study
    """
    from pipeline.cli import _comparing
    from pipeline.compare.both import both_sides

    if study is not None and not (coded or cases or into):
        found = compare_study(
            study,
            group=group,
            present_share=present_share,
            workbook=workbook,
            with_suggestions=with_suggestions,
        )
    elif coded is not None and cases is not None and study is None:
        found = _comparing.of_tables(
            coded, cases, group=group or "group", present_share=present_share, workbook=workbook
        )
    else:
        raise typer.BadParameter("give a study, or --coded FILE with --cases FILE")
    laid, comparison = found
    attributes = _attributes(study, cases)
    asked = qca = None
    behind: dict[str, Any] = {}
    if condition or outcome:
        share = comparison.rules.present_share
        asked = _comparing.ask(laid, attributes, condition or [], outcome, share)
        expected = _comparing.expectations(expect or [])
        qca = both_sides(asked, incl_cut=incl_cut, n_cut=n_cut, expectations=expected)
        behind = _comparing.behind(laid, asked, qca)
    if study is not None or into is not None:
        made = _comparing.files(found, attributes, asked)
        say(f"Written: {', '.join(_write(made, study, into))}")
    if as_json:
        emit(
            {
                "matrix": laid.as_json(),
                **comparison.as_json(),
                **({"qca": {**qca.as_json(), "quotes": behind}} if qca else {}),
            }
        )
    else:
        _show(comparison, qca, behind)
    for line in comparison.notices:
        say(line)
    if study is not None:
        say(f"Write your summaries into matrix.xlsx; they are kept. Next: secondcoder report {study}")


def compare_study(
    study: Path,
    *,
    group: str = "",
    present_share: float | None = None,
    workbook: Path | None = None,
    with_suggestions: bool = False,
) -> tuple[Any, Any]:
    """Matrix and patterns of a study's reviewed codes."""
    from pipeline.cli._comparing import of_study

    return of_study(
        study,
        group=group,
        present_share=present_share,
        workbook=workbook,
        with_suggestions=with_suggestions,
    )


def save(study: Path, found: tuple[Any, Any]) -> tuple[str, str]:
    """Write workbook, matrix and patterns under `reports/`; gives the first's and the last's place."""
    from pipeline.cli._comparing import files

    written = _write(files(found, _attributes(study, None)), study, None)
    return written[0], written[2]


def _write(made: dict[str, bytes], study: Path | None, into: Path | None) -> list[str]:
    from pipeline.cli._comparing import write_into
    from pipeline.study import Study

    if study is None:
        return write_into(into, made) if into is not None else []
    opened = Study.open(study)
    return [str(opened.write_report(name, data)) for name, data in made.items()]


def _attributes(study: Path | None, cases: Path | None) -> dict[str, dict[str, str]]:
    from pipeline.study import Study
    from pipeline.study.folder import read_cases

    if cases is not None:
        return read_cases(cases)
    return Study.open(study).cases() if study is not None else {}


def _show(comparison: Any, qca: Any, behind: dict[str, Any]) -> None:
    from pipeline.cli._compare_words import families, qca_lines

    for line in families(comparison):
        show(line)
    for line in qca_lines(qca, behind) if qca is not None else ():
        show(line)

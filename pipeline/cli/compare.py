"""`secondcoder compare`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show

StudyOpt = Annotated[Path | None, typer.Argument(metavar="STUDY", help="The study folder.")]
CodedOpt = Annotated[Path | None, typer.Option(metavar="FILE", help="Instead: a coded table.")]
CasesOpt = Annotated[Path | None, typer.Option(metavar="FILE", help="... with the cases' attributes.")]
IntoOpt = Annotated[Path | None, typer.Option(metavar="FOLDER", help="... and write workbook and CSV there.")]
GroupOpt = Annotated[str, typer.Option(help="The column of the cases that groups them.")]
ShareOpt = Annotated[
    float | None, typer.Option(help="Present in a case: at least this share of its participants.")
]
WorkbookOpt = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take your summaries from this copy of matrix.xlsx.")
]
SuggestedOpt = Annotated[
    bool, typer.Option("--with-suggestions", help="Count what nobody has reviewed too, marked.")
]
ConditionOpt = Annotated[
    list[str] | None, typer.Option(metavar="NAME=SOURCE", help="QCA: a condition; see docs/COMPARING.md.")
]
OutcomeOpt = Annotated[str, typer.Option(metavar="NAME=SOURCE", help="QCA: the outcome.")]
ExpectOpt = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="QCA: expected to favour it; ~NAME: its absence.")
]
InclOpt = Annotated[float, typer.Option(help="QCA: consistency that a combination needs.")]
CasesCutOpt = Annotated[int, typer.Option(help="QCA: cases that a combination needs.")]


@app.command()
def compare(
    study: StudyOpt = None,
    coded: CodedOpt = None,
    cases: CasesOpt = None,
    into: IntoOpt = None,
    group: GroupOpt = "",
    present_share: ShareOpt = None,
    workbook: WorkbookOpt = None,
    with_suggestions: SuggestedOpt = False,
    condition: ConditionOpt = None,
    outcome: OutcomeOpt = "",
    expect: ExpectOpt = None,
    incl_cut: InclOpt = 0.8,
    n_cut: CasesCutOpt = 1,
    as_json: JsonOpt = False,
) -> None:
    """Lay reviewed codes out case by case, and say what all share and what marks one group.

    Example:  secondcoder compare my-study
    """
    from pipeline.cli import _comparing

    if study is not None and not (coded or cases or into):
        found = compare_study(study, group, present_share, workbook, with_suggestions)
    elif coded is not None and cases is not None and study is None:
        found = _comparing.of_tables(coded, cases, group or "group", present_share, workbook)
    else:
        raise typer.BadParameter("give a study, or --coded FILE with --cases FILE")
    attributes = _attributes(study, cases)
    asked = None
    if condition or outcome:
        asked = _comparing.ask(found, attributes, condition or [], outcome)
    qca = _comparing.qca(found, asked, expect or [], incl_cut, n_cut) if asked else None
    if study is not None or into is not None:
        made = _comparing.files(found, attributes, asked, qca, _names(study), _checked(study))
        say(f"Written: {', '.join(_write(made, study, into))}")
    _tell(found, qca, as_json)
    if study is not None:
        say(f"Write your summaries into matrix.xlsx; they are kept. Next: secondcoder report {study}")


def compare_study(
    study: Path,
    group: str = "",
    present_share: float | None = None,
    workbook: Path | None = None,
    with_suggestions: bool = False,
) -> tuple[Any, Any]:
    """Matrix and patterns of a study's reviewed codes."""
    from pipeline.cli._comparing import of_study

    return of_study(study, group, present_share, workbook, with_suggestions)


def save(study: Path, found: tuple[Any, Any]) -> tuple[str, str]:
    """Write workbook, matrix and patterns under `reports/`; gives the first's and the last's place."""
    from pipeline.cli._comparing import files

    made = files(found, _attributes(study, None), names=_names(study), checked=_checked(study))
    written = _write(made, study, None)
    return written[0], written[2]


def _write(made: dict[str, bytes], study: Path | None, into: Path | None) -> list[str]:
    from pipeline.cli._comparing import write_into
    from pipeline.study import Study

    if study is None:
        return write_into(into, made) if into is not None else []
    opened = Study.open(study)
    return [str(opened.write_report(name, data)) for name, data in made.items()]


def _names(study: Path | None) -> dict[str, str]:
    """The names of a study's codes, for pictures."""
    from pipeline.cli._codebook import of_study
    from pipeline.study import Study

    return {} if study is None else {code.id: code.name for code in of_study(Study.open(study)).codes}


def _checked(study: Path | None) -> str:
    """How a study's text was searched for names, for everything that is written of it."""
    from pipeline.cli._gate import of_study

    return "" if study is None else of_study(study)


def _attributes(study: Path | None, cases: Path | None) -> dict[str, dict[str, str]]:
    from pipeline.study import Study
    from pipeline.study.folder import read_cases

    if cases is not None:
        return read_cases(cases)
    return Study.open(study).cases() if study is not None else {}


def _tell(found: tuple[Any, Any], qca: Any, as_json: bool) -> None:
    """The result on the screen or as JSON, then what has to be said beside it."""
    from pipeline.cli._compare_words import families, qca_lines

    laid, comparison = found
    if as_json:
        asked = {} if qca is None else {"qca": {**qca.found.as_json(), "quotes": qca.behind}}
        emit({"matrix": laid.as_json(), **comparison.as_json(), **asked})
    else:
        for line in [*families(comparison), *(qca_lines(qca.found, qca.behind) if qca else ())]:
            show(line)
    for line in comparison.notices:
        say(line)

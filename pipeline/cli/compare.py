"""`secondcoder compare`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show
from pipeline.cli._compare_qca import (
    CasesCutOpt,
    ConditionOpt,
    ExpectOpt,
    InclOpt,
    OutcomeOpt,
    PriOpt,
    QcaOpt,
)

StudyOpt = Annotated[Path | None, typer.Argument(metavar="STUDY", help="The study folder.")]
CodedOpt = Annotated[Path | None, typer.Option(metavar="FILE", help="Instead: a coded table.")]
CasesOpt = Annotated[Path | None, typer.Option(metavar="FILE", help="... with the cases' attributes.")]
IntoOpt = Annotated[Path | None, typer.Option(metavar="FOLDER", help="... and write workbook and CSV there.")]
GroupOpt = Annotated[str, typer.Option(help="The column of the cases that groups them.")]
OutlierOpt = Annotated[
    str | None, typer.Option(metavar="GROUP", help="The group of cases to set aside and place afterwards.")
]
ShareOpt = Annotated[
    float | None, typer.Option(help="Present in a case: at least this share of its participants.")
]
WorkbookOpt = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take your summaries from this copy of matrix.xlsx.")
]
SuggestedOpt = Annotated[
    bool, typer.Option("--with-suggestions", help="Count what nobody has reviewed too, marked.")
]


@app.command()
def compare(
    study: StudyOpt = None,
    coded: CodedOpt = None,
    cases: CasesOpt = None,
    into: IntoOpt = None,
    group: GroupOpt = "",
    outlier: OutlierOpt = None,
    present_share: ShareOpt = None,
    workbook: WorkbookOpt = None,
    with_suggestions: SuggestedOpt = False,
    qca: QcaOpt = None,
    condition: ConditionOpt = None,
    outcome: OutcomeOpt = "",
    expect: ExpectOpt = None,
    incl_cut: InclOpt = None,
    pri_cut: PriOpt = None,
    n_cut: CasesCutOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Lay reviewed codes out case by case, and say what all share and what marks one group.

    Example:  secondcoder compare my-study
    """
    from pipeline.cli import _compare_qca, _comparing
    from pipeline.cli._gate import tell_invented

    wanted = _compare_qca.plan(qca, condition, outcome, expect, (incl_cut, pri_cut, n_cut))
    asked = _comparing.Asked(group, outlier, present_share, workbook, with_suggestions)
    if study is not None and not (coded or cases or into):
        found = _comparing.of_study(study, asked)
    elif coded is not None and cases is not None and study is None:
        found = _comparing.of_tables(coded, cases, asked, into)
    else:
        raise typer.BadParameter("give a study, or --coded FILE with --cases FILE")
    attributes = _attributes(study, cases)
    answered = _compare_qca.answer(found, attributes, wanted) if wanted else None
    if study is not None or into is not None:
        made = _comparing.files(found, attributes, answered, _names(study), _checked(study, found))
        files = [Path(name) for name in _write(made, study, into, workbook)]
        say(f"Written in {files[0].parent}: {', '.join(file.name for file in files)}")
    _tell(found, answered, as_json)
    if study is not None:
        tell_invented(study)
        say(f"Write your summaries into matrix.xlsx; they are kept. Next: secondcoder report {study}")


def compare_study(study: Path) -> tuple[Any, Any]:
    """Matrix and patterns of a study's reviewed codes, as its settings ask for them."""
    from pipeline.cli import _comparing

    return _comparing.of_study(study, _comparing.Asked())


def save(study: Path, found: tuple[Any, Any]) -> tuple[str, str]:
    """Write workbook, matrix and patterns under `reports/`; gives the first's and the last's place."""
    from pipeline.cli._comparing import files

    made = files(found, _attributes(study, None), names=_names(study), checked=_checked(study, found))
    written = _write(made, study, None, None)
    return written[0], written[2]


def _write(made: dict[str, bytes], study: Path | None, into: Path | None, workbook: Path | None) -> list[str]:
    """Write the files; the workbook as it was is kept where another one's words came in."""
    from pipeline.cli._comparing import write_into
    from pipeline.cli._matrix_files import BEFORE, WORKBOOK
    from pipeline.study import Study

    folder = into if study is None else study / "reports"
    if folder is None:
        return []
    before = folder / WORKBOOK
    if workbook is not None and before.is_file() and not workbook.samefile(before):
        made = {**made, BEFORE: before.read_bytes()}
    if study is None:
        return write_into(folder, made)
    opened = Study.open(study)
    return [str(opened.write_report(name, data)) for name, data in made.items()]


def _names(study: Path | None) -> dict[str, str]:
    """The names of a study's codes, for pictures."""
    from pipeline.cli._codebook import of_study
    from pipeline.study import Study

    return {} if study is None else {code.id: code.name for code in of_study(Study.open(study)).codes}


def _checked(study: Path | None, found: tuple[Any, Any]) -> str:
    """How a study's text was searched for names, for everything that is written of it."""
    from pipeline.cli._gate import check_swept
    from pipeline.cli._summaries import unswept
    from pipeline.study import Study

    if study is None:
        return ""
    opened = Study.open(study)
    with opened.store() as store:
        left = unswept(store, [one.summary for one in found[0].charts])
        return f"{check_swept(opened, store)} {left}".strip()


def _attributes(study: Path | None, cases: Path | None) -> dict[str, dict[str, str]]:
    from pipeline.cli._compare_tables import read_cases
    from pipeline.study import Study

    if cases is not None:
        return read_cases(cases)
    return Study.open(study).cases() if study is not None else {}


def _tell(found: tuple[Any, Any], answered: Any, as_json: bool) -> None:
    """The result on the screen or as JSON, then what has to be said beside it."""
    from pipeline.cli._compare_words import families, qca_lines

    laid, comparison = found
    if as_json:
        asked = {} if answered is None else {"qca": answered.as_json()}
        emit({"matrix": laid.as_json(), **comparison.as_json(), **asked})
    else:
        for line in [*families(comparison), *(qca_lines(answered) if answered else ())]:
            show(line)
    for line in comparison.notices:
        say(line)

"""`secondcoder compare`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show, table


@app.command()
def compare(
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", help="The study folder.")] = None,
    coded: Annotated[Path | None, typer.Option(metavar="FILE", help="Instead: a coded table.")] = None,
    cases: Annotated[
        Path | None, typer.Option(metavar="FILE", help="... with the cases' attributes.")
    ] = None,
    group: Annotated[str, typer.Option(help="The column of the cases that groups them.")] = "",
    as_json: JsonOpt = False,
) -> None:
    """Lay reviewed codes out case by case, and say what all share and what marks one group.

    Example:  secondcoder compare my-study
    """
    from pipeline.errors import StudyError

    if study is not None and coded is None:
        found = compare_study(study, group=group)
        matrix_file, pattern_file = save(study, found)
        say(f"Written: {matrix_file}, {pattern_file}")
    elif coded is not None and cases is not None and study is None:
        found = compare_tables(coded, cases, group=group or "group")
    else:
        raise StudyError("give a study, or --coded FILE with --cases FILE")
    matrix, comparison = found
    if as_json:
        emit({"matrix": matrix.as_json(), **comparison.as_json()})
        return
    show(
        table(_pattern_rows(comparison), ["code", "way", "pattern", "cases that show it", "goes against it"])
    )
    for line in (*matrix.notices, *comparison.notices):
        say(line)


def compare_study(study: Path, *, group: str = "") -> tuple[Any, Any]:
    """Matrix and patterns of a study's reviewed codes."""
    from pipeline.cli._codebook import of_study
    from pipeline.compare.matrix import matrix
    from pipeline.compare.patterns import patterns
    from pipeline.errors import StudyError
    from pipeline.review.state import ADJUDICATED, coded_rows
    from pipeline.study import Study, judgements

    opened = Study.open(study)
    book = of_study(opened)
    with opened.store() as store:
        rows = coded_rows(judgements.decisions(store), store.utterances(opened.case_of()))
    if not rows:
        raise StudyError("nothing has been reviewed yet", hint="secondcoder review export STUDY --coder NAME")
    settled = [row for row in rows if row.coder == ADJUDICATED]
    done = {row.utterance_id for row in settled}
    rows = settled + [row for row in rows if row.utterance_id not in done]
    groups = _groups(opened.cases(), group or opened.settings.compare.group, rows)
    people: dict[str, list[str]] = {}
    for one in opened.people():
        if one.participant and one.case in groups:
            people.setdefault(one.case, []).append(one.participant)
    laid = matrix(rows, [code.id for code in book.leaves()], cases=sorted(groups), participants=people)
    return laid, patterns(laid, groups, present_share=opened.settings.compare.present_share)


def compare_tables(coded: Path, cases: Path, *, group: str) -> tuple[Any, Any]:
    """Matrix and patterns from tables alone."""
    from pipeline.compare.matrix import matrix
    from pipeline.compare.patterns import patterns
    from pipeline.exchange.table import read_table
    from pipeline.study.folder import read_cases

    rows = read_table(coded.read_bytes(), coded.name, needs=("case", "speaker", "text", "codes"))
    groups = _groups(read_cases(cases), group, rows)
    laid = matrix(rows, cases=sorted({row.case for row in rows}))
    return laid, patterns(laid, groups)


def save(study: Path, found: tuple[Any, Any]) -> tuple[str, str]:
    """Write matrix and patterns as CSV under `reports/`."""
    import csv
    import io

    from pipeline.study import Study

    matrix, comparison = found
    opened = Study.open(study)
    files = []
    for name, rows in (("matrix.csv", matrix.as_json()), ("patterns.csv", _flat(comparison))):
        out = io.StringIO()
        writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["code"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        files.append(str(opened.write_report(name, out.getvalue().encode("utf-8-sig"))))
    return files[0], files[1]


def _groups(cases: dict[str, dict[str, str]], column: str, rows: list[Any]) -> dict[str, str]:
    from pipeline.errors import StudyError

    for row in rows:
        if row.case not in cases:
            raise StudyError(
                f"case {row.case or '(empty)'} of {row.speaker or row.transcript_id} is missing",
                where="cases.csv",
                hint="Add a row for it.",
            )
    if any(column not in attributes for attributes in cases.values()):
        raise StudyError(
            f"has no column {column}",
            where="cases.csv",
            hint="Name the column that groups the cases: --group",
        )
    return {case: attributes[column] for case, attributes in cases.items()}


def _flat(comparison: Any) -> list[dict[str, str]]:
    header = ("code", "valence", "pattern", "counts", "against")
    return [dict(zip(header, row, strict=True)) for row in _pattern_rows(comparison)]


def _pattern_rows(comparison: Any) -> list[list[str]]:
    rows = []
    for one in comparison.patterns:
        if one.valence is None:
            continue
        counts = ", ".join(
            f"{len(count.present)} of {count.of} {name}" for name, count in one.counts.items() if count.of
        )
        against = ", ".join(negative.case for negative in one.negative_cases)
        rows.append([one.code, one.valence, one.pattern, counts, against])
    return rows

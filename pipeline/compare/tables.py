"""The framework matrix and the patterns as CSV, and the analyst's columns back from the first."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.compare.cells import shortened
from pipeline.compare.comparison import Comparison
from pipeline.compare.matrix import ANALYST_STATUSES, Cell, Chart, Matrix
from pipeline.compare.words import against, counts, sure
from pipeline.errors import StudyError
from pipeline.workbooks import harmless, original

COLUMNS = (
    "case",
    "participant",
    "code",
    "valence",
    "your_status",
    "your_summary",
    "found",
    "utterances",
    "participants",
    "of",
    "facilitator",
    "barrier",
    "unreviewed",
    "references",
)
PATTERN_COLUMNS = ("code", "valence", "counts", "against", "pattern", "outliers", "sure", "unreviewed")


def write_csv(matrix: Matrix, *, participants: bool = False) -> bytes:
    """The matrix as CSV, a row for each case, code and direction (and for each participant, if asked).

    The analyst's columns stand in the rows without a direction. Text that a spreadsheet would read as a
    formula gets an apostrophe before it, which `read_csv` takes away again.
    """
    mine = {(chart.case, chart.participant, chart.code): chart for chart in matrix.charts}
    cells = (*matrix.cells, *(matrix.by_participant() if participants else ()))
    return _as_csv([_values(cell, mine) for cell in cells], COLUMNS)


def _values(cell: Cell, mine: Mapping[tuple[str, str, str], Chart]) -> list[str]:
    chart = mine.get((cell.case, cell.participant, cell.code), Chart(cell.case, cell.code))
    yours = (chart.status, chart.summary) if cell.valence is None else ("", "")
    shares = ["" if one is None else f"{one:.3f}" for one in (cell.facilitator, cell.barrier)]
    values = (cell.case, cell.participant, cell.code, cell.valence or "", *yours, cell.status)
    counts = (str(cell.utterances), str(cell.participants), str(cell.of), *shares, str(cell.unreviewed))
    return [harmless(value) for value in (*values, *counts, " ".join(cell.refs))]


def _as_csv(rows: list[list[str]], columns: Sequence[str]) -> bytes:
    """Rows as CSV with the mark that makes Excel read it as UTF-8."""
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def write_patterns(comparison: Comparison) -> bytes:
    """The patterns as CSV, a row each, with what goes against them and how sure they are, in words."""
    rows = []
    for one in comparison.patterns:
        values = (
            one.code,
            one.valence or "",
            counts(one.counts),
            "\n".join(against(negative) for negative in one.negative_cases),
            one.pattern,
            "; ".join(f"{case} goes with {group}" for case, group in one.outliers.items()),
            "" if one.pattern == "insufficient" else sure(one.robust),
            "yes" if one.unreviewed else "no",
        )
        rows.append([harmless(shortened(value)) for value in values])
    return _as_csv(rows, PATTERN_COLUMNS)


def read_csv(data: bytes, name: str) -> tuple[Chart, ...]:
    """The analyst's statuses and summaries from a CSV that `write_csv` made.

    Raises `StudyError` with the row for a status that is none, or if a column is lacking.
    """
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        lacking = [one for one in COLUMNS[:6] if one not in (rows.fieldnames or ())]
        if lacking:
            raise StudyError(f"lacks the column {lacking[0]}", where=name, hint="Export it again.")
        return tuple(_charts(rows, name))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise StudyError(
            "cannot be read as CSV in UTF-8", where=name, hint="Save it as CSV UTF-8."
        ) from problem


def _charts(rows: csv.DictReader[str], name: str) -> list[Chart]:
    out = []
    for row in rows:
        case, person, code, valence, status, summary = (original(row[one] or "") for one in COLUMNS[:6])
        if valence or not (status or summary):
            continue
        if status and status not in ANALYST_STATUSES:
            raise StudyError(
                f"{status!r} is no status you can set",
                where=f"{name}, line {rows.line_num}",
                hint=f"One of {', '.join(ANALYST_STATUSES)}.",
            )
        out.append(Chart(case, code, person, status, summary))
    return out

"""What the analyst wrote into the matrix workbook, read back; what cannot be read is told row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.compare.matrix import ANALYST_STATUSES, Chart, Matrix
from pipeline.compare.workbook import HELP, LEFT_OVER, OVERVIEW, STATUS, SUMMARY
from pipeline.errors import Problem, StudyError, refused
from pipeline.workbooks import sheets_of

_HINT = (
    f"Nothing was changed. A status is one of {', '.join(ANALYST_STATUSES)}, or empty; leave the columns "
    "that are not coloured as they are."
)
_WORD = re.compile(r"[\w -]{1,20}")
"""What may be said back in a message; anything longer could be a participant's words."""

Key = tuple[str, str, str]
"""Case, participant ("" for the case itself), code."""


def read_workbook(data: bytes, name: str, *, known: Matrix | None = None) -> tuple[Chart, ...]:
    """The analyst's summaries and statuses from a returned workbook, to be handed to `matrix(charts=...)`.

    `name` is the file's, for messages. A status may be written with capitals, spaces or hyphens. With
    `known`, rows of cases, participants or codes that the matrix lacks are refused too. Raises one
    `StudyError` that names every row that cannot be taken: a status that is none, a row told twice, words
    without a case, a sheet without its columns; and for a file that is no workbook.
    """
    charts: dict[Key, Chart] = {}
    problems: list[Problem] = []
    sheets = {title: rows for title, rows in sheets_of(data, name).items() if title not in (OVERVIEW, HELP)}
    for title, rows in sheets.items():
        matched = None if title == LEFT_OVER else known
        for number, chart, wrong in _read(iter(rows)):
            wrong = wrong or _wrong(chart, charts, matched)
            if wrong:
                problems.append(Problem(f"sheet {title}, row {number}", wrong))
            charts.setdefault((chart.case, chart.participant, chart.code), chart)
    if problems:
        raise refused(problems, where=name, hint=_HINT)
    if not sheets:
        raise StudyError(
            "holds no sheet of a construct", where=name, hint="Export it again with `secondcoder compare`."
        )
    return tuple(chart for chart in charts.values() if chart.status or chart.summary)


def _read(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[int, Chart, str]]:
    """Each row's number, what it holds, and what is wrong with it before its content is looked at."""
    header = [_text(value).strip().casefold() for value in next(rows, ())]
    needs = ("case", "participant", "code", STATUS, SUMMARY)
    lacking = [column for column in needs if column not in header]
    if lacking:
        yield 1, Chart("", ""), f"lacks the column {lacking[0]!r}"
        return
    places = [header.index(column) for column in needs]
    for number, values in enumerate(rows, start=2):
        case, participant, code, status, summary = (
            _text(values[at]).strip() if at < len(values) else "" for at in places
        )
        chart = Chart(case, code, participant, _status(status), summary)
        if case and code:
            yield number, chart, ""
        elif case or code or status or summary:
            yield number, chart, f"has no {'code' if case else 'case'}"


def _status(written: str) -> str:
    plain = "_".join(written.replace("-", " ").replace("_", " ").split()).casefold()
    return plain if plain in ANALYST_STATUSES else written


def _wrong(chart: Chart, before: dict[Key, Chart], known: Matrix | None) -> str:
    """What is wrong with a row, "" if nothing is."""
    if chart.status and chart.status not in ANALYST_STATUSES:
        shown = repr(chart.status) if _WORD.fullmatch(chart.status) else "what stands there"
        return f"{shown} is no status you can set"
    if (chart.case, chart.participant, chart.code) in before:
        return f"{' '.join((chart.case, chart.participant)).strip()} stands there twice"
    if known is None:
        return ""
    for value, all_known, what in (
        (chart.code, known.codes, "code"),
        (chart.case, known.cases, "case"),
        (chart.participant, ("", *known.people.get(chart.case, ())), "participant of that case"),
    ):
        if value not in all_known:
            return f"no {what} is called {value!r}"
    return ""


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)

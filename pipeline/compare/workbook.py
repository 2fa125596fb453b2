"""The framework matrix as a workbook, and the analyst's summaries and statuses back from it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import openpyxl
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.compare.cells import LONGEST, shortened
from pipeline.compare.matrix import ANALYST_STATUSES, Cell, Chart, Matrix
from pipeline.errors import StudyError

OVERVIEW, HELP, LEFT_OVER = "Matrix", "How to use", "Left over"
SUMMARY, STATUS = "your summary", "your status"
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_BOLD = Font(bold=True)
_YOURS = PatternFill("solid", fgColor="FFF6D5")
_WIDTHS = {SUMMARY: 60, "quotes": 80, "references": 30, "code": 28, STATUS: 16, "found": 14}
_COUNTS = ("utterances", "participants", "of", "facilitator", "barrier", "unreviewed")
_NOTES = (
    "Each sheet is one construct: a row for each case, below it one for each of its participants.",
    "Write into the two coloured columns only; everything else is made anew with each export.",
    f"{SUMMARY}: in your words, with the participants' phrases, each claim with its turn: [S3PW1:112].",
    f"{STATUS}: what only you can know. asked_no_view: asked, nothing to say. asked_denied: said it is not "
    "so. not_asked: the interview never came to it.",
    "found: data (somebody speaks of it), none_found (reviewed, nobody does), conflict (it helps and it "
    "hinders in the same case), not_reviewed (nobody has coded it yet).",
    "facilitator and barrier: shares of the utterances whose direction is known.",
    f"{LEFT_OVER} (if it is there): what you wrote on codes, cases or people that are no longer compared.",
    "An empty cell never means that something is absent.",
)


def write_workbook(
    matrix: Matrix,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
    *,
    participants: bool = True,
    checked: str = "",
) -> bytes:
    """The matrix as `.xlsx`: an overview, then a sheet for each construct.

    `attributes` (case -> column -> text) stand beside the cases; `participants` adds a row for each,
    `checked` says how the text was searched for names. The charts that the matrix was built with are
    filled in, so summaries survive every rebuild. Text that begins with = + - @ stays text. Raises
    `StudyError` for a summary longer than a cell can be.
    """
    _check_lengths(matrix.charts)
    book = openpyxl.Workbook(write_only=True)
    columns = tuple(dict.fromkeys(name for values in (attributes or {}).values() for name in values))
    beside = {
        case: [(attributes or {}).get(case, {}).get(name, "") for name in columns] for case in matrix.cases
    }
    _overview(book.create_sheet(OVERVIEW), matrix, columns, beside)
    titles = sheet_titles(matrix.codes)
    mine = {(chart.case, chart.participant, chart.code): chart for chart in matrix.charts}
    for at, code in enumerate(matrix.codes):
        sheet = book.create_sheet(titles[at])
        header = (
            "case",
            "participant",
            *columns,
            STATUS,
            SUMMARY,
            "found",
            *_COUNTS,
            "quotes",
            "references",
            "code",
        )
        _prepare(sheet, header)
        for cell in _rows(matrix, code, participants):
            chart = mine.get((cell.case, cell.participant, code), Chart(cell.case, code))
            yours = (chart.status, chart.summary)
            values = (cell.case, cell.participant, *beside[cell.case], *yours, *_found(cell))
            sheet.append([_cell(sheet, value, name) for value, name in zip(values, header, strict=True)])
    _left_over(book, matrix)
    _help(book.create_sheet(HELP), checked)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _check_lengths(charts: Sequence[Chart]) -> None:
    """Before anything is written: a book given up half-way leaves a file open."""
    for chart in charts:
        if len(chart.summary) > LONGEST:
            raise StudyError(
                f"the summary has {len(chart.summary)} characters; a workbook's cell holds {LONGEST}",
                where=f"{chart.case} {chart.participant}".strip() + f", {chart.code}",
                hint="Shorten it.",
            )


def sheet_titles(codes: Sequence[str]) -> list[str]:
    """A sheet's name for each code: at most 31 characters, none that Excel forbids, none twice.

    >>> sheet_titles(["context.culture", "a" * 40, "a" * 41])
    ['context.culture', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa~3']
    """
    taken = {
        OVERVIEW.casefold(),
        HELP.casefold(),
        LEFT_OVER.casefold(),
        "history",
    }  # Excel keeps "History" for itself
    out = []
    for number, code in enumerate(codes, start=1):
        title = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", code)[:31].strip("'") or "code"
        if title.casefold() in taken:
            title = f"{title[: 30 - len(str(number))]}~{number}"
        taken.add(title.casefold())
        out.append(title)
    return out


def read_workbook(data: bytes, name: str, *, known: Matrix | None = None) -> tuple[Chart, ...]:
    """The analyst's summaries and statuses from a returned workbook, to be handed to `matrix(charts=...)`.

    `name` is the file's, for messages; with `known`, rows of cases, participants or codes that the matrix
    lacks are refused. Raises `StudyError` with sheet and row for a status that is none, a row told twice,
    a sheet without its columns, and a file that is no workbook.
    """
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as problem:
        raise StudyError(
            "cannot be opened as a workbook", where=name, hint="Save it again as .xlsx, without a password."
        ) from problem
    charts: dict[tuple[str, str, str], Chart] = {}
    sheets = [sheet for sheet in book.worksheets if sheet.title not in (OVERVIEW, HELP)]
    try:
        for sheet in sheets:
            where = f"{name}, sheet {sheet.title}"
            for number, chart in _read(sheet.iter_rows(values_only=True), where):
                _check(chart, f"{where}, row {number}", None if sheet.title == LEFT_OVER else known)
                key = (chart.case, chart.participant, chart.code)
                if key in charts:
                    raise StudyError(
                        f"{' '.join(key[:2]).strip()} stands there twice",
                        where=f"{where}, row {number}",
                        hint="Keep one of the rows.",
                    )
                charts[key] = chart
    finally:
        book.close()
    if not sheets:
        raise StudyError(
            "holds no sheet of a construct", where=name, hint="Export it again with `secondcoder compare`."
        )
    return tuple(chart for chart in charts.values() if chart.status or chart.summary)


def _read(rows: Iterator[tuple[object, ...]], where: str) -> Iterator[tuple[int, Chart]]:
    header = [_text(value).strip().casefold() for value in next(rows, ())]
    needs = ("case", "participant", "code", STATUS, SUMMARY)
    lacking = [column for column in needs if column not in header]
    if lacking:
        raise StudyError(
            f"lacks the column {lacking[0]!r}", where=where, hint="Put the header back, or export it again."
        )
    places = [header.index(column) for column in needs]
    for number, values in enumerate(rows, start=2):
        case, participant, code, status, summary = (
            _text(values[at]) if at < len(values) else "" for at in places
        )
        if case or code:
            yield number, Chart(case, code, participant, status.strip(), summary.strip())


def _check(chart: Chart, where: str, known: Matrix | None) -> None:
    if chart.status and chart.status not in ANALYST_STATUSES:
        raise StudyError(
            f"{chart.status!r} is no status you can set",
            where=where,
            hint=f"One of {', '.join(ANALYST_STATUSES)}.",
        )
    if known is None:
        return
    for value, all_known, what in (
        (chart.code, known.codes, "code"),
        (chart.case, known.cases, "case"),
        (chart.participant, ("", *known.people.get(chart.case, ())), "participant of that case"),
    ):
        if value not in all_known:
            raise StudyError(
                f"no {what} is called {value!r}",
                where=where,
                hint="Leave the columns that are not coloured as they are.",
            )


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _rows(matrix: Matrix, code: str, participants: bool) -> Iterator[Cell]:
    """Each case's cell, then its participants'."""
    below: dict[str, list[Cell]] = {case: [] for case in matrix.cases}
    for cell in matrix.by_participant(code) if participants else ():
        if cell.valence is None:
            below[cell.case].append(cell)
    for case in matrix.cases:
        yield matrix.cell(case, code)
        yield from below[case]


def _found(cell: Cell) -> tuple[str | float, ...]:
    """What the tool says of a cell, in the order of the columns."""
    said = "\n".join(f"{quote.kind}: “{quote.text}” {quote.ref}" for quote in cell.quotes)
    shares = (cell.facilitator, cell.barrier)
    counts = (
        cell.utterances,
        cell.participants,
        cell.of,
        *("" if one is None else round(one, 3) for one in shares),
    )
    return (cell.status, *counts, cell.unreviewed, shortened(said), shortened(" ".join(cell.refs)), cell.code)


def _overview(
    sheet: Worksheet, matrix: Matrix, columns: Sequence[str], beside: Mapping[str, Sequence[str]]
) -> None:
    """Cases by constructs: how many participants, which way, and the summary."""
    header = ("case", *columns, *matrix.codes)
    _prepare(sheet, header, frozen="B2", wide=matrix.codes)
    for case in matrix.cases:
        texts = [_short(matrix, case, code) for code in matrix.codes]
        values = (case, *beside[case], *texts)
        sheet.append([_cell(sheet, value, "") for value in values])


def _left_over(book: openpyxl.Workbook, matrix: Matrix) -> None:
    """Nothing that the analyst wrote is lost because a code or a case went."""
    rest = [
        chart
        for chart in matrix.charts
        if (chart.status or chart.summary)
        and (
            chart.code not in matrix.codes
            or chart.case not in matrix.cases
            or chart.participant not in ("", *matrix.people[chart.case])
        )
    ]
    if not rest:
        return
    header = ("case", "participant", STATUS, SUMMARY, "code")
    sheet = book.create_sheet(LEFT_OVER)
    _prepare(sheet, header)
    for one in rest:
        values = (one.case, one.participant, one.status, one.summary, one.code)
        sheet.append([_cell(sheet, value, name) for value, name in zip(values, header, strict=True)])


def _short(matrix: Matrix, case: str, code: str) -> str:
    whole, helps, hinders = (matrix.cell(case, code, way) for way in (None, "facilitator", "barrier"))
    line = str(whole.status)
    if whole.utterances:
        line = f"{whole.participants} of {whole.of}"
        line += f" (facilitator {helps.participants}, barrier {hinders.participants})"
    return shortened(f"{line}\n{whole.summary}".strip())


def _prepare(
    sheet: Worksheet, header: Sequence[str], *, frozen: str = "C2", wide: Sequence[str] = ()
) -> None:
    """Widths, frozen panes, the choice of statuses, and the first row."""
    sheet.freeze_panes = frozen
    for at, name in enumerate(header, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = 32 if name in wide else _WIDTHS.get(name, 12)
    if STATUS in header:
        choice = DataValidation(type="list", formula1=f'"{",".join(ANALYST_STATUSES)}"', allow_blank=True)
        column = get_column_letter(header.index(STATUS) + 1)
        choice.add(f"{column}2:{column}1048576")
        sheet.data_validations.append(choice)
    titles = [_cell(sheet, name, "") for name in header]
    for title in titles:
        title.font = _BOLD
    sheet.append(titles)


def _help(sheet: Worksheet, checked: str) -> None:
    sheet.column_dimensions["A"].width = 110
    for note in (*_NOTES, *([checked] if checked else ())):
        sheet.append([_cell(sheet, note, "")])


def _cell(sheet: Worksheet, value: str | float, column: str) -> SheetCell:
    """A wrapped cell; text is kept as text, whatever it begins with."""
    cell: SheetCell = WriteOnlyCell(sheet, shortened(value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))  # keeps it text when edited in Excel
    cell.alignment = _WRAPPED
    if column in (SUMMARY, STATUS):
        cell.fill = _YOURS
    return cell

"""The framework matrix as a workbook; `returned` reads back what the analyst wrote into it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.compare import sheets
from pipeline.compare.cells import LONGEST, shortened
from pipeline.compare.charts import left_over
from pipeline.compare.matrix import ANALYST_STATUSES, Cell, Chart, Matrix
from pipeline.errors import StudyError

OVERVIEW, HELP, LEFT_OVER = "Matrix", "How to use", "Left over"
SUMMARY, STATUS = "your summary", "your status"
_WIDTHS = {
    "case": 11,
    "participant": 13,
    "group": 11,
    "said by": 9,
    "utterances": 10,
    "facilitator": 11,
    "barrier": 9,
    "quotes": 72,
    SUMMARY: 46,
    STATUS: 17,
    "references": 26,
    "code": 26,
    "found": 15,
}
_COUNTS = ("utterances", "participants", "of", "unreviewed")
_NOTES = (
    "Each sheet is one construct: a row for each case, below it one for each of its participants.",
    "Write into the two coloured columns only; everything else is made anew with each export.",
    f"{SUMMARY}: in your words, with the participants' phrases, each claim with its turn: [S3PW1:112].",
    f"{STATUS}: what only you can know. asked_no_view: asked, nothing to say. asked_denied: said it is not "
    "so. not_asked: the interview never came to it.",
    "found: data (somebody speaks of it), none_found (reviewed, nobody does), conflict (it helps and it "
    "hinders in the same case), not_reviewed (nobody has coded it yet).",
    "said by: participants who speak of it, of those whose talk was reviewed.",
    "facilitator and barrier: shares of the utterances whose direction is known.",
    "quotes: up to three typical ones, and one that points the other way or is least alike (deviant).",
    f"{LEFT_OVER} (if it is there): what you wrote on codes, cases or people that are no longer compared.",
    "An empty cell never means that something is absent.",
)


def write_workbook(
    matrix: Matrix,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
    *,
    groups: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    participants: bool = True,
    checked: str = "",
) -> bytes:
    """The matrix as `.xlsx`: an overview, then a sheet for each construct.

    `attributes` (case -> column -> text) and `groups` (case -> group) stand beside the cases, `names` give
    the codes' names; `participants` adds a row for each, `checked` says how the text was searched for names.
    The charts that the matrix was built with are
    filled in, so summaries survive every rebuild. Text that begins with = + - @ stays text. Raises
    `StudyError` for a summary longer than a cell can be.
    """
    _check_lengths(matrix.charts)
    book = openpyxl.Workbook(write_only=True)
    beside = _Beside(matrix.cases, attributes or {}, groups or {})
    titles = sheet_titles(matrix.codes)
    looks = sheets.Looks()
    _overview(looks, book.create_sheet(OVERVIEW), matrix, beside, names or {})
    mine = {(chart.case, chart.participant, chart.code): chart for chart in matrix.charts}
    for at, code in enumerate(matrix.codes):
        _construct(looks, book.create_sheet(titles[at]), matrix, code, beside, mine, participants)
    _left_over(looks, book, left_over(matrix))
    sheets.notes(looks, book.create_sheet(HELP), (*_NOTES, *([checked] if checked else ())))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_charts(charts: Sequence[Chart]) -> bytes:
    """A workbook of nothing but what the analyst wrote; the next comparison puts it back into its cells."""
    _check_lengths(charts)
    book, looks = openpyxl.Workbook(write_only=True), sheets.Looks()
    _left_over(looks, book, charts)
    sheets.notes(looks, book.create_sheet(HELP), _NOTES)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class _Beside:
    """What stands beside a case: its group to the left, its other attributes to the right."""

    def __init__(
        self,
        cases: Sequence[str],
        attributes: Mapping[str, Mapping[str, str]],
        groups: Mapping[str, str],
    ) -> None:
        every = dict.fromkeys(name for values in attributes.values() for name in values)
        value = {case: attributes.get(case, {}) for case in cases}
        self.columns = tuple(
            name
            for name in every
            if not groups or any(value[case].get(name, "") != groups.get(case, "") for case in cases)
        )
        self.group = ("group",) if groups else ()
        self._groups = {case: groups.get(case, "") for case in cases}
        self._values = {case: tuple(value[case].get(name, "") for name in self.columns) for case in cases}

    def left(self, case: str) -> tuple[str, ...]:
        """The case's group, where there are groups."""
        return (self._groups[case],) if self.group else ()

    def right(self, case: str) -> tuple[str, ...]:
        """The case's attributes in the order of `columns`."""
        return self._values[case]


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


def _construct(
    looks: sheets.Looks,
    sheet: Worksheet,
    matrix: Matrix,
    code: str,
    beside: _Beside,
    mine: Mapping[tuple[str, str, str], Chart],
    participants: bool,
) -> None:
    """One construct: its cases, below each its participants, what they say, room for the analyst."""
    counts = ("found", "said by", "facilitator", "barrier")
    yours = ("quotes", SUMMARY, STATUS)
    rest = ("references", *_COUNTS, *beside.columns, "code")
    header = ("case", "participant", *beside.group, *counts, *yours, *rest)
    rows = len(matrix.cases) + (sum(map(len, matrix.people.values())) if participants else 0)
    sheets.prepare(
        looks,
        sheet,
        header,
        _WIDTHS,
        choices={STATUS: ANALYST_STATUSES},
        printed=(header.index("references") + 1, 1 + rows),
    )
    for number, cell in enumerate(_rows(matrix, code, participants), start=2):
        chart = mine.get((cell.case, cell.participant, code), Chart(cell.case, code))
        shares = tuple("" if one is None else round(one, 3) for one in (cell.facilitator, cell.barrier))
        quotes = "\n\n".join(f"{quote.kind}: “{quote.text}” {quote.ref}" for quote in cell.quotes)
        values: tuple[sheets.Value, ...] = (
            *(cell.case, cell.participant, *beside.left(cell.case)),
            *(cell.status, f"{cell.participants} of {cell.of}", *shares),
            *(quotes, chart.summary, chart.status),
            *(" ".join(cell.refs), cell.utterances, cell.participants, cell.of, cell.unreviewed),
            *(*beside.right(cell.case), code),
        )
        strong, yours_too = not cell.participant, (SUMMARY, STATUS)
        sheets.append(looks, sheet, number, values, header, _WIDTHS, strong=strong, yours=yours_too)


def _rows(matrix: Matrix, code: str, participants: bool) -> Iterator[Cell]:
    """Each case's cell, then its participants'."""
    below: dict[str, list[Cell]] = {case: [] for case in matrix.cases}
    for cell in matrix.by_participant(code) if participants else ():
        if cell.valence is None:
            below[cell.case].append(cell)
    for case in matrix.cases:
        yield matrix.cell(case, code)
        yield from below[case]


def _overview(
    looks: sheets.Looks,
    sheet: Worksheet,
    matrix: Matrix,
    beside: _Beside,
    names: Mapping[str, str],
) -> None:
    """Cases by constructs: how many participants, which way, and the summary."""
    heads = [names.get(code, code.replace(".", ".\n")) for code in matrix.codes]
    header = ("case", *beside.group, *heads, *beside.columns)
    widths = {**dict.fromkeys(beside.columns, 14.0), **dict.fromkeys(heads, 19.0), **_WIDTHS}
    first = 1 + len(beside.group)
    sheets.prepare(looks, sheet, header, widths, frozen_columns=first)
    for number, case in enumerate(matrix.cases, start=2):
        texts = [_short(matrix, case, code) for code in matrix.codes]
        values = (case, *beside.left(case), *texts, *beside.right(case))
        sheets.append(looks, sheet, number, values, header, widths, strong=False)


def _short(matrix: Matrix, case: str, code: str) -> str:
    whole, helps, hinders = (matrix.cell(case, code, way) for way in (None, "facilitator", "barrier"))
    line = str(whole.status)
    if whole.utterances:
        line = f"{whole.participants} of {whole.of}"
        if helps.participants or hinders.participants:
            line += f"\nfacilitator {helps.participants}\nbarrier {hinders.participants}"
    return shortened(f"{line}\n\n{whole.summary}".strip())


def _left_over(looks: sheets.Looks, book: openpyxl.Workbook, rest: Sequence[Chart]) -> None:
    """Nothing that the analyst wrote is lost because a code or a case went."""
    if not rest:
        return
    header = ("case", "participant", STATUS, SUMMARY, "code")
    sheet = book.create_sheet(LEFT_OVER)
    sheets.prepare(looks, sheet, header, _WIDTHS)
    for number, one in enumerate(rest, start=2):
        values = (one.case, one.participant, one.status, one.summary, one.code)
        sheets.append(looks, sheet, number, values, header, _WIDTHS, strong=False, yours=(SUMMARY, STATUS))

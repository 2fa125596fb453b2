"""The workbook in which people check who is who: out with every name found. `names_back` reads it back."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.review.columns import one_page_across

NAMES, WORDINGS, LEFT, ADD, HOW, ABOUT = "Names", "Wordings", "Left", "Add", "How to", "_study"
SENT = "As sent"
"""The hidden column by which a row that was changed where it must not be is known."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_INPUT = PatternFill("solid", fgColor="E3F1EA")
_OPEN = PatternFill("solid", fgColor="FFF3CD")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_EMPTY = 60
"""Empty rows to add names in."""
_LINE, _HIGHEST = 15.0, 240.0


@dataclass(frozen=True, slots=True)
class NameRow:
    """Somebody or something named in the study, as shown; `question` where a link is doubtful, `sure` how
    often a find like the surest of its wordings is right (0 to 1)."""

    id: str
    label: str
    pseudonym: str
    wordings: tuple[str, ...]
    count: int
    transcripts: tuple[str, ...]
    contexts: tuple[str, ...]
    question: str = ""
    description: str = ""
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class WordingRow:
    """One wording in one transcript, the entity it was taken for, and how often it stands there."""

    entity: str
    wording: str
    transcript: str
    count: int


COLUMNS = {
    NAMES: (
        ("Question", 30), ("Id", 9), ("Wordings", 28), ("Times", 7), ("Sure", 7), ("Transcripts", 14),
        ("Context 1", 40), ("Context 2", 40), ("Kind", 15), ("Pseudonym", 20), ("Same as", 10),
        ("Un-mask", 9), ("Description", 20), (SENT, 9),
    ),
    WORDINGS: (
        ("Id", 9), ("Wording", 30), ("Transcript", 14), ("Times", 7), ("Stands for it", 22),
        ("Belongs to", 14), (SENT, 9),
    ),
    LEFT: (
        ("Wording", 34), ("Times", 7), ("Why", 34), ("Context", 60), ("Mask as", 15), ("Names nobody", 14),
        (SENT, 9),
    ),
    ADD: (("Wording", 40), ("Kind", 15)),
}  # fmt: skip
"""The columns of each sheet, with their widths."""
_FILLED_IN = {
    NAMES: ("Kind", "Pseudonym", "Same as", "Un-mask", "Description"),
    WORDINGS: ("Belongs to",),
    LEFT: ("Mask as", "Names nobody"),
    ADD: ("Wording", "Kind"),
}
_HOW = (
    "This workbook shows names as they were said. Keep it where it is and pass it on to nobody.",
    "Fill in the green columns only; what you leave as it is stays as it is. A row that you delete is a row "
    "left as it is.",
    f"{NAMES}: one row for each person, place and thing. Yellow rows ask whether two are one; then come "
    "those that are least sure. Sure: of a hundred finds of this sort, so many were right where it was "
    "measured.",
    "Same as: the Id of the person or thing that this one is too (they become one, under that row's "
    "pseudonym), or - where it is nobody else. Either answers the question.",
    "Kind and Pseudonym: correct them. A pseudonym stands in square brackets, such as [Ward manager 2]; a "
    "made-up name without. Dates and ages follow study.toml.",
    "Un-mask: x where the wordings name nobody; they are then left as they stand, everywhere.",
    "Description: what stands in the place of a place or organisation, where study.toml says describe.",
    f"{WORDINGS}, Belongs to: the Id of whom the wording means in that transcript; or new (and new 2, new 3) "
    "to make somebody else of it.",
    f"{LEFT}: what looks like a name and was left, the likeliest first. Mask as: its kind. Names nobody: x, "
    "and it is not asked again.",
    f"{ADD}: what else must be masked, as it stands in the talk, with its kind.",
    "When done, save, close, and run: secondcoder names import STUDY. It takes your answers in and removes "
    "this workbook. If one row cannot be carried out, nothing is, and the rows are named.",
)


def write_names(
    study: str,
    names: Sequence[NameRow],
    wordings: Sequence[WordingRow],
    left: Sequence[tuple[str, int, str, str]],
    labels: Sequence[str],
) -> bytes:
    """Write the workbook; what a question is open about stands first, text cells are never formulas.

    `left` gives wording, count, reason and a context of what looks like a name and was left, `labels` the
    kinds to choose from.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    ordered = sorted(names, key=lambda one: (not one.question, round(one.sure, 2), one.label, one.id))
    called = {one.id: one.pseudonym for one in names}
    _table(book, NAMES, map(_name_cells, ordered), labels)
    _table(book, WORDINGS, (_wording_cells(one, called) for one in wordings), labels)
    _table(book, LEFT, ([*one, "", "", seal(one[0])] for one in left), labels)
    _table(book, ADD, (["", ""] for _ in range(_EMPTY)), labels)
    how = book.create_sheet(HOW, 0)
    how.column_dimensions["A"].width = 110
    for row, line in enumerate(_HOW, start=1):
        how.cell(row, 1, line).alignment = _WRAPPED
        how.row_dimensions[row].height = _LINE * (1 + len(line) // 105)
    about = book.create_sheet(ABOUT)
    about.sheet_state = "hidden"
    for row, value in enumerate((study, str(len(names)), str(len(wordings))), start=1):
        about.cell(row, 1, value).data_type = "s"
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def seal(*cells: str) -> str:
    """A short hash of cells that people are not to change; blanks count as one."""
    return hashlib.sha256("\0".join(" ".join(_text(cell).split()) for cell in cells).encode()).hexdigest()[
        :12
    ]


def _text(value: str) -> str:
    return _CONTROL.sub(" ", value)[:32000]


def _name_cells(one: NameRow) -> list[str | int]:
    contexts = [*one.contexts, "", ""][:2]
    wordings, transcripts = "; ".join(one.wordings), ", ".join(one.transcripts)
    sent = json.dumps([seal(one.id, wordings), one.label, one.pseudonym, one.description], ensure_ascii=False)
    sure = round(100 * one.sure)
    head: list[str | int] = [one.question, one.id, wordings, one.count, sure, transcripts, *contexts]
    return [*head, one.label, one.pseudonym, "", "", one.description, sent]


def _wording_cells(one: WordingRow, called: dict[str, str]) -> list[str | int]:
    stands = called.get(one.entity, "")
    sent = seal(one.entity, one.wording, one.transcript)
    return [one.entity, one.wording, one.transcript, one.count, stands, "", sent]


def _table(book: Workbook, title: str, rows: Iterable[Sequence[str | int]], labels: Sequence[str]) -> None:
    sheet = book.create_sheet(title)
    headings = [heading for heading, _ in COLUMNS[title]]
    for column, (heading, width) in enumerate(COLUMNS[title], start=1):
        cell = sheet.cell(1, column, heading)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, values in enumerate(rows, start=2):
        _row(sheet, number, title, values)
    if title == NAMES and not any(cell.value for cell in sheet["A"][1:]):
        sheet.column_dimensions["A"].width = 10
    if SENT in headings:
        sheet.column_dimensions[get_column_letter(headings.index(SENT) + 1)].hidden = True
    sheet.freeze_panes = "D2" if title == NAMES else "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{max(sheet.max_row, 2)}"
    one_page_across(sheet)
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "autoFilter", "sort"):
        setattr(sheet.protection, allowed, False)
    _choices(sheet, title, headings, labels)


def _row(sheet: Worksheet, number: int, title: str, values: Sequence[str | int]) -> None:
    asks = title == NAMES and bool(values[0])
    lines = 1
    for column, (value, (heading, width)) in enumerate(zip(values, COLUMNS[title], strict=True), start=1):
        cell = sheet.cell(number, column)
        if isinstance(value, int):
            cell.value = value
        elif value:
            cell.value, cell.data_type = _text(value), "s"
        cell.alignment = _WRAPPED
        if heading in _FILLED_IN[title]:
            cell.fill, cell.protection = _INPUT, Protection(locked=False)
        elif asks:
            cell.fill = _OPEN
        if heading != SENT:
            lines = max(lines, -(-len(str(value)) // max(width - 2, 1)))
    # Excel does not find a row's height by itself in a file that it has not saved.
    sheet.row_dimensions[number].height = min(_LINE * lines, _HIGHEST)


def _choices(sheet: Worksheet, title: str, headings: list[str], labels: Sequence[str]) -> None:
    for heading, choices in (("Kind", labels), ("Mask as", labels), ("Un-mask", "x"), ("Names nobody", "x")):
        if heading in _FILLED_IN[title] and sheet.max_row > 1:
            letter = get_column_letter(headings.index(heading) + 1)
            rule = DataValidation(
                type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=True
            )
            rule.errorTitle, rule.error = "Not in the list", "Choose from the list, or leave the cell empty."
            rule.add(f"{letter}2:{letter}{sheet.max_row}")
            sheet.add_data_validation(rule)

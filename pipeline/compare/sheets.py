"""How a sheet of the matrix looks: widths, wrapped text, rows tall enough, a page that prints."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.compare.cells import shortened

Value = str | float

_WRAPPED = Alignment(wrap_text=True, vertical="top")
_FACE = "Calibri"
_HEAD = Font(name=_FACE, size=10, bold=True, color="1F4E5F")
_BOLD, _PLAIN = Font(name=_FACE, size=10, bold=True), Font(name=_FACE, size=10, color="1D2B33")
_TOP = PatternFill("solid", fgColor="D9E4E9")
_CASE = PatternFill("solid", fgColor="EFF4F6")
_YOURS = PatternFill("solid", fgColor="FFF6D5")
_THIN = Side(style="thin", color="C5CFD4")
_RULE, _BOX = Border(bottom=_THIN), Border(bottom=_THIN, left=_THIN, right=_THIN)
_BLANK, _BARE = PatternFill(), Border()
_UNDER = Border(bottom=Side(style="medium", color="1F4E5F"))
_LINE, _TALLEST = 13.5, 400.0
"""Points a line of text needs, and the most that a row may have (Excel: 409)."""
_OTHER = 12.0


class Looks:
    """How cells of one workbook look; each look is made once, since dressing every cell anew takes most of
    the time that a large workbook needs."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int, bool], StyleArray] = {}

    def cell(
        self,
        sheet: Worksheet,
        value: Value,
        font: Font,
        *,
        fill: PatternFill = _BLANK,
        border: Border = _BARE,
    ) -> Cell:
        """A wrapped cell; text is kept as text, whatever it begins with."""
        cell: Cell = WriteOnlyCell(sheet, shortened(value) if isinstance(value, str) else value)
        quoted = isinstance(value, str) and value.startswith(("=", "+", "-", "@"))
        if isinstance(value, str):
            cell.data_type = "s"
        key = (id(font), id(fill), id(border), quoted)
        if key in self._made:
            cell._style = self._made[key]  # type: ignore[attr-defined]
            return cell
        cell.font, cell.fill, cell.border, cell.alignment = font, fill, border, _WRAPPED
        cell.quotePrefix = quoted  # keeps it text when edited in Excel
        self._made[key] = cell._style  # type: ignore[attr-defined]
        return cell


def prepare(
    looks: Looks,
    sheet: Worksheet,
    header: Sequence[str],
    widths: Mapping[str, float],
    *,
    choices: Mapping[str, Sequence[str]] | None = None,
    frozen_columns: int = 2,
    printed: tuple[int, int] | None = None,
) -> None:
    """Widths in characters, frozen panes, lists to choose from, the page, and the first row.

    Only the first `printed` columns and rows go on paper (None: all). `choices` names the values that a
    column may hold.
    """
    sheet.freeze_panes = f"{get_column_letter(frozen_columns + 1)}2"
    for at, name in enumerate(header, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = widths.get(name, _OTHER)
    for name, values in (choices or {}).items():
        choice = DataValidation(type="list", formula1=f'"{",".join(values)}"', allow_blank=True)
        column = get_column_letter(header.index(name) + 1)
        choice.add(f"{column}2:{column}1048576")
        sheet.data_validations.append(choice)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.page_setup.fitToHeight = 0  # as many pages down as there are, one across
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    if printed:
        sheet.print_area = f"A1:{get_column_letter(printed[0])}{printed[1]}"
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    lines = max(_lines(name, widths.get(name, _OTHER)) for name in header)
    sheet.row_dimensions[1].height = lines * _LINE + 4
    sheet.append([looks.cell(sheet, name, _HEAD, fill=_TOP, border=_UNDER) for name in header])


def append(
    looks: Looks,
    sheet: Worksheet,
    number: int,
    values: Sequence[Value],
    header: Sequence[str],
    widths: Mapping[str, float],
    *,
    strong: bool,
    yours: Collection[str] = (),
) -> None:
    """The row with this number; `strong` ones are a case's, the analyst writes into the columns `yours`."""
    cells = []
    for value, name in zip(values, header, strict=True):
        font, mine = (_BOLD if strong and name == "case" else _PLAIN), name in yours
        fill = _YOURS if mine else (_CASE if strong else _BLANK)
        cells.append(looks.cell(sheet, value, font, fill=fill, border=_BOX if mine else _RULE))
    lines = max(_lines(value, widths.get(name, _OTHER)) for value, name in zip(values, header, strict=True))
    sheet.row_dimensions[number].height = min(_TALLEST, lines * _LINE + 3)  # before the row is written
    sheet.append(cells)


def notes(looks: Looks, sheet: Worksheet, lines: Sequence[str]) -> None:
    """A sheet of plain sentences."""
    sheet.column_dimensions["A"].width = 110
    for line in lines:
        sheet.append([looks.cell(sheet, line, _PLAIN)])


def _lines(value: Value, width: float) -> int:
    """How many lines a text takes in a column of so many characters."""
    room = max(1.0, 1.1 * width)  # a column's width counts noughts, and most letters are narrower
    return sum(max(1, math.ceil(len(part) / room)) for part in str(value).split("\n"))

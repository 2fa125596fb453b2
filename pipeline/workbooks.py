"""Excel workbooks that came from outside, read within bounds: their sheets as rows of values.

And what any spreadsheet makes of a table that goes out: text that it would run as a formula.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Collection
from itertools import islice

import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from pipeline.containers import MAX_CELLS, MAX_ROWS, Container, Kind, damaged, refuse_entities, too_big
from pipeline.errors import StudyError

WORKBOOK = Kind("an Excel workbook", "Open it in Excel and save it again as .xlsx, without a password.")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")

Row = tuple[object, ...]


def sheets_of(
    data: bytes,
    name: str,
    kind: Kind = WORKBOOK,
    *,
    only: Collection[str] = (),
    first: int | None = None,
    formulas: bool = False,
) -> dict[str, list[Row]]:
    """The sheets of a workbook by their titles, in its order: rows of values, empty cells at a row's end cut.

    `only` names the sheets to read (all), `first` how many rows of each (all); with `formulas`, formulas
    come as they stand instead of what they came to. Raises `StudyError` for a workbook that is damaged,
    locked or hostile, and for one that holds millions of cells.
    """
    parts = Container(data, name, kind)
    for path in parts.names():
        content = parts.read(path)  # refuses what unfolds too far before openpyxl sees it
        if not path.endswith(".svg"):  # pictures may declare a type; no sheet is read from one
            refuse_entities(content, name)
    with warnings.catch_warnings():
        # openpyxl warns of drawings and styles that it does not know; they hold no values.
        warnings.simplefilter("ignore")
        try:
            return _read(data, name, kind, only, first, formulas)
        except StudyError:
            raise
        except Exception as error:  # openpyxl meets broken files with whatever comes up inside it
            raise damaged(name, kind) from error


def _read(
    data: bytes, name: str, kind: Kind, only: Collection[str], first: int | None, formulas: bool
) -> dict[str, list[Row]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=not formulas)
    out: dict[str, list[Row]] = {}
    cells = 0
    try:
        for sheet in book.worksheets:
            if only and sheet.title not in only:
                continue
            assert isinstance(sheet, ReadOnlyWorksheet)
            sheet.reset_dimensions()  # what the file says of its own size is not believed
            rows = out[sheet.title] = []
            for values in islice(sheet.iter_rows(values_only=True), first):
                cells += max(1, len(values))
                if cells > MAX_CELLS or len(rows) >= MAX_ROWS:
                    raise too_big(name, "holds millions of cells", kind)
                rows.append(_cut(values))
    finally:
        book.close()
    return out


def _cut(values: Row) -> Row:
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    return values[:end]


def harmless(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would read it as a formula.

    >>> harmless("=1+1"), harmless("warm staff")
    ("'=1+1", 'warm staff')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def original(text: str) -> str:
    """The text as it was before `harmless`.

    >>> original(harmless("'-")), original("'tis so")
    ("'-", "'tis so")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text

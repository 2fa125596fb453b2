"""Excel workbooks that came from outside, read within bounds: their sheets as rows of values.

And what any spreadsheet makes of a table that goes out: text that it would run as a formula.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.containers import MAX_CELLS, MAX_ROWS, Container, Kind, damaged, refuse_entities, too_big
from pipeline.errors import StudyError

if TYPE_CHECKING:
    from openpyxl import Workbook

WORKBOOK = Kind("an Excel workbook", "Open it in Excel and save it again as .xlsx, without a password.")
_STARTS = frozenset("'=+-@\t\r")
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
    _check_parts(data, name, kind)
    with _whatever_is_wrong(name, kind):
        return _read(data, name, kind, only, first, formulas)


def to_change(data: bytes, name: str, kind: Kind = WORKBOOK) -> Workbook:
    """A workbook with its looks, to be changed and saved again; refused as `sheets_of` refuses it."""
    import openpyxl

    sheets_of(data, name, kind)  # counts the cells before all of them are held at once
    with _whatever_is_wrong(name, kind):
        return openpyxl.load_workbook(io.BytesIO(data))


def _check_parts(data: bytes, name: str, kind: Kind) -> None:
    """Refuse what unfolds too far, or declares entities, before openpyxl sees it."""
    parts = Container(data, name, kind)
    for path in parts.names():
        content = parts.read(path)
        if not path.endswith(".svg"):  # pictures may declare a type; no sheet is read from one
            refuse_entities(content, name)


@contextmanager
def _whatever_is_wrong(name: str, kind: Kind) -> Iterator[None]:
    """Turn whatever openpyxl meets a broken file with into the refusal of a damaged one."""
    with warnings.catch_warnings():
        # openpyxl warns of drawings and styles that it does not know; they hold no values.
        warnings.simplefilter("ignore")
        try:
            yield
        except StudyError:
            raise
        except Exception as error:
            raise damaged(name, kind) from error


def _read(
    data: bytes, name: str, kind: Kind, only: Collection[str], first: int | None, formulas: bool
) -> dict[str, list[Row]]:
    # Imported here: it takes a third of a second, and most commands read no workbook.
    import openpyxl
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

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
    return f"'{text}" if text[:1] in _STARTS and _FORMULA.match(text) else text


def original(text: str) -> str:
    """The text as it was before `harmless`.

    >>> original(harmless("'-")), original("'tis so")
    ("'-", "'tis so")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text

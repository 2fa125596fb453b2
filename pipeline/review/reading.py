"""The sheet on which a person who reads a blind random sample notes the names that were missed."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.containers import Kind
from pipeline.errors import Problem, StudyError, refused
from pipeline.workbooks import sheets_of

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEADINGS = (("No", 6), ("Text", 90), ("Missed", 9), ("Which words", 40), ("Kind", 16))
_KIND = Kind("the sheet of a drawn sample", "See `secondcoder risk`.")
_SHEET, _ABOUT = "Read", "_sample"
_HOW = (
    "Read every text. Missed: how many names or other identifiers still stand in it; empty means none. "
    "Which words: those very words, with ; between them. Kind: PERSON if left empty."
)


@dataclass(frozen=True, slots=True)
class SampleRead:
    """A sample on its return: which one, how many were missed, and which words: place, wording, kind."""

    sample: str
    missed: int
    words: tuple[tuple[str, str, str], ...]


def write_sample(sample: str, texts: Sequence[str], about_study: str = "") -> bytes:
    """Write texts in the order given, with nothing that tells whose they are.

    `about_study` is told on the sheet that says how to read.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    assert isinstance(sheet, Worksheet)
    sheet.title = _SHEET
    for column, (heading, width) in enumerate(_HEADINGS, start=1):
        sheet.cell(1, column, heading).font = Font(bold=True)
        sheet.column_dimensions["ABCDE"[column - 1]].width = width
    for number, text in enumerate(texts, start=1):
        sheet.cell(number + 1, 1, number)
        cell = sheet.cell(number + 1, 2)
        cell.value, cell.data_type = _CONTROL.sub(" ", text)[:32000], "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        for column in (3, 4, 5):
            sheet.cell(number + 1, column).protection = Protection(locked=False)
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True
    how = book.create_sheet("How to")
    how.column_dimensions["A"].width = 120
    how.cell(1, 1, _HOW).alignment = Alignment(wrap_text=True)
    how.cell(2, 1, about_study)
    about = book.create_sheet(_ABOUT)
    about.sheet_state = "hidden"
    about.cell(1, 1, sample)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_sample(data: bytes, *, where: str) -> SampleRead:
    """Read a sheet on its return; raises `StudyError` for another file, and with every row whose count is
    none."""
    sheets = sheets_of(data, where, _KIND, only=(_SHEET, _ABOUT))
    about = sheets.get(_ABOUT) or [()]
    if _SHEET not in sheets or not about[0]:
        raise StudyError("is no sheet of a drawn sample", where=where, hint=_KIND.mend)
    sample = str(about[0][0])
    missed = 0
    words: list[tuple[str, str, str]] = []
    problems: list[Problem] = []
    for line, row in enumerate(sheets[_SHEET][1:], start=2):
        number, which, kind = (row[at] if at < len(row) else None for at in (2, 3, 4))
        named = [" ".join(one.split()) for one in str(which or "").split(";") if one.strip()]
        words += [(f"row {line}", one, str(kind or "PERSON").strip().upper()) for one in named]
        count = _whole(number)
        if count is None:
            problems.append(Problem(f"row {line}", "Missed is a whole number"))
        missed += max(count or 0, len(named))
    if problems:
        raise refused(problems, where=where, hint="Nothing was changed.")
    return SampleRead(sample, missed, tuple(words))


def _whole(value: object) -> int | None:
    text = str(value if value is not None else "0").strip() or "0"
    return int(float(text)) if re.fullmatch(r"\d+(\.0)?", text) else None

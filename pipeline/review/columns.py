"""What the columns of a review sheet are, and the seal by which a changed row is known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.review.batch import OFFERED, Batch

SHEET, BOOK, HOW, ABOUT, CHECKED = "Review", "Codebook", "How to", "_batch", "How names were checked"
READ = 3
"""Columns that are read: they stay in view while a coder moves along the row."""
_INPUT = frozenset(("answer", "valence", "add", "add_valence", "nothing", "unsure", "note", "proposal"))
LINE = 15.0
"""The height of a line of text, in points."""
_TALLEST = 400.0
ADDED = 3
HIDDEN = {"batch_id": "batch", "text_hash": "hash", "seal": "seal"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST = 32000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def cell_text(text: str) -> str:
    """A text as a cell can hold it.

    >>> cell_text("We\\x07 was")
    'We  was'
    """
    return _CONTROL.sub(" ", text)[:_LONGEST]


def one_page_across(sheet: Worksheet) -> None:
    """Let a sheet print on its side, all its columns on one page, its headings on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def height_for(texts: Iterable[tuple[str, int]], *, fewest: int = 1) -> float:
    """How tall a row must be, in points, for texts in columns so wide (in characters), `fewest` lines at
    least; Excel does not find it by itself in a file that it has not saved."""

    def lines(text: str, width: int) -> int:
        room = int(1.1 * width)  # in characters of running text, narrower than the digits of a width
        return sum(-(-len(line) // room) or 1 for line in text.split("\n"))

    return min(LINE * max([fewest, *(lines(text, width) for text, width in texts)]), _TALLEST)


def write_checked(workbook: Workbook, words: str) -> None:
    """Add a sheet that says how the text was searched for names, and whether a person read a sample."""
    sheet = workbook.create_sheet(CHECKED)
    sheet.column_dimensions["A"].width = 110
    cell = sheet.cell(1, 1, cell_text(words))
    cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def seal(batch_id: str, utterance_id: str, text_hash: str, text: str, codes: Sequence[str]) -> str:
    """A short hash of what stands in the locked cells of a row.

    Blanks count as one, since programs treat line ends and tabs in cells each in their own way.
    """
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell_text(text))
    parts = [batch_id, utterance_id, text_hash, " ".join(plain.split()), *codes]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Form:
    """What a sheet looks like: how many codes it shows, and whether these are suggested or in dispute."""

    shown: int
    adjudication: bool = False


def form_of(batch: Batch) -> Form:
    """The form that a batch needs."""
    most = max((len(item.offered) for item in batch.items), default=0)
    return Form(0 if batch.blind else max(OFFERED, most), batch.adjudication)


def columns(form: Form) -> list[tuple[str, str, int]]:
    """(key, heading, width in characters) of each column; the first `READ` stay in view."""
    blind = not form.shown
    out = [
        ("utterance_id", "Utterance", 15),
        ("before", "Said just before", 36),
        ("text", "Utterance to code", 54),
    ]
    if form.adjudication:
        out.append(("said", "Who said what", 40))
    for number in range(1, form.shown + 1):
        out += [
            (f"code{number}", f"{'Given' if form.adjudication else 'Suggested'} {number}", 25),
            (f"answer{number}", f"Answer {number}", 9),
            (f"valence{number}", f"Valence {number}", 11),
        ]
    for number in range(1, ADDED + 1):
        out += [
            (f"add{number}", f"{'Code' if blind else 'Add code'} {number}", 25),
            (f"add_valence{number}", f"Valence of {'code' if blind else 'added'} {number}", 11),
        ]
    out += [("nothing", "Nothing applies", 8), ("unsure", "Unsure", 8), ("note", "Note", 28)]
    out += [("proposal", "New code wanted", 22), ("speaker", "Speaker", 10), ("case", "Case", 7)]
    return [*out, *[(key, heading, 9) for key, heading in HIDDEN.items()]]


def takes_input(key: str) -> bool:
    """Whether a coder fills in the cells of a column.

    >>> [key for key, _, _ in columns(Form(1)) if takes_input(key)][:4]
    ['answer1', 'valence1', 'add1', 'add_valence1']
    """
    return key.rstrip("0123456789") in _INPUT

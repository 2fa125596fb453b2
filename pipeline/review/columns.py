"""What the columns of a review sheet are, and the seal by which a changed row is known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.styles import Alignment

from pipeline.review.batch import OFFERED, Batch

SHEET, BOOK, ABOUT, CHECKED = "Review", "Codebook", "_batch", "How names were checked"
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
    """(key, heading, width) of each column."""
    blind = not form.shown
    out = [
        ("utterance_id", "Utterance", 17),
        ("case", "Case", 7),
        ("speaker", "Speaker", 11),
        ("before", "Said just before", 34),
        ("text", "Utterance to code", 64),
    ]
    if form.adjudication:
        out.append(("said", "Who said what", 40))
    for number in range(1, form.shown + 1):
        out += [
            (f"code{number}", f"{'Given' if form.adjudication else 'Suggested'} {number}", 36),
            (f"answer{number}", f"Answer {number}", 10),
            (f"valence{number}", f"Valence {number}", 12),
        ]
    for number in range(1, ADDED + 1):
        out += [
            (f"add{number}", f"{'Code' if blind else 'Add code'} {number}", 36),
            (f"add_valence{number}", f"Valence of {'code' if blind else 'added'} {number}", 12),
        ]
    out += [("nothing", "Nothing applies", 9), ("unsure", "Unsure", 9), ("note", "Note", 30)]
    out.append(("proposal", "New code wanted", 24))
    return [*out, *[(key, heading, 9) for key, heading in HIDDEN.items()]]

"""The workbook in which people check who is who: out with every name found, back with their corrections."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.errors import StudyError

NAMES, WORDINGS, LEFT, ADD, ABOUT = "Names", "Wordings", "Left", "Add", "_study"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_INPUT = PatternFill("solid", fgColor="EEF6F2")
_EMPTY = 60
"""Empty rows to add names in."""


@dataclass(frozen=True, slots=True)
class NameRow:
    """Somebody or something named in the study, as shown; `question` where a link is doubtful."""

    id: str
    label: str
    pseudonym: str
    wordings: tuple[str, ...]
    count: int
    transcripts: tuple[str, ...]
    contexts: tuple[str, ...]
    question: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class WordingRow:
    """One wording in one transcript, the entity it was taken for, and how often it stands there."""

    entity: str
    wording: str
    transcript: str
    count: int


@dataclass(frozen=True, slots=True)
class NameAnswer:
    """What a row of the sheet Names says on its return; `place` is where it stands."""

    place: str
    id: str
    label: str
    pseudonym: str
    same_as: str
    unmask: bool
    description: str


@dataclass(frozen=True, slots=True)
class WordingAnswer:
    """A wording of a transcript that belongs to another entity: its id, or "new" with any mark behind it."""

    place: str
    entity: str
    wording: str
    transcript: str
    belongs: str


@dataclass(frozen=True, slots=True)
class NamesReturned:
    """A names workbook on its return: the study it belongs to, and everything that was filled in."""

    study: str
    names: tuple[NameAnswer, ...]
    wordings: tuple[WordingAnswer, ...]
    added: tuple[tuple[str, str, str], ...]
    dismissed: tuple[str, ...]


_COLUMNS = {
    NAMES: (
        ("Question", 34), ("Id", 9), ("Wordings", 34), ("Times", 7), ("Transcripts", 24), ("Context 1", 44),
        ("Context 2", 44), ("Kind", 15), ("Pseudonym", 22), ("Same as", 11), ("Un-mask", 9),
        ("Description", 26),
    ),
    WORDINGS: (("Id", 9), ("Wording", 30), ("Transcript", 14), ("Times", 7), ("Belongs to", 14)),
    LEFT: (("Wording", 34), ("Times", 7), ("Why", 34), ("Mask as", 15), ("Names nobody", 14)),
    ADD: (("Wording", 40), ("Kind", 15)),
}  # fmt: skip
_FILLED_IN = {
    NAMES: ("Kind", "Pseudonym", "Same as", "Un-mask", "Description"),
    WORDINGS: ("Belongs to",),
    LEFT: ("Mask as", "Names nobody"),
    ADD: ("Wording", "Kind"),
}
_HOW = (
    "This workbook shows names as they were said. Keep it where it is and pass it on to nobody.",
    "Fill in the green columns only; what you leave as it is stays as it is.",
    f"{NAMES}, Same as: the Id of the person or thing that this one is too (they are merged), or - where it "
    "is nobody else; both answer the question.",
    f"{NAMES}, Kind and Pseudonym: correct them; a pseudonym stands in square brackets.",
    f"{NAMES}, Un-mask: x where the wordings name nobody; they are then left as they stand everywhere.",
    f"{NAMES}, Description: what stands in the place of a place, where study.toml says describe.",
    f"{WORDINGS}, Belongs to: the Id of whom the wording means in that transcript, or new, new 2 (a split).",
    f"{LEFT}: what looks like a name and was left. Mask as: its kind. Names nobody: x, to be asked no more.",
    f"{ADD}: what else must be masked, as it stands in the talk, with its kind.",
    "When done: secondcoder names import STUDY. It takes your answers in and removes this workbook.",
)


def write_names(
    study: str,
    names: Sequence[NameRow],
    wordings: Sequence[WordingRow],
    left: Sequence[tuple[str, int, str]],
    labels: Sequence[str],
) -> bytes:
    """Write the workbook; what a question is open about stands first, text cells are never formulas.

    `left` gives wording, count and reason of what looks like a name and was left, `labels` the kinds to
    choose from.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    ordered = sorted(names, key=lambda one: (not one.question, one.label, one.id))
    _table(book, NAMES, (_name_cells(one) for one in ordered), labels)
    _table(book, WORDINGS, map(_wording_cells, wordings), labels)
    _table(book, LEFT, ([wording, count, why, "", ""] for wording, count, why in left), labels)
    _table(book, ADD, (["", ""] for _ in range(_EMPTY)), labels)
    how = book.create_sheet("How to", 0)
    how.column_dimensions["A"].width = 120
    for row, line in enumerate(_HOW, start=1):
        how.cell(row, 1, line).alignment = Alignment(wrap_text=True)
    about = book.create_sheet(ABOUT)
    about.sheet_state = "hidden"
    about.cell(1, 1, study)
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _name_cells(one: NameRow) -> list[str | int]:
    contexts = [*one.contexts, "", ""][:2]
    wordings, transcripts = "; ".join(one.wordings), ", ".join(one.transcripts)
    head: list[str | int] = [one.question, one.id, wordings, one.count, transcripts, *contexts]
    return [*head, one.label, one.pseudonym, "", "", one.description]


def _wording_cells(one: WordingRow) -> list[str | int]:
    return [one.entity, one.wording, one.transcript, one.count, ""]


def _table(book: Workbook, title: str, rows: Iterable[Sequence[str | int]], labels: Sequence[str]) -> None:
    sheet = book.create_sheet(title)
    headings = [heading for heading, _ in _COLUMNS[title]]
    for column, (heading, width) in enumerate(_COLUMNS[title], start=1):
        cell = sheet.cell(1, column, heading)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, values in enumerate(rows, start=2):
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(number, column)
            if isinstance(value, int):
                cell.value = value
            elif value:
                cell.value, cell.data_type = _CONTROL.sub(" ", value)[:32000], "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if headings[column - 1] in _FILLED_IN[title]:
                cell.fill, cell.protection = _INPUT, Protection(locked=False)
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "autoFilter", "sort"):
        setattr(sheet.protection, allowed, False)
    _choices(sheet, title, headings, labels)


def _choices(sheet: Worksheet, title: str, headings: list[str], labels: Sequence[str]) -> None:
    for heading, choices in (("Kind", labels), ("Mask as", labels), ("Un-mask", "x"), ("Names nobody", "x")):
        if heading in _FILLED_IN[title] and sheet.max_row > 1:
            letter = get_column_letter(headings.index(heading) + 1)
            rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
            rule.add(f"{letter}2:{letter}{sheet.max_row}")
            sheet.add_data_validation(rule)


def read_names(data: bytes, *, where: str) -> NamesReturned:
    """Read a workbook on its return; raises `StudyError` for a file that is none."""
    try:
        book = load_workbook(io.BytesIO(data), data_only=True)
        sheets = {title: _rows(book[title], title) for title in _COLUMNS}
        study = str(book[ABOUT].cell(1, 1).value or "")
    except (KeyError, ValueError, OSError, zipfile.BadZipFile):
        raise StudyError(
            "is no names workbook", where=where, hint="Write one with `secondcoder names export STUDY`."
        ) from None
    names = tuple(
        NameAnswer(
            place, row["Id"], row["Kind"], row["Pseudonym"], row["Same as"], bool(row["Un-mask"]),
            row["Description"],
        )
        for place, row in sheets[NAMES]
        if row["Id"]
    )  # fmt: skip
    wordings = tuple(
        WordingAnswer(place, row["Id"], row["Wording"], row["Transcript"], row["Belongs to"])
        for place, row in sheets[WORDINGS]
        if row["Belongs to"]
    )
    added = [(place, row["Wording"], row["Kind"]) for place, row in sheets[ADD] if row["Wording"]]
    added += [(place, row["Wording"], row["Mask as"]) for place, row in sheets[LEFT] if row["Mask as"]]
    dismissed = tuple(row["Wording"] for _, row in sheets[LEFT] if row["Names nobody"])
    return NamesReturned(study, names, wordings, tuple(added), dismissed)


def _rows(sheet: Worksheet, title: str) -> list[tuple[str, dict[str, str]]]:
    """Each row with its place, by heading: a sheet with its columns moved reads alike."""
    rows = sheet.iter_rows(values_only=True)
    headings = [str(value or "") for value in next(rows, ())]
    missing = [heading for heading, _ in _COLUMNS[title] if heading not in headings]
    if missing:
        raise KeyError(missing[0])
    return [
        (
            f"{title} row {number}",
            {heading: " ".join(str(value if value is not None else "").split())
             for heading, value in zip(headings, row, strict=False)},
        )
        for number, row in enumerate(rows, start=2)
    ]  # fmt: skip

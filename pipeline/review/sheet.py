"""The review sheet: an Excel workbook out to a coder, and back."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.errors import StudyError
from pipeline.records import VALENCES, Codebook
from pipeline.review.batch import OFFERED, Batch, Item, Returned, ReturnedItem

SHEET, BOOK, ABOUT = "Review", "Codebook", "_batch"
_ADDED = 3
_LINE = 15.0
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_OFFERED = PatternFill("solid", fgColor="FFF3CD")
_RULE = Border(bottom=Side(style="thin", color="C9D3D6"))
_INPUT = PatternFill("solid", fgColor="EEF6F2")


def _columns(blind: bool) -> list[tuple[str, str, int]]:
    """(key, heading, width) of each column."""
    columns = [
        ("utterance_id", "Utterance", 17),
        ("case", "Case", 7),
        ("speaker", "Speaker", 11),
        ("before", "Said just before", 34),
        ("text", "Utterance to code", 64),
    ]
    for number in range(1, OFFERED + 1) if not blind else ():
        columns += [
            (f"code{number}", f"Suggested {number}", 36),
            (f"answer{number}", f"Answer {number}", 10),
            (f"valence{number}", f"Valence {number}", 12),
        ]
    for number in range(1, _ADDED + 1):
        columns += [
            (f"add{number}", f"{'Code' if blind else 'Add code'} {number}", 36),
            (f"add_valence{number}", f"Valence of {'code' if blind else 'added'} {number}", 12),
        ]
    columns += [("nothing", "Nothing applies", 9), ("unsure", "Unsure", 9), ("note", "Note", 30)]
    return [*columns, ("batch_id", "batch", 9), ("text_hash", "hash", 9)]


def write_sheet(batch: Batch, codebook: Codebook) -> bytes:
    """Write a batch as an Excel workbook with drop-downs; text cells are strings, never formulas.

    The ids, the text and the suggested codes are locked (without a password), what a coder fills in is not.
    """
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    columns = _columns(batch.blind)
    keys = [key for key, _, _ in columns]
    for number, (_, heading, width) in enumerate(columns, start=1):
        cell = sheet.cell(1, number, heading)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.row_dimensions[1].height = 2 * _LINE
    for row, item in enumerate(batch.items, start=2):
        _fill_row(sheet, row, keys, item, batch)
        sheet.row_dimensions[row].height = _height(item)
    for key in ("batch_id", "text_hash"):
        sheet.column_dimensions[get_column_letter(keys.index(key) + 1)].hidden = True
    sheet.freeze_panes = "F2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(keys))}{max(len(batch.items) + 1, 2)}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "autoFilter", "sort"):
        setattr(sheet.protection, allowed, False)
    _write_codebook(workbook, codebook)
    _add_lists(sheet, keys, len(batch.items), len(codebook.leaves()))
    _write_about(workbook, batch)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _height(item: Item) -> float:
    """Room for the longer of the two texts; Excel does not find it by itself in a file it has not saved."""
    lines = max(-(-len(item.utterance.text) // 66), -(-len(item.utterance.previous) // 34), 2)
    return min(_LINE * lines, 400.0)


def _fill_row(sheet: Worksheet, row: int, keys: list[str], item: Item, batch: Batch) -> None:
    utterance = item.utterance
    values: dict[str, str] = {
        "utterance_id": utterance.id,
        "case": utterance.case,
        "speaker": utterance.speaker,
        "before": utterance.previous,
        "text": utterance.text,
        "batch_id": batch.id,
        "text_hash": utterance.text_hash,
    }
    values |= {f"code{number}": one.code for number, one in enumerate(item.offered, start=1)}
    for column, key in enumerate(keys, start=1):
        cell = sheet.cell(row, column)
        text = _CONTROL.sub(" ", values.get(key, ""))[:32000]
        if text:
            cell.value = text
            cell.data_type = "s"  # a text that starts with = + - @ is no formula
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.border = _RULE
        if key.startswith("code") and text:
            cell.fill = _OFFERED
            reason = item.reasons.get(text)
            if reason:
                cell.comment = Comment(_CONTROL.sub(" ", reason), "secondcoder", height=140, width=340)
        elif key not in values and not key.startswith("code"):
            cell.protection = Protection(locked=False)
            cell.fill = _INPUT


def _add_lists(sheet: Worksheet, keys: list[str], items: int, codes: int) -> None:
    lists = {
        "answer": '"accept,reject,unsure"',
        "valence": f'"{",".join(VALENCES)}"',
        "add_valence": f'"{",".join(VALENCES)}"',
        "add": f"{BOOK}!$A$2:$A${codes + 1}",
        "nothing": '"x"',
        "unsure": '"x"',
    }
    for stem, formula in lists.items():
        rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True)
        rule.errorTitle, rule.error = "Not in the list", "Choose from the list, or leave the cell empty."
        for column, key in enumerate(keys, start=1):
            if key.rstrip("0123456789") == stem:
                letter = get_column_letter(column)
                rule.add(f"{letter}2:{letter}{items + 1}")
        if rule.sqref.ranges:
            sheet.add_data_validation(rule)


def _write_codebook(workbook: Workbook, codebook: Codebook) -> None:
    sheet = workbook.create_sheet(BOOK)
    headings = ("Code", "Name", "Definition", "Include", "Do not include", "Examples (invented)")
    sheet.append(headings)
    for code in codebook.leaves():
        cells = (
            code.id,
            code.name,
            code.definition,
            *map(_lines, (code.include, code.exclude, code.examples)),
        )
        row = sheet.max_row + 1
        for column, text in enumerate(cells, start=1):
            cell = sheet.cell(row, column, text)
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, width in enumerate((32, 24, 52, 48, 48, 60), start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        head = sheet.cell(1, column)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), _HEAD
    sheet.freeze_panes = "B2"
    sheet.protection.sheet = True


def _lines(parts: tuple[str, ...]) -> str:
    return "\n".join(f"• {part}" for part in parts)


def _write_about(workbook: Workbook, batch: Batch) -> None:
    sheet = workbook.create_sheet(ABOUT)
    for row in (("batch", batch.id), ("coder", batch.coder), ("blind", "yes" if batch.blind else "no")):
        sheet.append(row)
    sheet.sheet_state = "hidden"


def read_sheet(data: bytes, *, where: str) -> Returned:
    """Read a returned sheet; raises `StudyError` for a file that is none of ours."""
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        about = {
            str(row[0]): str(row[1] or "") for row in workbook[ABOUT].iter_rows(values_only=True) if row[0]
        }
        rows = list(workbook[SHEET].iter_rows(values_only=True))
        batch_id, coder, blind = about["batch"], about["coder"], about["blind"] == "yes"
    except (KeyError, ValueError, OSError, IndexError, TypeError, zipfile.BadZipFile):
        raise StudyError(
            "is no review sheet of secondcoder",
            where=where,
            hint="Send back the file made by `secondcoder review export`, saved as .xlsx.",
        ) from None
    places = _places(rows[0] if rows else (), blind, where)
    items = [_item(row, number, places) for number, row in enumerate(rows[1:], start=2) if any(row)]
    return Returned(batch_id, coder, tuple(items))


def _places(header: tuple[Any, ...], blind: bool, where: str) -> dict[str, int]:
    """Column by key, found by heading, so that a coder may move or hide columns."""
    found = {str(cell).strip(): place for place, cell in enumerate(header) if cell is not None}
    missing = [heading for _, heading, _ in _columns(blind) if heading not in found]
    if missing:
        raise StudyError(
            f"has lost its column {missing[0]!r}", where=where, hint="Put the heading back as it was."
        )
    return {key: found[heading] for key, heading, _ in _columns(blind)}


def _item(row: tuple[Any, ...], number: int, places: dict[str, int]) -> ReturnedItem:
    def cell(key: str) -> str:
        place = places.get(key)
        value = row[place] if place is not None and place < len(row) else None
        return "" if value is None else str(value).strip()

    answers = tuple(
        (cell(f"code{one}"), cell(f"answer{one}").lower(), cell(f"valence{one}").lower())
        for one in range(1, OFFERED + 1)
        if cell(f"answer{one}") or cell(f"valence{one}")
    )
    added = tuple(
        (cell(f"add{one}"), cell(f"add_valence{one}").lower())
        for one in range(1, _ADDED + 1)
        if cell(f"add{one}") or cell(f"add_valence{one}")
    )
    return ReturnedItem(
        place=f"row {number}",
        utterance_id=cell("utterance_id"),
        text_hash=cell("text_hash"),
        answers=answers,
        added=added,
        nothing=bool(cell("nothing")),
        unsure=bool(cell("unsure")),
        note=cell("note"),
    )

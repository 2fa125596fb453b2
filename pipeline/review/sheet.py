"""The review sheet: an Excel workbook out to a coder."""

from __future__ import annotations

import io
from collections.abc import Mapping
from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.records import VALENCES, Codebook
from pipeline.review.batch import Batch, Item
from pipeline.review.columns import (
    ABOUT,
    BOOK,
    HIDDEN,
    HOW,
    LINE,
    READ,
    SHEET,
    cell_text,
    columns,
    form_of,
    height_for,
    one_page_across,
    seal,
    takes_input,
    write_checked,
)

_HEAD = PatternFill("solid", fgColor="1F4E5F")
_HEAD_FONT = Font(name="Calibri", size=11, bold=True, color="FFFFFF")
_OFFERED = PatternFill("solid", fgColor="FFF3CD")
_RULE = Border(bottom=Side(style="thin", color="C9D3D6"))
_INPUT = PatternFill("solid", fgColor="EEF6F2")


def write_sheet(batch: Batch, codebook: Codebook) -> bytes:
    """Write a batch as an Excel workbook with drop-downs; text cells are strings, never formulas.

    The ids, the text and the suggested codes are locked (without a password), what a coder fills in is not.
    """
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    layout = columns(form_of(batch))
    keys = [key for key, _, _ in layout]
    looks = _looks(workbook)
    for number, (_, heading, width) in enumerate(layout, start=1):
        cell = sheet.cell(1, number, heading)
        cell.font, cell.fill = _HEAD_FONT, _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.row_dimensions[1].height = 2 * LINE
    widths = {key: width for key, _, width in layout}
    for row, item in enumerate(batch.items, start=2):
        _fill_row(sheet, row, keys, item, batch, looks)
        sheet.row_dimensions[row].height = _height(item, widths)
    for key in HIDDEN:
        sheet.column_dimensions[get_column_letter(keys.index(key) + 1)].hidden = True
    sheet.freeze_panes = f"{get_column_letter(READ + 1)}2"
    _mark_answered(sheet, keys, len(batch.items))
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(keys))}{max(len(batch.items) + 1, 2)}"
    one_page_across(sheet)
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "autoFilter"):  # not sort: answers would leave their rows
        setattr(sheet.protection, allowed, False)
    _write_codebook(workbook, codebook)
    _add_lists(sheet, keys, len(batch.items), len(codebook.leaves()))
    if batch.checked:
        write_checked(workbook, batch.checked)
    _write_how(workbook, batch)
    _write_about(workbook, batch)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _height(item: Item, widths: Mapping[str, int]) -> float:
    """Room for the longest of the texts."""
    texts = [(item.utterance.text, widths["text"]), (item.utterance.previous, widths["before"])]
    if item.said:
        texts.append((_said(item), widths["said"]))
    return height_for(texts, fewest=2)


def _said(item: Item) -> str:
    return "\n".join(f"{coder}: {words}" for coder, words in item.said)


def _mark_answered(sheet: Worksheet, keys: list[str], items: int) -> None:
    """Let the utterance's id turn green as soon as the coder has filled in anything in its row."""
    filled = ",".join(
        f"${get_column_letter(at)}2" for at, key in enumerate(keys, start=1) if takes_input(key)
    )
    green = PatternFill("solid", bgColor="BFE3CF")
    rule = FormulaRule(formula=[f"COUNTA({filled})>0"], fill=green)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(f"A2:A{max(items + 1, 2)}", rule)


def _fill_row(
    sheet: Worksheet, row: int, keys: list[str], item: Item, batch: Batch, looks: dict[str, Any]
) -> None:
    utterance = item.utterance
    values: dict[str, str] = {
        "utterance_id": utterance.id,
        "case": utterance.case,
        "speaker": utterance.speaker,
        "before": utterance.previous,
        "text": utterance.text,
        "batch_id": batch.id,
        "text_hash": utterance.text_hash,
        "said": _said(item),
        "seal": seal(
            batch.id, utterance.id, utterance.text_hash, utterance.text, [one.code for one in item.offered]
        ),
    }
    values |= {f"code{number}": one.code for number, one in enumerate(item.offered, start=1)}
    empty = range(len(item.offered) + 1, sum(key.startswith("code") for key in keys) + 1)
    idle = {f"{what}{number}" for what in ("answer", "valence") for number in empty}
    for column, key in enumerate(keys, start=1):
        cell: Any = sheet.cell(row, column)
        text = cell_text(values.get(key, ""))
        if text:
            cell.value = text
            cell.data_type = "s"  # a text that starts with = + - @ is no formula
        shown = key.startswith("code")
        look = "input" if takes_input(key) and key not in idle else "offered" if shown and text else "locked"
        cell._style = copy(looks[look])
        reason = item.reasons.get(text) if shown else None
        if reason:
            cell.comment = Comment(cell_text(reason), "secondcoder", height=200, width=420)


def _looks(workbook: Workbook) -> dict[str, Any]:
    """How cells look, worked out once: setting each cell's look anew would take most of the time."""
    scratch = workbook.create_sheet()
    out = {}
    for name, fill in {"locked": None, "offered": _OFFERED, "input": _INPUT}.items():
        cell: Any = scratch.cell(1, 1)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.border = _RULE
        cell.fill = fill or PatternFill()
        cell.protection = Protection(locked=name != "input")
        out[name] = copy(cell._style)
    workbook.remove(scratch)
    return out


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
    headings = ("Code", "Name", "Definition", "Include", "Do not include", "Examples")
    widths = (32, 24, 52, 48, 48, 60)
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
        sheet.row_dimensions[row].height = height_for(zip(cells, widths, strict=True))
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        head = sheet.cell(1, column)
        head.font, head.fill = _HEAD_FONT, _HEAD
    sheet.freeze_panes = "B2"
    one_page_across(sheet)
    sheet.protection.sheet = True


def _write_how(workbook: Workbook, batch: Batch) -> None:
    """A page for the coder, who may have nothing but this file."""
    sheet = workbook.create_sheet(HOW)
    sheet.column_dimensions["A"].width = 110
    lines = [f"For {batch.coder}: {len(batch.items):,} utterances.", *_HOW]
    if batch.invented:
        lines[1:1] = ["The interviews are invented."]
    if batch.adjudication:
        lines[1:1] = [
            "Coders differ on these. Who said what stands beside the text; answer every code shown."
        ]
    elif batch.blind:
        lines[1:1] = ["Blind: no suggestions are shown. A code that you do not give is one that you refuse."]
    else:
        lines[1:1] = [
            "A suggestion is a model's; you decide. Why it is suggested is in the comment on its cell."
        ]
    for row, text in enumerate(lines, start=1):
        cell = sheet.cell(row, 1, text)
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(name="Calibri", size=11, bold=row == 1)
    sheet.protection.sheet = True


_HOW = (
    "One utterance a row. Fill in the green cells only; its id turns green once you have.",
    "Code applies: accept it, or choose it from the list of codes. Code does not apply: reject it.",
    "You have read it and no code of the codebook applies: x under Nothing applies.",
    "You cannot decide: unsure on the code, or x under Unsure for the whole.",
    "You have not looked at it: leave the row empty. It stays unreviewed.",
    "Something that no code catches: a few words under New code wanted.",
    "Please keep names out of notes.",
    "You may filter, hide columns and change their width. What each code means is on the sheet "
    "Codebook. Save as .xlsx and send this file back.",
)


def _lines(parts: tuple[str, ...]) -> str:
    return "\n".join(f"• {part}" for part in parts)


def _write_about(workbook: Workbook, batch: Batch) -> None:
    sheet = workbook.create_sheet(ABOUT)
    form = form_of(batch)
    facts = {
        "batch": batch.id,
        "coder": batch.coder,
        "shown": str(form.shown),
        "adjudication": "yes" if form.adjudication else "no",
    }
    for row, (key, value) in enumerate(facts.items(), start=1):
        for column, text in enumerate((key, value), start=1):
            cell = sheet.cell(row, column, text)
            cell.data_type = "s"
    sheet.sheet_state = "hidden"

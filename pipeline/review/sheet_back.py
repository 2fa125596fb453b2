"""The review sheet back from a coder, with everything in it that is not as it was sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.containers import Container, Kind
from pipeline.errors import StudyError
from pipeline.review.batch import Returned, ReturnedItem
from pipeline.review.columns import ABOUT, ADDED, SHEET, Form, columns, seal, takes_input
from pipeline.workbooks import sheets_of

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b")
_KIND = Kind(
    "a review sheet of secondcoder",
    "Send back the file made by `secondcoder review export`, saved as .xlsx without a password.",
)

_YES = frozenset(("x", "yes", "y", "1", "true", "✓", "✔"))


def read_sheet(data: bytes, *, where: str) -> Returned:
    """Read a returned sheet; raises `StudyError` for a file that is none of ours."""
    _refuse_merged(data, where)
    # Formulas are read as they stand: what a program made of them may be missing from the file.
    sheets = sheets_of(data, where, _KIND, only=(SHEET, ABOUT), formulas=True)
    try:
        about = {str(key): str(value) for key, value in (row[:2] for row in sheets[ABOUT] if len(row) > 1)}
        rows = sheets[SHEET]
        form = Form(int(about["shown"]), about["adjudication"] == "yes")
        batch_id, coder = about["batch"], about["coder"]
    except (KeyError, ValueError):
        raise StudyError("is no review sheet of secondcoder", where=where, hint=_KIND.mend) from None
    header = rows[0] if rows else ()
    if form.shown > len(header):
        raise StudyError("has lost columns", where=where, hint="Put the columns back as they were.")
    places = _places(header, form, where)
    reader = _Reader(places, form, batch_id)
    items = [reader.item(row, number) for number, row in enumerate(rows[1:], start=2) if any(row)]
    return Returned(batch_id, coder, tuple(items))


def _refuse_merged(data: bytes, where: str) -> None:
    """Raise `StudyError` where cells were merged: all but one of them lost what stood in them."""
    parts = Container(data, where, _KIND)
    for path in parts.names():
        if path.startswith("xl/worksheets/") and _MERGED.search(parts.read(path)):
            raise StudyError(
                "has merged cells, which hide answers",
                where=where,
                hint="Take them apart, and see that every answer still stands there.",
            )


def _places(header: tuple[Any, ...], form: Form, where: str) -> dict[str, int]:
    """Column by key, found by heading, so that columns of a coder's own may stand between them.

    The columns that a coder fills in must keep their order: two of their headings swapped would turn answers
    into answers to another code, and nothing in the cells could tell.
    """
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        heading = str(cell).strip() if cell is not None else ""
        if heading in found:
            raise StudyError(
                f"has its column {heading!r} twice", where=where, hint="Take the copy out of the sheet."
            )
        if heading:
            found[heading] = place
    missing = [heading for _, heading, _ in columns(form) if heading not in found]
    if missing:
        raise StudyError(
            f"has lost its column {missing[0]!r}", where=where, hint="Put the heading back as it was."
        )
    places = {key: found[heading] for key, heading, _ in columns(form)}
    filled = [places[key] for key in places if takes_input(key)]
    if filled != sorted(filled):
        raise StudyError(
            "has columns in another order",
            where=where,
            hint="Put the columns and headings back as they were.",
        )
    return places


class _Reader:
    """Rows of one sheet as items: it knows where the columns are."""

    def __init__(self, places: dict[str, int], form: Form, batch_id: str) -> None:
        self._places, self._form, self._batch_id = places, form, batch_id
        self._headings = {key: heading for key, heading, _ in columns(form)}

    def item(self, row: tuple[Any, ...], number: int) -> ReturnedItem:
        """One row; what is wrong with it is told in `damage` if the coder said anything there."""

        def cell(key: str) -> str:
            place = self._places[key]
            value = row[place] if place < len(row) else None
            return "" if value is None else str(value).strip()

        answers = tuple(
            (cell(f"code{one}"), cell(f"answer{one}").lower(), cell(f"valence{one}").lower())
            for one in range(1, self._form.shown + 1)
            if cell(f"code{one}") and cell(f"answer{one}")
        )
        added = tuple(
            (cell(f"add{one}"), cell(f"add_valence{one}").lower())
            for one in range(1, ADDED + 1)
            if cell(f"add{one}")
        )
        item = ReturnedItem(
            place=f"row {number}",
            utterance_id=cell("utterance_id"),
            text_hash=cell("text_hash"),
            answers=answers,
            added=added,
            nothing=cell("nothing").lower() in _YES,
            unsure=cell("unsure").lower() in _YES,
            note=cell("note"),
            proposals=(cell("proposal"),) if cell("proposal") else (),
        )
        odd = next((cell(key) for key in ("nothing", "unsure") if _odd(cell(key))), "")
        if odd:
            return replace(item, damage="a cell that takes an x holds something else")
        alone = self._alone(cell)
        return self._checked(replace(item, damage=alone), row) if item.touched or alone else item

    def _alone(self, cell: Callable[[str], str]) -> str:
        """What is said of a cell that is filled in although nothing stands beside it, or ""."""
        pairs = [
            pair
            for one in range(1, self._form.shown + 1)
            for pair in ((f"answer{one}", f"code{one}"), (f"valence{one}", f"answer{one}"))
        ] + [(f"add_valence{one}", f"add{one}") for one in range(1, ADDED + 1)]
        for filled, needed in pairs:
            if cell(filled) and not cell(needed):
                lacks = (
                    "no code is shown there"
                    if needed.startswith("code")
                    else f"{self._headings[needed]} is empty"
                )
                return f"{self._headings[filled]} is filled in, but {lacks}"
        return ""

    def _checked(self, item: ReturnedItem, row: tuple[Any, ...]) -> ReturnedItem:
        """The item, with a word on locked cells that are not as they were sent, before any other damage."""

        def cell(key: str) -> str:
            place = self._places[key]
            return "" if place >= len(row) or row[place] is None else str(row[place])

        codes = [cell(f"code{one}").strip() for one in range(1, self._form.shown + 1)]
        sent = seal(
            self._batch_id, item.utterance_id, item.text_hash, cell("text"), [code for code in codes if code]
        )
        if cell("batch_id").strip() != self._batch_id:
            return replace(item, damage="the row comes from another batch")
        if cell("seal").strip() != sent:
            return replace(item, damage="the text or the codes shown are not as they were sent")
        return item


def _odd(text: str) -> bool:
    return bool(text) and text.lower() not in _YES

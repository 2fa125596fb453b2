"""What happens to sheets on the way: a hundred kinds of damage, none of which loses or invents a decision."""

from __future__ import annotations

import csv
import io
import random
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.errors import StudyError
from pipeline.records import Decision
from pipeline.review.batch import Returned, ReturnedItem, missing_from
from pipeline.review.columns import columns as layout
from pipeline.review.columns import form_of, takes_input
from pipeline.review.sheet import write_sheet
from pipeline.review.sheet_back import read_sheet
from tests.test_review_returned import BOOK, batch_of, filled, taken

ROWS = 6
SENT = batch_of(ROWS, text="We was fine, said number {}, as ever.")
LOCKED = ("Utterance", "Utterance to code", "Suggested 1", "Suggested 2", "batch", "hash", "seal")
INPUT = [heading for key, heading, _ in layout(form_of(SENT)) if takes_input(key)]

Places = dict[str, int]
InCells = Callable[[Worksheet, Places, random.Random], None]
Kind = Callable[[bytes, random.Random], bytes]


def kinds() -> Iterator[tuple[str, Kind]]:
    """Every kind of damage with its name."""
    for heading in LOCKED:
        for name, change in ON_A_LOCKED_COLUMN.items():
            yield f"{heading}: {name}", in_cells(on_column(change, heading))
    for heading in ("Answer 1", "Valence 1", "Add code 1", "Nothing applies", "Unsure"):
        for name, value in NO_ANSWER.items():
            yield f"{heading}: {name}", in_cells(spoil(heading, value))
    for name, cells in IN_CELLS.items():
        yield name, in_cells(cells)
    for name, book in IN_THE_WORKBOOK.items():
        yield name, in_workbook(book)
    yield from ON_THE_FILE.items()


# A locked column -------------------------------------------------------------------------------------------


def on_column(change: Callable[[list[object], random.Random], list[object]], heading: str) -> InCells:
    def damage(sheet: Worksheet, places: Places, chance: random.Random) -> None:
        rows = range(2, ROWS + 2)
        after = change([sheet.cell(row, places[heading]).value for row in rows], chance)
        for row, value in zip(rows, after, strict=True):
            sheet.cell(row, places[heading]).value = value  # type: ignore[assignment]

    return damage


def one(change: Callable[[object], object]) -> Callable[[list[object], random.Random], list[object]]:
    """One cell of the column changed."""

    def damage(values: list[object], chance: random.Random) -> list[object]:
        at = chance.randrange(len(values))
        return [change(value) if place == at else value for place, value in enumerate(values)]

    return damage


def swapped(values: list[object], chance: random.Random) -> list[object]:
    first, second = chance.sample(range(len(values)), 2)
    out = list(values)
    out[first], out[second] = values[second], values[first]
    return out


def copied(values: list[object], chance: random.Random) -> list[object]:
    first, second = chance.sample(range(len(values)), 2)
    return [values[second] if place == first else value for place, value in enumerate(values)]


ON_A_LOCKED_COLUMN: dict[str, Callable[[list[object], random.Random], list[object]]] = {
    "a cell emptied": one(lambda value: None),
    "a cell overwritten": one(lambda value: "S9.t0001.u01"),
    "a cell made a formula": one(lambda value: "=A2"),
    "a cell made a number": one(lambda value: 7.5),
    "capitals": one(lambda value: str(value or "a").swapcase()),
    "blanks typed in": one(lambda value: f" {value or 'a'}  "),
    "a cell copied down": copied,
    "two cells swapped": swapped,
    "shifted up": lambda values, chance: [*values[1:], None],
    "shifted down": lambda values, chance: [None, *values[:-1]],
    "sorted alone": lambda values, chance: sorted(values, key=lambda value: str(value)[::-1]),
}

# What a coder fills in -------------------------------------------------------------------------------------

NO_ANSWER: dict[str, object] = {
    "a word of one's own": "perhaps so",
    "a formula": "=A2",
    "an error": "#REF!",
    "a number": 7,
    "a no": False,
}


def spoil(heading: str, value: object) -> InCells:
    def damage(sheet: Worksheet, places: Places, chance: random.Random) -> None:
        sheet.cell(chance.randint(2, ROWS + 1), places[heading]).value = value  # type: ignore[assignment]

    return damage


# Rows, columns, headings -----------------------------------------------------------------------------------


def copy_row(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    first, second = chance.sample(range(2, ROWS + 2), 2)
    for column in places.values():
        sheet.cell(first, column).value = sheet.cell(second, column).value


def append_row(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    row = chance.randint(2, ROWS + 1)
    for column in places.values():
        sheet.cell(ROWS + 4, column).value = sheet.cell(row, column).value


def append_row_answered_otherwise(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    append_row(sheet, places, chance)
    cell = sheet.cell(ROWS + 4, places["Answer 1"])
    cell.value = "reject" if cell.value == "accept" else "accept"


def order_rows(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    order = chance.sample(range(2, ROWS + 2), ROWS)
    cells = [[sheet.cell(row, column).value for column in places.values()] for row in order]
    for row, values in enumerate(cells, start=2):
        for column, value in zip(places.values(), values, strict=True):
            sheet.cell(row, column).value = value


def shift_row_right(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    row, first = chance.randint(2, ROWS + 1), chance.randint(1, len(places))
    values = [sheet.cell(row, column).value for column in range(first, len(places) + 1)]
    for column, value in enumerate([None, *values], start=first):
        sheet.cell(row, column).value = value


def shift_row_left(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    row, first = chance.randint(2, ROWS + 1), chance.randint(1, len(places))
    values = [sheet.cell(row, column).value for column in range(first + 1, len(places) + 2)]
    for column, value in enumerate(values, start=first):
        sheet.cell(row, column).value = value


def duplicate_column(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    column = chance.choice(list(places.values()))
    for row in range(1, ROWS + 2):
        sheet.cell(row, len(places) + 2).value = sheet.cell(row, column).value


def move_column(sheet: Worksheet, places: Places, chance: random.Random) -> None:
    column = chance.choice(list(places.values()))
    for row in range(1, ROWS + 2):
        sheet.cell(row, len(places) + 2).value = sheet.cell(row, column).value
    sheet.delete_cols(column)


def rename(value: str | None) -> InCells:
    def damage(sheet: Worksheet, places: Places, chance: random.Random) -> None:
        sheet.cell(1, chance.choice(list(places.values()))).value = value

    return damage


def swap_headings(headings: tuple[str, ...] | list[str]) -> InCells:
    def damage(sheet: Worksheet, places: Places, chance: random.Random) -> None:
        first, second = chance.sample(list(headings), 2)
        sheet.cell(1, places[first]).value, sheet.cell(1, places[second]).value = second, first

    return damage


def merge(width: int, height: int) -> InCells:
    def damage(sheet: Worksheet, places: Places, chance: random.Random) -> None:
        row, column = chance.randint(2, ROWS), chance.randint(1, len(places) - width)
        sheet.merge_cells(
            start_row=row, end_row=row + height - 1, start_column=column, end_column=column + width - 1
        )

    return damage


def retext(change: Callable[[str], object]) -> InCells:
    return on_column(one(lambda value: change(str(value))), "Utterance to code")


IN_CELLS: dict[str, InCells] = {
    "a row copied over another": copy_row,
    "a row copied to the end": append_row,
    "a row copied to the end and answered otherwise": append_row_answered_otherwise,
    "rows in another order": order_rows,
    "a blank row between": lambda sheet, places, chance: sheet.insert_rows(chance.randint(2, ROWS + 1)),
    "a row deleted": lambda sheet, places, chance: sheet.delete_rows(chance.randint(2, ROWS + 1)),
    "three rows deleted": lambda sheet, places, chance: sheet.delete_rows(chance.randint(2, 4), 3),
    "a title above the headings": lambda sheet, places, chance: sheet.insert_rows(1),
    "the headings deleted": lambda sheet, places, chance: sheet.delete_rows(1),
    "the cells of a row shifted right": shift_row_right,
    "the cells of a row shifted left": shift_row_left,
    "a blank column between": lambda sheet, places, chance: sheet.insert_cols(chance.randint(1, len(places))),
    "a column deleted": lambda sheet, places, chance: sheet.delete_cols(chance.randint(1, len(places))),
    "a column twice": duplicate_column,
    "a column moved to the end": move_column,
    "a heading emptied": rename(None),
    "a heading of one's own": rename("My column"),
    "a heading like another": rename("Answer 2"),
    "headings of locked columns swapped": swap_headings(LOCKED),
    "headings of answers swapped": swap_headings(INPUT),
    "any headings swapped": swap_headings([*LOCKED, *INPUT]),
    "cells merged downwards": merge(1, 2),
    "cells merged sideways": merge(2, 1),
    "a block merged": merge(3, 2),
    "a text cut short": retext(lambda text: text[:12]),
    "a text with another word": retext(lambda text: text.replace("fine", "grim")),
    "a text in curly quotes": retext(lambda text: f"\u201c{text}\u201d"),
    "a text taken apart": retext(
        lambda text: unicodedata.normalize("NFD", text.replace("fine", "f\u00efne"))
    ),
    "a text turned to rubbish": retext(lambda text: "#######"),
    "an id turned to a date": on_column(one(lambda value: date(2026, 1, 4)), "Utterance"),
}

# The workbook ----------------------------------------------------------------------------------------------


def about(key: str, value: object) -> Callable[[Workbook, random.Random], None]:
    def damage(book: Workbook, chance: random.Random) -> None:
        for row in book["_batch"].iter_rows():
            if row[0].value == key:
                row[1].value = value  # type: ignore[assignment]

    return damage


def from_another_batch(book: Workbook, chance: random.Random) -> None:
    """A row of another batch pasted over one of this."""
    other = load_workbook(io.BytesIO(answered(1)))["Review"]
    row = chance.randint(2, ROWS + 1)
    for column in range(1, other.max_column + 1):
        value = other.cell(row, column).value
        book["Review"].cell(row, column).value = "0a0a0a0a" if value == SENT.id else value


def retitle(book: Workbook, chance: random.Random) -> None:
    book["Review"].title = "Review (2)"


def keep_values_only(book: Workbook, chance: random.Random) -> None:
    """The sheet pasted as values into a new one of the same name: no lists, no colours, no locks."""
    old = book["Review"]
    rows = list(old.iter_rows(values_only=True))
    book.remove(old)
    new = book.create_sheet("Review")
    for values in rows:
        new.append(values)


IN_THE_WORKBOOK: dict[str, Callable[[Workbook, random.Random], None]] = {
    "the sheet deleted": lambda book, chance: book.remove(book["Review"]),
    "the sheet renamed": retitle,
    "the sheet pasted as values": keep_values_only,
    "the hidden sheet deleted": lambda book, chance: book.remove(book["_batch"]),
    "the codebook deleted": lambda book, chance: book.remove(book["Codebook"]),
    "fewer suggestions than were shown": about("shown", 1),
    "more suggestions than were shown": about("shown", 5),
    "suggestions without end": about("shown", 10**9),
    "suggestions said to be none": about("shown", 0),
    "made an adjudication": about("adjudication", "yes"),
    "another batch's number": about("batch", "0a0a0a0a"),
    "no batch": about("batch", None),
    "a row of another batch": from_another_batch,
}

# The file --------------------------------------------------------------------------------------------------


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flipped(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(20):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def as_csv(data: bytes, chance: random.Random) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(load_workbook(io.BytesIO(data))["Review"].iter_rows(values_only=True))
    return out.getvalue().encode()


ON_THE_FILE: dict[str, Kind] = {
    "the file cut short": cut,
    "bits of the file flipped": flipped,
    "saved as CSV": as_csv,
    "line ends translated": lambda data, chance: data.replace(b"\n", b"\r\n"),
    "nothing left": lambda data, chance: b"",
}


def in_workbook(change: Callable[[Workbook, random.Random], None]) -> Kind:
    def damage(data: bytes, chance: random.Random) -> bytes:
        book = load_workbook(io.BytesIO(data))
        change(book, chance)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return damage


def in_cells(change: InCells) -> Kind:
    def in_book(book: Workbook, chance: random.Random) -> None:
        sheet = book["Review"]
        change(sheet, {str(cell.value): int(cell.column) for cell in sheet[1] if cell.value}, chance)

    return in_workbook(in_book)


# The claim -------------------------------------------------------------------------------------------------

KINDS = dict(kinds())


def test_there_are_a_hundred_kinds_and_more() -> None:
    assert len(KINDS) >= 100


def said(seed: int) -> list[ReturnedItem]:
    """An answer in every row, another for every seed."""
    chance, out = random.Random(seed), []
    for item in SENT.items:
        shown = [each.code for each in item.offered]
        answers = tuple((code, chance.choice(["accept", "reject", "unsure"]), "") for code in shown)
        added = (("d", chance.choice(["", "barrier"])),) if chance.random() < 0.5 else ()
        out.append(ReturnedItem("", item.utterance.id, item.utterance.text_hash, answers, added))
    return out


@cache
def answered(seed: int) -> bytes:
    return filled(write_sheet(SENT, BOOK), said(seed), blind=False)


def core(made: Decision) -> tuple[object, ...]:
    return made.utterance_id, made.text_hash, made.code, made.answer, made.valence


def shown_beside(data: bytes, utterance_id: str) -> list[object]:
    """The texts that stand in the rows of an utterance, wherever its columns are now."""
    rows = list(load_workbook(io.BytesIO(data))["Review"].iter_rows(values_only=True))
    name, text = rows[0].index("Utterance"), rows[0].index("Utterance to code")
    return [" ".join(str(row[text]).split()) for row in rows[1:] if str(row[name]).strip() == utterance_id]


def check(data: bytes, seed: int) -> None:
    """Each decision arrives as it was made, or its row is named; what was not decided never arrives."""
    want, none = taken(SENT, Returned(SENT.id, "anna", tuple(said(seed))))
    assert none == []
    sent = {item.utterance.id: item.utterance.text for item in SENT.items}
    try:
        back = read_sheet(data, where="x.xlsx")
    except StudyError:
        return  # refused as a whole: nothing is taken, and the user is told
    if back.batch_id != SENT.id:
        return  # no such batch was sent: refused as a whole
    decisions, problems = taken(SENT, back)
    wanted, made = {core(each) for each in want}, {core(each) for each in decisions}
    assert made <= wanted, "invented"
    arrived = {each.utterance_id for each in decisions}
    for utterance in arrived:
        whole = {each for each in wanted if each[0] == utterance}
        assert {each for each in made if each[0] == utterance} == whole, "lost in part"
        assert sent[utterance] in shown_beside(data, utterance), "coded beside other talk"
    lost = sent.keys() - arrived
    gone = set(missing_from(back, sent))
    assert len(lost) <= len(problems) + len(gone), "lost without a word"
    assert len(lost - gone) <= len(problems), "lost without a word"


@pytest.mark.parametrize("name", KINDS)
def test_damage_neither_loses_nor_invents_a_decision(name: str) -> None:
    for seed in range(2):
        check(KINDS[name](answered(seed), random.Random(f"{name}{seed}")), seed)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=4), st.integers(0, 1), st.integers())
def test_one_damage_upon_another(names: list[str], seed: int, luck: int) -> None:
    data, chance = answered(seed), random.Random(luck)
    for name in names:
        with suppress(Exception):  # what it would have damaged is gone already
            data = KINDS[name](data, chance)
    check(data, seed)


def test_undamaged_every_decision_arrives() -> None:
    for seed in range(2):
        decisions, problems = taken(SENT, read_sheet(answered(seed), where="x.xlsx"))
        want, _ = taken(SENT, Returned(SENT.id, "anna", tuple(said(seed))))
        assert (decisions, problems) == (want, [])

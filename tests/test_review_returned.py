"""What comes back from coders is what they decided: any form, any damage, once or twice."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.errors import StudyError
from pipeline.records import VALENCES, Code, Codebook, Decision, Suggestion, Utterance
from pipeline.review.batch import (
    Batch,
    Item,
    Returned,
    ReturnedItem,
    decisions_from,
    missing_from,
    proposals_from,
    proposed_id,
)
from pipeline.review.packet import MARK, read_packet, write_packet
from pipeline.review.sheet import write_sheet
from pipeline.review.sheet_back import read_sheet

LEAVES = ("a", "b", "c", "d")
BOOK = Codebook("b", "B", "", tuple([Code(name, name) for name in LEAVES]))
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def batch_of(number: int, *, blind: bool = False, text: str = "We was fine, {}.") -> Batch:
    items = []
    for at in range(1, number + 1):
        one = Utterance(
            f"S1.t{at:04d}.u01", "S1", at, text.format(at), text_hash=f"h{at}", previous="And?", case="S1"
        )
        shown = ("a", "b") if at % 3 else ("c",)
        offered = [] if blind else [Suggestion(one.id, code, 0.5, "probability", True) for code in shown]
        items.append(Item(one, tuple(offered), {"a": "Telling words: fine"}))
    return Batch("1f2e3d4c", "anna", blind, tuple(items))


def taken(sent: Batch, returned: Returned) -> tuple[list[Decision], list[str]]:
    decisions, problems = decisions_from(
        returned,
        codebook=BOOK,
        blind=sent.blind,
        offered={item.utterance.id: [one.code for one in item.offered] for item in sent.items},
        hashes={item.utterance.id: item.utterance.text_hash for item in sent.items},
        at="2026-01-01T00:00:00+00:00",
    )
    return decisions, [f"{one.place}: {one.message}" for one in problems]


# Export, answer, import: what was answered is what arrives -------------------------------------------------

VALENCE = st.sampled_from(["", *VALENCES])
NOTE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


@st.composite
def answered(draw: st.DrawFn, *, blind: bool) -> list[ReturnedItem]:
    """What a coder may say of a batch of up to five utterances."""
    out = []
    for item in batch_of(draw(st.integers(1, 5)), blind=blind).items:
        shown = [one.code for one in item.offered]
        answers = []
        for code in shown:
            answer = draw(st.sampled_from(["", "accept", "reject", "unsure"]))
            if answer:
                answers.append((code, answer, draw(VALENCE) if answer == "accept" else ""))
        others = [code for code in LEAVES if code not in shown]
        added = draw(st.lists(st.sampled_from(others), unique=True, max_size=3)) if others else []
        accepted = added or any(answer == "accept" for _, answer, _ in answers)
        out.append(
            ReturnedItem(
                place="",
                utterance_id=item.utterance.id,
                text_hash=item.utterance.text_hash,
                answers=tuple(answers),
                added=tuple((code, draw(VALENCE)) for code in added),
                nothing=False if accepted else draw(st.booleans()),
                unsure=draw(st.booleans()),
                note=draw(NOTE),
                proposals=draw(st.sampled_from([(), ("distance to the ward",)])),
            )
        )
    return out


def filled(data: bytes, said: list[ReturnedItem], *, blind: bool) -> bytes:
    """The sheet filled in as a coder would."""
    workbook = load_workbook(io.BytesIO(data))
    sheet = workbook["Review"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    stem = ("Code", "Valence of code") if blind else ("Add code", "Valence of added")

    def put(row: int, heading: str, value: str) -> None:
        if value:
            sheet.cell(row, columns[heading]).value = value
            sheet.cell(row, columns[heading]).data_type = "s"

    for row, one in enumerate(said, start=2):
        shown = [sheet.cell(row, columns[f"Suggested {n}"]).value for n in (1, 2, 3)] if not blind else []
        for code, answer, valence in one.answers:
            number = shown.index(code) + 1
            put(row, f"Answer {number}", answer)
            put(row, f"Valence {number}", valence)
        for number, (code, valence) in enumerate(one.added, start=1):
            put(row, f"{stem[0]} {number}", code)
            put(row, f"{stem[1]} {number}", valence)
        put(row, "Nothing applies", "x" if one.nothing else "")
        put(row, "Unsure", "x" if one.unsure else "")
        put(row, "Note", one.note)
        put(row, "New code wanted", one.proposals[0] if one.proposals else "")
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def as_file(said: list[ReturnedItem], sent: Batch) -> bytes:
    """What a packet's `Download decisions` gives for these answers."""
    items = [
        {
            "id": one.utterance_id,
            "hash": one.text_hash,
            "answers": one.answers,
            "added": one.added,
            "nothing": one.nothing,
            "unsure": one.unsure,
            "note": one.note,
            "proposals": one.proposals,
        }
        for one in said
        if one.touched
    ]
    facts = {"kind": MARK, "format": 1, "batch": sent.id, "coder": sent.coder, "items": items}
    return json.dumps(facts).encode()


@pytest.mark.parametrize("blind", [False, True])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_sheet_brings_back_what_was_answered(data: st.DataObject, blind: bool) -> None:
    said = data.draw(answered(blind=blind))
    sent = batch_of(len(said), blind=blind)
    back = read_sheet(filled(write_sheet(sent, BOOK), said, blind=blind), where="x.xlsx")
    want = taken(sent, Returned(sent.id, "anna", tuple(said)))
    assert want[1] == []
    assert taken(sent, back) == want
    assert proposals_from(back, BOOK, []) == proposals_from(Returned("", "", tuple(said)), BOOK, [])


@pytest.mark.parametrize("blind", [False, True])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_packet_brings_back_what_was_answered(data: st.DataObject, blind: bool) -> None:
    said = data.draw(answered(blind=blind))
    sent = batch_of(len(said), blind=blind)
    back = read_packet(as_file(said, sent), where="x.json")
    assert taken(sent, back) == taken(sent, Returned(sent.id, "anna", tuple(said)))
    assert (back.batch_id, back.coder) == (sent.id, "anna")


@pytest.mark.parametrize("data", [b"{}", b"[1]", b"\xff", b'{"kind": "other"}', b"[" * 5000, b'{"kind": 1}'])
def test_a_file_that_holds_no_decisions_is_refused(data: bytes) -> None:
    with pytest.raises(StudyError, match="holds no decisions"):
        read_packet(data, where="x.json")


def test_a_decisions_file_with_values_of_other_kinds_is_refused() -> None:
    sent = batch_of(1)
    good = as_file([ReturnedItem("", "S1.t0001.u01", "h1", unsure=True)], sent)
    for old, new in ((b"true", b'"no"'), (b'"note": ""', b'"note": 7'), (b'"added": []', b'"added": ["a"]')):
        with pytest.raises(StudyError, match="holds no decisions"):
            read_packet(good.replace(old, new), where="x.json")


@pytest.mark.skipif(OFFICE is None and not os.environ.get("CI"), reason="LibreOffice is not installed here")
def test_a_sheet_saved_by_libreoffice_brings_the_same_decisions(tmp_path: Path) -> None:
    said = [
        ReturnedItem("", "S1.t0001.u01", "h1", (("a", "accept", "barrier"), ("b", "reject", ""))),
        ReturnedItem("", "S1.t0002.u01", "h2", (), (("c", "both"),), note="= as before"),
        ReturnedItem("", "S1.t0003.u01", "h3", nothing=True),
        ReturnedItem("", "S1.t0004.u01", "h4", unsure=True, note="two\nlines"),
        ReturnedItem("", "S1.t0005.u01", "h5", proposals=("transport",)),
    ]
    sent = batch_of(6, text="=1+1  two\tblanks\nand a line _x0041_ 'quoted' {}")
    file = tmp_path / "sheet.xlsx"
    file.write_bytes(filled(write_sheet(sent, BOOK), said, blind=False))
    assert OFFICE is not None, "CI must install LibreOffice (see .ci/run)"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = [OFFICE, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*words, tmp_path / "out", file], check=True, capture_output=True, timeout=240)
    back = read_sheet((tmp_path / "out" / "sheet.xlsx").read_bytes(), where="sheet.xlsx")
    assert taken(sent, back) == taken(sent, Returned(sent.id, "anna", tuple(said)))


# Damage --------------------------------------------------------------------------------------------

Damage = Callable[[Worksheet, dict[str, int], random.Random], None]
ROWS = 6


def _spoil(heading: str, values: list[object]) -> Damage:
    def damage(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
        sheet.cell(chance.randint(2, ROWS + 1), columns[heading]).value = chance.choice(values)  # type: ignore[assignment]

    return damage


def _copy_cell(heading: str) -> Damage:
    def damage(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
        one, other = chance.sample(range(2, ROWS + 2), 2)
        sheet.cell(one, columns[heading]).value = sheet.cell(other, columns[heading]).value

    return damage


def _sort_one_column(heading: str) -> Damage:
    def damage(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
        values = [sheet.cell(row, columns[heading]).value for row in range(2, ROWS + 2)]
        chance.shuffle(values)
        for row, value in enumerate(values, start=2):
            sheet.cell(row, columns[heading]).value = value

    return damage


def _copy_row(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    one, other = chance.sample(range(2, ROWS + 2), 2)
    for column in columns.values():
        sheet.cell(one, column).value = sheet.cell(other, column).value


def _append_row(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    row = chance.randint(2, ROWS + 1)
    for column in columns.values():
        sheet.cell(ROWS + 4, column).value = sheet.cell(row, column).value


def _move_rows(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    order = list(range(2, ROWS + 2))
    chance.shuffle(order)
    cells = [[sheet.cell(row, column).value for column in columns.values()] for row in order]
    for row, values in enumerate(cells, start=2):
        for column, value in zip(columns.values(), values, strict=True):
            sheet.cell(row, column).value = value


def _blank_row_between(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    sheet.insert_rows(chance.randint(2, ROWS + 1))


def _delete_row(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    sheet.delete_rows(chance.randint(2, ROWS + 1))


def _insert_column(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    sheet.insert_cols(chance.randint(1, len(columns)))


def _delete_column(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    sheet.delete_cols(chance.randint(1, len(columns)))


def _rename_heading(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    sheet.cell(1, chance.choice(list(columns.values()))).value = chance.choice(["", "x", "Note", "Answer 2"])


def _swap_headings(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    one, other = chance.sample(["Utterance", "Utterance to code", "batch", "hash", "seal", "Suggested 1"], 2)
    sheet.cell(1, columns[one]).value, sheet.cell(1, columns[other]).value = other, one


def _merge_cells(sheet: Worksheet, columns: dict[str, int], chance: random.Random) -> None:
    row = chance.randint(2, ROWS)
    sheet.merge_cells(start_row=row, end_row=row + 1, start_column=1, end_column=2)


ODD: list[object] = [
    "",
    " ",
    "=A1",
    "#REF!",
    0,
    7,
    True,
    False,
    "no",
    "maybe",
    "S9.t0001.u01",
    "a",
    "é\n",
    -1.5,
]
LOCKED = ("Utterance", "Utterance to code", "Suggested 1", "Suggested 2", "batch", "hash", "seal")
KINDS: list[Damage] = [
    *[_spoil(heading, ODD) for heading in LOCKED],
    *[_spoil(heading, ODD) for heading in ("Case", "Speaker", "Said just before")],
    *[_copy_cell(heading) for heading in LOCKED],
    *[_sort_one_column(heading) for heading in LOCKED],
    *[_spoil(h, ["maybe", "=A1", "#REF!", 7, True, "accepted"]) for h in ("Answer 1", "Answer 2")],
    *[_spoil(h, ["good", "=A1", 7, False]) for h in ("Valence 1", "Valence of added 1")],
    *[_spoil(h, ["zz", "=A1", 7, False]) for h in ("Add code 1", "Add code 2")],
    *[_spoil(h, ["no", "=A1", 7, False, "#N/A", "nothing"]) for h in ("Nothing applies", "Unsure")],
    _copy_row,
    _append_row,
    _move_rows,
    _blank_row_between,
    _delete_row,
    _insert_column,
    _delete_column,
    _rename_heading,
    _swap_headings,
    _merge_cells,
]


def coded_sheet(chance: random.Random) -> tuple[Batch, bytes, set[tuple[object, ...]]]:
    """A sheet with an answer in every row, and the decisions it stands for."""
    said = []
    for item in batch_of(ROWS).items:
        shown = [one.code for one in item.offered]
        answers = tuple((code, chance.choice(["accept", "reject", "unsure"]), "") for code in shown)
        added = (("d", chance.choice(["", "barrier"])),) if chance.random() < 0.5 else ()
        said.append(ReturnedItem("", item.utterance.id, item.utterance.text_hash, answers, added))
    sent = batch_of(ROWS)
    want, problems = taken(sent, Returned(sent.id, "anna", tuple(said)))
    assert problems == []
    return sent, filled(write_sheet(sent, BOOK), said, blind=False), {_core(one) for one in want}


def _core(one: Decision) -> tuple[object, ...]:
    return one.utterance_id, one.text_hash, one.code, one.answer, one.valence


@pytest.mark.parametrize("number", range(100))
def test_damage_neither_loses_nor_invents_a_decision(number: int) -> None:
    """Each decision arrives as it was made, or its row is named; what was not decided never arrives."""
    chance = random.Random(number)
    sent, data, want = coded_sheet(chance)
    workbook = load_workbook(io.BytesIO(data))
    sheet = workbook["Review"]
    columns = {str(cell.value): int(cell.column) for cell in sheet[1]}
    kinds = [KINDS[number % len(KINDS)], *chance.choices(KINDS[:30], k=number // len(KINDS))]
    for damage in kinds:
        damage(sheet, columns, chance)
    out = io.BytesIO()
    workbook.save(out)
    try:
        back = read_sheet(out.getvalue(), where="x.xlsx")
    except StudyError:
        return  # refused as a whole: nothing is taken, and the user is told
    decisions, problems = taken(sent, back)
    assert {_core(one) for one in decisions} <= want, "invented"
    arrived = {one.utterance_id for one in decisions}
    for utterance in arrived:
        whole = {one for one in want if one[0] == utterance}
        assert {_core(one) for one in decisions if one.utterance_id == utterance} == whole, "lost in part"
    sent_ids = {item.utterance.id for item in sent.items}
    for item in sent.items:
        if item.utterance.id in arrived:
            assert item.utterance.text in shown_beside(out.getvalue(), item.utterance.id), (
                "coded beside other talk"
            )
    lost = sent_ids - arrived
    gone = set(missing_from(back, sent_ids))
    assert len(lost) <= len(problems) + len(gone), "lost without a word"
    assert len(lost - gone) <= len(problems)


def shown_beside(data: bytes, utterance_id: str) -> list[object]:
    """The texts that stand in the rows of an utterance, wherever its columns are now."""
    rows = list(load_workbook(io.BytesIO(data))["Review"].iter_rows(values_only=True))
    name, text = rows[0].index("Utterance"), rows[0].index("Utterance to code")
    return [row[text] for row in rows[1:] if row[name] == utterance_id]


def test_rows_that_say_different_things_of_one_utterance_are_both_left_out() -> None:
    sent = batch_of(1)
    back = Returned(
        sent.id,
        "anna",
        (
            ReturnedItem("row 2", "S1.t0001.u01", "h1", (("a", "accept", ""),)),
            ReturnedItem("row 3", "S1.t0001.u01", "h1", (("a", "reject", ""),)),
        ),
    )
    decisions, problems = taken(sent, back)
    assert decisions == []
    assert len(problems) == 2


def test_new_codes_are_proposals_and_no_decisions() -> None:
    sent = batch_of(1)
    item = ReturnedItem(
        "row 2", "S1.t0001.u01", "h1", (), (("inductive.buses", ""), ("d", "")), proposals=("Last bus home",)
    )
    back = Returned(sent.id, "anna", (item,))
    decisions, problems = taken(sent, back)
    assert problems == []
    assert [one.code for one in decisions] == ["d"]
    found = proposals_from(back, BOOK, [])
    assert [proposed_id(words) for _, words in found] == ["inductive.last_bus_home", "inductive.buses"]


# The page ------------------------------------------------------------------------------------------


def test_a_transcript_cannot_leave_its_place_in_the_page() -> None:
    evil = "</script><script>alert(1)</script><!--<script> {} \u2028 & <b>"
    page = write_packet(batch_of(2, text=evil), BOOK).decode()
    assert page.count("<script") == 2, "the data and the page's own"
    assert page.count("</script>") == 2
    assert "<b>" not in page.split('<script id="data"')[1].split("</script>")[0]
    assert "default-src 'none'; script-src 'sha256-" in page
    assert "unsafe" not in page.split("</head>")[0].split("<style>")[0]
    for word in ("http://", "https://", "//cdn", "@import", "url("):
        assert word not in page


def test_a_blind_packet_holds_no_suggestion() -> None:
    page = write_packet(batch_of(3, blind=True), BOOK).decode()
    assert '"offered":[]' in page
    assert "Telling words" not in page

"""What comes back from coders is what they decided: any form, any damage, once or twice."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipeline.errors import StudyError
from pipeline.records import VALENCES, Code, Codebook, Decision, Suggestion, Utterance
from pipeline.review.batch import (
    Batch,
    Item,
    Returned,
    ReturnedItem,
    decisions_from,
    proposals_from,
    proposed_id,
)
from pipeline.review.packet import MARK, read_packet, write_packet
from pipeline.review.sheet import write_sheet
from pipeline.review.sheet_back import read_sheet

LEAVES = ("a", "b", "c", "d")
BOOK = Codebook("b", "B", "", tuple([Code(name, name) for name in LEAVES]))
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def batch_of(
    number: int, *, blind: bool = False, text: str = "We was fine, {}.", adjudication: bool = False
) -> Batch:
    items = []
    for at in range(1, number + 1):
        one = Utterance(
            f"S1.t{at:04d}.u01", "S1", at, text.format(at), text_hash=f"h{at}", previous="And?", case="S1"
        )
        shown = ("a", "b") if at % 3 else ("c",)
        shown = LEAVES[: at % 4 + 1] if adjudication else shown
        offered = [] if blind else [Suggestion(one.id, code, 0.5, "probability", True) for code in shown]
        said = (("ben", "a; b"), ("carla", "nothing applies")) if adjudication else ()
        items.append(Item(one, tuple(offered), {"a": "Telling words: fine"}, said))
    return Batch("1f2e3d4c", "anna", blind, tuple(items), adjudication)


def taken(sent: Batch, returned: Returned) -> tuple[list[Decision], list[str]]:
    decisions, problems = decisions_from(
        returned,
        codebook=BOOK,
        blind=sent.blind,
        offered={item.utterance.id: [one.code for one in item.offered] for item in sent.items},
        hashes={item.utterance.id: item.utterance.text_hash for item in sent.items},
        at="2026-01-01T00:00:00+00:00",
        adjudication=sent.adjudication,
    )
    return decisions, [f"{one.place}: {one.message}" for one in problems]


# Export, answer, import: what was answered is what arrives -------------------------------------------------

VALENCE = st.sampled_from(["", *VALENCES])
NOTE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


@st.composite
def answered(draw: st.DrawFn, *, blind: bool, adjudication: bool = False) -> list[ReturnedItem]:
    """What a coder may say of a batch of up to five utterances."""
    out = []
    for item in batch_of(draw(st.integers(1, 5)), blind=blind, adjudication=adjudication).items:
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
        heads = [head for head in columns if head and head.startswith(("Suggested", "Given"))]
        shown = [sheet.cell(row, columns[head]).value for head in heads]
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


WAYS: dict[str, dict[str, bool]] = {
    "with suggestions": {"blind": False},
    "blind": {"blind": True},
    "to settle": {"blind": False, "adjudication": True},
}


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_sheet_brings_back_what_was_answered(data: st.DataObject, way: str) -> None:
    said = data.draw(answered(**WAYS[way]))
    sent, blind = batch_of(len(said), **WAYS[way]), WAYS[way]["blind"]
    back = read_sheet(filled(write_sheet(sent, BOOK), said, blind=blind), where="x.xlsx")
    want = taken(sent, Returned(sent.id, "anna", tuple(said)))
    assert want[1] == []
    assert taken(sent, back) == want
    assert proposals_from(back, BOOK, []) == proposals_from(Returned("", "", tuple(said)), BOOK, [])


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_packet_brings_back_what_was_answered(data: st.DataObject, way: str) -> None:
    said = data.draw(answered(**WAYS[way]))
    sent = batch_of(len(said), **WAYS[way])
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

"""Files that unfold: every reader refuses bombs, slips, entities and broken files, in little memory."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from formats import zipped
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipeline import transcripts
from pipeline.containers import MB, Container, Kind, unzipped, xml
from pipeline.errors import StudyError
from pipeline.exchange.qdc import read_qdc
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.table import read_table
from pipeline.records import Code, Codebook, Utterance
from pipeline.review.batch import Batch, Item
from pipeline.review.reading import read_sample, write_sample
from pipeline.review.sheet import write_sheet
from pipeline.review.sheet_back import read_sheet
from pipeline.workbooks import sheets_of, to_change

SMALL = Kind("a test", "Try again.", file=10_000, part=2_000, whole=3_000, parts=4)
BLANK = b" " * MB
WORKBOOKS: dict[str, Callable[[bytes], object]] = {
    "transcript": lambda data: transcripts.read(data, "a.xlsx"),
    "coded table": lambda data: read_table(data, "a.xlsx"),
    "returned sheet": lambda data: read_sheet(data, where="a.xlsx"),
    "drawn sample": lambda data: read_sample(data, where="a.xlsx"),
    "workbook to change": lambda data: to_change(data, "a.xlsx"),
}


def sheet() -> bytes:
    one = Utterance("S1.t0001.u01", "S1", 1, "We was fine.", text_hash="h")
    return write_sheet(Batch("b", "anna", True, (Item(one),)), Codebook("b", "B", "", (Code("a", "A"),)))


def changed(data: bytes, **parts: bytes | None) -> bytes:
    """A package with parts replaced or added (`sheet1`, `evil`), or taken out (None)."""
    paths = {"sheet1": "xl/worksheets/sheet1.xml", "evil": "xl/../../evil.xml", "other": "xl/other.xml"}
    new = {paths[name]: content for name, content in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    return zipped({name: content for name, content in {**kept, **new}.items() if content is not None})


GOOD = sheet()


def refusal(read: Callable[[bytes, str], object], data: bytes) -> str:
    """Where a refusal says that it happened, or "" if there was none; any other error goes through."""
    try:
        read(data, "a.xlsx")
    except StudyError as error:
        return error.where
    return ""


@pytest.mark.parametrize("reader", WORKBOOKS)
def test_every_reader_of_workbooks_refuses_hostile_ones(reader: str) -> None:
    read, good = WORKBOOKS[reader], sheet()
    doctype = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'
    for data, words in (
        (changed(good, sheet1=BLANK * 70), "unpacks to more than 64 MB"),
        (changed(good, sheet1=doctype), "declares XML entities"),
        (changed(good, other=doctype.decode().encode("utf-16")), "declares XML entities"),
        (changed(good, evil=b"x"), "points outside"),
    ):
        tracemalloc.start()
        try:
            with pytest.raises(StudyError, match=words) as refused:
                read(data)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 200 * MB
        assert refused.value.where == "a.xlsx"
        assert refused.value.hint


@pytest.mark.parametrize("reader", ["coded table", "returned sheet", "drawn sample", "workbook to change"])
def test_every_reader_of_workbooks_refuses_broken_ones(reader: str) -> None:
    good = sheet()
    half = good[: len(good) // 2]
    for data in (b"", b"PK\x03\x04", half, changed(good, sheet1=b"<worksheet>"), b"a,b\n1,2"):
        with pytest.raises(StudyError):
            WORKBOOKS[reader](data)


def test_a_size_that_a_sheet_only_claims_costs_nothing() -> None:
    """Excel writes A1:XFD1048576 when somebody coloured whole columns; the rows are read all the same."""
    good = sheet()
    with zipfile.ZipFile(io.BytesIO(good)) as old:
        text = old.read("xl/worksheets/sheet1.xml").decode()
    start = text.index('<dimension ref="') + 16
    wide = text[:start] + "A1:XFD1048576" + text[text.index('"', start) :]
    back = read_sheet(changed(good, sheet1=wide.encode()), where="a.xlsx")
    assert [one.utterance_id for one in back.items] == ["S1.t0001.u01"]


def test_a_drawn_sample_comes_back_as_it_went() -> None:
    back = read_sample(write_sample("s1", ["=1+1", "We was fine."]), where="a.xlsx")
    assert (back.sample, back.missed, back.words) == ("s1", 0, ())


def test_every_count_of_a_drawn_sample_that_is_none_is_named() -> None:
    book = load_workbook(io.BytesIO(write_sample("s1", ["We was fine.", "So was I.", "And she."])))
    for row, value in ((2, "some"), (3, "two"), (4, 1)):
        book["Read"].cell(row, 3).value = value
    book["Read"].cell(4, 4).value = "Ann; the ward"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(StudyError, match="rows 2 to 3: Missed is a whole number"):
        read_sample(out.getvalue(), where="a.xlsx")
    for row in (2, 3):
        book["Read"].cell(row, 3).value = None
    out = io.BytesIO()
    book.save(out)
    back = read_sample(out.getvalue(), where="a.xlsx")
    assert back.words == (("row 4", "Ann", "PERSON"), ("row 4", "the ward", "PERSON"))
    assert back.missed == 2


def test_a_workbook_to_change_keeps_its_looks() -> None:
    book = to_change(sheet(), "a.xlsx")
    assert book["Review"].cell(2, 3).value == "We was fine."
    assert book["Review"].freeze_panes == "D2"


def test_a_table_that_unpacks_without_end_is_refused() -> None:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        for _ in range(300):
            packed.write(BLANK)
    with pytest.raises(StudyError, match="unpacks to more than 256 MB"):
        read_table(out.getvalue(), "a.csv.gz")
    with pytest.raises(StudyError, match="damaged"):
        read_table(gzip.compress(b"transcript_id,codes\nP1,a\n")[:-9], "a.csv.gz")


def test_a_container_counts_what_its_parts_come_to() -> None:
    parts = Container(zipped({"A/One.xml": "1" * 2_000, "two.xml": "2" * 2_000}), "a", SMALL)
    assert parts.names() == ["a/one.xml", "two.xml"]
    assert parts.has("a/ONE.XML")
    assert parts.read("a/one.xml") == b"1" * 2_000
    with pytest.raises(StudyError, match="unpacks"):
        parts.read("two.xml")
    with pytest.raises(StudyError, match="damaged"):
        parts.read("three.xml")
    with pytest.raises(StudyError, match="thousands of parts"):
        Container(zipped({str(n): "" for n in range(5)}), "a", SMALL)
    with pytest.raises(StudyError, match="larger than"):
        Container(b"PK" * 9_000, "a", SMALL)
    with pytest.raises(StudyError, match="larger than"):
        xml(b"<a>" + b" " * 2_000 + b"</a>", "a", SMALL)


def test_a_codebook_and_a_project_keep_the_same_bounds() -> None:
    entities = b'<!DOCTYPE x [<!ENTITY a "b">]><CodeBook>&a;</CodeBook>'
    with pytest.raises(StudyError, match="entities"):
        read_qdc(entities, "a.qdc")
    with pytest.raises(StudyError, match="unpacks"):
        read_project(zipped({"project.qde": BLANK * 130}), "a.qdpx")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_workbook_ends_in_anything_but_rows_or_a_refusal(data: st.DataObject) -> None:
    whole = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    for read in (sheets_of, lambda data, name: read_sheet(data, where=name)):
        assert refusal(read, bytes(whole)) in ("", "a.xlsx")


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_unzipped_or_refused(data: bytes) -> None:
    for each in (data, gzip.compress(data)):
        where = refusal(lambda packed, name: unzipped(packed, name, replace(SMALL, whole=200)), each)
        assert where == ("a.xlsx" if each == data else "")

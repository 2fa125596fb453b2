"""The one table: what goes out comes back, and what cannot be read is refused with its row."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StudyError
from pipeline.exchange.odd import odd_codes
from pipeline.exchange.table import COLUMNS, dotted, read_table, write_table
from pipeline.records import VALENCES, CodedRow, Given

_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=30)
_plain = _words.map(str.strip)
_code = st.from_regex(r"[a-z][a-z_]{0,8}(\.[a-z_]{1,8})?", fullmatch=True)
_given = st.lists(
    st.builds(Given, _code, st.sampled_from([None, *VALENCES])), max_size=3, unique_by=lambda each: each.code
)
_rows = st.builds(
    CodedRow,
    transcript_id=_plain.filter(bool),
    codes=_given.map(tuple),
    utterance_id=_plain,
    turn_index=st.none() | st.integers(0, 10_000),
    case=_plain,
    speaker=_plain,
    role=_plain,
    text=_words,
    coder=_plain,
    seen=st.sampled_from(["", "blind", "suggested"]),
    note=_words,
)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "xlsx"])
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(_rows, max_size=5))
def test_what_is_written_is_read_again(kind: str, rows: list[CodedRow]) -> None:
    assert read_table(write_table(rows, kind), f"a.{kind}") == rows


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [CodedRow("a", (Given("x"),))]
    assert write_table(rows, "csv.gz") == write_table(rows, "csv.gz")


def test_a_text_that_looks_like_a_formula_stays_text_in_a_workbook() -> None:
    row = CodedRow("a", (), text="=1+1")
    assert read_table(write_table([row], "xlsx"), "a.xlsx")[0].text == "=1+1"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_text_that_looks_like_a_formula_runs_in_no_spreadsheet_and_comes_back_from_csv(start: str) -> None:
    row = CodedRow("a", (), speaker=f"{start}P1", text=f"{start}HYPERLINK(1)")
    data = write_table([row], "csv")
    assert f",'{start}HYPERLINK(1)" in data.decode("utf-8-sig")
    assert not any(cell[:1] == start for cell in data.decode("utf-8-sig").splitlines()[1].split(","))
    assert read_table(data, "a.csv") == [row]


def test_annotator_is_read_as_coder_and_paths_are_folded() -> None:
    data = b"transcript_id,codes,annotator\nP1,A b > C/d > e; A b > f:barrier,ann\n"
    row = read_table(data, "a.csv", levels=1)[0]
    assert row.coder == "ann"
    assert row.codes == (Given("a_b", "barrier"),)
    assert [each.code for each in read_table(data, "a.csv", paths=True)[0].codes] == ["a_b.c_d.e", "a_b.f"]
    assert [each.code for each in read_table(data, "a.csv")[0].codes] == ["A b > C/d > e", "A b > f"]


def test_folding_joins_opposite_valences() -> None:
    data = b"transcript_id,codes\nP1,a.b:barrier;a.c:facilitator\n"
    assert read_table(data, "a.csv", levels=1)[0].codes == (Given("a", "both"),)


def test_what_excel_saves_is_read() -> None:
    text = "transcript_id;codes;text\r\nP1;;caf\xe9\r\n"
    assert read_table(text.encode("cp1252"), "a.csv")[0].text == "caf\xe9"
    assert read_table(text.encode("utf-16"), "a.csv")[0].text == "caf\xe9"
    assert read_table(gzip.compress(text.encode("utf-8-sig")), "a.csv.gz")[0].text == "caf\xe9"


def test_dots_and_paths_give_the_same_id() -> None:
    assert dotted("context.culture") == dotted("Context > Culture") == "context.culture"


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"", "is empty"),
        (b"text,codes\nx,\n", "lacks the column transcript_id"),
        (b"transcript_id,codes\nP1,a\n,b\n", "row 3: has no transcript_id"),
        (b"transcript_id,codes,turn_index\nP1,a,two\n", "row 2: turn_index"),
        (b"transcript_id,codes,coder,annotator\n", "coder twice"),
        (b'transcript_id,codes\nP1,"a\n', "row 2: cannot be read as CSV"),
        (b"transcript_id,codes\nP1,:barrier\n", "row 2: holds a code without a name"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(data: bytes, fact: str) -> None:
    with pytest.raises(StudyError, match=fact):
        read_table(data, "a.csv")


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv.gz"])
def test_a_damaged_file_is_refused(name: str) -> None:
    with pytest.raises(StudyError, match=name):
        read_table(b"\x1f\x8b not what it says", name)


def test_every_column_is_written() -> None:
    head = write_table([], "csv").decode("utf-8-sig").strip()
    assert head == ",".join(COLUMNS)


def test_a_text_too_long_for_a_cell_and_an_unknown_kind_are_refused() -> None:
    with pytest.raises(StudyError, match="longer than"):
        write_table([CodedRow("a", (), text="x" * 40_000)], "xlsx")
    with pytest.raises(StudyError, match="no table"):
        write_table([], "ods")


def test_a_first_line_that_tells_excel_the_separator_is_no_header() -> None:
    data = b"sep=|\r\ntranscript_id|turn_index|codes\r\nT1|3.0|x;y\r\nT1|4|z\r\n"
    rows = read_table(data, "a.csv")
    assert [(row.turn_index, [given.code for given in row.codes]) for row in rows] == [
        (3, ["x", "y"]),
        (4, ["z"]),
    ]
    with pytest.raises(StudyError, match="row 3: turn_index"):
        read_table(data.replace(b"3.0", b"3.5"), "a.csv")


def test_codes_that_were_not_quoted_are_not_lost_without_a_word() -> None:
    with pytest.raises(StudyError, match="row 3: has more cells than the header"):
        read_table(b"transcript_id;codes\nT1;x\nT1;x;y\n", "a.csv")


def test_codes_parted_by_a_bar_or_a_comma_are_not_taken_as_one() -> None:
    head = "transcript_id,codes"
    rows = ["T1,a:barrier", "T2,a|b", "T3,b;c", 'T4,"b:barrier, c|a"', "T5,one|other"]
    with pytest.raises(StudyError) as refused:
        read_table("\n".join([head, *rows]).encode(), "coded.csv")
    words = str(refused.value)
    assert "row 3: holds 'a|b' as one code; codes are parted by semicolons: a;b" in words
    assert "row 5: holds 'b:barrier, c|a' as one code" in words
    assert "row 6" not in words
    with pytest.raises(StudyError) as refused:
        read_table("\n".join([head, "T1,a", "T1,b", *["T2,a|b", "T3,b|a"] * 20]).encode(), "coded.csv")
    assert "rows 4 to 43: holds several codes as one" in str(refused.value)
    # Where no part is a code of its own, the name may be meant so: a word, no refusal.
    read = read_table("\n".join([head, "T1,a", "T2,one|other", 'T3,"d, e"']).encode(), "a.csv")
    assert [row.codes[0].code for row in read] == ["a", "one|other", "d, e"]
    assert odd_codes(read) == ["2 codes hold a comma or a bar; codes are parted by semicolons"]

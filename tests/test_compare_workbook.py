"""The matrix as workbook and CSV: what the analyst wrote comes back whole, and nothing becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.compare.matrix import ANALYST_STATUSES, Chart, Matrix, matrix
from pipeline.compare.returned import read_workbook
from pipeline.compare.tables import read_csv, write_csv
from pipeline.compare.workbook import STATUS, SUMMARY, sheet_titles, write_workbook
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Given
from pipeline.workbooks import harmless, original

CODES = ("context.culture", "facilitation.role")


def rows() -> list[CodedRow]:
    return [
        CodedRow(
            f"{case}PW{number}",
            (Given(CODES[0], "barrier"),) if number == 1 else (),
            turn_index=number * 2,
            case=case,
            speaker=f"{case}PW{number}",
            text="=SUM(A1) they said, and then nobody came to the ward",
        )
        for case in ("S3", "S4")
        for number in (1, 2)
    ]


def built(*charts: Chart) -> Matrix:
    return matrix(rows(), CODES, charts=charts)


def sheet_of(data: bytes, title: str) -> Worksheet:
    sheet = openpyxl.load_workbook(io.BytesIO(data))[title]
    assert isinstance(sheet, Worksheet)
    return sheet


def edited(data: bytes, change: Callable[[Worksheet], None], title: str = CODES[0]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book[title]
    assert isinstance(sheet, Worksheet)
    change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def column(sheet: Worksheet, name: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == name)


CHARTS = [
    Chart("S3", CODES[0], "", "", "Nobody came [S3PW1:2]"),
    Chart("S3", CODES[0], "S3PW2", "not_asked"),
    Chart("S4", CODES[1], "", "asked_no_view", "=1+1"),
]


def test_summaries_and_statuses_survive_a_rebuild() -> None:
    again = read_workbook(write_workbook(built(*CHARTS)), "m.xlsx")
    assert set(again) == set(CHARTS)
    assert set(read_workbook(write_workbook(built(*again)), "m.xlsx")) == set(CHARTS)
    assert built(*again).cell("S3", CODES[0]).summary == "Nobody came [S3PW1:2]"


def test_what_was_written_on_a_code_that_went_is_kept() -> None:
    old = [
        Chart("S3", "context.gone", "", "", "Was here [S3PW1:2]"),
        Chart("S3", CODES[0], "S3PW9", "not_asked"),
    ]
    laid_out = built(*CHARTS, *old)
    data = write_workbook(laid_out)
    assert set(read_workbook(data, "m.xlsx", known=laid_out)) == {*CHARTS, *old}
    assert len(list(sheet_of(data, "Left over").iter_rows(min_row=2))) == 2
    assert "Left over" not in openpyxl.load_workbook(io.BytesIO(write_workbook(built(*CHARTS)))).sheetnames


def test_what_the_analyst_writes_comes_back() -> None:
    def write(sheet: Worksheet) -> None:
        sheet.cell(2, column(sheet, SUMMARY)).value = "Left alone [S3PW1:2]"
        sheet.cell(5, column(sheet, STATUS)).value = "asked_denied"

    laid_out = built()
    data = edited(write_workbook(laid_out), write)
    assert set(read_workbook(data, "m.xlsx", known=laid_out)) == {
        Chart("S3", CODES[0], "", "", "Left alone [S3PW1:2]"),
        Chart("S4", CODES[0], "", "asked_denied", ""),
    }


def test_rows_may_be_sorted_and_columns_moved() -> None:
    def shuffle(sheet: Worksheet) -> None:
        values = [list(row) for row in sheet.iter_rows(values_only=True)]
        header, body = values[0], values[1:]
        for number, row in enumerate([header, *reversed(body)], start=1):
            for at, value in enumerate(reversed(row), start=1):
                sheet.cell(number, at).value = value

    data = edited(write_workbook(built(*CHARTS)), shuffle)
    assert set(read_workbook(data, "m.xlsx")) == set(CHARTS)


def test_a_sheet_a_construct_with_references_and_frozen_panes() -> None:
    data = write_workbook(built(), {"S3": {"group": "high"}, "S4": {"group": "low"}})
    sheet = sheet_of(data, CODES[0])
    header = [cell.value for cell in sheet[1]]
    first = dict(zip(header, [cell.value for cell in sheet[2]], strict=True))
    assert (first["case"], first["group"], first["found"]) == ("S3", "high", "data")
    assert (first["utterances"], first["participants"], first["of"], first["barrier"]) == (1, 1, 2, 1)
    assert first["references"] == "[S3PW1:2]"
    assert "[S3PW1:2]" in str(first["quotes"])
    assert sheet.freeze_panes == "C2"
    assert first["said by"] == "1 of 2"
    assert sheet["A2"].alignment.wrap_text
    assert sheet.data_validations.dataValidation[0].formula1 == f'"{",".join(ANALYST_STATUSES)}"'


def test_the_overview_says_how_many_and_which_way() -> None:
    sheet = sheet_of(write_workbook(built()), "Matrix")
    assert sheet["B2"].value == "1 of 2\nfacilitator 0\nbarrier 1"
    assert sheet["C2"].value == "none_found"


def test_participants_can_be_left_out() -> None:
    sheet = sheet_of(write_workbook(built(), participants=False), CODES[0])
    assert [cell.value for cell in sheet["A"]] == ["case", "S3", "S4"]


@pytest.mark.parametrize("start", "=+-@")
def test_text_never_becomes_a_formula(start: str) -> None:
    summary = f"{start}HYPERLINK(1)"
    data = write_workbook(built(Chart("S3", CODES[0], summary=summary)))
    sheet = sheet_of(data, CODES[0])
    cell = sheet.cell(2, column(sheet, SUMMARY))
    assert (cell.value, cell.data_type, cell.quotePrefix) == (summary, "s", True)


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, st.sampled_from(["", *ANALYST_STATUSES]))
def test_any_summary_comes_back(text: str, status: str) -> None:
    summary = text.strip()
    expected = {Chart("S3", CODES[0], "", status, summary)} if status or summary else set()
    laid_out = built(Chart("S3", CODES[0], "", status, summary))
    assert set(read_workbook(write_workbook(laid_out), "m.xlsx")) == expected
    assert set(read_csv(write_csv(laid_out), "m.csv")) == expected


@given(st.text("'=+-@ab", max_size=8))
def test_harmless_text_is_no_formula_and_comes_back(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@"))
    assert original(harmless(text)) == text


def test_the_csv_holds_every_cell_once() -> None:
    laid_out = built(*CHARTS)
    lines = write_csv(laid_out).decode("utf-8-sig").rstrip("\r\n").split("\r\n")
    assert len(lines) == 1 + len(laid_out.cells)
    with_people = write_csv(laid_out, participants=True).decode("utf-8-sig").rstrip("\r\n").split("\r\n")
    assert len(with_people) == 1 + len(laid_out.cells) + 4 * len(CODES) * 3
    assert set(read_csv(write_csv(laid_out, participants=True), "m.csv")) == set(CHARTS)


def test_sheet_names_are_legal_and_all_different() -> None:
    titles = sheet_titles(["a[b]:c*d?e/f\\g", "A" * 31, "a" * 35, "Matrix", "History"])
    assert len({title.casefold() for title in titles}) == 5
    assert all(len(title) <= 31 and not set(title) & set("[]:*?/\\") for title in titles)


def wrong_status(sheet: Worksheet) -> None:
    sheet.cell(3, column(sheet, STATUS)).value = "absent"


def wrong_case(sheet: Worksheet) -> None:
    sheet.cell(3, 1).value = "S9"


def wrong_person(sheet: Worksheet) -> None:
    sheet.cell(3, 2).value = "S9PW1"


def twice(sheet: Worksheet) -> None:
    sheet.cell(3, 2).value = None


def no_header(sheet: Worksheet) -> None:
    sheet.cell(1, column(sheet, SUMMARY)).value = "notes"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (wrong_status, "row 3: 'absent' is no status you can set"),
        (wrong_case, "row 3: no case is called 'S9'"),
        (wrong_person, "row 3: no participant of that case is called 'S9PW1'"),
        (twice, "row 3: S3 stands there twice"),
        (no_header, "lacks the column 'your summary'"),
    ],
)
def test_edits_that_cannot_be_read_are_named_with_their_row(
    change: Callable[[Worksheet], None], word: str
) -> None:
    laid_out = built()
    with pytest.raises(StudyError, match=word) as caught:
        read_workbook(edited(write_workbook(laid_out), change), "m.xlsx", known=laid_out)
    assert str(caught.value).startswith("m.xlsx: sheet context.culture, row")


def test_every_row_that_cannot_be_taken_is_named() -> None:
    laid_out = built()

    def several(sheet: Worksheet) -> None:
        wrong_status(sheet)
        sheet.cell(5, 1).value = "S9"
        sheet.cell(9, column(sheet, SUMMARY)).value = "added below"

    with pytest.raises(StudyError) as caught:
        read_workbook(edited(write_workbook(laid_out), several), "m.xlsx", known=laid_out)
    assert caught.value.message.split("\n  ") == [
        "3 places cannot be taken:",
        "sheet context.culture, row 3: 'absent' is no status you can set",
        "sheet context.culture, row 5: no case is called 'S9'",
        "sheet context.culture, row 9: has no case",
    ]


def test_a_status_may_be_written_as_people_write() -> None:
    def write(sheet: Worksheet) -> None:
        sheet.cell(2, column(sheet, STATUS)).value = "Not asked"
        sheet.cell(5, column(sheet, STATUS)).value = "asked-denied "

    assert {one.status for one in read_workbook(edited(write_workbook(built()), write), "m.xlsx")} == {
        "not_asked",
        "asked_denied",
    }


def test_words_in_the_wrong_column_are_not_said_back() -> None:
    def write(sheet: Worksheet) -> None:
        sheet.cell(2, column(sheet, STATUS)).value = "Mrs Thompson said that nobody came to the ward"

    with pytest.raises(StudyError, match="what stands there is no status") as caught:
        read_workbook(edited(write_workbook(built()), write), "m.xlsx")
    assert "Thompson" not in str(caught.value)


def test_the_sheet_prints_on_one_page_across_and_rows_are_tall_enough() -> None:
    sheet = sheet_of(write_workbook(built(), groups={"S3": "high", "S4": "low"}), CODES[0])
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.row_dimensions[2].height or 0) > 13


def test_what_is_no_workbook_is_said_to_be_none() -> None:
    with pytest.raises(StudyError, match=r"m.xlsx: is damaged"):
        read_workbook(b"case,summary", "m.xlsx")


def test_a_summary_too_long_for_a_cell_is_refused_and_a_long_quote_is_cut() -> None:
    with pytest.raises(StudyError, match=r"S3, context.culture: the summary has 40000"):
        write_workbook(built(Chart("S3", CODES[0], summary="a" * 40_000)))
    long = CodedRow("S3PW1", (Given("x"),), case="S3", speaker="S3PW1", text="word " * 8000)
    sheet = sheet_of(write_workbook(matrix([long])), "x")
    assert str(sheet.cell(2, column(sheet, "quotes")).value).endswith("[…]")


@pytest.mark.parametrize(
    ("data", "word"), [(b"case,code\r\nS3,x\r\n", "lacks the column"), (b"\xff\xfe", "UTF-8")]
)
def test_csv_that_cannot_be_read_is_named(data: bytes, word: str) -> None:
    with pytest.raises(StudyError, match=word):
        read_csv(data, "m.csv")


def test_a_status_that_is_none_is_refused_in_csv_too() -> None:
    data = write_csv(built(Chart("S3", CODES[0], status="not_asked"))).replace(b",not_asked,", b",gone,")
    with pytest.raises(StudyError, match="'gone' is no status"):
        read_csv(data, "m.csv")

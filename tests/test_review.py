"""Review sheets: out, filled in, back; and what decisions come to."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipeline.errors import StudyError
from pipeline.records import Code, Codebook, Decision, Given, Suggestion, Utterance
from pipeline.review.batch import Batch, Item, Returned, ReturnedItem, decisions_from
from pipeline.review.sheet import write_sheet
from pipeline.review.sheet_back import read_sheet
from pipeline.review.state import coded_rows, in_force, resolve_changes

BOOK = Codebook("b", "B", "", tuple([Code(i, i) for i in ("a", "b", "c", "d")]))
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=60)


def utterance(number: int, text: str = "We was fine.") -> Utterance:
    return Utterance(f"S1.t{number:04d}.u01", "S1", number, text, text_hash=f"h{number}", previous="And?")


def suggested(one: Utterance, *codes: str) -> tuple[Suggestion, ...]:
    return tuple([Suggestion(one.id, code, 0.5, "probability", True) for code in codes])


def batch(*, blind: bool = False, texts: tuple[str, ...] = ("One.", "Two.", "Three.")) -> Batch:
    ones = [utterance(number, text) for number, text in enumerate(texts, start=1)]
    return Batch(
        "b1", "anna", blind, tuple([Item(one, () if blind else suggested(one, "a", "b")) for one in ones])
    )


def fill(data: bytes, cells: dict[tuple[int, str], str]) -> bytes:
    """The sheet with cells filled in, by row and heading, as a coder would in Excel."""
    workbook = load_workbook(io.BytesIO(data))
    sheet = workbook["Review"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for (row, heading), value in cells.items():
        sheet.cell(row, columns[heading], value)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def taken(sent: Batch, data: bytes) -> tuple[list[Decision], list[str]]:
    returned = read_sheet(data, where="sheet.xlsx")
    decisions, problems = decisions_from(
        returned,
        codebook=BOOK,
        blind=sent.blind,
        offered={item.utterance.id: [one.code for one in item.offered] for item in sent.items},
        hashes={item.utterance.id: item.utterance.text_hash for item in sent.items},
        at="2026-01-01T00:00:00+00:00",
    )
    return decisions, [f"{one.place}: {one.message}" for one in problems]


def test_an_untouched_sheet_gives_no_decision() -> None:
    assert taken(batch(), write_sheet(batch(), BOOK)) == ([], [])


def test_answers_become_decisions() -> None:
    cells = {
        (2, "Answer 1"): "accept",
        (2, "Valence 1"): "barrier",
        (2, "Answer 2"): "reject",
        (2, "Add code 1"): "c",
        (3, "Nothing applies"): "x",
        (4, "Unsure"): "x",
        (4, "Note"): "hard to say",
    }
    decisions, problems = taken(batch(), fill(write_sheet(batch(), BOOK), cells))
    assert problems == []
    got = [(one.utterance_id, one.code, one.answer, one.valence, one.scope) for one in decisions]
    assert got == [
        ("S1.t0001.u01", "a", "accept", "barrier", "offered"),
        ("S1.t0001.u01", "b", "reject", None, "offered"),
        ("S1.t0001.u01", "c", "accept", None, "offered"),
        ("S1.t0002.u01", "none", "none", None, "all_codes"),
        ("S1.t0003.u01", "none", "unsure", None, "offered"),
    ]
    assert decisions[-1].note == "hard to say"
    assert {one.seen for one in decisions} == {"suggested"}


def test_a_blind_sheet_shows_no_suggestion_and_says_so_in_its_decisions() -> None:
    sent = batch(blind=True)
    data = write_sheet(sent, BOOK)
    headings = [cell.value for cell in load_workbook(io.BytesIO(data))["Review"][1]]
    assert not any(str(heading).startswith(("Suggested", "Answer")) for heading in headings)
    decisions, _ = taken(sent, fill(data, {(2, "Code 1"): "d"}))
    assert [(one.code, one.scope, one.seen) for one in decisions] == [("d", "all_codes", "blind")]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({(2, "Add code 1"): "z"}, "'z' is no code"),
        ({(2, "Answer 1"): "maybe"}, "'maybe' is no answer"),
        ({(2, "Answer 1"): "accept", (2, "Valence 1"): "good"}, "'good' is no valence"),
        ({(2, "Nothing applies"): "x", (2, "Add code 1"): "a"}, "a code is given and nothing applies"),
        ({(2, "Utterance"): "S9.t0001.u01", (2, "Note"): "n"}, "was not in this batch"),
        (
            {(3, "Utterance"): "S1.t0001.u01", (2, "Unsure"): "x", (3, "Unsure"): "x"},
            "stands here and at row 2",
        ),
        ({(2, "hash"): "other", (2, "Unsure"): "x"}, "has changed since it was sent"),
        ({(2, "Answer 1"): "accept", (2, "Add code 1"): "a"}, "one code stands twice"),
        ({(2, "Suggested 1"): "c", (2, "Answer 1"): "accept"}, "was not offered here"),
    ],
)
def test_a_damaged_row_is_named_and_gives_no_decision(cells: dict[tuple[int, str], str], says: str) -> None:
    decisions, problems = taken(batch(), fill(write_sheet(batch(), BOOK), cells))
    assert len(problems) == 1
    assert says in problems[0]
    damaged = problems[0].split(":")[0].removeprefix("row ")
    assert all(one.utterance_id != f"S1.t{int(damaged) - 1:04d}.u01" for one in decisions) or damaged == "3"


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_any_text_travels_as_text(texts: list[str]) -> None:
    sent = batch(texts=("=1+1", "+A", "@x", "-2", *texts))
    sheet = load_workbook(io.BytesIO(write_sheet(sent, BOOK)))["Review"]
    for row in sheet.iter_rows(min_row=2):
        assert all(cell.data_type in ("s", "n", "inlineStr") for cell in row if cell.value is not None)
    assert sheet["C2"].value == "=1+1"
    assert sheet["C2"].data_type == "s"


def test_a_file_that_is_no_sheet_is_refused() -> None:
    with pytest.raises(StudyError, match="cannot be read as a review sheet"):
        read_sheet(b"hello", where="x.xlsx")


def test_a_lost_column_is_named() -> None:
    data = fill(write_sheet(batch(), BOOK), {(1, "Answer 1"): "My column"})
    with pytest.raises(StudyError, match="Answer 1"):
        read_sheet(data, where="x.xlsx")


# What decisions come to -------------------------------------------------------------------------------


def decision(
    code: str, answer: str, *, coder: str = "anna", scope: str = "all_codes", **more: object
) -> Decision:
    base = Decision("S1.t0001.u01", "h1", code, answer, coder, "t", scope=scope)  # type: ignore[arg-type]
    return replace(base, **more)  # type: ignore[arg-type]


def test_the_last_word_counts() -> None:
    rows = coded_rows(
        [decision("a", "accept"), decision("a", "reject"), decision("b", "accept")], [utterance(1)]
    )
    assert [row.codes for row in rows] == [(Given("b"),)]


def test_silence_in_a_review_of_suggestions_is_not_a_judgement_of_the_whole() -> None:
    assert coded_rows([decision("a", "reject", scope="offered")], [utterance(1)]) == []


def test_nothing_applies_unsure_and_not_reviewed_differ() -> None:
    nothing = coded_rows([decision("none", "none")], [utterance(1)])
    assert [row.codes for row in nothing] == [()]
    assert coded_rows([decision("none", "unsure")], [utterance(1)]) == []
    assert coded_rows([], [utterance(1)]) == []


def test_decisions_on_changed_text_do_not_count() -> None:
    assert coded_rows([decision("a", "accept", text_hash="old")], [utterance(1)]) == []


def test_a_withdrawn_batch_does_not_count_but_what_came_later_does() -> None:
    history = [
        decision("a", "accept", batch_id="b1"),
        decision("a", "accept", batch_id="b1", kind="withdrawn"),
        decision("b", "accept", batch_id="b2"),
    ]
    assert [one.code for one in in_force(history)] == ["b"]


def test_coding_again_blind_takes_back_what_is_not_given_any_more() -> None:
    before = [decision("a", "accept"), decision("b", "accept")]
    made = resolve_changes([decision("b", "accept")], before)
    assert [(one.code, one.answer) for one in made] == [("b", "accept"), ("a", "reject")]
    assert [row.codes for row in coded_rows([*before, *made], [utterance(1)])] == [(Given("b"),)]


def test_a_code_after_nothing_applies_takes_that_back() -> None:
    before = [decision("none", "none")]
    made = resolve_changes([decision("a", "accept", scope="offered")], before)
    assert [row.codes for row in coded_rows([*before, *made], [utterance(1)])] == [(Given("a"),)]


def test_an_item_nobody_touched_is_not_reviewed() -> None:
    item = ReturnedItem("row 2", "S1.t0001.u01", "h1")
    made, problems = decisions_from(
        Returned("b", "anna", (item,)), codebook=BOOK, blind=True, offered={}, hashes={}, at="t"
    )
    assert (made, problems) == ([], [])

"""The framework matrix: what counts, for whom, with which status, and where it can be read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare.charts import check_refs
from pipeline.compare.evidence import Chart
from pipeline.compare.matrix import matrix
from pipeline.compare.refs import merged, parse, ref
from pipeline.compare.settle import settle
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Given, Valence

CULTURE = "context.culture"


def row(
    speaker: str,
    codes: str = "",
    *,
    turn: int | None = None,
    case: str = "",
    coder: str = "",
    text: str = "They were really welcoming on the ward from day one",
    transcript: str | None = None,
    role: str = "",
    utterance: str = "",
) -> CodedRow:
    given_codes = []
    for entry in filter(None, codes.split(";")):
        code, _, valence = entry.partition(":")
        way: Valence | None = {"f": "facilitator", "b": "barrier", "x": "both"}.get(valence)  # type: ignore[assignment]
        given_codes.append(Given(code, way))
    return CodedRow(
        speaker if transcript is None else transcript,
        tuple(given_codes),
        utterance_id=utterance,
        turn_index=turn,
        case=case or speaker[:2],
        speaker=speaker,
        role=role,
        text=text,
        coder=coder,
    )


def test_counts_utterances_and_participants_by_direction() -> None:
    laid_out = matrix(
        [
            row("S3PW1", f"{CULTURE}:f", turn=2),
            row("S3PW1", f"{CULTURE}:f", turn=4),
            row("S3PW2", f"{CULTURE}:b", turn=2),
            row("S3PW3", "", turn=2),
        ]
    )
    whole, helps, hinders = (laid_out.cell("S3", CULTURE, way) for way in (None, "facilitator", "barrier"))
    assert (whole.utterances, whole.participants, whole.of) == (3, 2, 3)
    assert (helps.utterances, helps.participants, helps.of) == (2, 1, 3)
    assert (hinders.utterances, hinders.participants) == (1, 1)
    assert whole.facilitator == pytest.approx(2 / 3)
    assert whole.barrier == pytest.approx(1 / 3)


def test_an_utterance_that_points_both_ways_counts_as_each() -> None:
    laid_out = matrix([row("S3PW1", f"{CULTURE}:x")])
    assert [laid_out.cell("S3", CULTURE, way).utterances for way in (None, "facilitator", "barrier")] == [
        1,
        1,
        1,
    ]
    assert laid_out.cell("S3", CULTURE).status == "conflict"


def test_each_status_has_its_own_meaning() -> None:
    rows = [
        row("S2PW1", f"{CULTURE}:f"),
        row("S3PW1", f"{CULTURE}:f"),
        row("S3PW2", f"{CULTURE}:b"),
        *(row(f"S{number}PW1") for number in (4, 5, 6)),
    ]
    charts = [Chart("S5", CULTURE, status="asked_denied"), Chart("S6", CULTURE, status="not_asked")]
    laid_out = matrix(rows, [CULTURE], cases=["S2", "S3", "S4", "S5", "S6", "S7"], charts=charts)
    status = {case: laid_out.cell(case, CULTURE).status for case in laid_out.cases}
    assert status == {
        "S2": "data",
        "S3": "conflict",
        "S4": "none_found",
        "S5": "asked_denied",
        "S6": "not_asked",
        "S7": "not_reviewed",
    }
    assert laid_out.cell("S2", CULTURE, "barrier").status == "none_found"


def test_who_was_not_asked_is_not_counted_among_those_who_could_have_said_it() -> None:
    rows = [row("S3PW1", CULTURE), row("S3PW2"), row("S3PW3")]
    laid_out = matrix(rows, charts=[Chart("S3", CULTURE, "S3PW3", "not_asked")])
    assert laid_out.cell("S3", CULTURE).of == 2


def test_what_was_found_wins_over_not_asked_and_is_said() -> None:
    laid_out = matrix([row("S3PW1", CULTURE)], charts=[Chart("S3", CULTURE, status="not_asked")])
    assert laid_out.cell("S3", CULTURE).status == "data"
    assert any("not_asked" in notice for notice in laid_out.notices)


def test_people_without_a_row_are_shown_as_not_reviewed() -> None:
    laid_out = matrix([row("S3PW1", CULTURE)], participants={"S3": ["S3PW1", "S3PW2"]})
    assert laid_out.cell("S3", CULTURE).of == 1
    by_person = {
        cell.participant: cell.status for cell in laid_out.by_participant(CULTURE) if not cell.valence
    }
    assert by_person == {"S3PW1": "data", "S3PW2": "not_reviewed"}


def test_the_interviewer_is_no_participant() -> None:
    rows = [
        row("S3PW1", CULTURE),
        row("I:", case="S3", transcript="S3PW1"),
        row("X", case="S3", role="interviewer"),
    ]
    laid_out = matrix(rows)
    assert laid_out.people == {"S3": ("S3PW1",)}
    assert len(laid_out.notices) == 2


def test_a_label_that_stands_in_every_transcript_names_no_person() -> None:
    rows = [
        row("P", CULTURE, case="S3", transcript="T001"),
        row("P", case="S3", transcript="T002"),
        row("P", case="S4", transcript="T003"),
    ]
    assert matrix(rows).people == {"S3": ("T001", "T002"), "S4": ("T003",)}


def test_a_group_interview_has_several_participants() -> None:
    rows = [row("Ann", CULTURE, case="S3", transcript="T001"), row("Bo", case="S3", transcript="T001")]
    assert matrix(rows).cell("S3", CULTURE).of == 2


@pytest.mark.parametrize(
    ("readings", "codes"),
    [
        ({"a": "x", "b": "x"}, {"x"}),
        ({"a": "x", "b": ""}, set()),
        ({"a": "x", "b": "x", "c": "y"}, {"x"}),
        ({"a": "x", "b": "", "adjudicated": "x;y"}, {"x", "y"}),
        ({"a": "x", "b": "x", "adjudicated": ""}, set()),
    ],
)
def test_several_coders_are_settled_by_majority_or_by_who_settled_it(
    readings: dict[str, str], codes: set[str]
) -> None:
    rows = [row("S3PW1", given_codes, coder=coder, utterance="u1") for coder, given_codes in readings.items()]
    laid_out = matrix(rows, ["x", "y"])
    assert {code for code in ("x", "y") if laid_out.cell("S3", code).utterances} == codes


def test_the_direction_is_the_majority_s_and_none_on_a_tie() -> None:
    helps, hinders, silent = Given("x", "facilitator"), Given("x", "barrier"), Given("x")
    assert settle({"a": [helps], "b": [silent]})[0].valence == "facilitator"
    assert settle({"a": [helps], "b": [hinders]})[0].valence is None
    assert settle({"a": [helps], "b": [hinders], "c": [hinders]})[0].valence == "barrier"
    assert settle({"a": [helps, hinders]})[0].valence == "both"


def test_the_same_words_said_twice_are_two_utterances_also_for_two_coders() -> None:
    rows = [row("S3PW1", "x", text="Yeah.", coder=coder) for coder in ("a", "a", "b", "b")]
    assert matrix(rows).cell("S3", "x").utterances == 2


def test_suggestions_count_only_when_handed_in_and_are_marked() -> None:
    reviewed = [row("S3PW1", "x", utterance="u1")]
    offered = [row("S3PW1", "y", utterance="u1"), row("S3PW1", "x", utterance="u2")]
    assert matrix(reviewed, ["x", "y"]).cell("S3", "x").utterances == 1
    with_them = matrix(reviewed, ["x", "y"], suggested=offered)
    assert (with_them.cell("S3", "x").utterances, with_them.cell("S3", "x").unreviewed) == (2, 1)
    assert with_them.cell("S3", "y").utterances == 0, "a reviewed utterance keeps what people said"


def test_references_join_runs_over_the_interviewer_s_turns_only() -> None:
    rows = [row("S3PW1", "x", turn=turn) for turn in (2, 4, 6)]
    rows += [row("S3PW1", "", turn=8), row("S3PW1", "x", turn=10)]
    assert matrix(rows).cell("S3", "x").refs == ("[S3PW1:2-6]", "[S3PW1:10]")


@given(st.text("AS39 .-", min_size=1).filter(str.strip), st.integers(1, 9999), st.integers(0, 99))
def test_references_read_back(source: str, first: int, more: int) -> None:
    name = source.strip()
    assert parse(ref(name, first, first + more)) == (name, first, first + more)


@given(st.sets(st.integers(1, 60), min_size=1), st.sets(st.integers(1, 60)))
def test_joined_references_cover_every_turn_and_no_turn_coded_otherwise(
    turns: set[int], others: set[int]
) -> None:
    looked = {("A", turn) for turn in turns | others}
    inside: set[int] = set()
    for one in merged([("A", turn) for turn in turns], looked):
        _, first, last = parse(one)
        inside |= set(range(first, last + 1))
    assert turns <= inside
    assert not inside & (others - turns)


def test_a_turn_is_read_from_the_utterance_id_where_there_is_no_column() -> None:
    laid_out = matrix([row("S3PW1", "x", utterance="S3PW1.t0012.u02")])
    assert laid_out.cell("S3", "x").refs == ("[S3PW1:12]",)


def test_without_any_number_the_row_of_the_table_is_named() -> None:
    laid_out = matrix([row("S3PW1"), row("S3PW1", "x")])
    assert laid_out.cell("S3", "x").refs == ("[S3PW1:row 3]",)


def test_typical_quotes_come_from_different_people_and_the_deviant_points_the_other_way() -> None:
    warm = "The ward staff were warm and welcoming to all of us"
    rows = [
        row(f"S3PW{number}", f"{CULTURE}:f", turn=number, text=f"{warm} {number}") for number in (1, 1, 2, 3)
    ]
    rows.append(row("S3PW1", f"{CULTURE}:b", turn=9, text="Night staff would not even look at me"))
    quotes = matrix(rows).cell("S3", CULTURE).quotes
    typical = [quote for quote in quotes if quote.kind == "typical"]
    assert {quote.participant for quote in typical} == {"S3PW1", "S3PW2", "S3PW3"}
    assert [(quote.ref, quote.valence) for quote in quotes if quote.kind == "deviant"] == [
        ("[S3PW1:9]", "barrier")
    ]


def test_what_most_say_is_more_typical_than_what_one_says_or_a_word() -> None:
    alike = [
        row(f"S3PW{number}", "x", text=f"we met every week for group supervision {number}")
        for number in range(4)
    ]
    odd = row("S3PW9", "x", text="parking near that hospital costs a fortune honestly")
    short = row("S3PW8", "x", text="group supervision")
    quotes = matrix([odd, short, *alike]).cell("S3", "x").quotes
    assert all(
        "supervision" in quote.text and len(quote.text) > 20 for quote in quotes if quote.kind == "typical"
    )
    assert [quote.text for quote in quotes if quote.kind == "deviant"] == [odd.text]


def test_typical_is_what_sets_the_construct_apart_not_what_everybody_says_anyway() -> None:
    anyway = "honestly you know what I mean at the end of the day it is what it is"
    rows = [row(f"S3PW{number}", code, text=anyway) for number in range(3) for code in ("x", "y")]
    rows += [row(f"S3PW{number}", "x", text=f"our supervision group met, {anyway}") for number in (4, 5, 6)]
    quotes = matrix(rows).cell("S3", "x").quotes
    assert all("supervision" in quote.text for quote in quotes if quote.kind == "typical")


def test_each_participant_has_quotes_of_their_own() -> None:
    rows = [
        row(f"S3PW{number}", "x;y", turn=4, text=f"we met every week, group {number}") for number in (1, 2)
    ]
    cells = [cell for cell in matrix(rows).by_participant("y") if cell.valence is None]
    assert [(cell.code, cell.participant, [quote.ref for quote in cell.quotes]) for cell in cells] == [
        ("y", "S3PW1", ["[S3PW1:4]"]),
        ("y", "S3PW2", ["[S3PW2:4]"]),
    ]
    assert len(list(matrix(rows).by_participant())) == 2 * 2 * 3


@pytest.mark.parametrize("texts", [[""], ["...", "…"]])
def test_tables_without_words_have_quotes_all_the_same(texts: Sequence[str]) -> None:
    laid_out = matrix([row("S3PW1", "x", text=text) for text in texts])
    assert len(laid_out.cell("S3", "x").quotes) == len(texts)


def test_json_has_the_keys_that_were_promised() -> None:
    first = matrix([row("S3PW1", "x")]).as_json()[0]
    assert first == {
        "case": "S3",
        "code": "x",
        "valence": None,
        "utterances": 1,
        "participants": 1,
        "of": 1,
        "status": "data",
    }


def test_codes_outside_the_codebook_are_compared_and_named() -> None:
    laid_out = matrix([row("S3PW1", "mine")], ["x"])
    assert laid_out.codes == ("x", "mine")
    assert any("mine" in notice for notice in laid_out.notices)


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([], "no utterance has been reviewed"),
        ([CodedRow("T1", (), utterance_id="T1.t1")], "T1.t1: has no case"),
    ],
)
def test_bad_tables_get_a_clear_word(rows: list[CodedRow], word: str) -> None:
    with pytest.raises(StudyError, match=word):
        matrix(rows)


def test_rows_that_name_nobody_are_one_participant_of_their_case_and_it_is_said() -> None:
    laid_out = matrix(
        [row("S3PW1", "x"), *[CodedRow("", (Given("x"),), case="S3", text=word) for word in "ab"]]
    )
    assert laid_out.people["S3"] == ("S3PW1", "unnamed")
    assert laid_out.cell("S3", "x").participants == 2
    assert (
        "2 rows name no speaker: they count as one participant of each case, its unnamed one."
        in laid_out.notices
    )
    assert laid_out.cell("S3", "x").refs == ("[S3PW1:row 2]", "[S3:row 3]", "[S3:row 4]")


def test_none_is_no_code() -> None:
    laid_out = matrix([row("S3PW1", "none"), row("S3PW2", "x")])
    assert laid_out.codes == ("x",)
    assert laid_out.cell("S3", "x").of == 2


def test_unknown_cells_are_refused_by_name() -> None:
    laid_out = matrix([row("S3PW1", "x")])
    with pytest.raises(StudyError, match="no case is called 'S9'"):
        laid_out.cell("S9", "x")
    with pytest.raises(StudyError, match="no code is called 'z'"):
        laid_out.cell("S3", "z")


@pytest.mark.parametrize("text", ["S3PW1:3", "[S3PW1]", "[S3PW1:9-3]", "[:3]"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(StudyError):
        parse(text)


def test_summaries_are_checked_for_references_that_lead_somewhere() -> None:
    charts = [
        Chart("S3", "x", summary="Warm [S3PW1:2-9]"),
        Chart("S4", "x", summary="Cold"),
        Chart("S5", "x", summary="Odd [S9PW1:3]"),
        Chart("S6", "x", status="not_asked"),
    ]
    said = check_refs(charts, {"S3PW1": 9})
    assert len(said) == 2
    assert "no reference" in said[0]
    assert "no transcript S9PW1" in said[1]

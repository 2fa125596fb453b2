"""Batches out and back by command: merge and adjudication, what is where, taking back, new codes."""

from __future__ import annotations

import json
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.cli import main
from pipeline.cli._codebook import of_study
from pipeline.cli._review_in import batches_of, import_returned, release_batch, undo_batch
from pipeline.cli._review_out import export_batch, items_for, merge_coders, send
from pipeline.errors import StudyError
from pipeline.records import Decision, Given
from pipeline.review.batch import Batch
from pipeline.review.state import coded_rows
from pipeline.study import Study, judgements

Output = pytest.CaptureFixture[str]
CULTURE, ROLE = "context.culture", "facilitation.role"


def code(study: Path, coder: str, codes: dict[int, str], *, valence: str = "") -> Path:
    """A blind sheet for a coder with codes by row and nothing applies elsewhere; not yet imported."""
    sheet = Path(export_batch(study, coder=coder, blind=True)["file"])
    return fill(
        sheet,
        {(row, "Code 1"): name for row, name in codes.items()}
        | ({(row, "Valence of code 1"): valence for row in codes} if valence else {}),
        rest="Nothing applies",
        but=set(codes),
    )


def fill(
    sheet: Path, cells: dict[tuple[int, str], str], *, rest: str = "", but: set[int] | None = None
) -> Path:
    workbook = load_workbook(sheet)
    rows = workbook["Review"]
    columns = {cell.value: cell.column for cell in rows[1]}
    for (row, heading), value in cells.items():
        rows.cell(row + 2, columns[heading]).value = value
    for row in range(rows.max_row - 1):
        if rest and row not in (but or set()):
            rows.cell(row + 2, columns[rest]).value = "x"
    workbook.save(sheet)
    return sheet


def rows_of(study: Path) -> dict[tuple[str, str], tuple[Given, ...]]:
    """The codes of each coder on each utterance."""
    opened = Study.open(study)
    with opened.store() as store:
        rows = coded_rows(judgements.decisions(store), store.utterances())
    return {(row.utterance_id, row.coder): row.codes for row in rows}


def decisions(study: Path) -> list[Decision]:
    with Study.open(study).store() as store:
        return judgements.decisions(store)


@pytest.fixture
def two_coders(tiny_study: Path) -> Path:
    """Anna and Ben have coded everything; they differ on the second and third utterance."""
    import_returned(tiny_study, code(tiny_study, "anna", {0: CULTURE, 1: CULTURE, 2: ROLE}))
    import_returned(tiny_study, code(tiny_study, "ben", {0: CULTURE, 1: ROLE}))
    return tiny_study


def test_coders_side_by_side(two_coders: Path) -> None:
    result = merge_coders(two_coders, adjudicator="carla")
    assert (result["coders"], result["differ"], result["one coder"]) == (["anna", "ben"], 2, 0)
    table = load_workbook(result["table"])["Coders"]
    head, *rows = [[cell.value for cell in row] for row in table.iter_rows()]
    assert head[4:6] == ["anna", "ben"]
    assert [row[4:8] for row in rows[:4]] == [
        [CULTURE, CULTURE, "agree", None],
        [CULTURE, ROLE, "differ", f"{CULTURE}; {ROLE}"],
        [ROLE, "nothing applies", "differ", ROLE],
        ["nothing applies", "nothing applies", "agree", None],
    ]


def test_what_coders_differ_on_is_settled(two_coders: Path) -> None:
    result = merge_coders(two_coders, adjudicator="carla")
    sheet = Path(result["file"])
    rows = load_workbook(sheet)["Review"]
    columns = {cell.value: cell.column for cell in rows[1]}
    assert rows.max_row == 3
    assert rows.cell(2, columns["Who said what"]).value == f"anna: {CULTURE}\nben: {ROLE}"
    assert rows.cell(2, columns["Given 1"]).value == CULTURE
    remark = rows.cell(2, columns["Given 1"]).comment.text
    assert "anna: yes; ben: no" in remark
    assert "Values, attitudes and everyday ways" in remark, "the codebook entry"
    fill(
        sheet,
        {
            (0, "Answer 1"): "accept",
            (0, "Valence 1"): "facilitator",
            (0, "Answer 2"): "reject",
            (1, "Answer 1"): "reject",
        },
    )
    assert import_returned(two_coders, sheet)["problems"] == []
    made = [one for one in decisions(two_coders) if one.kind == "adjudicated"]
    assert {one.coder for one in made} == {"carla"}
    first, second = sorted({one.utterance_id for one in made})
    settled = rows_of(two_coders)
    assert settled[(first, "adjudicated")] == (Given(CULTURE, "facilitator"),)
    assert settled[(second, "adjudicated")] == ()
    again = merge_coders(two_coders, adjudicator="carla")
    assert (again["file"], again["settled"], again["differ"]) == (None, 2, 0)


def test_an_adjudicator_who_leaves_a_code_open_has_not_refused_it(two_coders: Path) -> None:
    sheet = Path(merge_coders(two_coders, adjudicator="carla")["file"])
    import_returned(two_coders, fill(sheet, {(0, "Answer 2"): "reject"}))
    made = [one for one in decisions(two_coders) if one.kind == "adjudicated"]
    assert [(one.code, one.answer, one.scope) for one in made] == [(ROLE, "reject", "offered")]
    assert "adjudicated" not in {coder for _, coder in rows_of(two_coders)}


def test_valences_apart_are_a_disagreement_and_silence_is_none(tiny_study: Path) -> None:
    import_returned(tiny_study, code(tiny_study, "anna", {0: CULTURE}, valence="barrier"))
    import_returned(tiny_study, code(tiny_study, "ben", {0: CULTURE}, valence="facilitator"))
    assert merge_coders(tiny_study, adjudicator="c")["differ"] == 1
    sheet = Path(export_batch(tiny_study, coder="dora")["file"])
    import_returned(tiny_study, fill(sheet, {(5, "Add code 1"): ROLE, (5, "Note"): "sure"}))
    compared = merge_coders(tiny_study, adjudicator="c", coders=["anna", "dora"])
    assert compared["differ"] == 1, "anna refused what dora gave"
    assert compared["agree"] == 0, "of the others dora said nothing"


def test_disputes_travel_as_a_packet_too(two_coders: Path, tmp_path: Path) -> None:
    page = Path(merge_coders(two_coders, adjudicator="carla", to="packet")["file"]).read_text(
        encoding="utf-8"
    )
    data: dict[str, Any] = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    assert data["items"][0]["said"] == [["anna", CULTURE], ["ben", ROLE]]
    item = data["items"][1]
    answers = {"answers": [[ROLE, "accept", ""]], "added": [], "nothing": False, "unsure": False}
    entry = {"id": item["id"], "hash": item["hash"], **answers, "note": "", "proposals": []}
    facts = {key: data[key] for key in ("format", "batch", "coder")} | {
        "kind": data["mark"],
        "items": [entry],
    }
    file = tmp_path / "back.json"
    file.write_text(json.dumps(facts), encoding="utf-8")
    assert import_returned(two_coders, file)["added"] == 1
    assert rows_of(two_coders)[(item["id"], "adjudicated")] == (Given(ROLE),)


def test_one_coder_cannot_be_merged(tiny_study: Path) -> None:
    import_returned(tiny_study, code(tiny_study, "anna", {0: CULTURE}))
    with pytest.raises(StudyError, match="no two coders"):
        merge_coders(tiny_study, adjudicator="c")
    with pytest.raises(StudyError, match="no decision of zoe is here"):
        merge_coders(tiny_study, adjudicator="c", coders=["zoe"])


# Twice, in turn, and taken back ----------------------------------------------------------------------------


def test_undo_withdraws_without_deleting_and_import_brings_it_back(tiny_study: Path) -> None:
    sheet = code(tiny_study, "anna", {0: CULTURE})
    batch = import_returned(tiny_study, sheet)["batch"]
    before, held = rows_of(tiny_study), len(decisions(tiny_study))
    assert undo_batch(tiny_study, batch)["withdrawn"] == held
    assert rows_of(tiny_study) == {}
    assert len(decisions(tiny_study)) == 2 * held, "marked, not deleted"
    assert batches_of(tiny_study)["batches"][0]["withdrawn"]
    with pytest.raises(StudyError, match="withdrawn already"):
        undo_batch(tiny_study, batch)
    anew = export_batch(tiny_study, coder="anna", blind=True)
    assert anew["utterances"] == len(before), "what was withdrawn can be sent once more"
    assert import_returned(tiny_study, sheet)["added"] == held
    assert rows_of(tiny_study) == before
    assert not batches_of(tiny_study)["batches"][0]["withdrawn"]


def test_undo_brings_back_what_the_coder_said_before(tiny_study: Path) -> None:
    sheets = both_sheets(tiny_study)
    import_returned(tiny_study, sheets[0])
    before = rows_of(tiny_study)
    batch = import_returned(tiny_study, sheets[1])["batch"]
    assert (Given(ROLE),) in rows_of(tiny_study).values()
    assert (Given(CULTURE),) not in rows_of(tiny_study).values()
    undo_batch(tiny_study, batch)
    assert rows_of(tiny_study) == before


def test_an_old_sheet_again_does_not_undo_a_change_of_mind(tiny_study: Path) -> None:
    sheets = both_sheets(tiny_study)
    for sheet in sheets:
        import_returned(tiny_study, sheet)
    after, held = rows_of(tiny_study), len(decisions(tiny_study))
    for sheet in (sheets[0], sheets[1], sheets[0]):
        assert import_returned(tiny_study, sheet)["added"] == 0
    assert (rows_of(tiny_study), len(decisions(tiny_study))) == (after, held)


def both_sheets(study: Path) -> tuple[Path, Path]:
    """Two blind sheets of everything for one coder: first culture on the first utterance, then role."""
    first = code(study, "anna", {0: CULTURE})
    opened = Study.open(study)
    book = of_study(opened)
    with opened.store() as store, opened.run(store, "review export") as run:
        every = store.utterances()
        batch = Batch("second", "anna", True, items_for(store, every, every, book, blind=True))
        sheet = send(opened, store, run, batch, book, to="sheet", kind="sheet")
    rest = set(range(1, len(every)))
    cells = {(0, "Code 1"): ROLE} | {(row, "Nothing applies"): "x" for row in rest}
    return first, fill(sheet, cells)


def test_a_sheet_mended_and_sent_again_brings_only_the_change(tiny_study: Path) -> None:
    sheet = code(tiny_study, "anna", {0: CULTURE, 1: ROLE})
    import_returned(tiny_study, sheet)
    fill(sheet, {(0, "Code 2"): ROLE, (1, "Code 1"): CULTURE})
    assert import_returned(tiny_study, sheet)["added"] == 3, "a code added; a code given, the former refused"
    ids = sorted({name for name, _ in rows_of(tiny_study)})
    assert rows_of(tiny_study)[(ids[0], "anna")] == (Given(CULTURE), Given(ROLE))
    assert rows_of(tiny_study)[(ids[1], "anna")] == (Given(CULTURE),)


def test_nothing_can_be_undone_that_is_not_there(tiny_study: Path) -> None:
    with pytest.raises(StudyError, match="no batch"):
        undo_batch(tiny_study, "none")
    batch = export_batch(tiny_study, coder="anna")["batch"]
    with pytest.raises(StudyError, match="nothing to take back"):
        undo_batch(tiny_study, batch)


def test_what_will_not_come_back_can_be_sent_to_others(tiny_study: Path, capsys: Output) -> None:
    sent = export_batch(tiny_study, coder="anna", blind=True, only="triage")
    with pytest.raises(StudyError, match="nothing is left for ben"):
        export_batch(tiny_study, coder="ben", only="triage")
    fill(Path(sent["file"]), {(0, "Nothing applies"): "x"})
    import_returned(tiny_study, Path(sent["file"]))
    assert main(["review", "release", str(tiny_study), "--batch", sent["batch"]]) == 0
    assert f"{sent['utterances'] - 1} utterances released" in capsys.readouterr().err
    (told,) = batches_of(tiny_study)["batches"]
    assert (told["back"], bool(told["released"]), told["withdrawn"]) == (1, True, "")
    anew = export_batch(tiny_study, coder="ben", only="triage", blind=True)
    assert anew["utterances"] == sent["utterances"] - 1
    fill(Path(sent["file"]), {(1, "Code 1"): ROLE})
    assert import_returned(tiny_study, Path(sent["file"]))["added"] == 1, "late is not lost"
    for batch, words in ((sent["batch"], "released already"), ("none", "no batch none")):
        with pytest.raises(StudyError, match=words):
            release_batch(tiny_study, batch)
    fill(Path(anew["file"]), {}, rest="Unsure")
    import_returned(tiny_study, Path(anew["file"]))
    with pytest.raises(StudyError, match="is back"):
        release_batch(tiny_study, anew["batch"])


def test_what_lies_with_an_adjudicator_is_not_sent_again(two_coders: Path, capsys: Output) -> None:
    first = merge_coders(two_coders, adjudicator="carla")
    assert main(["review", "merge", str(two_coders), "--coder", "dora"]) == 0
    told = capsys.readouterr().err
    assert "2 utterances to settle went to carla before and are not back." in told
    assert "Nothing else is left to settle" in told
    export_batch(two_coders, coder="carla", blind=True)
    release_batch(two_coders, first["batch"])
    again = merge_coders(two_coders, adjudicator="dora", to="packet")
    assert (again["utterances"], again["lying"]) == (2, {})
    page = Path(again["file"]).read_text(encoding="utf-8")
    data = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    with Study.open(two_coders).store() as store:
        every = store.utterances(context=True)
    after = {one.id: two.text for one, two in pairwise(every) if one.transcript_id == two.transcript_id}
    assert [one["after"] for one in data["items"]] == [after.get(one["id"], "") for one in data["items"]]
    assert any(one["after"] for one in data["items"])


def test_status_counts_what_stands(two_coders: Path, capsys: Output) -> None:
    def told() -> tuple[int, int]:
        capsys.readouterr()
        assert main(["status", str(two_coders), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        return found["decisions"], found["utterances_coded"]

    whole = told()
    batches = [one["id"] for one in batches_of(two_coders)["batches"]]
    undo_batch(two_coders, batches[1])
    assert told() == (len([one for one in decisions(two_coders) if one.batch_id == batches[0]]), whole[1])
    undo_batch(two_coders, batches[0])
    assert told() == (0, 0)


# What is where, and what is reported -----------------------------------------------------------------------


def test_status_tells_what_went_to_whom_and_what_is_back(tiny_study: Path, capsys: Output) -> None:
    sheet = Path(export_batch(tiny_study, coder="anna")["file"])
    export_batch(tiny_study, coder="ben", to="packet", blind=True)
    import_returned(tiny_study, fill(sheet, {(0, "Nothing applies"): "x", (2, "Unsure"): "x"}))
    first, second = batches_of(tiny_study)["batches"]
    assert (first["coder"], first["kind"], first["blind"], first["back"]) == ("anna", "sheet", False, 2)
    assert (second["coder"], second["kind"], second["blind"], second["back"]) == ("ben", "packet", True, 0)
    capsys.readouterr()
    assert main(["review", "status", str(tiny_study)]) == 0
    assert "packet, blind" in capsys.readouterr().out


def test_new_codes_are_kept_without_names(tiny_study: Path, capsys: Output) -> None:
    sheet = Path(export_batch(tiny_study, coder="anna", blind=True)["file"])
    wanted = {(0, "New code wanted"): "Mr Patel's minibus", (1, "Code 1"): "inductive.last_bus"}
    result = import_returned(tiny_study, fill(sheet, wanted))
    assert (result["problems"], result["new_codes"]) == ([], 2)
    assert import_returned(tiny_study, sheet)["new_codes"] == 0
    found = {one["code"] for one in batches_of(tiny_study)["new_codes"]}
    assert "inductive.last_bus" in found
    rows = sqlite3.connect(tiny_study / "study.db").execute("SELECT * FROM wanted_codes").fetchall()
    assert "Patel" not in repr(rows)
    capsys.readouterr()
    assert main(["review", "status", str(tiny_study)]) == 0
    assert "New code wanted by anna" in capsys.readouterr().out
    undo_batch(tiny_study, result["batch"])
    assert batches_of(tiny_study)["new_codes"] == []


def test_every_bad_row_is_reported_and_the_good_ones_wait_for_a_word(tiny_study: Path) -> None:
    sheet = Path(export_batch(tiny_study, coder="anna", blind=True)["file"])
    fill(sheet, {(0, "Code 1"): "zz", (1, "Nothing applies"): "perhaps", (2, "Code 1"): CULTURE})
    fill(sheet, {(3, "Utterance to code"): "They said nothing of the kind.", (3, "Unsure"): "x"})
    with pytest.raises(StudyError) as caught:
        import_returned(tiny_study, sheet)
    assert "3 rows cannot be taken" in caught.value.message
    for words in (
        "row 2:",
        "'zz' is no code",
        "row 3:",
        "holds something else",
        "row 5:",
        "not as they were sent",
    ):
        assert words in caught.value.message
    assert "kind" not in caught.value.message.split("row 5:")[1], "no report repeats what is in a cell"
    assert decisions(tiny_study) == []
    result = import_returned(tiny_study, sheet, accept_partial=True)
    assert (result["added"], len(result["problems"])) == (1, 3)


def test_a_cell_filled_in_beside_nothing_is_named_by_its_heading(tiny_study: Path) -> None:
    sheet = Path(export_batch(tiny_study, coder="anna")["file"])
    fill(sheet, {(0, "Answer 1"): "accept", (1, "Valence of added 2"): "both", (2, "Add code 3"): "the bus"})
    with pytest.raises(StudyError) as caught:
        import_returned(tiny_study, sheet)
    for words in (
        "row 2: S1PW1.t0002.u01: Answer 1 is filled in, but no code is shown there",
        "Valence of added 2 is filled in, but Add code 2 is empty",
        "what was added is no code of the codebook",
    ):
        assert words in caught.value.message


def test_a_file_that_brings_nothing_new_says_so(tiny_study: Path, capsys: Output) -> None:
    sheet = Path(export_batch(tiny_study, coder="anna", blind=True)["file"])
    words = ["review", "import", str(tiny_study), str(sheet)]
    for cells, told, step in (
        ({}, "it holds no answer.", "review status"),
        ({(0, "Code 1"): CULTURE}, "1 decision added.", "suggest"),
        ({}, "nothing new; what it says is in the study already.", "review status"),
        ({(1, "Code 1"): CULTURE, (2, "Unsure"): "x"}, "2 decisions added, 1 was there already.", "suggest"),
    ):
        capsys.readouterr()
        assert main([*words[:3], str(fill(sheet, cells))]) == 0
        said = capsys.readouterr().err
        assert f"{sheet.name}: {told}" in said
        assert f"Next: secondcoder {step}" in said


def test_rows_cut_from_a_sheet_are_counted(tiny_study: Path) -> None:
    sheet = code(tiny_study, "anna", {0: CULTURE})
    workbook = load_workbook(sheet)
    workbook["Review"].delete_rows(4, 2)
    workbook.save(sheet)
    assert import_returned(tiny_study, sheet)["not_in_file"] == 2


def test_the_packet_itself_is_no_decisions_file(tiny_study: Path) -> None:
    page = Path(export_batch(tiny_study, coder="anna", to="packet")["file"])
    with pytest.raises(StudyError, match="packet itself"):
        import_returned(tiny_study, page)
    page.write_bytes(b"utterance_id,codes\n")
    with pytest.raises(StudyError, match="no returned sheet") as caught:
        import_returned(tiny_study, page)
    assert "codes import" in caught.value.hint
    with pytest.raises(StudyError, match="nothing is exported as pdf"):
        export_batch(tiny_study, coder="anna", to="pdf")


@pytest.mark.usefixtures("fake_models")
def test_suggestions_reach_coders_with_their_reasons(two_coders: Path) -> None:
    assert main(["suggest", str(two_coders)]) == 0
    with Study.open(two_coders).store() as store:
        offered = judgements.suggestions(store, only_suggested=True)
        kept = judgements.reasons(store)
        texts = " ".join(one.text for one in store.utterances())
    assert offered, "the fake model suggests something here"
    assert set(kept) == set(offered)
    for reasons in kept.values():
        for pointers in reasons.values():
            assert not {word for word in ("ward", "bus", "sister") if word in pointers and word in texts}
    page = Path(export_batch(two_coders, coder="zoe", to="packet")["file"]).read_text(encoding="utf-8")
    data = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    assert any(each["why"] for item in data["items"] for each in item["offered"])

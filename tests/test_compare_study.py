"""`secondcoder compare` on a study: what measures coding errors, settings, summaries, references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pytest

from pipeline.cli import _uneven, main
from pipeline.compare.returned import read_workbook
from pipeline.records import Decision
from pipeline.study import Study, judgements

CODE = "context.culture"
Output = pytest.CaptureFixture[str]


def decide(
    study: Path,
    coder: str,
    step: int,
    *,
    seen: Literal["blind", "suggested"] = "blind",
    answer: Literal["accept", "reject"] = "accept",
) -> None:
    """The coder gives or refuses the code, as a barrier, at every `step`-th utterance; else none applies."""
    opened = Study.open(study)
    with opened.store() as store:
        made = [
            Decision(
                one.id,
                one.text_hash,
                CODE if place % step == 0 else "none",
                answer if place % step == 0 else "none",
                coder,
                "2026-11-23T10:00:00+00:00",
                valence="barrier" if place % step == 0 and answer == "accept" else None,
                scope="all_codes" if seen == "blind" else "offered",
                seen=seen,
                batch_id=f"{coder}-{seen}",
            )
            for place, one in enumerate(store.utterances(opened.case_of()))
        ]
        judgements.add_decisions(store, made)


def compared(study: Path, capsys: Output, *more: str) -> tuple[dict[str, Any], str]:
    capsys.readouterr()
    assert main(["compare", str(study), "--json", *more]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def holds(found: dict[str, Any]) -> float | None:
    rows = [one for one in found["patterns"] if (one["code"], one["valence"]) == (CODE, "barrier")]
    value: float | None = rows[0]["robust"]["holds"]
    return value


def test_reviewing_suggestions_takes_nothing_from_what_blind_coding_measured(
    tiny_study: Path, capsys: Output
) -> None:
    decide(tiny_study, "ann", 2)
    decide(tiny_study, "ben", 3)
    before, _ = compared(tiny_study, capsys)
    assert holds(before) is not None
    for coder in ("ann", "ben"):
        decide(tiny_study, coder, 1, seen="suggested")
    after, said = compared(tiny_study, capsys)
    assert holds(after) is not None
    assert "Not re-run with coding errors" not in said


def test_two_who_only_saw_suggestions_measure_nothing(tiny_study: Path, capsys: Output) -> None:
    for coder in ("ann", "ben"):
        decide(tiny_study, coder, 2, seen="suggested")
    found, said = compared(tiny_study, capsys)
    assert holds(found) is None
    assert "no two people have coded the same utterances blind" in said


def test_the_outliers_group_is_a_setting(tiny_study: Path, capsys: Output) -> None:
    decide(tiny_study, "ann", 2)
    toml = (tiny_study / "study.toml").read_text(encoding="utf-8")
    (tiny_study / "study.toml").write_text(
        toml.replace('outlier = "outlier"', 'outlier = "strange"'), encoding="utf-8"
    )
    (tiny_study / "cases.csv").write_text("case,group\nS1,high\nS2,Strange\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", str(tiny_study)]) == 1
    assert "only 'high' beside the outliers, 'Strange'" in capsys.readouterr().err


def test_references_in_summaries_must_lead_somewhere(tiny_study: Path, capsys: Output) -> None:
    decide(tiny_study, "ann", 2)
    assert main(["compare", str(tiny_study)]) == 0
    file = tiny_study / "reports" / "matrix.xlsx"
    book = openpyxl.load_workbook(file)
    sheet = book[CODE]
    column = [cell.value for cell in sheet[1]].index("your summary") + 1
    for row, summary in ((2, "they waited [S1PW1:99]"), (3, "they waited [S9:1]"), (4, "they waited")):
        sheet.cell(row, column).value = summary
    book.save(file)
    _, said = compared(tiny_study, capsys)
    assert "[S1PW1:99] leads nowhere, S1PW1 has 4 turns" in said
    assert "there is no transcript S9" in said
    assert "the summary has no reference" in said
    assert "waited" not in said


def test_a_report_answers_qca_from_a_file(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    decide(tiny_study, "ann", 2)
    (tiny_study / "cases.csv").write_text("case,group,met\nS1,high,often\nS2,low,never\n", encoding="utf-8")
    plan = tmp_path / "qca.yaml"
    plan.write_text(
        "outcome: {name: HARD, from: 'context.culture:barrier'}\n"
        "conditions:\n"
        "  - name: MET\n"
        "    from: met\n"
        "    levels:\n"
        "      - {word: never, membership: 0, anchor: not once in the year}\n"
        "      - {word: often, membership: 1, anchor: every month}\n",
        encoding="utf-8",
    )
    assert main(["report", str(tiny_study), "--qca", str(plan)]) == 0
    html = (tiny_study / "reports" / "report.html").read_text(encoding="utf-8")
    assert "Outcome HARD" in html


def test_talk_that_belongs_to_no_case_is_counted(tiny_study: Path, capsys: Output) -> None:
    decide(tiny_study, "ann", 2)
    table = tiny_study / "transcripts.csv"
    rows = table.read_text(encoding="utf-8").replace("S1PWC,S1,", "S1PWC,,")
    table.write_text(rows, encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", str(tiny_study)]) == 1
    said = capsys.readouterr().err
    assert "transcripts.csv: 2 coded utterances belong to no case" in said


def test_summaries_on_others_outlive_a_withdrawal_unless_they_name_or_quote_it(
    tiny_study: Path, capsys: Output
) -> None:
    decide(tiny_study, "ann", 2)
    assert main(["compare", str(tiny_study)]) == 0
    file = tiny_study / "reports" / "matrix.xlsx"
    written = {
        (CODE, "S2", ""): "One bus, the sister Thompson says [S2PW1:2].",
        (CODE, "S1", "S1PWC"): "Nobody to cover [S1PWC:2].",
        (CODE, "S1", ""): "Both say they were welcomed.",
        (CODE, "S1", "S1PW1"): "Supervision helped [S1PW1:4].",
        ("context.leadership", "S2", ""): "Unlike S1PW1, who was at ease.",
        ("facilitation.role", "S2", ""): "Elsewhere: 'welcoming from the first day'.",
    }
    book = openpyxl.load_workbook(file)
    for (code, case, participant), summary in written.items():
        sheet = book[code]
        column = [cell.value for cell in sheet[1]].index("your summary") + 1
        for row in range(2, sheet.max_row + 1):
            if (sheet.cell(row, 1).value, sheet.cell(row, 2).value or "") == (case, participant):
                sheet.cell(row, column).value = summary
    book.save(file)
    assert main(["withdraw", str(tiny_study), "S1PW1", "--yes"]) == 0
    assert "4 are gone; 2 that neither name nor quote it are kept" in capsys.readouterr().err
    assert "welcom" not in str(read_workbook(file.read_bytes(), file.name))
    assert main(["compare", str(tiny_study)]) == 0
    kept = {
        (one.code, one.case, one.participant): one.summary for one in read_workbook(file.read_bytes(), "")
    }
    assert set(kept) == {(CODE, "S2", ""), (CODE, "S1", "S1PWC")}
    assert "Thompson" not in kept[CODE, "S2", ""]
    assert "[S2PW1:2]" in kept[CODE, "S2", ""]


def test_cases_with_uneven_errors_are_kept_for_the_comparison(tiny_study: Path) -> None:
    cases = {"S1": {"uneven": True, "difference": 0.2}, "S2": {"uneven": False, "difference": -0.1}}
    _uneven.keep(tiny_study, {"macro_f1": 0.5, "bias": {"case": cases}})
    with Study.open(tiny_study).store() as store:
        assert _uneven.of_study(store) == {"S1": 0.2}
    _uneven.keep(tiny_study, {"macro_f1": 0.5, "bias": {}})
    with Study.open(tiny_study).store() as store:
        assert _uneven.of_study(store) == {}

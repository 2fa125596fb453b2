"""`secondcoder compare` on tables alone: what it prints, writes, and refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.cli import main

CASES = "case,group,fidelity\nS2,outlier,11\nS3,high,12\nS4,low,5\nS5,high,11.5\nS6,low,4\n"
COLUMNS = ("transcript_id", "utterance_id", "turn_index", "case", "speaker", "role", "text", "codes", "coder")


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Culture helps at high sites and hinders at low ones and at the outlier; role is shared."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for case in ("S2", "S3", "S4", "S5", "S6"):
        way = "facilitator" if case in ("S3", "S5") else "barrier"
        for person in (1, 2):
            name = f"{case}PW{person}"
            for turn, codes in ((2, f"context.culture:{way}"), (4, "facilitation.role:facilitator"), (6, "")):
                text = f"They said {way} things at {case}, turn {turn}"
                row = [name, f"{name}.t{turn:04}.u01", turn, case, name, "PW", text, codes]
                writer.writerows([[*row, coder] for coder in ("ann", "ben")])
    (tmp_path / "coded.csv").write_text(out.getvalue(), encoding="utf-8")
    (tmp_path / "cases.csv").write_text(CASES, encoding="utf-8")
    return tmp_path


def run(tables: Path, *more: str) -> int:
    return main(
        ["compare", "--coded", str(tables / "coded.csv"), "--cases", str(tables / "cases.csv"), *more]
    )


def in_json(tables: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert run(tables, "--json", *more) == 0
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def test_json_has_matrix_patterns_and_outliers(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = in_json(tables, capsys)
    assert set(out) == {"matrix", "patterns", "outliers"}
    found = {(one["code"], one["valence"]): one["pattern"] for one in out["patterns"]}
    assert found["context.culture", "facilitator"] == "only high"
    assert found["context.culture", "barrier"] == "only low"
    assert found["facilitation.role", "facilitator"] == "shared"
    cell = next(one for one in out["matrix"] if (one["case"], one["valence"]) == ("S3", "facilitator"))
    assert (cell["utterances"], cell["participants"], cell["of"], cell["status"]) == (2, 2, 2, "data")
    assert [one["case"] for one in out["outliers"]] == ["S2"]
    assert out["patterns"][0]["robust"]["holds"] == 1.0, "two coders who never differ"


def test_the_screen_tells_families_and_where_the_outlier_goes(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tables) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Present in a case: at least 50 %")
    assert shown.index("Shared by all groups") < shown.index("Marks high") < shown.index("Marks low")
    assert "S2 goes with low." in shown
    assert "Same construct, opposite signs: context.culture." in shown


def test_long_quotations_are_shortened_on_the_screen_but_keep_their_reference(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coded = (tables / "coded.csv").read_text(encoding="utf-8")
    long = coded.replace("They said facilitator things at S5, turn 4", "and on " * 60)
    (tables / "coded.csv").write_text(long, encoding="utf-8")
    asked = ("--condition", "ROLE=facilitation.role", "--outcome", "WARM=context.culture:facilitator")
    assert run(tables, *asked) == 0
    line = next(one for one in capsys.readouterr().out.split("\n") if one.startswith("  S5, ROLE"))
    assert line.endswith("[…]” [S5PW1:4]")
    assert len(line) < 200


def test_workbook_and_tables_are_written_and_the_analyst_s_words_come_back(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tables, "--into", str(tables / "out")) == 0
    assert {file.name for file in (tables / "out").iterdir()} == {
        *("matrix.xlsx", "matrix.csv", "patterns.csv", "matrix.png", "patterns.png")
    }
    book = openpyxl.load_workbook(tables / "out" / "matrix.xlsx")
    sheet = book["facilitation.role"]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(2, header.index("your summary") + 1).value = "Clear to all [S2PW1:4]"
    book.save(tables / "mine.xlsx")
    assert run(tables, "--into", str(tables / "again"), "--workbook", str(tables / "mine.xlsx")) == 0
    again = openpyxl.load_workbook(tables / "again" / "matrix.xlsx")["facilitation.role"]
    assert again.cell(2, header.index("your summary") + 1).value == "Clear to all [S2PW1:4]"
    capsys.readouterr()


def test_qca_is_asked_in_lines(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--condition", "WARM=context.culture:facilitator", "--condition", "FID=fidelity@3,8,12.5")
    out = in_json(
        tables, capsys, *asked, "--outcome", "ROLE=facilitation.role", "--into", str(tables / "out")
    )
    assert out["qca"]["outcome"]["outcome"] == "ROLE"
    assert {row["n"] for row in out["qca"]["outcome"]["truth_table"]} == {0, 1, 2}
    assert out["qca"]["quotes"]["S3"]["WARM"][0]["ref"] == "[S3PW1:2]"
    assert (tables / "out" / "qca.csv").read_text(encoding="utf-8").startswith("case,WARM,FID,ROLE")
    assert run(tables, *asked, "--outcome", "ROLE=facilitation.role") == 0
    shown = capsys.readouterr().out
    assert "give no probability for others" in shown
    assert "S3, WARM: “They said facilitator things at S3, turn 2” [S3PW1:2]" in shown


@pytest.mark.parametrize(
    ("cases", "more", "word"),
    [
        ("case,group\nS3,high\nS4,low\n", (), "case S2 of S2PW1 is missing"),
        (CASES, ("--group", "weather"), "has no column weather"),
        (CASES, ("--outcome", "X=fidelity"), "QCA needs conditions and an outcome"),
        (CASES, ("--condition", "F=fidelity", "--outcome", "R=facilitation.role"), "which is no membership"),
        (
            CASES.replace("low,5", "low,"),
            ("--condition", "F=fidelity@3,8,12", "--outcome", "R=group"),
            "S4 has no value",
        ),
        (CASES.replace("low", "high"), (), "needs two groups"),
    ],
)
def test_bad_input_ends_in_a_clear_word(
    tables: Path, capsys: pytest.CaptureFixture[str], cases: str, more: tuple[str, ...], word: str
) -> None:
    (tables / "cases.csv").write_text(cases, encoding="utf-8")
    assert run(tables, *more) == 1
    assert word in capsys.readouterr().err


def test_a_group_with_one_case_and_a_case_without_a_value_are_said(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tables / "cases.csv").write_text(CASES.replace("S5,high", "S5,"), encoding="utf-8")
    assert run(tables) == 0
    said = capsys.readouterr().err
    assert "S5 has no value in the grouping" in said
    assert "The group high has one case" in said


def test_a_table_without_decisions_is_said_to_have_none(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tables / "coded.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    assert run(tables) == 1
    assert "no utterance has been reviewed yet" in capsys.readouterr().err

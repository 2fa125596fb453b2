"""`secondcoder compare` on tables alone: what it prints, writes, and refuses."""

from __future__ import annotations

import csv
import gzip
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
        *("matrix.xlsx", "matrix.csv", "matrix.html", "patterns.csv", "matrix.png", "patterns.png")
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
        ("case,group\nS3,high\nS4,low\n", (), "S2, S5, S6 have no row"),
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
    assert "each group needs 2 reviewed cases; high has 1." in said


def test_a_table_without_decisions_is_said_to_have_none(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tables / "coded.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    assert run(tables) == 1
    assert "no utterance has been reviewed yet" in capsys.readouterr().err


# --- Tables as people keep them ---


def saved(tables: Path, name: str, rows: list[list[str]], kind: str) -> Path:
    """A table as plain CSV, with semicolons and a mark, gzipped, or as a workbook."""
    file = tables / f"{name}.{ {'xlsx': 'xlsx', 'gz': 'csv.gz'}.get(kind, 'csv') }"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append([float(cell) if cell.isdigit() else cell for cell in row])
            for cell in book.worksheets[0][book.worksheets[0].max_row]:
                cell.data_type = "s" if cell.data_type == "f" else cell.data_type
        book.save(file)
        return file
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";" if kind == "marked" else ",").writerows(rows)
    data = text.getvalue().encode("utf-8-sig" if kind == "marked" else "utf-8")
    file.write_bytes(gzip.compress(data) if kind == "gz" else data)
    return file


ODD = {"St. Mary's / 3": "rural", "07": "Rural ", "Zürich, Nord": "urban", "ワード": "urban", "x y": "coast"}


def odd_rows() -> list[list[str]]:
    """Four columns, no direction: climate in rural cases, travel in urban ones, money everywhere."""
    rows = []
    for case, group in {**ODD, "=1+1": "coast"}.items():
        for person in ("P1", "P2", ""):
            mark = {"rural": "Team climate;", "urban": "travel;"}.get(group.strip().casefold(), "")
            rows.append([case, person, f"what {person} of {case} said", f"{mark}Money & time"])
            rows.append([case, person, "nothing to the point", ""])
    return rows


@pytest.mark.parametrize("kind", ["plain", "marked", "gz", "xlsx"])
def test_tables_of_any_kind_with_any_groups_and_odd_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    coded = saved(tmp_path, "talk", [["case", "speaker", "text", "codes"], *odd_rows()], kind)
    cases = [["Case", "Group"], *[list(one) for one in {**ODD, "=1+1": "coast"}.items()]]
    attributes = saved(tmp_path, "sites", cases, kind)
    assert main(["compare", "--coded", str(coded), "--cases", str(attributes), "--json"]) == 0
    said = capsys.readouterr()
    out = json.loads(said.out)
    found = {one["code"]: one["pattern"] for one in out["patterns"] if one["valence"] is None}
    assert found == {"Money & time": "shared", "Team climate": "only rural", "travel": "only urban"}
    assert {one["of"] for one in out["matrix"]} == {3}, "two who are named and one who is not"
    assert "12 rows name no speaker" in said.err
    assert out["outliers"] == []


def test_a_table_without_speakers_has_one_participant_a_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[row[0], row[2], row[3]] for row in odd_rows()]
    coded = saved(tmp_path, "talk", [["case", "text", "codes"], *rows], "plain")
    cases = [["case", "group"], *[list(one) for one in {**ODD, "=1+1": "coast"}.items()]]
    attributes = saved(tmp_path, "sites", cases, "plain")
    assert main(["compare", "--coded", str(coded), "--cases", str(attributes), "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert {(one["participants"], one["of"]) for one in out["matrix"] if one["utterances"]} == {(1, 1)}


def test_cases_written_otherwise_are_found_and_it_is_said(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tables / "cases.csv").write_text(CASES.replace("S3,", "s3 ,"), encoding="utf-8")
    assert run(tables) == 0
    assert "Case 'S3' is read as 's3'." in capsys.readouterr().err


def test_two_cases_that_differ_in_capitals_only_are_two(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tables / "cases.csv").write_text(CASES.replace("S3,", "s3,") + "S 3,high,1\n", encoding="utf-8")
    assert run(tables) == 0
    (tables / "cases.csv").write_text(CASES.replace("S3,", "s3,high,1\ns3 ,"), encoding="utf-8")
    assert run(tables) == 1
    assert "case s3 stands twice" in capsys.readouterr().err


def test_what_the_model_coded_counts_only_when_asked_for(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "S3PW9,S3PW9.t0002.u01,2,S3,S3PW9,PW,A guess,inductive.geography:barrier,model\n"
    coded = tables / "coded.csv"
    coded.write_text(coded.read_text(encoding="utf-8") + row, encoding="utf-8")
    assert all(one["code"] != "inductive.geography" for one in in_json(tables, capsys)["patterns"])
    out = in_json(tables, capsys, "--with-suggestions")
    rests = {one["code"]: one["robust"]["rests_on_unreviewed"] for one in out["patterns"]}
    assert rests["inductive.geography"]
    assert run(tables, "--with-suggestions") == 0
    assert "Rests in part on suggestions that nobody has reviewed." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "more"), [("Outlier", ()), ("OUTLIER ", ()), ("apart", ("--outlier", "Apart"))]
)
def test_the_outliers_group_may_have_any_name(
    tables: Path, capsys: pytest.CaptureFixture[str], name: str, more: tuple[str, ...]
) -> None:
    (tables / "cases.csv").write_text(CASES.replace("outlier", name), encoding="utf-8")
    out = in_json(tables, capsys, *more)
    assert [(one["case"], one["declared"]) for one in out["outliers"]] == [("S2", True)]
    assert {one["pattern"] for one in out["patterns"]} <= {"shared", "only high", "only low", "absent"}


def test_an_outlier_group_that_nobody_is_in_is_said(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tables, "--outlier", "strange") == 0
    assert "No case belongs to the group strange" in capsys.readouterr().err


def test_where_no_pattern_can_be_named_the_screen_is_short(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tables / "cases.csv").write_text("case,group\nS2,a\nS3,b\nS4,c\nS5,d\nS6,e\n", encoding="utf-8")
    assert run(tables) == 0
    shown = capsys.readouterr()
    assert "Too few cases to name a pattern" in shown.out
    assert "insufficient" in shown.out
    assert "Holds in" not in shown.out
    assert len(shown.out.splitlines()) < 15
    assert "each group needs 2 reviewed cases; a has 1, b has 1" in shown.err


def test_what_no_pattern_can_do_without_is_said_once(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tables) == 0
    shown = capsys.readouterr().out
    assert shown.count("can be told without S3, S5, S4 or S6") == 1
    assert "cannot be told" not in shown


# --- The analyst's words ---


def write_summary(file: Path, to: Path, row: int, summary: str) -> None:
    book = openpyxl.load_workbook(file)
    sheet = book["facilitation.role"]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(row, header.index("your summary") + 1).value = summary
    book.save(to)


def summaries(file: Path) -> list[object]:
    sheet = openpyxl.load_workbook(file)["facilitation.role"]
    header = [cell.value for cell in sheet[1]]
    column = header.index("your summary")
    return [row[column].value for row in sheet.iter_rows(min_row=2) if row[column].value]


def test_a_rebuild_into_the_same_folder_keeps_summaries(tables: Path) -> None:
    out = tables / "out"
    assert run(tables, "--into", str(out)) == 0
    write_summary(out / "matrix.xlsx", out / "matrix.xlsx", 2, "Clear to all [S2PW1:4]")
    assert run(tables, "--into", str(out)) == 0
    assert summaries(out / "matrix.xlsx") == ["Clear to all [S2PW1:4]"]


def test_a_copy_that_lacks_a_summary_does_not_empty_it_and_what_it_replaces_is_kept(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tables / "out"
    assert run(tables, "--into", str(out)) == 0
    write_summary(out / "matrix.xlsx", tables / "copy.xlsx", 3, "Theirs [S3PW1:4]")
    write_summary(out / "matrix.xlsx", out / "matrix.xlsx", 2, "Mine [S2PW1:4]")
    assert run(tables, "--into", str(out), "--workbook", str(tables / "copy.xlsx")) == 0
    assert summaries(out / "matrix.xlsx") == ["Mine [S2PW1:4]", "Theirs [S3PW1:4]"]
    write_summary(tables / "copy.xlsx", tables / "copy.xlsx", 2, "Other [S2PW1:4]")
    capsys.readouterr()
    assert run(tables, "--into", str(out), "--workbook", str(tables / "copy.xlsx")) == 0
    assert "copy.xlsx replaced 1 entry of matrix.xlsx" in capsys.readouterr().err
    assert summaries(out / "matrix.xlsx") == ["Other [S2PW1:4]", "Theirs [S3PW1:4]"]
    assert summaries(out / "matrix.before.xlsx") == ["Mine [S2PW1:4]", "Theirs [S3PW1:4]"]


def test_a_workbook_with_several_faults_is_told_row_by_row_and_changes_nothing(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tables / "out"
    assert run(tables, "--into", str(out)) == 0
    book = openpyxl.load_workbook(out / "matrix.xlsx")
    for name, row, value in (("context.culture", 3, "gone"), ("facilitation.role", 5, "no idea")):
        header = [cell.value for cell in book[name][1]]
        book[name].cell(row, header.index("your status") + 1).value = value
    book.save(tables / "bad.xlsx")
    before = (out / "matrix.xlsx").read_bytes()
    capsys.readouterr()
    assert run(tables, "--into", str(out), "--workbook", str(tables / "bad.xlsx")) == 1
    said = capsys.readouterr().err
    assert "2 places cannot be taken" in said
    assert "sheet context.culture, row 3: 'gone' is no status you can set" in said
    assert "sheet facilitation.role, row 5: 'no idea' is no status you can set" in said
    assert "Nothing was changed." in said
    assert (out / "matrix.xlsx").read_bytes() == before


def test_summaries_on_what_has_gone_are_counted(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tables / "out"
    assert run(tables, "--into", str(out)) == 0
    write_summary(out / "matrix.xlsx", out / "matrix.xlsx", 2, "Kept [S2PW1:4]")
    coded = (tables / "coded.csv").read_text(encoding="utf-8")
    (tables / "coded.csv").write_text(coded.replace("facilitation.role", "role.new"), encoding="utf-8")
    capsys.readouterr()
    assert run(tables, "--into", str(out)) == 0
    assert "1 entry stands on codes, cases or people that are not compared" in capsys.readouterr().err
    assert "Left over" in openpyxl.load_workbook(out / "matrix.xlsx").sheetnames


# --- QCA from a file ---

PLAN = """
outcome: {name: ENGAGED, from: engagement, levels: [
  {word: low, membership: 0, anchor: fewer than a third took up the offer},
  {word: no, membership: 0.33, anchor: fewer than half},
  {word: high, membership: 1, anchor: two thirds or more}]}
conditions:
  - {name: WARM, from: "context.culture:facilitator", expect: present}
  - name: KNOWN
    from: known
    about: context.culture
    why: judged from the coordinators' accounts
    levels:
      - {word: to nobody, membership: 0, anchor: no ward had heard of it}
      - {word: to most, membership: 0.67, anchor: most wards asked for it}
      - {word: to all, membership: 1, anchor: it stood on the ward's board}
"""
JUDGED = (
    "case,group,engagement,known\nS2,outlier,no,to most\nS3,high,HIGH,to all\nS4,low,low,to nobody\n"
    "S5,high,high,To most\nS6,low,low,to nobody\n"
)


def planned(tables: Path, text: str, cases: str = JUDGED) -> tuple[str, str]:
    (tables / "cases.csv").write_text(cases, encoding="utf-8")
    (tables / "qca.yaml").write_text(text, encoding="utf-8")
    return "--qca", str(tables / "qca.yaml")


def test_scales_in_words_are_asked_for_in_a_file(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = in_json(tables, capsys, *planned(tables, PLAN))["qca"]
    by_name = {one["name"]: one for one in out["calibration"]}
    assert by_name["KNOWN"]["memberships"] == {"S3": 1, "S5": 0.67, "S4": 0, "S6": 0, "S2": 0.67}
    assert by_name["KNOWN"]["values"]["S5"] == "To most"
    assert "0.67 to most: most wards asked for it" in by_name["KNOWN"]["how"]
    assert by_name["ENGAGED"]["memberships"]["S2"] == 0.33, "a level called no is a word, no truth value"
    assert out["quotes"]["S3"]["KNOWN"], "what was judged leads back to what was said"
    row = next(one for one in out["outcome"]["truth_table"] if one["combination"] == "WARM*KNOWN")
    assert (row["n"], row["out"], row["cases"]) == (2, "1", ["S3", "S5"])
    assert run(tables, *planned(tables, PLAN)) == 0
    assert "Calibration" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("membership: 0.67", "membership: 0.5", "membership 0.5"),
        ("anchor: most wards asked for it", "anchor: ''", "has no anchor in words"),
        ("from: known", "from: unknown", "neither a code nor a column"),
        ("about: context.culture", "about: weather", "'weather' is no code"),
        ("expect: present", "expect: perhaps", "conditions.1.expect"),
        ("why:", "weil:", "conditions.2.weil"),
        ("conditions:", "conditions: [", "is no YAML"),
        ("    from: known", "    from: context.culture", "its levels are read from a column"),
        ("name: KNOWN", "name: WARM", "named twice"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_clear_word(
    tables: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, word: str
) -> None:
    assert PLAN.count(old) == 1
    assert run(tables, *planned(tables, PLAN.replace(old, new))) == 1
    assert word in capsys.readouterr().err


def test_every_case_that_was_judged_by_no_level_is_named(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = JUDGED.replace("to all", "to some").replace("S4,low,low,to nobody", "S4,low,low,")
    assert run(tables, *planned(tables, PLAN, cases)) == 1
    said = capsys.readouterr().err
    assert "S3 was judged 'to some', which is no level; S4 was not judged" in said


def test_a_file_may_leave_cases_out_and_set_the_cuts(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PLAN + "leave_out: [S2]\nconsistency: 0.9\ncases: 2\n"
    out = in_json(tables, capsys, *planned(tables, text))["qca"]
    assert "S2" not in out["calibration"][0]["memberships"]
    assert any("at least 1 case a row" in one["what"] for one in out["outcome"]["sensitivity"])
    assert run(tables, *planned(tables, PLAN), "--outcome", "X=known") == 1
    assert "in a file and in lines" in capsys.readouterr().err


def test_a_reference_to_a_row_names_the_row_of_the_file(tmp_path: Path) -> None:
    lines = ["case,speaker,text,codes,coder", "S1,A,one,x,model", "", "S1,A,two,x,ann", "S2,B,three,x,ann"]
    (tmp_path / "coded.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "cases.csv").write_text("case,group\nS1,high\nS2,low\n", encoding="utf-8")
    words = ["--coded", tmp_path / "coded.csv", "--cases", tmp_path / "cases.csv", "--into", tmp_path / "out"]
    assert main(["compare", *map(str, words)]) == 0
    table = (tmp_path / "out" / "matrix.csv").read_text(encoding="utf-8-sig")
    assert "[A:row 4]" in table
    assert "[B:row 5]" in table
    assert "row 2]" not in table
    with (tmp_path / "coded.csv").open("a", encoding="utf-8") as more:
        more.write("\nS2,C,four,y,model\n")
    assert main(["compare", *map(str, words), "--with-suggestions"]) == 0
    table = (tmp_path / "out" / "matrix.csv").read_text(encoding="utf-8-sig")
    assert "[A:row 2]" in table
    assert "[C:row 6]" in table, "suggestions are numbered as the file has them, too"

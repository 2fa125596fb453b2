"""The commands as a user meets them: what they say, what they change, how they fail."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.cli import _found, main
from pipeline.study import Study

Output = pytest.CaptureFixture[str]


def run(*words: object) -> int:
    return main([str(word) for word in words])


def content(folder: Path) -> dict[str, str]:
    """The hash of every file of a study, less the journals that SQLite keeps beside an open store."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(("-wal", "-shm"))
    }


def dump(study: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table but the runs, without times and batch ids, ordered."""
    db = sqlite3.connect(study / "study.db")
    left_out = {"ingested_at", "applied_at", "created_at", "at", "batch_id", "run_id"}
    out = {}
    names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for (name,) in names:
        if name in ("runs", "sqlite_sequence") or name.startswith("turns_"):
            continue
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})") if row[1] not in left_out]
        if name == "turns":
            columns.remove("id")  # the order in which transcripts were written
        rows = db.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
        out[name] = sorted(rows, key=repr)
    db.close()
    return out


# The way through -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake_models")
def test_from_interviews_to_report(tmp_path: Path, interviews: Path, capsys: Output) -> None:
    study = tmp_path / "study"
    assert run("init", study, "--codebook", "parihs-peer-support") == 0
    (study / "cases.csv").write_text("case,group\nS1,high\nS2,low\n", encoding="utf-8")
    assert run("ingest", study, interviews, "--json") == 0
    ingested = json.loads(capsys.readouterr().out)
    assert (ingested["transcripts"], ingested["turns"]) == (3, 12)
    assert run("suggest", study, "--json") == 0
    suggested = json.loads(capsys.readouterr().out)
    assert suggested["utterances"] == ingested["utterances"]
    assert suggested["examples"] == 0
    assert run("review", "export", study, "--coder", "anna", "--blind", "--json") == 0
    sheet = Path(json.loads(capsys.readouterr().out)["file"])
    answer(sheet, "Code 1", {0: "context.culture", 1: "context.monitoring_feedback"}, rest="Nothing applies")
    assert run("review", "import", study, sheet, "--json") == 0
    (imported,) = json.loads(capsys.readouterr().out)
    assert imported["problems"] == []
    assert imported["added"] == ingested["utterances"]
    assert run("review", "import", study, sheet, "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["added"] == 0, "the same sheet twice adds nothing"
    assert run("suggest", study, "--json") == 0
    assert json.loads(capsys.readouterr().out)["examples"] == ingested["utterances"]
    assert run("compare", study, "--json") == 0
    assert {"matrix", "patterns", "outliers"} <= set(json.loads(capsys.readouterr().out))
    assert run("report", study) == 0
    page = (study / "reports" / "report.html").read_text(encoding="utf-8")
    assert "Case by construct" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page
    assert run("status", study, "--json") == 0
    assert json.loads(capsys.readouterr().out)["utterances_coded"] == ingested["utterances"]


def answer(sheet: Path, heading: str, codes: dict[int, str], *, rest: str) -> None:
    """Fill a sheet in as a coder would: codes by row, an x in the column `rest` elsewhere."""
    workbook = load_workbook(sheet)
    rows = workbook["Review"]
    columns = {cell.value: cell.column for cell in rows[1]}
    for number in range(rows.max_row - 1):
        if number in codes:
            rows.cell(number + 2, columns[heading], codes[number])
        else:
            rows.cell(number + 2, columns[rest], "x")
    workbook.save(sheet)


def test_a_file_called_like_another_is_told(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    elsewhere = tmp_path / "corrected"
    elsewhere.mkdir()
    told = "I: How was it?\nS1PW1: Not as it was written down the first time, I can tell you.\n"
    (elsewhere / "S1PW1.txt").write_text(told, encoding="utf-8")
    assert run("ingest", tiny_study, elsewhere, "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["namesakes"] == {"T001": "S1PW1"}
    assert "T001 was read from a file called like that of S1PW1" in err
    assert run("ingest", tiny_study, elsewhere, "--json") == 0
    assert json.loads(capsys.readouterr().out)["namesakes"] == {}, "told once"


def test_a_case_that_cases_csv_does_not_list_is_told(tiny_study: Path, capsys: Output) -> None:
    (tiny_study / "cases.csv").write_text("case,group\n", encoding="utf-8")
    assert run("status", tiny_study) == 0
    assert "list it in cases.csv" in capsys.readouterr().out


def test_ingesting_again_changes_nothing(tiny_study: Path, interviews: Path, capsys: Output) -> None:
    before = dump(tiny_study)
    assert run("ingest", tiny_study, interviews, "--json") == 0
    assert json.loads(capsys.readouterr().out)["new"] == 0
    assert dump(tiny_study) == before


def test_with_nothing_new_nothing_heavy_is_loaded(tiny_study: Path, interviews: Path) -> None:
    heavy = ("spacy", "torch", "sklearn", "pandas", "openpyxl", "scipy", "joblib")
    program = (
        "import sys\n"
        "from pipeline.cli import main\n"
        f"code = main(['ingest', {str(tiny_study)!r}, {str(interviews)!r}])\n"
        f"raise SystemExit(code or ', '.join(name for name in {heavy!r} if name in sys.modules) or None)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "Nothing new" in result.stderr


def test_a_person_is_one_pseudonym_in_every_interview(tiny_study: Path) -> None:
    texts = " ".join(row[4] for row in dump(tiny_study)["turns"])
    for name in ("Sarah", "Thompson", "Okafor", "Biggs", "07700"):
        assert name not in texts


def test_codes_come_in_by_id_turn_and_quotation(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    table = tmp_path / "codes.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["transcript_id", "utterance_id", "turn_index", "text", "codes", "coder", "note"])
        writer.writerow(["S1PW1", "S1PW1.t0002.u01", "", "", "context.culture:facilitator", "anna", ""])
        writer.writerow(["S1PW1", "", "4", "", "context.monitoring_feedback", "anna", "Ask Mr Patel"])
        writer.writerow(["S2PW1", "", "", "there is one bus", "inductive.geography:barrier", "anna", ""])
    assert run("codes", "import", tiny_study, table, "--json") == 0
    assert json.loads(capsys.readouterr().out)["added"] == 3
    notes = " ".join(str(row) for row in dump(tiny_study)["decisions"])
    assert "Patel" not in notes, "a coder's note is pseudonymised on its way in"
    assert "Ask Mr [Person]" in notes


def test_pseudonymise_writes_clean_files(interviews: Path, tmp_path: Path, fake_models: None) -> None:
    out = tmp_path / "clean"
    assert run("pseudonymise", interviews, "--out", out, "--to", "docx") == 0
    assert sorted(file.name for file in out.iterdir()) == [
        "S1PW1.docx",
        "S1PWC.docx",
        "S2PW1.docx",
        "register",
    ]
    for file in out.rglob("*"):
        if file.is_file():
            assert b"Thompson" not in file.read_bytes()


def test_spans_are_offsets_of_the_decoded_text(tmp_path: Path, fake_models: None, capsys: Output) -> None:
    file = tmp_path / "one.txt"
    text = "I: Hello?\r\nP: My name is Sarah Thompson, my number is 07700 900123.\r\n"
    file.write_bytes(text.encode("utf-8"))
    assert run("pseudonymise", "--spans", file, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    plain = text.replace("\r\n", "\n")
    surfaces = {plain[span["start"] : span["end"]] for span in found["spans"]}
    assert found["doc_id"] == "one"
    assert {"Sarah Thompson", "07700 900123"} <= surfaces


# Mistakes ------------------------------------------------------------------------------------------------


def fails(capsys: Output, *words: object) -> str:
    """What a command that fails says; it must be short, on standard error, with no traceback."""
    capsys.readouterr()
    assert run(*words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    lines = [line for line in err.strip().split("\n") if "━" not in line]
    assert 1 <= len(lines) <= 3, err
    return err


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.txt", b"", "empty.txt"),
        ("picture.docx", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "picture.docx"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "docx"),
        ("scan.pdf", b"%PDF-1.7\n1 0 obj", "docx"),
    ],
)
def test_a_file_that_is_no_transcript_changes_nothing(
    name: str, data: bytes, says: str, tiny_study: Path, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    before = content(tiny_study)
    assert says in fails(capsys, "ingest", tiny_study, file)
    assert content(tiny_study) == before


def test_a_study_that_is_none(tmp_path: Path, capsys: Output) -> None:
    assert "no study" in fails(capsys, "status", tmp_path)
    assert "no such folder" in fails(capsys, "status", tmp_path / "nowhere")


def test_a_codebook_with_a_doubled_code(tiny_study: Path, capsys: Output) -> None:
    book = tiny_study / "codebook.yaml"
    book.write_text(book.read_text(encoding="utf-8") + "  - id: context.culture\n", encoding="utf-8")
    before = content(tiny_study)
    for words in (["codes", "check", book], ["suggest", tiny_study], ["status", tiny_study]):
        assert "context.culture stands twice" in fails(capsys, *words)
    assert content(tiny_study) == before


def test_a_sheet_with_an_unknown_code(tiny_study: Path, capsys: Output) -> None:
    assert run("review", "export", tiny_study, "--coder", "anna", "--blind", "--json") == 0
    sheet = Path(json.loads(capsys.readouterr().out)["file"])
    answer(sheet, "Code 1", {0: "context.climate"}, rest="Unsure")
    before = content(tiny_study)
    assert "'context.climate' is no code of the codebook" in fails(
        capsys, "review", "import", tiny_study, sheet
    )
    assert content(tiny_study) == before


def test_a_table_with_an_unknown_code(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("utterance_id,codes,coder\nS1PW1.t0002.u01,climate,anna\n", encoding="utf-8")
    before = content(tiny_study)
    assert "row 2: 'climate' is no code" in fails(capsys, "codes", "import", tiny_study, table)
    assert content(tiny_study) == before


def test_cases_without_the_case(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("utterance_id,codes,coder\nS1PW1.t0002.u01,context.culture,anna\n", encoding="utf-8")
    assert run("codes", "import", tiny_study, table) == 0
    (tiny_study / "cases.csv").write_text("case,group\nS2,low\n", encoding="utf-8")
    before = content(tiny_study)
    assert "cases.csv: S1 has no row" in fails(capsys, "compare", tiny_study)
    assert content(tiny_study) == before


def test_wrong_usage_is_two(tmp_path: Path, capsys: Output) -> None:
    assert run("ingest") == 2
    assert run("no-such-command") == 2


def test_a_fault_of_our_own_shows_no_text(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Sarah Thompson said so")

    monkeypatch.setattr("pipeline.study.Study.open", broken)
    err = fails(capsys, "status", tiny_study)
    assert "ValueError" in err
    assert "Sarah" not in err


def test_nothing_leaves_before_the_text_is_swept(tiny_study: Path, capsys: Output) -> None:
    db = sqlite3.connect(tiny_study / "study.db")
    with db:
        db.execute("UPDATE turns SET text = text || ' More.' WHERE turn_index = 2")
    db.close()
    for words in (
        ["review", "export", tiny_study, "--coder", "a"],
        ["report", tiny_study],
        ["explore", tiny_study],
    ):
        assert "has not been swept" in fails(capsys, *words)


# Killed half-way -------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
import spacy
from pipeline.cli import _settle
from pipeline.cli.ingest import ingest_files
from pipeline.study.vault import Vault
from pathlib import Path

where, count = sys.argv[3], int(sys.argv[4])
nlp = spacy.blank("en"); nlp.add_pipe("sentencizer")
module, name = {"save": (Vault, "keep"), "write": (_settle, "_write"), "move": (Vault, "move")}[where]
real, calls = getattr(module, name), 0

def counted(*args):
    global calls
    calls += 1
    if calls > count:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)

setattr(module, name, counted)
ingest_files(Path(sys.argv[1]), [sys.argv[2]], nlp=nlp)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize(
    ("where", "count"),
    [("save", 0), ("save", 2), ("save", 4), ("save", 6), ("write", 0), ("write", 2), ("move", 1)],
)
def test_killed_and_run_again_comes_to_the_same(
    where: str, count: int, new_study: Path, interviews: Path, tmp_path: Path, fake_models: None
) -> None:
    clean = tmp_path / "clean"
    shutil.copytree(new_study, clean)
    assert run("ingest", clean, interviews) == 0
    words = [sys.executable, "-c", KILLED, str(new_study), str(interviews), where, str(count)]
    killed = subprocess.run(words, capture_output=True, env=dict(os.environ), check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert run("ingest", new_study, interviews) == 0
    assert dump(new_study) == dump(clean)
    people = (new_study / "transcripts.csv").read_bytes()
    assert people == (clean / "transcripts.csv").read_bytes()
    opened = Study.open(new_study)
    records = sorted(file.name for file in (new_study / "secret" / "found").iterdir())
    assert records == ["S1PW1.age", "S1PWC.age", "S2PW1.age"]
    assert all(_found.load(opened.vault, name.removesuffix(".age")).settled for name in records)


def test_interviews_one_by_one_come_to_the_same_people(
    new_study: Path, interviews: Path, tmp_path: Path, fake_models: None
) -> None:
    """A name that is first understood in a later interview is masked in the earlier ones too."""
    (interviews / "S1PW0.txt").write_text(
        "I: Who helped?\nP: It was thompson mostly, and Okafor. A very okafor thing to do.\n",
        encoding="utf-8",
    )
    for name in ("S1PW0.txt", "S1PWC.txt", "S2PW1.txt", "S1PW1.txt"):
        assert run("ingest", new_study, interviews / name) == 0
    texts = {(row[0], row[1]): row[4] for row in dump(new_study)["turns"]}
    assert "thompson" not in texts[("S1PW0", 2)].lower()
    assert "okafor" not in texts[("S1PW0", 2)].lower()
    for file in [*new_study.rglob("*")]:
        if file.is_file():
            assert b"thompson" not in file.read_bytes().lower(), file.name

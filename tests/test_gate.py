"""The gate before everything that leaves a study, and what every way out says of how names were checked."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.cli._gate import INVENTED, NOBODY
from pipeline.study import Study

Output = pytest.CaptureFixture[str]
READ = "A person read 12 utterances"


def run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.fixture
def coded(tiny_study: Path, tmp_path: Path) -> Path:
    """A study with two coders who differ, and suggestions."""
    table = tmp_path / "codes.csv"
    rows = ["utterance_id,codes,coder"]
    for coder, codes in (
        ("anna", ("context.culture", "")),
        ("ben", ("context.culture", "facilitation.role")),
    ):
        for name, given in zip(("S1PW1.t0002.u01", "S2PW1.t0002.u01"), codes, strict=True):
            rows.append(f"{name},{given},{coder}")
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert run("codes", "import", tiny_study, table) == 0
    assert run("suggest", tiny_study) == 0
    return tiny_study


def unpacked(file: Path) -> str:
    """All the words of a file, a zipped one unpacked."""
    data = file.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return "\n".join(packed.read(name).decode("utf-8", "ignore") for name in packed.namelist())
    return data.decode("utf-8", "ignore")


def ways_out(study: Path, out: Path, capsys: Output) -> dict[str, str]:
    """Take every way out of a study; what each wrote or said that carries participants' words."""
    said: dict[str, str] = {}
    for name, words in {
        "sheet": ("review", "export", study, "--coder", "a1", "--json"),
        "packet": ("review", "export", study, "--coder", "a2", "--to", "packet", "--blind", "--json"),
        "project": ("review", "export", study, "--to", "qdpx", "--json"),
        "settling": ("review", "merge", study, "--json"),
    }.items():
        capsys.readouterr()
        assert run(*words) == 0
        result = json.loads(capsys.readouterr().out.strip().split("\n")[-1])
        said[name] = unpacked(Path(result["file"]))
    said["coders"] = unpacked(study / "reports" / "coders.xlsx")
    assert run("compare", study) == 0
    said["matrix"] = unpacked(study / "reports" / "matrix.xlsx")
    said["beside the tables"] = unpacked(study / "reports" / "CHECKED.txt")
    assert run("report", study) == 0
    said["report"] = unpacked(study / "reports" / "report.html")
    assert run("transcripts", "export", study, "--into", out / "talk") == 0
    said["transcripts"] = unpacked(out / "talk" / "CHECKED.txt")
    assert run("audit", study, "--out", out / "audit") == 0
    said["audit"] = unpacked(out / "audit" / "CHECKED.txt")
    said["audit page"] = unpacked(out / "audit" / "audit.html")
    said["matrix page"] = unpacked(study / "reports" / "matrix.html")
    return said


def test_every_way_out_says_of_invented_interviews_that_they_are(
    coded: Path, tmp_path: Path, capsys: Output
) -> None:
    settings = coded / "study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("My study", "How needs are invented"), encoding="utf-8")
    for name, said in ways_out(coded, tmp_path / "before", capsys).items():
        assert INVENTED not in said, f"{name} calls real interviews invented"
        assert "interviews are invented" not in said, name
    settings.write_text(text.replace("invented = false", "invented = true"), encoding="utf-8")
    with Study.open(coded).store() as store, store.writing() as db:
        db.execute("DELETE FROM batch_items")  # so that there is something to send again
    told = ways_out(coded, tmp_path / "after", capsys)
    for name, said in told.items():
        assert INVENTED in said, f"{name} does not say that its interviews are invented"
    assert "No figure here says how" in told["report"], "the report says it on its first page"
    for name in ("sheet", "packet"):  # and to the coder at once, not only beside how names were checked
        assert "interviews are invented" in told[name], name


def test_so_do_the_screens_and_the_sheet_of_a_sample(coded: Path, capsys: Output) -> None:
    settings = coded / "study.toml"
    text = settings.read_text(encoding="utf-8")
    screens = (
        ("status",),
        ("audit",),
        ("compare",),
        ("triage",),
        ("evaluate",),
        ("risk",),
        ("risk", "--sample", "2"),
    )
    for invented in (False, True):
        settings.write_text(text.replace("invented = false", f"invented = {str(invented).lower()}"), "utf-8")
        capsys.readouterr()
        for name, *more in screens:
            for way in ((), ("--json",)):
                run(name, coded, *more, *way)  # evaluate has too little to say more
                said = capsys.readouterr()
                told = INVENTED in said.out + said.err or '"invented": true' in said.out
                assert told is invented, f"{name} {way}"
        sheets = list((coded / "secret").glob("sample-*.xlsx"))
        assert len(sheets) == 2
        for sheet in sheets:
            assert (INVENTED in unpacked(sheet)) is invented
            sheet.unlink()


def test_every_way_out_says_whether_a_person_read_a_sample(
    coded: Path, tmp_path: Path, capsys: Output
) -> None:
    for name, text in ways_out(coded, tmp_path / "before", capsys).items():
        assert NOBODY in text, f"{name} does not say that nobody read a sample"
    assert run("risk", coded, "--sample", "100") == 0
    assert run("risk", coded, "--missed", "0") == 0
    with Study.open(coded).store() as store, store.writing() as db:
        db.execute("DELETE FROM batch_items")  # so that there is something to send again
    for name, text in ways_out(coded, tmp_path / "after", capsys).items():
        assert READ in text, f"{name} does not say that somebody read a sample"
        assert NOBODY not in text, name


def test_every_way_out_refuses_text_that_was_not_swept(coded: Path, tmp_path: Path, capsys: Output) -> None:
    with Study.open(coded).store() as store, store.writing() as db:
        db.execute("UPDATE turns SET text = text || ' Yes.' WHERE transcript_id = 'S2PW1' AND turn_index = 1")
    for words in (
        ("review", "export", coded, "--coder", "a1"),
        ("review", "export", coded, "--coder", "a1", "--to", "packet"),
        ("review", "export", coded, "--to", "qdpx"),
        ("review", "merge", coded),
        ("compare", coded),
        ("report", coded),
        ("transcripts", "export", coded, "--into", tmp_path / "talk"),
        ("explore", coded),
    ):
        assert run(*words) == 1, words
        assert "has not been swept" in capsys.readouterr().err
    assert not any((coded / "reports").rglob("*"))
    assert not list((coded / "review" / "sent").iterdir())
    assert not (tmp_path / "talk").exists()
    assert run("audit", coded, "--out", tmp_path / "audit") == 0
    assert "without their words" in capsys.readouterr().err
    assert not (tmp_path / "audit" / "CHECKED.txt").exists()
    settings = coded / "study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("invented = false", "invented = true"), encoding="utf-8")
    assert run("audit", coded, "--out", tmp_path / "of invented") == 0
    assert INVENTED in (tmp_path / "of invented" / "audit.html").read_text(encoding="utf-8")

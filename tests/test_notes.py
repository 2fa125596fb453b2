"""What coders and others write in their own words: no name in it rests anywhere in the clear."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.cli import main
from pipeline.cli._matrix_files import BEFORE
from pipeline.cli._review_in import batches_of
from pipeline.cli._review_out import export_batch
from pipeline.cli.ingest import ingest_files
from pipeline.cli.names import list_words
from pipeline.compare.returned import read_workbook
from pipeline.compare.workbook import STATUS, SUMMARY
from pipeline.study import Study, judgements, register, schema, words

Output = pytest.CaptureFixture[str]
RAW = (b"okafor", b"Okafor", b"OKAFOR", b"Thompson", b"Tompson", b"900123", b"900 123", b"Biggs")


def run(*said: object) -> int:
    return main([str(word) for word in said])


@pytest.fixture
def without_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Whoever works here holds no key until the patch is undone."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SECONDCODER_HOME", str(tmp_path / "nobody"))
    yield patch
    patch.undo()


def sheet(study: Path, note: str, *, row: int = 2, wish: str = "") -> Path:
    """A blind sheet for anna with one code, a note, and perhaps a wish for a new code."""
    file = Path(export_batch(study, coder="anna", blind=True)["file"])
    return fill(file, note, row=row, wish=wish)


def fill(file: Path, note: str, *, row: int = 2, wish: str = "") -> Path:
    book = load_workbook(file)
    rows = book["Review"]
    columns = {cell.value: cell.column for cell in rows[1]}
    rows.cell(row, columns["Code 1"]).value = "context.culture"
    rows.cell(row, columns["Note"]).value = note
    if wish:
        rows.cell(row, columns["New code wanted"]).value = wish
    book.save(file)
    return file


def table(folder: Path, *notes: str) -> Path:
    """A table of codes for the second utterance of S1PWC, with notes."""
    file = folder / "codes.csv"
    lines = [f"S1PWC.t000{2 * turn}.u01,context.culture,ben,{note}" for turn, note in enumerate(notes, 1)]
    file.write_text("\n".join(["utterance_id,codes,coder,note", *lines, ""]), encoding="utf-8")
    return file


def notes(study: Path) -> list[str]:
    with Study.open(study).store() as store:
        return [one.note for one in judgements.decisions(store) if one.note]


def in_the_clear(study: Path) -> set[tuple[str, bytes]]:
    """Raw names in any byte of the study that is not encrypted (sheets that were sent are the coder's)."""
    return {
        (file.name, name)
        for file in study.rglob("*")
        if file.is_file() and file.suffix not in (".age", ".xlsx")
        for name in RAW
        if name in file.read_bytes()
    }


NOTE = "okafor said so to Mrs Tompson, ring 07700900123"


def test_a_note_comes_in_masked_by_the_register_where_the_key_is_at_hand(tiny_study: Path) -> None:
    file = sheet(tiny_study, NOTE, wish="Okafor as boss")
    assert run("review", "import", tiny_study, file) == 0
    (note,) = notes(tiny_study)
    assert re.fullmatch(r"\[Person \d\] said so to Mrs \[Person( \d)?\], ring \[Phone number 1\]", note)
    (wish,) = batches_of(tiny_study)["new_codes"]
    assert re.fullmatch(r"\[Person \d\] as boss", wish["words"])
    assert in_the_clear(tiny_study) == set()
    with Study.open(tiny_study).store() as store:
        assert store.is_swept(), "notes that were masked on their way in close no gate"


def test_the_note_names_whom_the_transcript_means(tiny_study: Path, tmp_path: Path) -> None:
    kept = register.load(Study.open(tiny_study).vault)
    okafor = next(one for one in kept.entities if "S1PWC" in one["where"].get("Okafor", ()))
    assert run("codes", "import", tiny_study, table(tmp_path, "so Okafor again", "nobody here")) == 0
    assert notes(tiny_study) == [f"so {okafor['pseudonym']} again", "nobody here"]


def test_without_the_key_notes_wait_sealed(
    tiny_study: Path, without_key: pytest.MonkeyPatch, capsys: Output
) -> None:
    file = sheet(tiny_study, NOTE, wish="Okafor as boss")
    assert run("review", "import", tiny_study, file) == 0
    assert "2 notes or new codes wait" in capsys.readouterr().err
    assert notes(tiny_study) == []
    assert batches_of(tiny_study)["new_codes"] == []
    assert in_the_clear(tiny_study) == set()
    assert run("review", "status", tiny_study) == 0
    assert "2 notes or new codes wait" in capsys.readouterr().err
    assert run("status", tiny_study) == 0
    assert "2 notes or new codes wait" in capsys.readouterr().out
    assert run("review", "export", tiny_study, "--to", "qdpx") == 0, "and hold nobody up"
    capsys.readouterr()
    for again in range(2):
        assert run("review", "import", tiny_study, file, "--json") == 0, again
        (back,) = json.loads(capsys.readouterr().out)
        assert (back["added"], back["new_codes"], back["waiting"]) == (0, 0, 2)
    without_key.undo()
    assert run("risk", tiny_study) == 0
    assert len(notes(tiny_study)) == 1, "the same sheet three times is one note"
    assert "[Phone number 1]" in notes(tiny_study)[0]
    assert len(batches_of(tiny_study)["new_codes"]) == 1
    assert batches_of(tiny_study)["waiting"] == 0
    assert in_the_clear(tiny_study) == set()
    capsys.readouterr()
    assert run("review", "import", tiny_study, file, "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["added"] == 0
    assert len(notes(tiny_study)) == 1


def test_a_code_in_a_note_is_no_name(tiny_study: Path) -> None:
    said = "why not context.monitoring_feedback, as Okafor_Biggs.1 says"
    assert run("review", "import", tiny_study, sheet(tiny_study, said)) == 0
    (note,) = notes(tiny_study)
    assert note.startswith("why not context.monitoring_feedback, as ")
    assert in_the_clear(tiny_study) == set()


def test_a_note_written_later_is_added_to_the_one_that_stands_there(tiny_study: Path) -> None:
    file = sheet(tiny_study, "first thought")
    assert run("review", "import", tiny_study, file) == 0
    assert run("review", "import", tiny_study, fill(file, "second thought")) == 0
    assert notes(tiny_study) == ["first thought; second thought"]
    with Study.open(tiny_study).store() as store:
        assert len(judgements.decisions(store)) == 1, "a note alone is no new decision"


def test_a_name_that_becomes_known_later_is_masked_in_older_notes(
    tiny_study: Path, tmp_path: Path, without_key: pytest.MonkeyPatch
) -> None:
    without_key.undo()
    assert run("codes", "import", tiny_study, table(tmp_path, "as zelby thinks", "the Pickles way")) == 0
    assert notes(tiny_study) == ["as zelby thinks", "the Pickles way"]
    list_words(tiny_study, ["zelby"], always=True)
    assert notes(tiny_study)[0] != "as zelby thinks"
    later = tmp_path / "S2PW9.txt"
    later.write_text("I: Who?\nP: Mrs Pickles, she was.\n", encoding="utf-8")
    ingest_files(tiny_study, [str(later)])
    assert re.fullmatch(r"the \[Person \d\] way", notes(tiny_study)[1])
    with Study.open(tiny_study).store() as store:
        assert store.is_swept()


def test_a_note_may_speak_of_pseudonyms_and_of_what_people_let_stand(
    tiny_study: Path, tmp_path: Path
) -> None:
    list_words(tiny_study, ["Sarah"], always=False)
    said = ("[Person 1] in [Town 2] since [March 2019]", "Sarah is on the never list")
    assert run("codes", "import", tiny_study, table(tmp_path, *said)) == 0
    assert run("risk", tiny_study) == 0
    assert notes(tiny_study) == list(said)


def test_made_up_names_stay_in_notes(
    new_study: Path, interviews: Path, tmp_path: Path, fake_models: None
) -> None:
    file = new_study / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r'^PERSON = "\w+"', 'PERSON = "surrogate"', text, flags=re.MULTILINE), "utf-8")
    ingest_files(new_study, [str(interviews)])
    kept = register.load(Study.open(new_study).vault)
    first, last = next(iter(kept.surrogates.values()))
    assert run("codes", "import", new_study, table(tmp_path, f"{first} {last} is tired", "okafor too")) == 0
    assert run("risk", new_study) == 0
    tired, too = notes(new_study)
    assert tired == f"{first} {last} is tired"
    assert "okafor" not in too.casefold()
    assert "[" not in too, "whoever is named gets the made-up name that the talk has for them"


def test_withdrawing_takes_waiting_notes_along_and_masks_the_reason(
    tiny_study: Path, tmp_path: Path, without_key: pytest.MonkeyPatch
) -> None:
    assert run("codes", "import", tiny_study, table(tmp_path, "okafor!")) == 0
    without_key.undo()
    assert run("withdraw", tiny_study, "S1PWC", "--yes", "--reason", "Okafor rang, 07700900123") == 0
    with Study.open(tiny_study).store() as store:
        assert words.waiting(store) == []
        (reason,) = store.db.execute("SELECT reason FROM tombstones").fetchone()
    assert re.fullmatch(r"\[Person \d\] rang, \[Phone number 1\]", reason)
    assert in_the_clear(tiny_study) - {("study.db", b"Thompson"), ("study.db", b"Biggs")} == set()


def test_a_new_key_takes_waiting_notes_along(
    tiny_study: Path, tmp_path: Path, without_key: pytest.MonkeyPatch
) -> None:
    assert run("codes", "import", tiny_study, table(tmp_path, "okafor!")) == 0
    without_key.undo()
    assert run("key", "rotate", tiny_study) == 0
    with Study.open(tiny_study).store() as store:
        assert len(words.waiting(store)) == 1
    assert run("risk", tiny_study) == 0
    assert re.fullmatch(r"\[Person \d\]!", notes(tiny_study)[0])


def test_notes_are_only_ever_masked(tiny_study: Path, tmp_path: Path) -> None:
    assert run("codes", "import", tiny_study, table(tmp_path, "a thought")) == 0
    db = sqlite3.connect(tiny_study / "study.db")
    for change in ("note = 'x'", "answer = 'reject'", "coder = 'x'", "note = '', code = 'y'"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever"):
            db.execute(f"UPDATE decisions SET {change}")
    db.close()


def test_a_note_changed_by_hand_closes_the_gate(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    assert run("codes", "import", tiny_study, table(tmp_path, "a thought")) == 0
    with Study.open(tiny_study).store() as store:
        said = words.spoken(store)
        words.change(store, [(said[0], "a thought on Okafor")])
    assert run("review", "export", tiny_study, "--to", "qdpx") == 1
    assert "has not been swept" in capsys.readouterr().err
    assert run("risk", tiny_study) == 0
    assert "Okafor" not in notes(tiny_study)[0]
    assert run("review", "export", tiny_study, "--to", "qdpx") == 0


def test_a_store_from_before_is_swept_before_anything_leaves_it(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """A store of the format before: notes stand in it as the finder alone had masked them."""
    assert run("codes", "import", tiny_study, table(tmp_path, "a thought")) == 0
    number = [name for name, _ in schema.MIGRATIONS].index("people's words sealed until they are masked")
    db = sqlite3.connect(tiny_study / "study.db")
    db.executescript(
        "DROP TRIGGER notes_stay; DROP TRIGGER decisions_stay; UPDATE decisions SET note = 'as okafor said';"
        "CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN SELECT 1; END;"
        f"DROP TABLE sealed_words; DELETE FROM migrations WHERE version > {number};"
        f"PRAGMA user_version = {number}"
    )
    db.close()
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[: number + 1])
    assert run("review", "export", tiny_study, "--coder", "carla") == 1
    assert "has not been swept" in capsys.readouterr().err
    assert run("risk", tiny_study) == 0
    assert re.fullmatch(r"as \[Person \d\] said", notes(tiny_study)[0])


# Summaries in the matrix -----------------------------------------------------------------------------------


def summarise(study: Path, text: str) -> None:
    file = study / "reports" / "matrix.xlsx"
    book = load_workbook(file)
    sheet = next(one for one in book.worksheets if one.cell(1, 1).value == "case" and one.title != "Matrix")
    columns = {cell.value: cell.column for cell in sheet[1]}
    assert STATUS in columns
    sheet.cell(2, columns[SUMMARY]).value = text
    book.save(file)


def written(study: Path) -> set[str]:
    file = study / "reports" / "matrix.xlsx"
    return {one.summary for one in read_workbook(file.read_bytes(), file.name)}


def summaries(study: Path) -> set[str]:
    found = written(study)
    assert all(text in (study / "reports" / "matrix.csv").read_text(encoding="utf-8-sig") for text in found)
    return found


def test_a_summary_is_masked_by_the_register(tiny_study: Path, tmp_path: Path) -> None:
    assert run("codes", "import", tiny_study, table(tmp_path, "")) == 0
    assert run("compare", tiny_study) == 0
    summarise(tiny_study, "okafor, again and again")
    assert run("compare", tiny_study) == 0
    assert {re.sub(r"\d", "9", text) for text in summaries(tiny_study)} == {"[Person 9], again and again"}
    said = (tiny_study / "reports" / "CHECKED.txt").read_text(encoding="utf-8")
    assert "summaries" not in said


def test_a_summary_written_without_the_key_is_swept_by_risk_and_said_to_wait(
    tiny_study: Path, tmp_path: Path, without_key: pytest.MonkeyPatch
) -> None:
    without_key.undo()
    assert run("codes", "import", tiny_study, table(tmp_path, "")) == 0
    assert run("compare", tiny_study) == 0
    summarise(tiny_study, "okafor, again and again")
    without_key.setenv("SECONDCODER_HOME", str(tmp_path / "nobody"))
    assert run("compare", tiny_study) == 0
    checked = tiny_study / "reports" / "CHECKED.txt"
    assert "1 of the analyst's summaries" in checked.read_text(encoding="utf-8")
    without_key.undo()
    assert run("risk", tiny_study) == 0
    assert "okafor" not in str(summaries(tiny_study)).casefold()
    assert run("compare", tiny_study) == 0
    assert "summaries" not in checked.read_text(encoding="utf-8")


def test_references_in_a_summary_stay_although_somebody_is_called_so(
    tiny_study: Path, tmp_path: Path
) -> None:
    assert run("codes", "import", tiny_study, table(tmp_path, "")) == 0
    assert run("names", "always", tiny_study, "S1PWC") == 0
    assert run("compare", tiny_study) == 0
    summarise(tiny_study, "okafor backs them [S1PWC:4], says S1PWC [S9:4]")
    for command in ("compare", "risk", "compare"):
        assert run(command, tiny_study) == 0
        (found,) = summaries(tiny_study)
        assert "backs them [S1PWC:4], says [Person" in found


def test_references_stay_where_nobody_holds_the_key(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.cli import _summaries
    from pipeline.records import Identifier

    def find(texts: list[str]) -> list[list[Identifier]]:
        return [[Identifier(*one.span(), "PERSON") for one in re.finditer("S1PWC", text)] for text in texts]

    monkeypatch.setattr(_summaries, "find_identifiers", find)
    monkeypatch.setenv("SECONDCODER_HOME", str(tmp_path / "nobody"))
    (found,) = _summaries.masked(Study.open(tiny_study), ["So [S1PWC:4], says S1PWC"])
    assert found == "So [S1PWC:4], says [Person]"


def test_a_damaged_matrix_is_refused_in_words_when_summaries_are_masked(
    tiny_study: Path, tmp_path: Path, capsys: Output
) -> None:
    assert run("codes", "import", tiny_study, table(tmp_path, "")) == 0
    assert run("compare", tiny_study) == 0
    assert run("compare", tiny_study) == 0  # so that there is a workbook of before
    summarise(tiny_study, "okafor, again and again")
    before = tiny_study / "reports" / BEFORE
    before.write_bytes(b"PK\x03\x04 cut short")
    assert run("risk", tiny_study) == 1
    assert f"reports/{BEFORE}: is damaged or cut short" in capsys.readouterr().err
    assert "okafor" in str(written(tiny_study)), "nothing was changed"
    before.unlink()
    assert run("risk", tiny_study) == 0
    assert "okafor" not in str(written(tiny_study)).casefold()


def test_words_missed_in_a_read_sample_are_masked_or_named_row_by_row(
    tiny_study: Path, capsys: Output
) -> None:
    assert run("risk", tiny_study, "--sample", 5) == 0
    (file,) = (tiny_study / "secret").glob("sample-*.xlsx")

    def found(*cells: tuple[int, str]) -> None:
        book = load_workbook(file)
        for row, word in cells:
            book["Read"].cell(row, 4).value = word
        book.save(file)

    found((2, "the"), (3, "of"), (4, "Hexworthy"))
    assert run("risk", tiny_study, "--returned", file) == 1
    told = capsys.readouterr().err
    assert "rows 2 to 3: is made of the commonest words alone" in told
    assert "Nothing was changed" in told
    found((2, ""), (3, ""))
    assert run("risk", tiny_study, "--returned", file) == 0
    opened = Study.open(tiny_study)
    assert "Hexworthy" in [one["surface"] for one in register.load(opened.vault).always]

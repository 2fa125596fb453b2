"""What is deleted for good, what is kept encrypted, who can open it, and what may be left."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import stat
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from openpyxl import load_workbook

from pipeline import codebook
from pipeline.cli import _find, _found, main
from pipeline.cli.ingest import ingest_files
from pipeline.cli.key import rotate_key
from pipeline.cli.reidentify import who_is
from pipeline.cli.withdraw import withdraw_transcript
from pipeline.errors import StudyError
from pipeline.study import Study, backups, register, rotation, schema, vault

Output = pytest.CaptureFixture[str]


def run(*words: object) -> int:
    return main([str(word) for word in words])


def codes(study: Path, folder: Path) -> None:
    table = folder / "codes.csv"
    table.write_text(
        "utterance_id,codes,coder\nS1PW1.t0002.u01,context.culture,anna\nS2PW1.t0002.u01,context.culture,anna\n",
        encoding="utf-8",
    )
    assert run("codes", "import", study, table) == 0


def plain_bytes(study: Path) -> dict[str, list[bytes]]:
    """Every file of a study but the codebook, decrypted and unpacked."""
    opened = Study.open(study)
    out = {}
    for file in study.rglob("*"):
        if file.is_file() and file.name != "codebook.yaml":
            data = file.read_bytes()
            if file.suffix == ".age":
                data = opened.vault.open(data, file.name)
            try:
                with zipfile.ZipFile(io.BytesIO(data)) as packed:
                    out[file.name] = [packed.read(name) for name in packed.namelist()]
            except zipfile.BadZipFile:
                out[file.name] = [data]
    return out


# Withdrawal ----------------------------------------------------------------------------------------------


def test_withdrawing_leaves_no_byte_of_the_words(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    codes(tiny_study, tmp_path)
    assert run("suggest", tiny_study) == 0
    assert run("review", "export", tiny_study, "--coder", "ben", "--json") == 0
    sheet = Path(json.loads(capsys.readouterr().out.strip().split("\n")[-1])["file"])
    kept_copy = tmp_path / "returned.xlsx"
    kept_copy.write_bytes(sheet.read_bytes())
    Study.open(tiny_study).keep_returned("old.xlsx", sheet.read_bytes())
    assert run("names", "export", tiny_study) == 0
    assert run("risk", tiny_study, "--sample", "3") == 0
    assert run("report", tiny_study) == 0
    words = (b"ward take to you", b"came once", b"Thompson", b"S1PW1.t")
    held = plain_bytes(tiny_study)
    assert all(any(word in data for some in held.values() for data in some) for word in words)

    assert run("withdraw", tiny_study, "S1PW1", "--yes", "--reason", "asked to", "--json") == 0
    result = json.loads(capsys.readouterr().out.strip().split("\n")[-1])
    assert result["decisions"] == 1
    assert sheet.name in result["sheets"]
    for name, some in plain_bytes(tiny_study).items():
        for data in some:
            for word in words:
                assert word not in data, f"{word!r} in {name}"
    db = sqlite3.connect(tiny_study / "study.db")
    assert db.execute("SELECT transcript_id, reason FROM tombstones").fetchall() == [("S1PW1", "asked to")]
    assert db.execute("SELECT transcript_id FROM decisions").fetchall() == [("S2PW1",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()
    kept = register.load(Study.open(tiny_study).vault)
    assert "Thompson" not in json.dumps(kept.entities) + json.dumps(list(kept.known))
    assert "Biggs" in json.dumps(kept.entities), "what others said is theirs"
    assert all(one.transcript != "S1PW1" for one in Study.open(tiny_study).people())
    assert run("report", tiny_study) == 0, "the study goes on without it"


def test_withdrawing_takes_its_quotations_out_of_the_codebook(tiny_study: Path) -> None:
    opened = Study.open(tiny_study)
    with opened.store() as store:
        said = {one.transcript_id: one.text for one in store.utterances()}
    book = opened.codebook_text
    withdraw_transcript(tiny_study, "S2PW1")
    assert opened.codebook_text == book, "a codebook that quotes nobody stays as it is written"
    whole = codebook.parse(book, where="codebook.yaml")
    quotes = (said["S1PW1"], said["S1PWC"])
    first, *rest = whole.leaves()
    codes_now = [replace(one, examples=quotes) if one.id == first.id else one for one in whole.codes]
    opened.write_codebook(codebook.dump(replace(whole, codes=tuple(codes_now))))
    withdraw_transcript(tiny_study, "S1PW1")
    left = codebook.parse(opened.codebook_text, where="codebook.yaml")
    assert next(one for one in left.codes if one.id == first.id).examples == quotes[1:]
    assert [one for one in left.leaves() if one.id != first.id] == rest


def test_what_was_withdrawn_does_not_come_back(tiny_study: Path, interviews: Path, capsys: Output) -> None:
    withdraw_transcript(tiny_study, "S1PW1")
    (interviews / "renamed.txt").write_bytes((interviews / "S1PW1.txt").read_bytes())
    (interviews / "S1PW1.txt").write_text("I: And?\nP: A corrected version.\n", encoding="utf-8")
    capsys.readouterr()
    assert run("ingest", tiny_study, interviews, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["withdrawn"], result["new"], result["transcripts"]) == (2, 0, 2)


def test_withdrawing_half_done_is_carried_to_its_end(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("delete_files", "delete_rows"):
        with monkeypatch.context() as broken:
            broken.setattr(f"pipeline.study.withdrawal.{step}", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                withdraw_transcript(tiny_study, "S1PW1")
    withdraw_transcript(tiny_study, "S1PW1")
    assert not any(b"ward take to you" in data for some in plain_bytes(tiny_study).values() for data in some)
    withdraw_transcript(tiny_study, "S1PW1")
    db = sqlite3.connect(tiny_study / "study.db")
    assert db.execute("SELECT count(*) FROM tombstones").fetchone() == (1,)
    db.close()


def test_withdrawing_asks_and_knows_its_transcripts(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "yes")
    assert run("withdraw", tiny_study, "S1PW1") == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert run("withdraw", tiny_study, "S9PW9", "--yes") == 1
    assert "S9PW9: is no transcript of this study" in capsys.readouterr().err


# Backups -------------------------------------------------------------------------------------------------


def test_a_backup_is_made_before_an_import_and_opens_with_the_key(tiny_study: Path, tmp_path: Path) -> None:
    assert backups.kept(tiny_study) == []
    codes(tiny_study, tmp_path)
    (file,) = backups.kept(tiny_study)
    assert b"welcoming" not in file.read_bytes()
    opened = Study.open(tiny_study)
    with zipfile.ZipFile(io.BytesIO(opened.vault.open(file.read_bytes(), file.name))) as packed:
        assert {"study.db", "study.toml", "secret/register.age", "secret/found/S1PW1.age"} <= set(
            packed.namelist()
        )
        copy = tmp_path / "copy.db"
        copy.write_bytes(packed.read("study.db"))
    db = sqlite3.connect(copy)
    assert db.execute("SELECT count(*) FROM transcripts").fetchone() == (3,)
    assert db.execute("SELECT count(*) FROM decisions").fetchone() == (0,)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_only_the_last_few_backups_stay(tiny_study: Path) -> None:
    opened = Study.open(tiny_study)
    for number in range(backups.KEPT + 3):
        opened.backup(f"number {number}")
    names = [file.name.rpartition("-")[2] for file in backups.kept(tiny_study)]
    assert names == [f"{number}.age" for number in range(3, backups.KEPT + 3)]


def test_a_correction_of_names_destroys_older_backups(tiny_study: Path) -> None:
    opened = Study.open(tiny_study)
    opened.backup("before")
    before = backups.kept(tiny_study)
    assert run("names", "always", tiny_study, "no such wording") == 0
    assert before[0].is_file(), "nothing read differently"
    assert run("names", "always", tiny_study, "trust", "--label", "ORGANISATION") == 0
    (after,) = backups.kept(tiny_study)
    assert after not in before
    assert not before[0].is_file()


def test_a_store_of_an_older_format_is_backed_up_first(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = (*schema.MIGRATIONS, ("one more", lambda db: db.execute("CREATE TABLE later (x)")))
    monkeypatch.setattr(schema, "MIGRATIONS", longer)
    monkeypatch.setattr(backups, "MIGRATIONS", longer)
    assert run("status", tiny_study) == 0
    assert [file.name.rpartition("-")[2] for file in backups.kept(tiny_study)] == ["migration.age"]
    assert run("status", tiny_study) == 0
    assert len(backups.kept(tiny_study)) == 1


# Keys ----------------------------------------------------------------------------------------------------


def digest(study: Path) -> dict[str, str]:
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(study.rglob("*"))
        if file.is_file() and file.name not in ("study.db-wal", "study.db-shm", "study.db")
    }


@pytest.mark.parametrize(
    "words",
    [
        ("names", "export"),
        ("names", "never", "Sarah"),
        ("names", "import"),
        ("risk",),
        ("risk", "--sample", "2"),
        ("reidentify", "Person 1"),
        ("key", "rotate"),
        ("withdraw", "S1PW1", "--yes"),
    ],
)
def test_without_the_key_or_with_anothers_nothing_happens(
    words: tuple[str, ...], tiny_study: Path, tmp_path: Path, capsys: Output
) -> None:
    cut = 2 if words[0] in ("names", "key") else 1
    command = [*words[:cut], tiny_study, *words[cut:]]
    other = tmp_path / "other.key"
    vault.write_key(other, vault.new_key()[0])
    before = digest(tiny_study)
    for file, says in ((tmp_path / "none.key", "private key is not here"), (other, "key of another study")):
        assert run(*command, "--key", file) == 1
        out, err = capsys.readouterr()
        assert says in err
        assert not {"Sarah", "Thompson"} & set((out + err).split())
        assert digest(tiny_study) == before


def test_a_damaged_register_or_record_is_told_and_left_alone(tiny_study: Path, capsys: Output) -> None:
    for name, words in (("register.age", ["risk"]), ("found/S1PW1.age", ["names", "never", "Sarah"])):
        file = tiny_study / "secret" / name
        whole = file.read_bytes()
        file.write_bytes(whole[:-20] + b"x" * 20)
        before = digest(tiny_study)
        cut = 2 if words[0] == "names" else 1
        assert run(*words[:cut], tiny_study, *words[cut:]) == 1
        assert "damaged" in capsys.readouterr().err
        after = digest(tiny_study)
        assert after[str(file)] == before[str(file)]
        file.write_bytes(whole)
    assert run("risk", tiny_study) == 0


def test_a_new_key_opens_everything_and_the_old_one_nothing(tiny_study: Path, tmp_path: Path) -> None:
    codes(tiny_study, tmp_path)
    opened = Study.open(tiny_study)
    opened.keep_returned("one.xlsx", b"a returned sheet")
    old = tmp_path / "old.key"
    assert run("key", "export", tiny_study, old) == 0
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
    entities = register.load(opened.vault).entities
    assert run("key", "rotate", tiny_study) == 0
    assert register.load(Study.open(tiny_study).vault).entities == entities
    identity = vault.read_key(old)
    for file in tiny_study.rglob("*.age"):
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(file.read_bytes(), [identity])
    with pytest.raises(StudyError, match="key of another study"):
        register.load(Study.open(tiny_study, key=old).vault)
    assert run("risk", tiny_study) == 0


@pytest.mark.parametrize("kill_at", range(0, 16, 3))
def test_rotation_killed_anywhere_goes_on(
    kill_at: int, tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entities = register.load(Study.open(tiny_study).vault).entities
    calls = 0
    real = rotation.write_safely

    def counted(*args: Any, **more: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > kill_at:
            raise KeyboardInterrupt
        real(*args, **more)

    with monkeypatch.context() as broken:
        broken.setattr(rotation, "write_safely", counted)
        if kill_at < 9:  # 4 files, the public key, 4 files
            with pytest.raises(KeyboardInterrupt):
                rotate_key(tiny_study)
            assert register.load(Study.open(tiny_study).vault).entities == entities, "still opens"
    rotate_key(tiny_study)
    opened = Study.open(tiny_study)
    assert register.load(opened.vault).entities == entities
    assert _found.load(opened.vault, "S1PW1").settled


def test_rotation_killed_between_the_two_keys_goes_on(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rotate_key(tiny_study)
    rotate_key(tiny_study)
    register.load(Study.open(tiny_study).vault)


def test_a_key_is_not_put_into_the_study_nor_over_another(
    tiny_study: Path, tmp_path: Path, capsys: Output
) -> None:
    assert run("key", "export", tiny_study, tiny_study / "secret" / "my.key") == 1
    assert "inside the study" in capsys.readouterr().err
    (tmp_path / "there.key").write_text("x")
    assert run("key", "export", tiny_study, tmp_path / "there.key") == 1
    assert (tmp_path / "there.key").read_text() == "x"


def test_a_lost_key_is_said_to_be_lost(tiny_study: Path, capsys: Output) -> None:
    opened = Study.open(tiny_study)
    private = opened.vault.key_path.read_text(encoding="ascii").strip()
    assert run("key", "show", tiny_study) == 0
    out = capsys.readouterr().out
    assert "opens this study" in out
    assert private not in out
    opened.vault.key_path.unlink()
    assert run("key", "show", tiny_study) == 0
    assert "A lost key is lost" in capsys.readouterr().out


# Reversal and risk -----------------------------------------------------------------------------------------


def test_who_somebody_is_is_told_and_logged_without_the_name(tiny_study: Path, capsys: Output) -> None:
    kept = register.load(Study.open(tiny_study).vault)
    sarah = next(one for one in kept.entities if "S1PW1" in one["where"].get("Sarah Thompson", ()))
    for asked in (sarah["pseudonym"], sarah["pseudonym"].strip("[]").lower(), sarah["id"]):
        (found,) = who_is(tiny_study, asked)
        assert found["wordings"] == ["Sarah", "Sarah Thompson"]
    assert who_is(tiny_study, "S1PW1")[0]["label"] == "SPEAKER"
    with pytest.raises(StudyError, match="no such pseudonym"):
        who_is(tiny_study, "Sarah Thompson")
    db = sqlite3.connect(tiny_study / "study.db")
    log = str(db.execute("SELECT * FROM runs WHERE command = 'reidentify'").fetchall())
    db.close()
    assert log.count("'reidentify'") == 5
    assert "sarah" not in log.casefold()
    capsys.readouterr()


def test_a_known_name_that_turns_up_is_masked_by_risk_and_the_gate_opens(
    tiny_study: Path, tmp_path: Path, capsys: Output
) -> None:
    db = sqlite3.connect(tiny_study / "study.db")
    with db:
        db.execute(
            "UPDATE turns SET text = 'So Thompson said. ' || text "
            "WHERE transcript_id = 'S2PW1' AND turn_index = 1"
        )
    db.close()
    words = ("transcripts", "export", tiny_study, "--into", tmp_path / "out")
    assert run(*words) == 1
    assert "has not been swept" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run("risk", tiny_study, "--json") == 0
    assert json.loads(capsys.readouterr().out)["known_names_replaced_now"] == 1
    assert run(*words) == 0
    assert not any(b"Thompson" in file.read_bytes() for file in (tmp_path / "out").iterdir())


def test_leftovers_and_rare_combinations_are_told(tiny_study: Path, capsys: Output) -> None:
    (tiny_study / "participants.csv").write_text(
        "participant,job\nS1PW1,falconer\nS2PW1,nurse\n", encoding="utf-8"
    )
    assert run("risk", tiny_study, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert {"job": "falconer"} in [one["attributes"] for one in result["combinations"]]
    assert result["known_names_left"] == 0
    assert all("Thompson" not in one["wording"] for one in result["leftovers"])


def test_a_blind_sample_goes_out_and_comes_back(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    assert run("risk", tiny_study, "--missed", "0") == 1
    assert "no sample has been drawn" in capsys.readouterr().err
    assert run("risk", tiny_study, "--sample", "100", "--json") == 0
    drawn = json.loads(capsys.readouterr().out)["sample"]
    file = Path(drawn["file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    book = load_workbook(file)
    rows = list(book["Read"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == drawn["utterances"] == 12
    assert sum(len(str(row[1]).split()) for row in rows) == drawn["words"]
    assert "S1PW1" not in str(rows), "nothing tells whose words they are"
    at = next(number for number, row in enumerate(rows, start=2) if "trust" in str(row[1]))
    book["Read"].cell(at, 4).value = "trust; truzt"
    book["Read"].cell(at, 5).value = "ORGANISATION"
    book.save(file)
    assert run("risk", tiny_study, "--returned", file, "--json") == 0
    back = json.loads(capsys.readouterr().out)
    assert (back["missed"], back["masked"]) == (2, 1)
    assert back["nowhere"] == [f"row {at}"], "a slip of the reader's masks nothing, and is told"
    assert back["low"] < back["estimate"] == 20_000 / drawn["words"] < back["high"]
    assert not file.exists()
    assert run("transcripts", "export", tiny_study, "--to", "txt", "--into", tmp_path / "out") == 0
    note = (tmp_path / "out" / "CHECKED.txt").read_text(encoding="utf-8")
    assert "found 2 identifiers that were missed" in note
    assert "corrected after that" in note
    assert "trust" not in "".join(one.read_text() for one in (tmp_path / "out").glob("S*.txt"))


def test_none_missed_is_an_upper_limit(tiny_study: Path, capsys: Output) -> None:
    assert run("risk", tiny_study, "--sample", "100", "--json") == 0
    words = json.loads(capsys.readouterr().out)["sample"]["words"]
    assert run("risk", tiny_study, "--missed", "0", "--json") == 0
    back = json.loads(capsys.readouterr().out)
    assert (back["estimate"], back["low"]) == (0.0, 0.0)
    assert back["high"] == pytest.approx(10_000 * (1 - 0.05 ** (1 / words)))
    assert "A person read 12 utterances" in back["sentence"]


def test_transcripts_go_out_as_documents(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    assert run("transcripts", "export", tiny_study, "--to", "docx", "--into", tmp_path / "docs") == 0
    assert sorted(file.name for file in (tmp_path / "docs").iterdir()) == [
        "CHECKED.txt",
        "S1PW1.docx",
        "S1PWC.docx",
        "S2PW1.docx",
    ]
    assert "No person has yet read" in (tmp_path / "docs" / "CHECKED.txt").read_text(encoding="utf-8")
    capsys.readouterr()
    assert run("transcripts", "export", tiny_study, "--into", tmp_path / "docs") == 1
    assert "is not empty" in capsys.readouterr().err
    assert run("transcripts", "export", tiny_study, "--to", "odt", "--into", tmp_path / "odt") == 1
    assert "odt is no format" in capsys.readouterr().err


def test_one_more_interview_after_withdrawal(tiny_study: Path, tmp_path: Path) -> None:
    withdraw_transcript(tiny_study, "S2PW1")
    more = tmp_path / "S2PW4.txt"
    more.write_text("I: Who?\nP: Deborah Pickles was there.\n", encoding="utf-8")
    taken = {one["pseudonym"] for one in register.load(Study.open(tiny_study).vault).entities}
    ingest_files(tiny_study, [str(more)])
    kept = register.load(Study.open(tiny_study).vault)
    new = next(one for one in kept.entities if "Deborah Pickles" in one["where"])
    assert new["pseudonym"] not in taken, "the pseudonym of somebody who withdrew is given to nobody"


@pytest.mark.parametrize("before", [False, True], ids=["new", "changed"])
def test_an_interview_whose_reading_was_stopped_can_be_withdrawn(
    new_study: Path, tmp_path: Path, blank_nlp: Any, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    file, other = tmp_path / "first.txt", tmp_path / "second.txt"
    file.write_text("I: How was it?\nP: It was hard, I would say.\n", encoding="utf-8")
    other.write_text("I: And you?\nP: Nobody asked us.\n", encoding="utf-8")
    files = [str(file), str(other)]
    if before:
        ingest_files(new_study, files, nlp=blank_nlp)
        file.write_text("I: How was it?\nP: It was hard. I forgot the rota.\n", encoding="utf-8")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(_find, "find", stopped)
        with pytest.raises(KeyboardInterrupt):
            ingest_files(new_study, files, nlp=blank_nlp)
    withdraw_transcript(new_study, "T001")
    assert ingest_files(new_study, files, nlp=blank_nlp)["withdrawn"] == 1
    with Study.open(new_study).store() as store:
        assert [one.id for one in store.transcripts()] == ["T002"]

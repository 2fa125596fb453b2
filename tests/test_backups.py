"""A study taken back from a backup: whole, or not at all; and what no backup brings back."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.study import Study, backups, register, restoring
from pipeline.study.vault import key_file
from tests.test_cli import answer, content, dump

pytestmark = pytest.mark.usefixtures("fake_models")
Output = pytest.CaptureFixture[str]


def run(*words: object) -> int:
    return main([str(word) for word in words])


def state(study: Path) -> dict[str, Any]:
    """All that a backup brings back: tables, register, people, settings, records."""
    opened = Study.open(study)
    found = sorted((study / "secret" / "found").glob("*.age"))
    return {
        "tables": dump(study),
        "register": register.load(opened.vault),
        "people": opened.people(),
        "cases": opened.cases(),
        "settings": opened.settings,
        "codebook": opened.codebook_text,
        "records": {file.name: opened.vault.read(f"found/{file.name}") for file in found},
    }


@pytest.fixture
def sheet(tiny_study: Path, capsys: Output) -> Path:
    assert run("review", "export", tiny_study, "--coder", "anna", "--blind", "--json") == 0
    file = Path(json.loads(capsys.readouterr().out)["file"])
    answer(file, "Code 1", {0: "context.culture"}, rest="Nothing applies")
    return file


@pytest.fixture
def before(tiny_study: Path, sheet: Path) -> dict[str, Any]:
    """The state of the study that its only backup holds; a sheet was taken in after it."""
    found = state(tiny_study)
    assert run("review", "import", tiny_study, sheet) == 0
    assert state(tiny_study) != found
    return found


def ruined(study: Path) -> None:
    file = study / "study.db"
    file.write_bytes(file.read_bytes()[:8192] + b"\xff" * 40000)


def lost(study: Path) -> None:
    (study / "study.db").unlink()


def without_register(study: Path) -> None:
    (study / "secret" / "register.age").write_bytes(b"age-encryption.org/v1\nbroken")


def without_secret(study: Path) -> None:
    for file in (study / "secret").rglob("*"):
        if file.is_file() and file.parent.name != "backups":
            file.unlink()


def untouched(study: Path) -> None:
    pass


@pytest.mark.parametrize("damage", [ruined, lost, without_register, without_secret, untouched])
def test_a_study_comes_back_as_it_was(
    tiny_study: Path, before: dict[str, Any], damage: Callable[[Path], None], capsys: Output
) -> None:
    damage(tiny_study)
    assert run("backup", "restore", tiny_study) == 0
    said = capsys.readouterr().err
    assert "before `review import`: 3 transcripts, 0 decisions." in said
    assert state(tiny_study) == before
    names = [backups.told(file).why for file in backups.kept(tiny_study)]
    kept = {ruined: ["damaged"], lost: []}.get(damage, ["restore"])
    assert names == ["review import", *kept]
    assert ("kept as 0002-" in said) == bool(kept)
    assert run("status", tiny_study) == 0


def test_what_came_back_later_is_named_and_can_be_taken_in_again(
    tiny_study: Path, sheet: Path, before: dict[str, Any], capsys: Output
) -> None:
    now = state(tiny_study)
    assert run("backup", "restore", tiny_study) == 0
    batch = sheet.stem.rpartition("-")[2]
    assert f"import their files again: {batch}" in capsys.readouterr().err
    assert run("review", "import", tiny_study, sheet) == 0
    assert state(tiny_study) == now


def test_a_restore_can_be_taken_back_itself(tiny_study: Path, before: dict[str, Any]) -> None:
    now = state(tiny_study)
    assert run("backup", "restore", tiny_study) == 0
    last = backups.kept(tiny_study)[-1].name
    assert run("backup", "restore", tiny_study, "--backup", last) == 0
    assert state(tiny_study) == now


def test_the_list_tells_when_and_before_what(
    tiny_study: Path, before: dict[str, Any], capsys: Output
) -> None:
    assert run("backup", "list", tiny_study, "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one["why"] == "review import"
    assert one["file"].startswith("0001-")
    ruined(tiny_study)
    without_secret(tiny_study)
    (tiny_study / "study.toml").unlink()
    assert run("backup", "list", tiny_study) == 0, "also of a study that is in ruins"
    assert one["file"] in capsys.readouterr().out


def test_settings_that_are_gone_come_back_where_the_key_is_named(
    tiny_study: Path, before: dict[str, Any], capsys: Output
) -> None:
    key = Study.open(tiny_study).vault.key_path
    (tiny_study / "study.toml").unlink()
    assert run("status", tiny_study) == 1
    said = capsys.readouterr().err
    assert "study.toml: is missing from the study" in said
    assert f"secondcoder backup restore {tiny_study} --key FILE" in said
    assert run("backup", "restore", tiny_study) == 1
    assert "the study's private key is not here" in capsys.readouterr().err
    assert run("backup", "restore", tiny_study, "--key", key) == 0
    assert state(tiny_study) == before


def test_stopped_half_way_it_is_done_once_more(
    tiny_study: Path, before: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    write = restoring.write_safely
    for stop in ("cases.csv", "secret/register.age", "study.db"):

        def stopped(file: Path, data: bytes, *, mode: int = 0o644, at: str = stop) -> None:
            if file == tiny_study / at:
                raise KeyboardInterrupt
            write(file, data, mode=mode)

        with monkeypatch.context() as patched:
            patched.setattr(restoring, "write_safely", stopped)
            assert run("backup", "restore", tiny_study, "--backup", backups.kept(tiny_study)[0].name) == 130
        capsys.readouterr()
        assert run("status", tiny_study) == 1
        said = capsys.readouterr().err
        assert "study.db: is missing" in said
        assert "secondcoder backup restore" in said
    assert run("backup", "restore", tiny_study, "--backup", backups.kept(tiny_study)[0].name) == 0
    assert state(tiny_study) == before


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda opened, data: data[:-30] + b"x" * 30, "is damaged or was encrypted to another key"),
        (lambda opened, data: opened.vault.seal(b"PK no zip"), "is damaged or was encrypted to another key"),
        (lambda opened, data: repacked(opened, data, {"study.db": b"SQLite no"}), "holds a damaged study.db"),
        (lambda opened, data: repacked(opened, data, {"study.db": b""}), "holds a damaged study.db"),
        (lambda opened, data: repacked(opened, data, {"study.db": None}), "lacks study.db"),
        (lambda opened, data: repacked(opened, data, {"study.toml": None}), "lacks study.toml"),
        (
            lambda opened, data: repacked(opened, data, {"secret/found/S1PW1.age": b"age"}),
            "holds a damaged secret/found/S1PW1.age",
        ),
        (
            lambda opened, data: repacked(opened, data, {"secret/register.age": opened.vault.seal(b"{}")}),
            "is not a register of this release",
        ),
    ],
)
def test_a_backup_that_is_not_sound_changes_nothing(
    tiny_study: Path,
    before: dict[str, Any],
    make: Callable[[Study, bytes], bytes],
    says: str,
    capsys: Output,
) -> None:
    (file,) = backups.kept(tiny_study)
    opened = Study.open(tiny_study)
    file.write_bytes(make(opened, file.read_bytes()))
    there = content(tiny_study)
    assert run("backup", "restore", tiny_study) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "Nothing was changed." in said or "register" in said
    assert content(tiny_study) == there


def repacked(opened: Study, data: bytes, changes: dict[str, bytes | None]) -> bytes:
    """A backup with other files in it."""
    import io
    import zipfile

    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(opened.vault.open(data, "x"))) as old,
        zipfile.ZipFile(packed, "w") as new,
    ):
        for name in old.namelist():
            inner = changes.get(name, old.read(name))
            if inner is not None:
                new.writestr(name, inner)
        for name in set(changes) - set(old.namelist()):
            new.writestr(name, changes[name] or b"")
    return opened.vault.seal(packed.getvalue())


def test_a_backup_writes_nowhere_but_in_its_study(tiny_study: Path, before: dict[str, Any]) -> None:
    (file,) = backups.kept(tiny_study)
    opened = Study.open(tiny_study)
    odd = {"../out.txt": b"x", "secret/found/../../../out.age": b"x", "/tmp/out": b"x", "other.txt": b"x"}
    file.write_bytes(repacked(opened, file.read_bytes(), dict(odd)))
    assert run("backup", "restore", tiny_study) == 0
    assert not [
        one for one in tiny_study.parent.rglob("*") if one.name in ("out.txt", "out.age", "other.txt")
    ]
    assert state(tiny_study) == before


def test_without_the_key_nothing_is_taken_back(
    tiny_study: Path, before: dict[str, Any], capsys: Output
) -> None:
    there = content(tiny_study)
    Study.open(tiny_study).vault.key_path.rename(key_file("elsewhere"))
    assert run("backup", "restore", tiny_study) == 1
    assert "the study's private key is not here" in capsys.readouterr().err
    assert content(tiny_study) == there


def test_no_backup_and_no_such_backup_are_told(tiny_study: Path, capsys: Output) -> None:
    assert run("backup", "restore", tiny_study) == 1
    assert "there is no backup to take back" in capsys.readouterr().err
    Study.open(tiny_study).backup("codes import")
    assert run("backup", "restore", tiny_study, "--backup", "0009-x.age") == 1
    said = capsys.readouterr().err
    assert "there is no backup 0009-x.age to take back" in said
    assert "backup list" in said


def test_what_was_withdrawn_does_not_come_back(
    tiny_study: Path, before: dict[str, Any], tmp_path: Path, capsys: Output
) -> None:
    old = tmp_path / "old.age"
    shutil.copy(backups.kept(tiny_study)[0], old)
    ruined_before = tiny_study / "secret" / "backups" / "0007-20260101T000000-damaged.age"
    shutil.copy(old, ruined_before)
    assert run("withdraw", tiny_study, "S1PW1", "--yes") == 0
    assert not ruined_before.exists(), "a copy of a damaged store held it too"
    shutil.copy(old, tiny_study / "secret" / "backups" / "0900-20260101T000000-review-import.age")
    there = content(tiny_study)
    assert run("backup", "restore", tiny_study) == 1
    assert "was made before S1PW1 was withdrawn and would bring it back" in capsys.readouterr().err
    without = {name: sha for name, sha in content(tiny_study).items() if not name.startswith("study.db")}
    assert without == {name: sha for name, sha in there.items() if not name.startswith("study.db")}


def test_a_backup_from_before_a_new_key_opens_with_the_new_one(
    tiny_study: Path, before: dict[str, Any], capsys: Output
) -> None:
    public = Study.open(tiny_study).vault.public
    assert run("key", "rotate", tiny_study) == 0
    ruined(tiny_study)
    assert run("backup", "restore", tiny_study) == 0
    assert state(tiny_study) == before
    assert Study.open(tiny_study).vault.public != public
    assert run("names", "always", tiny_study, "Ann") == 0


def test_several_files_at_once_make_one_backup(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    files = []
    for name in ("anna", "ben", "carla"):
        assert run("review", "export", tiny_study, "--coder", name, "--blind", "--json") == 0
        files.append(Path(json.loads(capsys.readouterr().out)["file"]))
        answer(files[-1], "Code 1", {0: "context.culture"}, rest="Nothing applies")
    assert run("review", "import", tiny_study, *files) == 0
    assert len(backups.kept(tiny_study)) == 1
    assert run("backup", "restore", tiny_study) == 0
    assert dump(tiny_study)["decisions"] == []


def test_no_good_backup_makes_way_for_a_bad_one(tiny_study: Path, sheet: Path, capsys: Output) -> None:
    opened = Study.open(tiny_study)
    for number in range(backups.KEPT):
        opened.backup(f"number {number}")
    kept = backups.kept(tiny_study)
    db = sqlite3.connect(tiny_study / "study.db")
    (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs'").fetchone()
    db.close()
    data = bytearray((tiny_study / "study.db").read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    (tiny_study / "study.db").write_bytes(bytes(data))
    assert run("review", "import", tiny_study, sheet) == 1
    assert "study.db: is damaged" in capsys.readouterr().err
    assert backups.kept(tiny_study) == kept
    assert os.listdir(tiny_study / "review") == ["sent"]

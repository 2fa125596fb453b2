"""What goes wrong around a study: a full disk, rights, damage, Excel, the clock, odd paths, no home."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook

from pipeline.cli import _carry_out, _failures, main
from pipeline.errors import StudyError
from pipeline.review.state import in_force
from pipeline.study import Study, backups, drives, judgements, lock, register, store
from pipeline.study.cache import Cache
from pipeline.study.vault import UNFINISHED
from tests.conftest import INTERVIEWS
from tests.test_cli import answer, content, dump
from tests.test_names import folder_of, texts, with_policy

pytestmark = pytest.mark.usefixtures("fake_models")
Output = pytest.CaptureFixture[str]


def run(*words: object) -> int:
    return main([str(word) for word in words])


def plain(said: str) -> bool:
    """Whether what was said is meant for people: no traceback, no class of Python's, nobody's words."""
    return not any(
        sign in said for sign in ("Traceback", "A fault in", "Error", "Errno", "Thompson", "Sarah")
    )


# The disk is full ----------------------------------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets so many files be written, then no more; below 0, all of them."""
    left = [-1]
    sync = os.fsync

    def fsync(handle: int) -> None:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= 1
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)

    def after(writes: int) -> None:
        left[0] = writes

    return after


@pytest.fixture
def small_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Lets a store grow by so many pages (of 4 KB) and no further."""
    room: list[int | None] = [None]
    connect = sqlite3.connect

    def connected(*given: Any, **more: Any) -> sqlite3.Connection:
        db = connect(*given, **more)
        if room[0] is not None and str(given[0]).endswith("study.db"):
            (pages,) = db.execute("PRAGMA page_count").fetchone()
            db.execute(f"PRAGMA max_page_count = {pages + room[0]}")
        return db

    monkeypatch.setattr(sqlite3, "connect", connected)
    return lambda pages: room.__setitem__(0, pages)


MORE = {
    "S1PW2.txt": "I: You?\nP: Maria Lopez was my mentor. Joe Biggs and Mr Okafor were kind, and Sarah.\n",
    "S2PW2.txt": "I: Who else?\nP: Dr Maria Lopez, she drove all the way. The ward sister came with her.\n",
}
"""Two more interviews, which name people of the first three."""


@pytest.fixture
def more(tmp_path: Path) -> Path:
    folder = tmp_path / "more"
    folder.mkdir()
    for name, text in MORE.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def settled(study: Path) -> dict[str, Any]:
    """What a study holds in the end: tables, register, people, records; what is unfinished would show."""
    opened = Study.open(study)
    kept = register.load(opened.vault)
    assert not list(study.rglob(f"{UNFINISHED}*"))
    assert not list(study.rglob("*.next.age"))
    assert not (study / lock.FILE).exists()
    records = {
        file.name: json.loads(opened.vault.read(f"found/{file.name}"))
        for file in sorted((study / "secret" / "found").glob("*.age"))
    }
    return {"tables": dump(study), "register": kept, "people": opened.people(), "records": records}


def test_a_full_disk_is_told_and_the_command_can_be_finished(
    tiny_study: Path, more: Path, tmp_path: Path, full_disk: Callable[[int], None], capsys: Output
) -> None:
    clean = tmp_path / "clean"
    shutil.copytree(tiny_study, clean)
    assert run("ingest", clean, more) == 0
    wanted = settled(clean)
    for writes in (0, 1, 2, 3, 5, 8):  # the lock's note, the backup, the register, the tables, the records
        study = tmp_path / f"after {writes}"
        shutil.copytree(tiny_study, study)
        full_disk(writes)
        capsys.readouterr()
        assert run("ingest", study, more) == 1
        said = capsys.readouterr().err
        full_disk(-1)
        assert "the disk is full\nMake room and run the command again." in said
        assert plain(said)
        assert run("ingest", study, more) == 0
        assert settled(study) == wanted


@pytest.mark.parametrize("pages", [0, 1, 3])
def test_a_store_that_cannot_grow_is_told_and_the_command_can_be_finished(
    tiny_study: Path, tmp_path: Path, pages: int, small_store: Callable[[int | None], None], capsys: Output
) -> None:
    long = tmp_path / "S2PW7.txt"
    long.write_text("I: And?\n" + "P: We talked for an hour about it.\nI: Yes?\n" * 300, encoding="utf-8")
    clean = tmp_path / "clean"
    shutil.copytree(tiny_study, clean)
    assert run("ingest", clean, long) == 0
    small_store(pages)
    assert run("ingest", tiny_study, long) == 1
    said = capsys.readouterr().err
    small_store(None)
    assert "study.db: the disk is full" in said
    assert plain(said)
    assert run("ingest", tiny_study, long) == 0
    assert settled(tiny_study)["tables"] == dump(clean)


def test_a_failure_names_the_file_that_was_to_be_written(
    tiny_study: Path, full_disk: Callable[[int], None]
) -> None:
    full_disk(0)
    with pytest.raises(OSError, match="No space") as caught:
        Study.open(tiny_study).write_people([])
    assert Path(str(caught.value.filename)).name == "transcripts.csv"
    assert str(_failures.in_words(caught.value)).startswith("transcripts.csv: the disk is full")


# A folder that may only be read --------------------------------------------------------------------------


def powerless(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program run by somebody whom rights on files bind, whoever runs the tests."""
    start: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root is bound by no rights, and setpriv is not here to change that")
        start = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    program = [sys.executable, "-W", "ignore", *words]
    around = {**os.environ, **environment}
    return subprocess.run([*start, *program], env=around, capture_output=True, text=True, check=False)


@pytest.fixture
def closed(tiny_study: Path) -> Iterator[Path]:
    """The study in a folder, and all its folders, that may be read only."""
    if sys.platform == "win32":
        pytest.skip("rights work otherwise on Windows")
    folders = [tiny_study, *(one for one in tiny_study.rglob("*") if one.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield tiny_study
    for folder in folders:
        folder.chmod(0o755)


COMMAND = "import sys; from pipeline.cli import main; sys.exit(main(sys.argv[1:]))"


def test_a_study_that_may_only_be_read_is_read_and_says_so_when_it_is_to_be_written(closed: Path) -> None:
    before = content(closed)
    reads = powerless("-c", COMMAND, "status", str(closed))
    assert (reads.returncode, reads.stderr) == (0, "")
    assert "3 transcripts, 12 turns" in reads.stdout
    for words in (["names", "always", str(closed), "Ann"], ["suggest", str(closed)]):
        writes = powerless("-c", COMMAND, *words)
        assert writes.returncode == 1
        assert writes.stderr.splitlines()[0] == "my study: cannot be written"
        assert "rights on the study's folder" in writes.stderr
        assert plain(writes.stderr)
    assert content(closed) == before


def test_vectors_are_computed_where_they_cannot_be_kept(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    program = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from pipeline.study.cache import Cache\n"
        "cache = Cache(Path(sys.argv[1]) / 'cache.db')\n"
        "ones = lambda texts: np.ones((len(texts), 2))\n"
        "made = cache.vectors(['a', 'b'], model='m', size=2, compute=ones)\n"
        "print(made.sum(), len(cache.known(['a'], model='m', size=2)[0]))\n"
    )
    done = powerless("-c", program, str(folder))
    folder.chmod(0o755)
    assert (done.stdout, done.stderr) == ("4.0 1\n", "")
    assert list(folder.iterdir()) == []


# Damage --------------------------------------------------------------------------------------------------


def ones(texts: list[str]) -> np.ndarray:
    return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


def filled(folder: Path) -> Path:
    file = folder / "cache.db"
    cache = Cache(file)
    cache.vectors([f"text {number}" for number in range(3000)], model="m", size=2, compute=ones)
    cache.close()
    return file


@pytest.mark.parametrize("damage", ["words", "half", "empty", "middle"])
def test_a_damaged_cache_is_begun_anew(tmp_path: Path, damage: str) -> None:
    file = filled(tmp_path)
    data = file.read_bytes()
    size = len(data)
    file.write_bytes(
        {
            "words": b"no database, just words " * 400,
            "half": data[: size // 2],
            "empty": b"",
            "middle": data[:4096]
            + b"\xff" * (size - 8192)
            + data[-4096:],  # opens, and fails when it is read
        }[damage]
    )
    texts = [f"text {number}" for number in range(3100)]
    for _ in range(2):
        cache = Cache(file)
        assert np.array_equal(cache.vectors(texts, model="m", size=2, compute=ones), ones(texts))
        cache.close()
    cache = Cache(file)
    assert len(cache.known(texts, model="m", size=2)[0]) == 3100
    cache.close()


def test_a_cache_that_somebody_is_writing_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = filled(tmp_path)
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **_: connect(*given, timeout=0.0))
    cache = Cache(file)
    with pytest.raises(StudyError, match="at work on this study"):
        cache.vectors(["new"], model="m", size=2, compute=ones)
    cache.close()
    other.rollback()
    assert other.execute("SELECT count(*) FROM vectors").fetchone() == (3000,)
    other.close()


def in_zeros(data: bytes) -> bytes:
    """Every page from the fourth on in zeros: the tables are still named, and nothing is in them."""
    return data[: 3 * 4096] + bytes(len(data) - 3 * 4096)


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "words": (lambda data: b"not a database at all, just words " * 400, "it is no database any more"),
    "empty": (lambda data: b"", "is empty or no store of a study"),
    "half": (lambda data: data[: len(data) // 8192 * 4096], "is damaged: SQLite"),
    "zeros": (in_zeros, "is damaged: SQLite"),
}


@pytest.mark.parametrize("damage", list(DAMAGE))
@pytest.mark.parametrize("backed_up", [True, False], ids=["with a backup", "without"])
def test_a_damaged_store_says_how_and_where_its_backups_lie(
    tiny_study: Path, capsys: Output, damage: str, backed_up: bool
) -> None:
    if backed_up:
        Study.open(tiny_study).backup("codes import")
    file = tiny_study / "study.db"
    change, how = DAMAGE[damage]
    file.write_bytes(change(file.read_bytes()))
    before = content(tiny_study)
    for words in (("status",), ("suggest",), ("review", "sample"), ("report",)):
        assert run(*words, tiny_study) == 1, words
        said = capsys.readouterr().err
        assert "study.db: is damaged" in said or "study.db: is empty" in said, words
        assert how in said
        if backed_up:
            assert "1 encrypted backup lies in secret/backups" in said
            assert f"secondcoder backup restore {tiny_study}" in said
        else:
            assert "There is no backup" in said
        assert plain(said)
    assert {name: sha for name, sha in content(tiny_study).items() if name != ".lock"} == {
        name: sha for name, sha in before.items() if name != ".lock"
    }


def test_damage_that_shows_late_is_told_as_damage(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """Some pages of one table alone: the store opens, counts, and fails where that table is read."""
    db = sqlite3.connect(tiny_study / "study.db")
    (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'utterances'").fetchone()
    db.close()
    file = tiny_study / "study.db"
    data = bytearray(file.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(bytes(data))
    Study.open(tiny_study)
    for words in (("suggest",), ("status",), ("review", "sample")):
        assert run(*words, tiny_study) == 1
        said = capsys.readouterr().err
        assert "study.db: is damaged: SQLite" in said
        assert plain(said)
    late = tmp_path / "late.txt"
    late.write_text("I: Who?\nP: Nobody.\n", encoding="utf-8")
    assert run("ingest", tiny_study, late) == 1, "no backup is made of it, and so nothing is taken in"
    assert "study.db: is damaged" in capsys.readouterr().err
    assert backups.kept(tiny_study) == []


# A workbook that is open in Excel ------------------------------------------------------------------------


@pytest.fixture
def sheet(tiny_study: Path, capsys: Output) -> Path:
    assert run("review", "export", tiny_study, "--coder", "anna", "--blind", "--json") == 0
    file = Path(json.loads(capsys.readouterr().out)["file"])
    answer(file, "Code 1", {0: "context.culture"}, rest="Nothing applies")
    return file


@pytest.mark.parametrize("sign", ["~${}", ".~lock.{}#"], ids=["Excel", "LibreOffice"])
def test_a_sheet_that_is_open_is_not_imported_half_filled_in(
    tiny_study: Path, sheet: Path, sign: str, capsys: Output
) -> None:
    there = sheet.with_name(sign.format(sheet.name))
    there.write_bytes(b"\x04anna")
    assert run("review", "import", tiny_study, sheet) == 1
    said = capsys.readouterr().err
    assert f"{sheet.name}: is open in Excel or another program" in said
    assert "Nothing was changed." in said
    assert dump(tiny_study)["decisions"] == []
    if sign.startswith("~"):
        assert run("review", "import", tiny_study, there) == 1, "a pattern such as *.xlsx names it too"
        assert f"{sheet.name}: is open" in capsys.readouterr().err
    there.unlink()
    assert run("review", "import", tiny_study, sheet) == 0
    assert dump(tiny_study)["decisions"]


@pytest.mark.parametrize(
    "words", [("names", "import"), ("codes", "import", "FILE"), ("risk", "--returned", "FILE")]
)
def test_other_tables_that_are_open_are_not_taken_in_either(
    tiny_study: Path, tmp_path: Path, words: tuple[str, ...], capsys: Output
) -> None:
    assert run("names", "export", tiny_study) == 0
    assert run("risk", tiny_study, "--sample", "5") == 0
    file = tmp_path / "table.xlsx"
    shutil.copy(tiny_study / "secret" / "names.xlsx", file)
    for one in (file, tiny_study / "secret" / "names.xlsx"):
        one.with_name(f"~${one.name}").write_bytes(b"x")
    before = settled(tiny_study)
    capsys.readouterr()
    name, *rest = [word.replace("FILE", str(file)) for word in words]
    study = [rest.pop(0), tiny_study] if name != "risk" else [tiny_study]
    assert run(name, *study, *rest) == 1
    assert "is open in Excel or another program" in capsys.readouterr().err
    assert settled(tiny_study) == before
    assert (tiny_study / "secret" / "names.xlsx").is_file()


def test_a_table_that_windows_will_not_let_go_is_told(
    tiny_study: Path, more: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    clean = tmp_path / "clean"
    shutil.copytree(tiny_study, clean)
    assert run("ingest", clean, more) == 0
    move = os.replace

    def locked(source: Any, target: Any) -> None:
        if Path(target).name == "transcripts.csv":
            raise PermissionError(errno.EACCES, "Access is denied", str(source), None, str(target))
        move(source, target)

    with monkeypatch.context() as open_in_excel:
        open_in_excel.setattr(os, "replace", locked)
        capsys.readouterr()
        assert run("ingest", tiny_study, more) == 1
        said = capsys.readouterr().err
    assert "transcripts.csv: is open in another program such as Excel, or may not be read or written" in said
    assert "Close it there and run the command again." in said
    assert run("ingest", tiny_study, more) == 0
    assert settled(tiny_study) == settled(clean)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "x", "/a/b.db"), "b.db: the disk is full"),
        (OSError(errno.EROFS, "x", "/a/b.db"), "b.db: lies on a drive that may only be read"),
        (FileNotFoundError(errno.ENOENT, "x", "/a/b.db"), "b.db: there is no such file"),
        (IsADirectoryError(errno.EISDIR, "x", "/a/b"), "b: is a folder, not a file"),
        (PermissionError(errno.EACCES, "x", "/a/b.db"), "b.db: may not be read or written by you"),
        (OSError(errno.EIO, "x"), "a file: cannot be read or written"),
    ],
)
def test_failures_of_the_file_system_have_words(error: OSError, said: str) -> None:
    assert str(_failures.in_words(error)).startswith(said)


# A clock that jumps --------------------------------------------------------------------------------------


def set_clock(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let every clock of the study's room say this time."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(text).replace(tzinfo=UTC)

    for module in (store, backups, lock):
        monkeypatch.setattr(module, "datetime", Clock)


def test_the_last_backup_is_the_last_one_whatever_the_clock_says(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Study.open(tiny_study)
    for year in range(2031, 2025, -1):
        set_clock(monkeypatch, f"{year}-01-01T00:00:00")
        opened.backup(f"of {year}")
    kept = [backups.told(file) for file in backups.kept(tiny_study)]
    assert [one.why for one in kept] == ["of 2030", "of 2029", "of 2028", "of 2027", "of 2026"]
    assert kept[-1].at == "2026-01-01 00:00"


def test_a_change_of_mind_counts_although_the_clock_was_set_back(
    tiny_study: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    set_clock(monkeypatch, "2040-01-01T00:00:00")
    assert run("review", "import", tiny_study, sheet) == 0
    answer(sheet, "Code 1", {0: "context.leadership"}, rest="Nothing applies")
    set_clock(monkeypatch, "2026-01-01T00:00:00")
    assert run("review", "import", tiny_study, sheet) == 0
    with Study.open(tiny_study).store() as opened:
        decisions = judgements.decisions(opened)
        utterances = opened.utterances()
    assert decisions[0].at > decisions[-1].at
    said = {(one.code, one.answer) for one in in_force(decisions) if one.utterance_id == utterances[0].id}
    assert ("context.leadership", "accept") in said
    assert ("context.culture", "reject") in said
    from pipeline.suggest.examples import answers_from

    codes = ("context.culture", "context.leadership")
    assert answers_from(decisions, utterances, codes).values[0].tolist() == [0.0, 1.0]
    capsys.readouterr()
    assert run("suggest", tiny_study) == 0


def test_a_clock_that_was_never_set_is_told(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    set_clock(monkeypatch, "1970-01-01T00:03:00")
    before = dump(tiny_study)
    assert run("suggest", tiny_study) == 1
    said = capsys.readouterr().err
    assert "this computer's clock says 01 January 1970" in said
    assert dump(tiny_study) == before


def test_a_command_that_began_in_the_future_holds_nothing_once_it_ended(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, "2040-01-01T00:00:00")
    assert run("names", "always", tiny_study, "Ann") == 0
    set_clock(monkeypatch, "2026-01-01T00:00:00")
    assert run("names", "always", tiny_study, "Bea") == 0


# A path with spaces and letters of other languages -------------------------------------------------------


def test_a_study_may_lie_anywhere(tmp_path: Path, interviews: Path, capsys: Output) -> None:
    folder = tmp_path / "Étude n° 1 – 日本 [draft] %20 #2" / "it's here"
    folder.parent.mkdir()
    talk = folder.parent / "Entretiens é" / "Ü 1.txt"
    talk.parent.mkdir()
    talk.write_text(INTERVIEWS["S1PW1.txt"], encoding="utf-8")
    assert run("init", folder, "--codebook", "parihs-peer-support") == 0
    (folder / "cases.csv").write_text("case,group\nS1,high\nS2,low\n", encoding="utf-8")
    assert run("ingest", folder, interviews, talk) == 0
    assert run("suggest", folder) == 0
    capsys.readouterr()
    assert run("review", "export", folder, "--coder", "Zoë Ł", "--blind", "--json") == 0
    sheet = Path(json.loads(capsys.readouterr().out)["file"])
    answer(sheet, "Code 1", {0: "context.culture"}, rest="Nothing applies")
    assert run("review", "import", folder, sheet) == 0
    assert run("backup", "restore", folder) == 0
    assert dump(folder)["decisions"] == []
    assert run("review", "import", folder, sheet) == 0
    assert run("names", "export", folder) == 0
    assert run("names", "import", folder) == 0
    assert run("report", folder) == 0
    assert run("key", "rotate", folder) == 0
    assert run("transcripts", "export", folder, "--into", folder.parent / "out ö") == 0
    assert load_workbook(sheet).sheetnames
    assert b"Thompson" not in b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_a_terminal_that_lacks_letters_stops_nothing(tiny_study: Path) -> None:
    folder = tiny_study.with_name("Étude 日本")
    tiny_study.rename(folder)
    words = [sys.executable, "-W", "ignore", "-c", COMMAND]
    around = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*words, "status", str(folder)], env=around, capture_output=True, check=True)
    assert b"\\xc9tude \\u65e5\\u672c" in done.stdout
    asked = [*words, "status", str(folder), "--json"]
    done = subprocess.run(asked, env=around, capture_output=True, check=True)
    assert json.loads(done.stdout)["next"].endswith("Étude 日本")


def test_a_network_drive_is_known_by_a_path_with_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "my share"
    share.mkdir()
    escaped = str(share).replace(" ", "\\040")
    mounts = f"/dev/x / ext4 rw 0 0\nhost:/y {escaped} nfs4 rw 0 0\n"
    read = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self, **_: mounts if str(self) == "/proc/mounts" else read(self, **_)
    )
    assert drives.on_shared_drive(share)
    assert not drives.on_shared_drive(tmp_path)


# No home -------------------------------------------------------------------------------------------------


NOBODY = (
    "import pwd, sys\ndef unknown(*_): raise KeyError('nobody')\npwd.getpwuid = pwd.getpwnam = unknown\n"
) + COMMAND
"""A command run by a user of whom the system knows nothing."""


def homeless(program: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "SYSTEMROOT")}
    start = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(
        [*start, *words], env={**kept, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows always knows a user's folder")
def test_without_a_home_the_key_has_no_place_until_one_is_named(tmp_path: Path) -> None:
    study = tmp_path / "study"
    done = homeless(NOBODY, "init", str(study))
    assert done.returncode == 1
    assert done.stderr == (
        "there is no home folder to keep the key in\nSet SECONDCODER_HOME to a private folder.\n"
    )
    assert not study.exists()
    done = homeless(NOBODY, "init", str(study), HOME="/dev/null")
    assert done.returncode == 1
    assert "the private key cannot be written there" in done.stderr
    assert "Set SECONDCODER_HOME to a private folder that you may write to." in done.stderr
    assert plain(done.stderr)
    assert not study.exists()
    home = tmp_path / "private"
    done = homeless(NOBODY, "init", str(study), HOME="/dev/null", SECONDCODER_HOME=str(home))
    assert done.returncode == 0
    assert len(list(home.rglob("*.key"))) == 1
    done = homeless(NOBODY, "key", "show", str(study), HOME="/dev/null", SECONDCODER_HOME=str(home))
    assert "opens this study" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows always knows a user's folder")
def test_libraries_that_find_no_home_complain_to_nobody() -> None:
    program = NOBODY.replace(
        "sys.exit(main(sys.argv[1:]))", "main(['--help']); import pipeline.report.drawing"
    )
    done = homeless(program, HOME="/dev/null")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_that_is_stopped_says_so(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(judgements, "save_suggestions", stop)
    assert run("suggest", tiny_study) == 130
    assert "Stopped. Nothing is lost; run the command again to go on." in capsys.readouterr().err
    monkeypatch.undo()
    assert not (tiny_study / lock.FILE).exists()


@pytest.mark.parametrize("stop", ["pipeline.cli._settle._rewrite_all", "pipeline.cli._settle._written"])
def test_stopped_a_made_up_name_that_has_to_go_goes_with_the_next_run(
    new_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with_policy(new_study, PERSON="surrogate")
    folder = folder_of(tmp_path)
    assert run("ingest", new_study, folder / "S1PW1.txt") == 0
    made_up = texts(new_study)["S1PW1", 2].split()[0]
    (folder / "S2PW2.txt").write_text(f"I: Who?\nP: My name is {made_up} Okafor.\n", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(stop, stopped)
        assert run("ingest", new_study, folder / "S2PW2.txt") == 130
    assert run("ingest", new_study, folder / "S2PW2.txt") == 0
    assert made_up not in " ".join(texts(new_study).values())
    assert register.load(Study.open(new_study).vault).unwritten == []


@pytest.mark.parametrize("stop", ["_settle.settle", "_sweep.sweep", "register.save"])
def test_stopped_a_correction_leaves_no_backup_that_holds_the_old_wording(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    Study.open(tiny_study).backup("codes import")
    work = _carry_out
    for part in stop.split(".")[:-1]:
        work = getattr(work, part)
    done = getattr(work, stop.rpartition(".")[2])

    def stopped(*given: Any, **named: Any) -> None:
        done(*given, **named)
        raise KeyboardInterrupt

    words = ("names", "always", tiny_study, "trust", "--label", "ORGANISATION")
    with monkeypatch.context() as patched:
        patched.setattr(work, stop.rpartition(".")[2], stopped)
        assert run(*words) == 130
    assert run(*words) == 0
    assert [backups.told(file).why for file in backups.kept(tiny_study)] == ["names"]
    assert "the trust" not in " ".join(row[4] for row in dump(tiny_study)["turns"])

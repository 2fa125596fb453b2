"""Commands killed at any moment: the study always opens, and finishing comes to what a clean run comes to."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.study import Study, backups
from tests import dying
from tests.conftest import INTERVIEWS
from tests.test_backups import state
from tests.test_cli import answer
from tests.test_faults import MORE
from tests.test_names import entity_of, fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("fake_models"),
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL"),
]
KILLS = 25
"""Of each command that is run daily, of each kind: before a step that touches the disk, and at any moment."""
NOT_OPEN = ("backup restore", "key rotate")
"""Commands after a kill of which a study may say that they have to be run once more."""
FEWER = 10
"""Of each command that changes names, people or keys."""
DAILY = ("ingest", "suggest", "review import")
RARE = ("names always", "names never", "names import", "withdraw", "key rotate", "backup restore")


def command(*words: object) -> int:
    return main([str(word) for word in words])


class Nursery:
    """Starts commands in processes forked from one that has everything loaded."""

    def __init__(self, scratch: Path) -> None:
        self.told = scratch / "told"
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.dying"])

    def run(self, words: Sequence[object], *, step: int = -1, seconds: float | None = None) -> bool:
        """Run a command; kill it before a step or after a time. Whether it was killed."""
        self.told.unlink(missing_ok=True)
        given = ([str(word) for word in words], os.environ["SECONDCODER_HOME"], step, str(self.told))
        child = self._context.Process(target=dying.run, args=given)
        child.start()
        child.join(seconds)
        if child.exitcode is None:
            child.kill()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL), f"{words} ended with {child.exitcode}"
        if child.exitcode == 0:
            assert self.told.read_text().split()[0] == "0", f"{words} failed"
        return child.exitcode != 0

    def measure(self, words: Sequence[object]) -> tuple[int, float]:
        """How many steps, and how many seconds, a command takes when nobody kills it."""
        start = time.monotonic()
        assert not self.run(words)
        return int(self.told.read_text().split()[1]), time.monotonic() - start


@pytest.fixture
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Nursery:
    return Nursery(tmp_path_factory.mktemp("told"))


@pytest.fixture
def prepared(tiny_study: Path, tmp_path: Path, capsys: Any) -> dict[str, list[object]]:
    """A study with three interviews and one coder's sheet taken in, and words for each command."""
    assert command("suggest", tiny_study) == 0
    sheets = []
    for coder in ("anna", "ben"):
        capsys.readouterr()
        assert command("review", "export", tiny_study, "--coder", coder, "--blind", "--json") == 0
        sheets.append(Path(json.loads(capsys.readouterr().out)["file"]))
    answer(sheets[0], "Code 1", {0: "context.culture", 2: "context.leadership"}, rest="Nothing applies")
    answer(sheets[1], "Code 1", {0: "context.culture", 3: "facilitation.role"}, rest="Nothing applies")
    assert command("review", "import", tiny_study, sheets[0]) == 0
    more = tmp_path / "more"
    more.mkdir()
    for name, text in {**MORE, "S3PW1.txt": INTERVIEWS["S1PWC.txt"].replace("three", "four")}.items():
        (more / name).write_text(text, encoding="utf-8")
    return {
        "ingest": [more],
        "suggest": [],
        "review import": [sheets[1], sheets[0]],
        "names always": ["the trust", "Larkfield", "--label", "ORGANISATION"],
        "names never": ["Sarah"],
        "names import": [_workbook(tiny_study, more.parent)],
        "withdraw": ["S1PW1", "--yes"],
        "key rotate": [],
        "backup restore": [],
    }


def _workbook(study: Path, into: Path) -> Path:
    """A names workbook in which one person is called otherwise; it is given as a file from elsewhere."""
    fill(study, "Names", entity_of(study, "Sarah Thompson")["id"], {"Pseudonym": "[Ward sister 7]"})
    return Path(shutil.move(study / "secret" / "names.xlsx", into / "names.xlsx"))


def content(study: Path) -> dict[str, Any]:
    """What a study holds in the end; nothing half-done may lie about in it."""
    db = sqlite3.connect(study / "study.db")
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()
    names = {file.relative_to(study).as_posix() for file in study.rglob("*") if file.is_file()}
    # A cache may keep its journal: a run that finds nothing new does not open it.
    names = {name for name in names if "backups/" not in name and not name.startswith("cache.db-")}
    made = [backups.told(file).why for file in backups.kept(study)]
    renewed = [why for why in made[:1] if why in ("names", "withdraw")]  # older ones held the old wording
    model = {file.name: file.read_bytes() for file in (study / "model").glob("*")}
    held = state(study)
    kept = held["register"]
    rows = held["tables"]["transcripts"]  # the number of the list of names counts how often it was begun
    held["tables"]["transcripts"] = [(*row[:5], row[5] == kept.version, *row[6:]) for row in rows]
    kept.version, kept.known = 0, {surface: one.label for surface, one in kept.known.items()}
    returned = {
        file.name: Study.open(study).vault.open(file.read_bytes(), file.name)
        for file in (study / "review").glob("returned/*")
    }
    return {**held, "files": names, "model": model, "returned": returned, "renewed": renewed}


def opens(study: Path) -> bool:
    """Whether a study opens, as it lies there after a kill."""
    return command("status", study) == 0 and command("check", study) == 0


@pytest.fixture
def copies(tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Gives a fresh copy of the study, with a copy of its key, in the place of the one before."""
    home = Path(os.environ["SECONDCODER_HOME"])
    place = tmp_path / "copies"

    def fresh() -> Path:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(home, place / "home")
        monkeypatch.setenv("SECONDCODER_HOME", str(place / "home"))
        return Path(shutil.copytree(tiny_study, place / "study"))

    return fresh


@pytest.mark.parametrize("name", [*DAILY, *RARE])
def test_killed_before_any_step_that_touches_the_disk(
    name: str, prepared: dict[str, list[object]], nursery: Nursery, copies: Callable[[], Path]
) -> None:
    study = copies()
    words = [*name.split(), study, *prepared[name]]
    steps, _ = nursery.measure(words)
    wanted = content(study)
    chance = random.Random(name)
    kills = KILLS if name in DAILY else FEWER
    for place in range(kills):
        step = min(steps - 1, int((place + chance.random()) * steps / kills))
        copies()
        where = f"step {step} of {steps}"
        assert nursery.run(words, step=step), where
        assert opens(study) or name in NOT_OPEN, where
        assert not nursery.run(words), where
        assert content(study) == wanted, where


@pytest.mark.parametrize("name", DAILY)
def test_killed_at_any_time_and_killed_again(
    name: str, prepared: dict[str, list[object]], nursery: Nursery, copies: Callable[[], Path]
) -> None:
    study = copies()
    words = [*name.split(), study, *prepared[name]]
    _, seconds = nursery.measure(words)
    wanted = content(study)
    chance = random.Random(name)
    for _ in range(KILLS):
        copies()
        after = seconds * chance.random()
        while not nursery.run(words, seconds=after):  # it was quicker this time
            after /= 2
            copies()
        assert opens(study), f"killed after {after} s"
        nursery.run(words, seconds=seconds * chance.random())
        assert opens(study)
        assert not nursery.run(words)
        assert content(study) == wanted, f"killed after {after} s"


def own_disks() -> bool:
    """Whether this machine lets its users have file systems of their own."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    words = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/tmp"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_a_disk_that_is_really_full(
    prepared: dict[str, list[object]], copies: Callable[[], Path], nursery: Nursery, tmp_path: Path
) -> None:
    if not own_disks():
        pytest.skip("no file system of a chosen size can be made here")
    study = copies()
    words = ["ingest", study, *prepared["ingest"]]
    nursery.measure(words)
    wanted = content(study)
    study = copies()
    disk = tmp_path / "disk"
    disk.mkdir()
    given = [str(word) for word in (study, disk, tmp_path / "out", *prepared["ingest"])]
    start = ["unshare", "--map-root-user", "--mount", sys.executable, "-W", "ignore", "-m", "tests.dying"]
    done = subprocess.run([*start, *given], capture_output=True, text=True, check=True)
    tried = json.loads(done.stdout.splitlines()[-1])
    for extra, code, said, opened, again in tried:
        assert code == 0 or ("the disk is full" in said and "Traceback" not in said), f"{extra}: {said}"
        assert (opened, again) == (0, 0), extra
        shutil.rmtree(study)
        shutil.move(tmp_path / "out" / str(extra), study)
        assert content(study) == wanted, extra
    assert [code for _, code, *_ in tried].count(1) > 2, "the disk was large enough all along"

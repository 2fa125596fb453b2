"""Two commands at once on one study: one waits or says who holds it, and nothing is lost."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline.cli import main, register
from pipeline.cli._alone import READING
from pipeline.cli.ingest import ingest_files
from pipeline.study import Study, lock
from pipeline.study import register as registers
from pipeline.study.vault import UNFINISHED
from tests.test_cli import content, dump

pytestmark = pytest.mark.usefixtures("fake_models")
Output = pytest.CaptureFixture[str]

HOLD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from pipeline.study import lock\n"
    "with lock.alone(Path(sys.argv[1]), 'ingest'):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


def run(*words: object) -> int:
    return main([str(word) for word in words])


@contextmanager
def held(study: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that works on a study until the block ends."""
    words = [sys.executable, "-c", HOLD, str(study)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            if other.stdin is not None:
                other.stdin.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)


WRITING: dict[str, tuple[str, ...]] = {
    "ingest": ("FILE",),
    "check": ("--speakers", "FILE"),
    "risk": (),
    "suggest": (),
    "explore": ("--name", "Money", "--theme", "1"),
    "triage": ("--draw", "5"),
    "reidentify": ("Person 1",),
    "withdraw": ("S1PW1", "--yes"),
    "names always": ("Ann",),
    "names never": ("Ann",),
    "names export": (),
    "names import": (),
    "codes import": ("FILE",),
    "review export": ("--coder", "anna"),
    "review sample": (),
    "review import": ("FILE",),
    "review merge": (),
    "review undo": ("--batch", "1f2e3d4c"),
    "review release": ("--batch", "1f2e3d4c"),
    "transcripts export": ("--into", "FILE.d"),
    "key rotate": (),
    "key export": ("FILE.key",),
    "backup restore": (),
}
"""Every command that writes to a study, with words that make it write."""


def commands(app: typer.Typer, group: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for command in app.registered_commands:
        assert command.callback is not None
        yield f"{group} {command.name or command.callback.__name__}".strip(), command.callback
    for inner in app.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, str(inner.name))


def test_every_command_on_a_study_is_known_to_read_or_to_write() -> None:
    taking = {name for name, work in commands(register()) if "study" in inspect.signature(work).parameters}
    assert taking - {"init"} == set(WRITING) | set(READING)
    assert {name for name, option in READING.items() if option} == set(WRITING) & set(READING)


@pytest.mark.usefixtures("impatient")
def test_a_second_command_that_writes_says_who_holds_the_study(
    tiny_study: Path, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "some.csv").write_text("x\n", encoding="utf-8")
    before = content(tiny_study)
    with held(tiny_study) as other:
        before |= {".lock": content(tiny_study)[".lock"], lock.FILE: content(tiny_study)[lock.FILE]}
        for name, rest in WRITING.items():
            words = [word.replace("FILE", str(tmp_path / "some.csv")) for word in rest]
            assert run(*name.split(), tiny_study, *words) == 1, name
            said = capsys.readouterr().err
            assert "`ingest` is at work on this study" in said, name
            assert f"process {other.pid}" in said
            assert re.search(r"since \d\d:\d\d on \d\d \w+ \d{4}\)", said)
            assert "Nothing was changed." in said
        assert content(tiny_study) == before
    assert not list(tmp_path.glob("some.csv.*"))


def test_commands_that_read_go_on_meanwhile(tiny_study: Path, capsys: Output) -> None:
    with held(tiny_study):
        for name in ("status", "check", "review status", "key show", "backup list"):
            assert run(*name.split(), tiny_study) == 0, name
    assert "at work" not in capsys.readouterr().err


def test_a_command_waits_for_the_one_before_it(tiny_study: Path, capsys: Output) -> None:
    with held(tiny_study) as other:
        assert other.stdin is not None
        later = threading.Timer(0.6, other.stdin.close)
        later.start()
        start = time.monotonic()
        assert run("names", "always", tiny_study, "Ann") == 0
        assert time.monotonic() - start > 0.5
        later.join()
    said = capsys.readouterr().err
    assert said.count("waiting up to 20 seconds") == 1
    assert not (tiny_study / lock.FILE).exists()


def test_a_command_that_was_killed_holds_nothing(tiny_study: Path, capsys: Output) -> None:
    with held(tiny_study) as other:
        other.kill()
        other.wait()
        assert lock.at_work(tiny_study) is not None, "it could not tidy up"
        assert run("names", "always", tiny_study, "Ann") == 0
    assert "at work" not in capsys.readouterr().err
    assert not (tiny_study / lock.FILE).exists()


@pytest.mark.usefixtures("impatient")
def test_a_command_on_another_computer_is_heeded_through_the_synced_folder(
    tiny_study: Path, capsys: Output
) -> None:
    file = tiny_study / lock.FILE
    there = {"command": "suggest", "process": 7, "since": "2026-03-01T09:30:00+00:00", "machine": "0"}
    file.write_text(json.dumps(there), encoding="utf-8")
    assert run("names", "always", tiny_study, "Ann") == 1
    said = capsys.readouterr().err
    assert "`suggest` is at work on this study (on another computer, since " in said
    assert "01 March 2026" in said
    assert f"delete {lock.FILE}" in said
    assert file.is_file(), "it is the other one's"
    file.unlink()
    assert run("names", "always", tiny_study, "Ann") == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"command": 1}', '{"a": 2}', "\xff"])
def test_a_file_that_does_not_say_who_is_at_work_holds_nothing(tiny_study: Path, text: str) -> None:
    (tiny_study / lock.FILE).write_text(text, encoding="latin-1")
    assert run("names", "always", tiny_study, "Ann") == 0


def test_the_computer_is_told_apart_without_its_name(tiny_study: Path) -> None:
    import platform

    with lock.alone(tiny_study, "ingest"):
        text = (tiny_study / lock.FILE).read_text(encoding="utf-8")
    assert platform.node() not in text
    assert set(json.loads(text)) == {"command", "process", "since", "machine"}


def test_what_a_killed_command_left_half_written_is_swept_away(tiny_study: Path) -> None:
    left = [tiny_study / part / f"{UNFINISHED}abc" for part in ("", "secret", "secret/found", "review/sent")]
    for file in left:
        file.write_text("Sarah Thompson", encoding="utf-8")
    model = tiny_study / f"{UNFINISHED}model"
    model.mkdir()
    (model / "words.json").write_text("[]", encoding="utf-8")
    assert run("names", "always", tiny_study, "Ann") == 0
    assert not [file for file in [*left, model] if file.exists()]


def test_holds_lie_in_each_other_within_one_process(tiny_study: Path) -> None:
    with lock.alone(tiny_study, "ingest"):
        with lock.alone(tiny_study / ".", "suggest"):
            assert lock.at_work(tiny_study).command == "ingest"  # type: ignore[union-attr]
        assert lock.at_work(tiny_study) is not None, "the outer one still holds it"
    assert lock.at_work(tiny_study) is None


INGEST = (
    "import sys\n"
    "import spacy\n"
    "from pathlib import Path\n"
    "from pipeline.cli.ingest import ingest_files\n"
    "from pipeline.study import lock\n"
    "nlp = spacy.blank('en')\n"
    "nlp.add_pipe('sentencizer')\n"
    "with lock.alone(Path(sys.argv[1]), 'ingest', patience=600):\n"
    "    ingest_files(Path(sys.argv[1]), sys.argv[2:], nlp=nlp)\n"
)


def test_two_ingests_at_once_come_to_the_same_as_one_after_the_other(
    new_study: Path, interviews: Path, tmp_path: Path, blank_nlp: Any
) -> None:
    parts = [[str(interviews / "S1PW1.txt")], [str(interviews / "S1PWC.txt"), str(interviews / "S2PW1.txt")]]
    both = tmp_path / "both"
    shutil.copytree(new_study, both)
    for part in parts:
        ingest_files(new_study, part, nlp=blank_nlp)
    running = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", INGEST, str(both), *part]) for part in parts
    ]
    assert [one.wait() for one in running] == [0, 0]
    tables, found = dump(new_study), dump(both)
    assert [row[0] for row in found["transcripts"]] == [row[0] for row in tables["transcripts"]]
    assert len(found["utterances"]) == len(tables["utterances"])
    kept = registers.load(Study.open(both).vault)
    assert sorted(kept.sources) == ["S1PW1", "S1PWC", "S2PW1"], "neither wrote over the other's register"
    said = {surface for entity in kept.entities for surface in entity["where"]}
    for name in ("Sarah Thompson", "Okafor", "Joe Biggs"):
        assert any(name in surface for surface in said)
        assert not any(name in str(row) for row in found["turns"])

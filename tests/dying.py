"""A command in a process of its own, to be killed there: the commands are real, the models small."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import spacy

# What the commands load when they run is loaded once here, and every process that is forked has it.
from pipeline.cli import _carry_out, _ingesting, _learning, _review_in, _search, _suggesting, main  # noqa: F401
from pipeline.pseudonymise import find
from pipeline.pseudonymise.wordlists import plain_names
from pipeline.study import Study
from pipeline.study.register import new as new_register
from pipeline.study.settings import Settings
from pipeline.suggest import train  # noqa: F401
from tests.conftest import FakeEmbedder

_ON_DISK = ("fsync", "replace", "rename", "unlink", "mkdir", "rmdir")
"""What touches files, by its name in `os`; what is written between two of these was not yet in place."""


class Steps:
    """Counts what touches the disk, and ends this process with SIGKILL before the step of a number."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.taken = 0

    def __call__(self) -> None:
        if self.taken == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.taken += 1


def _counted(step: Steps, work: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*given: Any, **named: Any) -> Any:
        step()
        return work(*given, **named)

    return counted


def count(step: Steps) -> None:
    """Let every change of a file and every statement to a store be a step."""
    for name in _ON_DISK:
        setattr(os, name, _counted(step, getattr(os, name)))
    connect = sqlite3.connect

    class Stepping(sqlite3.Connection):
        def execute(self, *given: Any) -> sqlite3.Cursor:
            step()
            return super().execute(*given)

        def executemany(self, *given: Any) -> sqlite3.Cursor:
            step()
            return super().executemany(*given)

    sqlite3.connect = lambda *given, **named: connect(*given, factory=Stepping, **named)  # type: ignore


_BLANK = spacy.blank("en")
_BLANK.add_pipe("sentencizer")


def read_lists() -> None:
    """Read the lists of names and words once, so that no forked process has to."""
    find.Finder(False, _BLANK).find(["I spoke to Sarah Guillory of Leeds on 07700 900123."], ["P"])
    _search.search_for(Study(Path("."), Settings()), new_register(), [], frozenset(), frozenset())
    plain_names()


read_lists()


def small_models() -> None:
    """The blank language and the fake embedder in place of the real models."""
    embedder = FakeEmbedder()
    for module, name, value in (
        ("pipeline.pseudonymise.models", "load", lambda size: _BLANK),
        ("pipeline.embed", "load", lambda *_, **__: embedder),
        ("pipeline.cli._learning", "starter", lambda book, utterances=(): None),
    ):
        setattr(sys.modules[module], name, value)
    find._FINDERS.clear()


def run(words: Sequence[str], home: str, last: int, told: str) -> None:
    """Run a command, quietly; dies before step `last` (never, if below 0), else tells how many there were."""
    os.environ["SECONDCODER_HOME"] = home
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    small_models()
    step = Steps(last)
    count(step)
    code = main(list(words))
    step.last = -1
    Path(told).write_text(f"{code} {step.taken}", encoding="utf-8")


def on_small_disks(study: Path, disk: Path, out: Path, more: str) -> list[tuple[int, int, str, int, int]]:
    """Ingest on disks that are too small, then once more when there is room; copies of the study go to `out`.

    Gives for each disk: the room beside the study (KB), the exit code, what was said, whether the study opens
    and how the second ingest ends (0 is well).
    """
    used = sum(-(-file.stat().st_size // 4096) * 4 for file in study.rglob("*"))
    tried = []
    for extra in (16, 32, 64, 96, 128, 192, 256):  # from no room at all to nearly enough
        mount = ["mount", "-t", "tmpfs", "-o"]
        subprocess.run([*mount, f"size={used + extra}k", "none", str(disk)], check=True)
        place = shutil.copytree(study, disk / "study")
        with contextlib.redirect_stderr(io.StringIO()) as said:
            code = main(["ingest", str(place), more])
        subprocess.run([*mount, "remount,size=64m", str(disk)], check=True)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            ends = main(["status", str(place)]), main(["ingest", str(place), more])
        shutil.copytree(place, out / str(extra))
        subprocess.run(["umount", str(disk)], check=True)
        tried.append((extra, code, said.getvalue(), *ends))
    return tried


if __name__ == "__main__":
    small_models()
    sys.stdout.write(json.dumps(on_small_disks(*map(Path, sys.argv[1:4]), sys.argv[4])))

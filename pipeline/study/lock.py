"""One command at a time on a study: who is at work, and what a command that was killed left lying about.

The store locks itself, but not the register, the records and the tables beside it. So a command that writes
holds a lock of the operating system for as long as it works; the system lets go of it when the command is
killed. A small file beside it says who holds it. On a folder that is synced between computers the lock does
not reach the other one, but that file does, so it is heeded there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import StudyError
from pipeline.study.vault import UNFINISHED, write_safely

FILE = "at-work.json"
"""The file in a study's folder that says which command is at work on it."""
PATIENCE = 20.0
"""How many seconds a command waits for another one to end."""
_LOCK = ".lock"
_TURN = 0.2
_mine: set[Path] = set()


@dataclass(frozen=True, slots=True)
class AtWork:
    """Which command works on a study: its process, since when (UTC, ISO 8601), on which computer (a hash)."""

    command: str
    process: int
    since: str
    machine: str

    def __str__(self) -> str:
        since = datetime.fromisoformat(self.since).astimezone()
        where = f"process {self.process}" if self.machine == _machine() else "on another computer"
        return f"`{self.command}` is at work on this study ({where}, since {since:%H:%M on %d %B %Y})"


@contextmanager
def alone(
    folder: Path, command: str, *, patience: float | None = None, tell: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold a study for one command that writes; within one process holds may lie in each other.

    Waits `patience` seconds (PATIENCE if none is given) for another command, after a word to `tell`; then
    raises `StudyError` with who holds the study. What a killed command left half-written is swept away.
    """
    place = folder.resolve()
    if place in _mine:
        yield
        return
    if not os.access(place, os.W_OK):
        raise _shut(place)
    lock = FileLock(place / _LOCK)
    _wait(lock, place, command, PATIENCE if patience is None else patience, tell)
    _mine.add(place)
    try:
        _sweep(place)
        yield
    finally:
        _mine.discard(place)
        with contextlib.suppress(OSError):
            (place / FILE).unlink(missing_ok=True)
        lock.release()


def at_work(folder: Path) -> AtWork | None:
    """Who says to be at work on a study; also a command that was killed says so until the next one starts."""
    try:
        found = AtWork(**json.loads((folder / FILE).read_text(encoding="utf-8")))
        str(found)
    except (OSError, ValueError, TypeError):
        return None
    return found


def _wait(
    lock: FileLock, place: Path, command: str, patience: float, tell: Callable[[str], None] | None
) -> None:
    until = time.monotonic() + patience
    told = tell is None
    while not _taken(lock, place, command):
        other = at_work(place)
        if time.monotonic() >= until:
            raise refusal(place)
        if not told and tell is not None:
            tell(f"{_said(other)}: waiting up to {patience:.0f} seconds ...")
            told = True
        time.sleep(_TURN)


def _taken(lock: FileLock, place: Path, command: str) -> bool:
    """Take the lock if it is free and nobody on another computer is at work."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    except OSError:
        raise _shut(place) from None
    other = at_work(place)
    if other is not None and other.machine != _machine():
        lock.release()
        return False
    mine = AtWork(command, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"), _machine())
    with contextlib.suppress(OSError):  # a full disk: the lock holds without it
        write_safely(place / FILE, json.dumps(asdict(mine)).encode("utf-8"))
    return True


def _shut(place: Path) -> StudyError:
    return StudyError("cannot be written", where=place.name, hint="Check the rights on the study's folder.")


def _said(other: AtWork | None) -> str:
    return str(other) if other is not None else "another command is at work on this study"


def refusal(folder: Path) -> StudyError:
    """Why a command cannot work on a study now: who is at work on it, and what to do."""
    other = at_work(folder)
    hint = "Wait until it is done, then run this command again. Nothing was changed."
    if other is not None and other.machine != _machine():
        hint = (
            "Wait until it is done there and the folder is synced. Was it broken off? Then delete "
            f"{FILE} in the study's folder. Nothing was changed."
        )
    return StudyError(_said(other), hint=hint)


def _machine() -> str:
    """This computer without its name, in which people put theirs."""
    return hashlib.sha256(f"secondcoder/{platform.node()}".encode()).hexdigest()[:8]


def _sweep(place: Path) -> None:
    """Delete what a killed command was writing: it may hold names, and nobody will ever finish it."""
    for part in (".", "secret", "secret/found", "secret/backups", "review/sent", "review/returned"):
        for left in (place / part).glob(f"{UNFINISHED}*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

"""Heavy work over processes: the same results wherever it is done, also where a worker dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import StudyError
from pipeline.workers import Pool


def squared(number: int) -> int:
    return number * number


def refused(number: int) -> int:
    if number == 3:
        raise StudyError("is odd", where="3", hint="Take 4.")
    return number


def at_fault(words: str) -> int:
    return int(words)


def dies_once(number: int, mark: Path) -> int:
    """Kill the process that does number 5, unless that has happened before."""
    if number == 5 and not mark.exists():
        mark.write_text("dead")
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def dies(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def grows(number: int) -> int:
    """Hold much more from the tenth on than at first, as a worker does that has loaded one model more."""
    time.sleep(0.1)
    if number >= 10 and not _HELD:
        _HELD.append(bytearray(b"1") * 400_000_000)
    return number * number


_HELD: list[bytearray] = []


@pytest.fixture
def two() -> Iterator[Pool]:
    with Pool(2) as pool:
        yield pool


def test_small_work_is_done_here_and_large_work_is_not() -> None:
    assert Pool().here(0.4)
    assert Pool(1).here(50)
    assert not Pool(2).here(0.4)
    assert Pool().processes(50) <= 4
    assert [result for _, result in Pool().map(lambda one: one + 1, [1, 2], worth=0)] == [2, 3]


def test_every_item_comes_back_with_its_number(two: Pool) -> None:
    found = dict(two.map(squared, range(20), worth=0))
    assert found == {number: number * number for number in range(20)}


def test_a_worker_that_grows_is_replaced_without_a_word(two: Pool) -> None:
    found = dict(two.map(grows, range(60), worth=0))
    assert found == {number: number * number for number in range(60)}


def test_what_is_large_is_made_when_its_turn_comes(two: Pool) -> None:
    packed: list[int] = []

    def pack(number: int) -> tuple[int]:
        packed.append(number)
        return (number,)

    results = two.map(squared, range(200), worth=0, pack=pack)
    next(results)
    assert len(packed) < 100
    assert len(list(results)) == 199


def test_errors_come_back_as_they_are_and_faults_without_what_was_said(two: Pool) -> None:
    with pytest.raises(StudyError) as refusal:
        list(two.map(refused, range(5), worth=0))
    assert (refusal.value.message, refusal.value.where, refusal.value.hint) == ("is odd", "3", "Take 4.")
    with pytest.raises(RuntimeError) as fault:
        list(two.map(at_fault, ["Sarah"], worth=0))
    assert str(fault.value).startswith("ValueError at test_workers.py:")
    assert "Sarah" not in str(fault.value)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_what_a_dead_worker_had_is_done_again(two: Pool, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    found = list(two.map(dies_once, range(12), worth=0, pack=lambda number: (number, mark)))
    assert mark.exists()
    assert sorted(found) == [(number, number * number) for number in range(12)]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_workers_that_keep_dying_are_given_up(two: Pool) -> None:
    with pytest.raises(StudyError, match="keep dying"):
        list(two.map(dies, range(3), worth=0))


def test_a_number_of_workers_below_one_is_refused() -> None:
    with pytest.raises(StudyError, match="1 or more"):
        Pool(0)

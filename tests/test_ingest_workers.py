"""Ingesting over processes and over a cluster: the same study, whoever did the reading."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_cli import dump

from pipeline.cli import _find, _ingesting
from pipeline.cli.ingest import ingest_files
from pipeline.cli.suggest import suggest_study
from pipeline.errors import StudyError
from pipeline.study import Study, register
from pipeline.workers import Pool

TALK = (
    "I: Who was there?\n"
    "P: {first} {last} was, from the first day. {first} never let us down.\n"
    "I: And later?\n"
    "P: My name is Ann Parr, I rang Mrs {last} on 07700 900{number:03d}. She said it would be fine.\n"
)
PEOPLE = ["Sarah Thompson", "Joe Biggs", "Amina Okafor", "Tom Larch", "Ruth Penhale", "Declan Garrity"]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number, name in enumerate(PEOPLE * 2):
        first, last = name.split()
        text = TALK.format(first=first, last=last, number=number)
        (folder / f"S{number % 3 + 1}PW{number + 1}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def scheduler() -> Iterator[str]:
    """A Dask cluster of two processes on this machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from distributed import LocalCluster

        with LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster:
            yield cluster.scheduler_address


def told(study: Path) -> tuple[Any, list[dict[str, Any]]]:
    """What a study holds: its store, and who is who."""
    return dump(study), register.load(Study.open(study).vault).entities


def copied(new_study: Path, to: Path) -> Path:
    """The same study, with the same secrets, once more."""
    shutil.copytree(new_study, to)
    return to


def test_two_processes_come_to_the_same(new_study: Path, many: Path, tmp_path: Path, blank_nlp: Any) -> None:
    other = copied(new_study, tmp_path / "other")
    ingest_files(new_study, [str(many)], nlp=blank_nlp, workers=1)
    ingest_files(other, [str(many)], nlp=blank_nlp, workers=2)
    assert told(other) == told(new_study)
    assert len(told(other)[1]) > len(PEOPLE)


def test_a_cluster_comes_to_the_same(
    new_study: Path, many: Path, tmp_path: Path, blank_nlp: Any, scheduler: str
) -> None:
    other = copied(new_study, tmp_path / "other")
    ingest_files(new_study, [str(many)], nlp=blank_nlp, workers=1)
    ingest_files(other, [str(many)], nlp=blank_nlp, scheduler=scheduler)
    assert told(other) == told(new_study)


def test_a_scheduler_that_is_not_there_is_said_and_changes_nothing(new_study: Path, many: Path) -> None:
    before = sorted(new_study.rglob("*"))
    with pytest.raises(StudyError, match="no Dask scheduler answers"):
        ingest_files(new_study, [str(many)], scheduler="tcp://127.0.0.1:1")
    assert sorted(new_study.rglob("*")) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_file_among_many_changes_nothing(new_study: Path, many: Path, workers: int) -> None:
    (many / "S9PW9.docx").write_bytes(b"PK\x03\x04 and then nothing")
    (many / "S9PW8.txt").write_text(" \n", encoding="utf-8")
    before = {file: file.read_bytes() for file in new_study.rglob("*") if file.is_file()}
    with pytest.raises(StudyError, match="1 more files cannot be read") as refusal:
        ingest_files(new_study, [str(many)], workers=workers)
    assert refusal.value.where == "S9PW8.txt"
    assert refusal.value.hint.endswith("Nothing was changed.")
    kept = {file: file.read_bytes() for file in new_study.rglob("*") if file.is_file()}
    assert {file: data for file, data in kept.items() if "study.db" not in file.name} == {
        file: data for file, data in before.items() if "study.db" not in file.name
    }
    db = sqlite3.connect(new_study / "study.db")
    assert db.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    db.close()


def test_a_file_that_changes_while_it_is_read_is_refused(
    new_study: Path, many: Path, blank_nlp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol = _find.enrol

    def meddled(*args: Any) -> None:
        enrol(*args)
        (many / "S1PW1.txt").write_text("I: Another?\nP: Another one.\n", encoding="utf-8")

    monkeypatch.setattr(_find, "enrol", meddled)
    with pytest.raises(StudyError, match="changed while it was read"):
        ingest_files(new_study, [str(many)], nlp=blank_nlp)
    ingest_files(new_study, [str(many)], nlp=blank_nlp)
    assert "Another one." in str(dump(new_study)["turns"])


def found_or_dead(mark: str, job: Any, *rest: Any) -> bytes:
    """Find in one file, or die the first time."""
    if job.id == "S1PW4" and not Path(mark).exists():
        Path(mark).write_text("dead", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)
    return _find._found_in(job, *rest)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_the_files_of_a_worker_that_dies_are_done_again(
    new_study: Path, many: Path, tmp_path: Path, blank_nlp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, mark = copied(new_study, tmp_path / "other"), tmp_path / "mark"
    ingest_files(new_study, [str(many)], nlp=blank_nlp, workers=1)
    real = Pool.map

    def deadly(self: Pool, work: Any, items: Any, *, worth: float, pack: Any) -> Any:
        if work is not _find._found_in:
            return real(self, work, items, worth=worth, pack=pack)
        return real(self, found_or_dead, items, worth=worth, pack=lambda item: (str(mark), *pack(item)))

    monkeypatch.setattr(Pool, "map", deadly)
    ingest_files(other, [str(many)], nlp=blank_nlp, workers=2)
    assert mark.exists()
    assert told(other) == told(new_study)


def test_adding_needs_a_backup_only_when_the_study_has_grown(
    new_study: Path, many: Path, blank_nlp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sorted(many.iterdir())
    monkeypatch.setattr(_ingesting, "GROWN", 1.5)

    def backups_after(*some: Path) -> int:
        ingest_files(new_study, [str(file) for file in some], nlp=blank_nlp)
        return len(list((new_study / "secret" / "backups").iterdir()))

    assert backups_after(*files[:4]) == 0  # there was nothing to back up
    assert backups_after(files[4]) == 1
    assert backups_after(files[5]) == 1
    assert backups_after(files[6]) == 2  # six are half as many again as four
    files[0].write_text("I: Once more?\nP: Sarah was there again.\n", encoding="utf-8")
    assert backups_after(files[0]) == 3  # what is read again is backed up


def scores(study: Path) -> dict[tuple[str, str], float]:
    db = sqlite3.connect(study / "study.db")
    rows = db.execute("SELECT utterance_id, code, score FROM suggestions").fetchall()
    db.close()
    return {(utterance, code): score for utterance, code, score in rows}


@pytest.mark.slow
@pytest.mark.model
def test_scores_are_the_same_wherever_texts_are_embedded(
    new_study: Path, many: Path, tmp_path: Path, blank_nlp: Any, scheduler: str
) -> None:
    ingest_files(new_study, [str(many)], nlp=blank_nlp, workers=1)
    two, cluster = copied(new_study, tmp_path / "two"), copied(new_study, tmp_path / "cluster")
    suggest_study(new_study, workers=1)
    suggest_study(two, workers=2)
    suggest_study(cluster, scheduler=scheduler)
    here = scores(new_study)
    assert len(here) > 100
    for other in (two, cluster):
        assert scores(other) == pytest.approx(here, abs=0.01)

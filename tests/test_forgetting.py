"""A word that is taken out of the text lingers in no byte of the study, also where a command was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.cli.ingest import ingest_files
from pipeline.cli.suggest import suggest_study
from pipeline.study import Store, Study

WORD = "qxothampstead"
BEFORE = f"I: Who was there?\nP: It was {WORD} who came, and we sat down together.\n"
ANEW = BEFORE.replace(WORD, "somebody")
LATER = f"I: Who came?\nP: My neighbour, {WORD.title()} Brown, she came weekly. {WORD.title()} was kind.\n"


@pytest.fixture
def first(new_study: Path, tmp_path: Path, fake_models: None) -> Path:
    """A study with one interview that holds the word, read from a file beside it."""
    file = tmp_path / "S1PW1.txt"
    file.write_text(BEFORE, encoding="utf-8")
    ingest_files(new_study, [str(file)])
    assert lingers(new_study)
    return new_study


def lingers(study: Path) -> list[str]:
    """The files of a study in which the word stands, in whatever case."""
    files = [file for file in study.rglob("*") if file.is_file()]
    return [file.name for file in files if WORD.encode() in file.read_bytes().lower()]


def read_anew(study: Path) -> None:
    """The same interview, corrected: nobody said the word."""
    file = study.parent / "S1PW1.txt"
    file.write_text(ANEW, encoding="utf-8")
    ingest_files(study, [str(file)])


def named_later(study: Path) -> None:
    """Another interview, by which the word turns out to be a name."""
    file = study.parent / "S1PW2.txt"
    file.write_text(LATER, encoding="utf-8")
    ingest_files(study, [str(file)])


taken_out = pytest.mark.parametrize("take_out", [read_anew, named_later])


@taken_out
def test_a_word_taken_out_is_gone_from_every_file(first: Path, take_out: Callable[[Path], None]) -> None:
    take_out(first)
    assert lingers(first) == []


@taken_out
def test_a_command_stopped_before_it_forgot_a_word_is_made_good_by_the_next(
    first: Path, take_out: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Store, "forget_words", stop)
        with pytest.raises(KeyboardInterrupt):
            take_out(first)
    assert lingers(first) == ["study.db"]
    with Study.open(first).store() as store:
        assert not store.is_swept()  # nothing can be exported meanwhile
    take_out(first)
    assert lingers(first) == []
    with Study.open(first).store() as store:
        assert store.is_swept()


def test_what_is_only_added_takes_nothing_out(first: Path) -> None:
    with Study.open(first).store() as store:
        assert not store.has_words_to_forget()


def test_a_file_put_back_after_a_stop_is_swept_for_what_came_meanwhile(
    new_study: Path, tmp_path: Path, fake_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    others = [f"S{at}PW9.txt" for at in range(2, 8)]
    for name in others:
        (tmp_path / name).write_text("I: How was it?\nP: It was fine.\n", encoding="utf-8")
    file = tmp_path / "S1PW1.txt"
    said = f"I: Who was there?\nP: I met {WORD} there.\n"
    file.write_text(said, encoding="utf-8")
    ingest_files(new_study, [str(tmp_path / name) for name in ("S1PW1.txt", *others)])
    file.write_text(said.replace(WORD, "nobody"), encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.cli._sweep.sweep", stop)
        with pytest.raises(KeyboardInterrupt):
            ingest_files(new_study, [str(file)])
    file.write_text(said, encoding="utf-8")
    later = tmp_path / "S1PW2.txt"
    later.write_text(f"I: Who are you?\nP: My name is Sian {WORD.title()}.\n", encoding="utf-8")
    ingest_files(new_study, [str(file), str(later)])
    assert lingers(new_study) == []


def test_a_file_read_anew_leaves_word_that_it_has_no_suggestions(first: Path, capsys: Any) -> None:
    suggest_study(first)
    read_anew(first)
    capsys.readouterr()
    assert main(["status", str(first), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["since_training"]["unseen"] == ["S1PW1"]
    assert "suggest" in told["next"]

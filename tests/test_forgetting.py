"""A word that is taken out of the text lingers in no byte of the study, also where a command was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.ingest import ingest_files
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

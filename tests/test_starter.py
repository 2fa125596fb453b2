"""The starter suggester: what it may hold, what it knows, and when it steps back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline import codebook, embed, resources
from pipeline.cli import _learning
from pipeline.cli.models import CODEBOOK, build
from pipeline.cli.try_ import suggest_texts
from pipeline.records import Codebook, Utterance
from pipeline.suggest import saved

FOLDER = resources.root() / "models" / CODEBOOK


@pytest.fixture(scope="module")
def book() -> Codebook:
    return codebook.parse(resources.codebooks()[CODEBOOK].read_text(encoding="utf-8"))


def read_probes() -> list[dict[str, str]]:
    with (Path(__file__).parent / "probes.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_nothing_that_executes_lies_in_the_folder() -> None:
    assert {file.suffix for file in FOLDER.iterdir()} == {".json", ".npz", ".md", ".csv"}
    with np.load(FOLDER / "model.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fiub" for name in arrays.files)


def test_the_card_says_what_it_is_and_what_it_is_not_for() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for word in ("invented", "must not", "macro-F1", "site" if "site" in text else "case"):
        assert word in text


def test_it_steps_back_from_talk_that_it_has_read(book: Codebook) -> None:
    file = resources.path("sample_transcripts", "gold", "adjudicated.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        said = [row["text"] for row in csv.DictReader(lines)]
    read = [Utterance(str(n), "T1", 1, text) for n, text in enumerate(said)]
    strange = [
        Utterance(str(n), "T1", 1, f"Something quite different number {n} that nobody here said")
        for n in range(50)
    ]
    assert _learning.starter(book, read) is None
    assert _learning.starter(book, strange) is not None
    assert _learning.starter(book) is not None


@pytest.mark.model
def test_the_probes(book: Codebook) -> None:
    """Twenty sentences in nobody's file, with the code expected; written before any output was seen."""
    probes = read_probes()
    offered, basis = suggest_texts([probe["text"] for probe in probes], CODEBOOK)
    first = [some[0].code for some in offered]
    right = sum(code == probe["code"] for code, probe in zip(first, probes, strict=True))
    assert "starter model" in basis
    assert len(probes) == 20
    assert right >= RIGHT_FIRST
    assert all({one.code for one in some} == {code.id for code in book.leaves()} for some in offered)


RIGHT_FIRST = 15
"""How many of the twenty came out right first when the probes were first run; see the model's card."""


@pytest.mark.slow
@pytest.mark.model
def test_it_can_be_built_again(tmp_path: Path) -> None:
    """It says the same of the probes. Another processor adds up otherwise in the last digits, and a solver or
    a threshold may then stop a hair elsewhere."""
    build(tmp_path / "again")
    old, new = saved.load(FOLDER), saved.load(tmp_path / "again")
    assert old.codes == new.codes
    texts = [probe["text"] for probe in read_probes()]
    talk = [Utterance(str(n), "T1", 1, text) for n, text in enumerate(texts)]
    vectors = embed.load().embed(texts)
    before, after = (model.scores(talk, vectors, np.zeros_like(vectors)) for model in (old, new))
    assert np.allclose(before, after, rtol=0, atol=0.01)
    suggested = (before >= old.thresholds) != (after >= new.thresholds)
    assert suggested.mean() <= 0.01
    facts = [
        json.loads((folder / "model.json").read_text(encoding="utf-8"))
        for folder in (FOLDER, tmp_path / "again")
    ]
    assert facts[0] == facts[1]


@pytest.mark.model
def test_the_embedding_is_the_one_it_was_trained_on() -> None:
    assert saved.load(FOLDER).facts["embedding"] == embed.load().name

"""Fixtures that every room shares."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, settings

from pipeline import resources
from pipeline.cli.ingest import ingest_files
from pipeline.study import Study

# The same examples every time and no deadline, so that a slow or busy machine changes no result.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may touch the user's real configuration folder (it holds private keys)."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SECONDCODER_HOME", str(home))
    monkeypatch.delenv("SECONDCODER_KEY", raising=False)


class FakeEmbedder:
    """Texts as bags of hashed words: alike texts get alike vectors, without a model."""

    name = "fake"
    key = "fake"
    size = 64
    by_parts = True

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                digest = hashlib.sha256(word.encode()).digest()
                out[row, digest[0] % self.size] += 1.0 if digest[1] % 2 else -1.0
            norm = float(np.linalg.norm(out[row]))
            out[row] = out[row] / norm if norm else np.eye(self.size, dtype=np.float32)[0]
        return out

    def embed_parts(self, texts: Sequence[str], places: Sequence[Any]) -> tuple[np.ndarray, list[np.ndarray]]:
        """A bag of words knows no context: a sentence's part is what it is by itself."""
        parts = [
            self.embed([text[start:end] for start, end in some])
            for text, some in zip(texts, places, strict=True)
        ]
        return self.embed(texts), parts


@pytest.fixture
def fake_embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture(scope="session")
def samples() -> Path:
    return resources.path("sample_transcripts")


INTERVIEWS = {
    "S1PW1.txt": (
        "I: How did the ward take to you?\n"
        "P: The ward sister, Sarah Thompson, was welcoming from the first day. They knew what I was for.\n"
        "I: And supervision?\n"
        "P: Every other week with the group. I would bring whatever worried me. Sarah came once.\n"
    ),
    "S1PWC.txt": (
        "I: Do you have the time you need?\n"
        "P: No. I have had three managers in a year and nobody to cover for me when I am off.\n"
        "I: Who backs you?\n"
        "P: Mr Okafor at the trust, he pushes for it. My number is 07700 900123 if you need it.\n"
    ),
    "S2PW1.txt": (
        "I: What was hard?\n"
        "P: They are fifty miles apart, the hospital and her house, and there is one bus.\n"
        "I: And the people?\n"
        "P: You are beside them, you do not judge. I have been there, I told Joe Biggs about my own time.\n"
    ),
}
"""Three short invented interviews of two sites."""


@pytest.fixture
def interviews(tmp_path: Path) -> Path:
    """A folder with the three interviews."""
    folder = tmp_path / "interviews"
    folder.mkdir()
    for name, text in INTERVIEWS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def blank_nlp() -> Any:
    """A language without a model: it ends sentences at full stops and finds no name by itself."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


@pytest.fixture
def fake_models(blank_nlp: Any, fake_embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands load the blank language and the fake embedder in place of the real models."""
    monkeypatch.setattr("pipeline.pseudonymise.models.load", lambda size: blank_nlp)
    monkeypatch.setattr("pipeline.pseudonymise.find._FINDERS", {})
    monkeypatch.setattr("pipeline.embed.load", lambda *_, **__: fake_embedder)
    monkeypatch.setattr("pipeline.cli._learning.starter", lambda book, utterances=(): None)


@pytest.fixture
def new_study(tmp_path: Path) -> Path:
    """An empty study with the PARIHS codebook."""
    folder = tmp_path / "my study"
    Study.create(
        folder,
        settings_text=resources.path("configs", "study.toml").read_text(encoding="utf-8"),
        codebook_text=resources.codebooks()["parihs-peer-support"].read_text(encoding="utf-8"),
    )
    (folder / "cases.csv").write_text("case,group\nS1,high\nS2,low\n", encoding="utf-8")
    return folder


@pytest.fixture
def tiny_study(new_study: Path, interviews: Path, fake_models: None) -> Path:
    """A study with the three interviews in it, without any real model."""
    ingest_files(new_study, [str(interviews)])
    return new_study

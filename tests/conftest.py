"""Fixtures that every room shares."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may touch the user's real configuration folder (it holds private keys)."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SECONDCODER_HOME", str(home))
    monkeypatch.delenv("SECONDCODER_KEY", raising=False)


class FakeEmbedder:
    """Texts as bags of hashed words: alike texts get alike vectors, without a model."""

    name = "fake"
    size = 64

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                digest = hashlib.sha256(word.encode()).digest()
                out[row, digest[0] % self.size] += 1.0 if digest[1] % 2 else -1.0
            norm = float(np.linalg.norm(out[row]))
            out[row] = out[row] / norm if norm else np.eye(self.size, dtype=np.float32)[0]
        return out


@pytest.fixture
def fake_embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture(scope="session")
def samples() -> Path:
    from pipeline import resources

    return resources.path("sample_transcripts")

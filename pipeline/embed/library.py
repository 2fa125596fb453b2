"""Any model of sentence-transformers, on the processor or a GPU, as the library computes it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.embed.pieces import Places
from pipeline.errors import StudyError

# The libraries read their offline switches when they are imported, so these stand before the import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # the command shows its own
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait sleep, so a busy machine is no slower

import torch
from sentence_transformers import SentenceTransformer


class Library:
    """A model that `opened` has opened; see `Reader` for what it can be asked.

    `precision` is "float32" or "bfloat16".
    """

    start = 100_000

    def __init__(self, model: SentenceTransformer, precision: str) -> None:
        self._model = model
        if precision == "bfloat16":
            self._reckon_in(torch.bfloat16)

    @property
    def device(self) -> str:
        """Where it reckons: "cpu", "cuda", "mps" ..."""
        return str(self._model.device.type)

    @property
    def precision(self) -> str:
        """The numbers it reckons with: "float32" or "bfloat16"."""
        return str(next(self._model[0].parameters()).dtype).removeprefix("torch.")

    @cached_property
    def size(self) -> int:
        """How many numbers a vector has."""
        return len(self.vectors([""], [()])[0][0])

    @property
    def window(self) -> int:
        """How many tokens it reads at once, its marks included."""
        return int(self._model.max_seq_length or 512)

    @cached_property
    def before(self) -> int:
        """How many marks of its own the model puts before the tokens of a text."""
        read = self._model.tokenizer("a", return_special_tokens_mask=True)
        return int(read["special_tokens_mask"].index(0))

    @cached_property
    def digest(self) -> str:
        """A short hash of the weights."""
        digest = hashlib.sha256()
        for name, weights in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(weights.detach().cpu().float().numpy().tobytes())
        return digest.hexdigest()[:16]

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

    def offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Where the tokens of texts lie, however many there are."""
        read = self._model.tokenizer(
            list(texts),
            add_special_tokens=False,
            return_offsets_mapping=True,
            truncation=False,
            verbose=False,
        )
        offsets: list[list[tuple[int, int]]] = read["offset_mapping"]
        return offsets

    def vectors(self, texts: Sequence[str], places: Sequence[Places]) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors of texts that fit the window, all in one batch, and the sums over tokens at places."""
        if not any(places):
            whole = self._encode(texts, convert_to_numpy=True, normalize_embeddings=True)
            return np.asarray(whole, dtype=np.float32), np.zeros((0, whole.shape[1]), dtype=np.float32)
        found = self._encode(texts, output_value=None)
        unit = torch.nn.functional.normalize(torch.stack([one["sentence_embedding"] for one in found]))
        sums = [
            tokens[self.before + first : self.before + last].sum(axis=0)
            for one, some in zip(found, places, strict=True)
            for tokens in [_as_array(one["token_embeddings"])]
            for first, last in some
        ]
        return _as_array(unit), np.array(sums)

    def _encode(self, texts: Sequence[str], **how: Any) -> Any:
        return self._model.encode(list(texts), batch_size=max(1, len(texts)), show_progress_bar=False, **how)

    def _reckon_in(self, precision: Any) -> None:
        """Have the transformer reckon in this precision; what follows (mean, length 1) stays in float32."""
        self._model[0].to(precision)

        def widen(module: Any, given: Any, out: dict[str, Any]) -> dict[str, Any]:
            return {
                name: value.float() if torch.is_tensor(value) and value.is_floating_point() else value
                for name, value in out.items()
            }

        self._model[0].register_forward_hook(widen)


def native_precision(device: str) -> str:
    """ "bfloat16" where a processor or GPU has instructions of its own for it, else "float32"; emulated ones
    would be slower."""
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    if device != "cpu":
        return "float32"
    can = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return "bfloat16" if can.get("avx512_bf16") or can.get("amx_bf16") else "float32"


def opened(name: str, device: str) -> SentenceTransformer:
    """The model of this name or in this folder; raises `StudyError` where none is, or no such device."""
    try:
        torch.zeros(1, device=device)
    except (AssertionError, RuntimeError, NotImplementedError) as problem:
        raise StudyError(
            "is no device of this computer, or PyTorch here is not made for it",
            where=f'device = "{device}"',
            hint='Write device = "auto" under [suggest] in study.toml.',
        ) from problem
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


def _pooling(module: Any) -> str:
    """How a model makes one vector of those of its tokens; older releases of the library tell by a method."""
    return str(module.pooling_mode if hasattr(module, "pooling_mode") else module.get_pooling_mode_str())


def _as_array(numbers: Any) -> np.ndarray:
    return np.asarray(numbers.cpu(), dtype=np.float32)

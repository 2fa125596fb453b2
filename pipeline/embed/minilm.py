"""The packaged model on the processor, computed by OpenVINO.

PyTorch takes one operation after the other, and on some processors multiplies float32 matrices at half their
speed. OpenVINO compiles the model as a whole for the processor that it finds. The vectors are those of
sentence-transformers (cosine .9999 and more, also in bfloat16), and neither it nor PyTorch need to be loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from pipeline.embed import packaged
from pipeline.embed.pieces import Places
from pipeline.errors import StudyError

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# OpenVINO brings a package that reports to its makers what it is used for, at once when OpenVINO is imported.
# What cannot be imported cannot report; this has to stand before.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
_HINT = "Install openvino again; or uninstall it, and PyTorch reads the texts, more slowly."
try:
    import openvino
    from openvino import opset13 as ops
except (ImportError, OSError, RuntimeError, AttributeError) as problem:
    raise StudyError("cannot be loaded here", where="OpenVINO", hint=_HINT) from problem

_LAYERS, _HEADS, _SIZE = 6, 12, 384
_EPSILON = 1e-12
_MOST = 512
"""Tokens that the model has places for; pieces of talk are shorter, marks included (`window`)."""
_BEFORE = 1
"""Marks of the model's own before the tokens of a text."""


class MiniLM:
    """all-MiniLM-L6-v2 (Wang et al. 2020, arXiv 2002.10957; trained for sentences by sentence-transformers).

    `precision` is "float32" or "bfloat16"; `threads` how many cores it may use.
    """

    device = "cpu"
    size = _SIZE
    window = 256
    by_parts = True
    digest = packaged.SHA256["model.safetensors"][:16]
    start = 40_000

    def __init__(self, precision: str, *, threads: int) -> None:
        self.precision = precision
        self._threads = threads
        self._folder = packaged.folder()
        self._tokens = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        self._tokens.no_padding()

    def offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Where the tokens of texts lie, however many there are."""
        self._tokens.no_truncation()
        return [one.offsets for one in self._tokens.encode_batch(list(texts), add_special_tokens=False)]

    def vectors(self, texts: Sequence[str], places: Sequence[Places]) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors of texts that fit the window, all in one batch, and the sums over tokens at places."""
        self._tokens.enable_truncation(_MOST)
        read = [one.ids for one in self._tokens.encode_batch(list(texts))]
        lengths = np.array([len(ids) for ids in read])
        there = np.arange(lengths.max()) < lengths[:, None]
        numbers = np.zeros(there.shape, dtype=np.int64)
        numbers[there] = np.concatenate(read)
        with _told():
            tokens = self._compiled([numbers, there])[0]
        if not np.isfinite(tokens).all():
            raise StudyError("reckons wrongly on this processor", where="OpenVINO", hint=_HINT)
        summed = np.einsum("tns,tn->ts", tokens, there.astype(np.float32))
        sums = [
            own[_BEFORE + first : _BEFORE + last].sum(axis=0)
            for own, some in zip(tokens, places, strict=True)
            for first, last in some
        ]
        whole = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return whole, np.array(sums, dtype=np.float32).reshape(len(sums), self.size)

    @cached_property
    def _compiled(self) -> Callable[[list[np.ndarray]], Any]:
        """The model made ready when the first text comes: where processes read, none comes here."""
        # A worker of a cluster may lack what this processor has; float32 is faster there, and no less exact.
        native = self.precision == native_precision() == "bfloat16"
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if native else "f32",
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # pinned, two processes may share one core and leave the other idle
        }
        model = _graph(load_file(self._folder / "model.safetensors"))
        compiled: Callable[[list[np.ndarray]], Any] = openvino.Core().compile_model(model, "CPU", settings)
        return compiled


def native_precision() -> str:
    """ "bfloat16" where the processor has instructions of its own for it, else "float32"; emulated ones would
    be slower."""
    with _told():
        can = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bfloat16" if "BF16" in can else "float32"


@contextmanager
def _told() -> Iterator[None]:
    """What fails inside OpenVINO is told as such."""
    try:
        yield
    except RuntimeError as problem:
        raise StudyError("cannot use this processor", where="OpenVINO", hint=_HINT) from problem


def _graph(weights: dict[str, np.ndarray]) -> openvino.Model:
    """The encoder (Devlin et al. 2019, arXiv 1810.04805): which tokens, and which are there, to vectors."""
    numbers = ops.parameter([-1, -1], np.int64, name="numbers")
    there = ops.parameter([-1, -1], np.bool_, name="there")
    state = _embedded(weights, numbers)
    # Added to what one token thinks of another: releases differ in how they take a mask of yes and no.
    away, here = (ops.constant(np.float32(number)) for number in (-1e9, 0))
    seen = ops.select(ops.unsqueeze(there, ops.constant([1, 2])), here, away)
    for layer in range(_LAYERS):
        name = f"encoder.layer.{layer}"
        told = _attention(weights, f"{name}.attention", state, seen)
        state = _norm(weights, f"{name}.attention.output.LayerNorm", ops.add(state, told))
        wide = ops.gelu(_dense(weights, f"{name}.intermediate.dense", state), "erf")
        narrow = _dense(weights, f"{name}.output.dense", wide)
        state = _norm(weights, f"{name}.output.LayerNorm", ops.add(state, narrow))
    return openvino.Model([state], [numbers, there], "minilm")


def _embedded(weights: dict[str, np.ndarray], numbers: Any) -> Any:
    """What each token is and where it stands; all are of one kind, the first text of BERT's two."""
    word, place, kind = (
        weights[f"embeddings.{one}_embeddings.weight"] for one in ("word", "position", "token_type")
    )
    first, rows = ops.constant([0]), ops.constant(0)
    length = ops.gather(ops.shape_of(numbers), ops.constant([1]), rows)
    where = ops.slice(ops.constant(place + kind[0]), first, length, ops.constant([1]), first)
    what = ops.gather(ops.constant(word), numbers, rows)
    return _norm(weights, "embeddings.LayerNorm", ops.add(what, where))


def _attention(weights: dict[str, np.ndarray], name: str, state: Any, seen: Any) -> Any:
    swap = ops.constant([0, 2, 1, 3])

    def heads(part: str) -> Any:
        flat = _dense(weights, f"{name}.self.{part}", state)
        return ops.transpose(ops.reshape(flat, ops.constant([0, 0, _HEADS, _SIZE // _HEADS]), True), swap)

    mixed = ops.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), seen)
    joined = ops.reshape(ops.transpose(mixed, swap), ops.constant([0, 0, _SIZE]), True)
    return _dense(weights, f"{name}.output.dense", joined)


def _dense(weights: dict[str, np.ndarray], name: str, state: Any) -> Any:
    product = ops.matmul(state, ops.constant(weights[f"{name}.weight"]), False, True)
    return ops.add(product, ops.constant(weights[f"{name}.bias"]))


def _norm(weights: dict[str, np.ndarray], name: str, state: Any) -> Any:
    even = ops.mvn(state, ops.constant([-1]), True, _EPSILON, "inside_sqrt")
    scaled = ops.multiply(even, ops.constant(weights[f"{name}.weight"]))
    return ops.add(scaled, ops.constant(weights[f"{name}.bias"]))

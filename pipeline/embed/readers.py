"""Two ways to read texts: the packaged model on the processor by OpenVINO, all else by sentence-transformers.

The packaged model, too, where OpenVINO is not installed: it comes for the common systems only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from joblib import cpu_count

from pipeline.embed import packaged
from pipeline.embed.pieces import Places


class Reader(Protocol):
    """A model that reads one batch of texts at a time."""

    @property
    def device(self) -> str:
        """Where it reckons: "cpu", "cuda", "mps" ..."""

    @property
    def precision(self) -> str:
        """The numbers it reckons with: "float32" or "bfloat16"."""

    @property
    def digest(self) -> str:
        """A short hash of its weights."""

    @property
    def size(self) -> int:
        """How many numbers a vector has."""

    @property
    def window(self) -> int:
        """How many tokens it reads at once, its marks included."""

    @property
    def start(self) -> int:
        """How many tokens a core reads while a process starts and opens the model, twice over."""

    @property
    def by_parts(self) -> bool:
        """Whether a vector is the mean of its tokens' vectors, so that every sentence has a part in it."""

    def offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Where the tokens of texts lie, however many there are."""

    def vectors(self, texts: Sequence[str], places: Sequence[Places]) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors of texts that fit the window, all in one batch, and the sums of the vectors of the
        tokens at these places, one row a place; both float32."""


def opened(source: str, device: str, precision: str = "", *, threads: int = 0) -> Reader:
    """The model of a folder or name, or the packaged one ("").

    `device` "auto" is a GPU where there is one. `precision` "" is bfloat16 where the processor or GPU reckons
    in it itself, else float32. On the processor the packaged model may use so many `threads`, 0 for one a
    core. Raises `StudyError` if the model is not there, cannot be read or is not the one that was released.
    """
    where = _found() if device == "auto" else device
    if source or where != "cpu" or not _has_openvino():
        from pipeline.embed import library

        model = library.opened(source or str(packaged.folder()), where)
        return library.Library(model, precision or library.native_precision(model.device.type))
    from pipeline.embed import minilm

    cores = threads or int(cpu_count(only_physical_cores=True))
    return minilm.MiniLM(precision or minilm.native_precision(), threads=cores)


def computed(
    source: str, precision: str, packed: Sequence[tuple[list[str], list[Places]]]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Run in a worker: the vectors of some batches, and the sums over their parts."""
    reader = _in_worker(source, precision)
    return [reader.vectors(*batch) for batch in packed]


@lru_cache(maxsize=1)
def _in_worker(source: str, precision: str) -> Reader:
    """The model of a worker process: one thread, for there is a worker for every core."""
    if source or not _has_openvino():
        import torch

        torch.set_num_threads(1)
    return opened(source, "cpu", precision, threads=1)


def _has_openvino() -> bool:
    """Whether OpenVINO is installed; a folder that an uninstalled one left behind is not it."""
    found = find_spec("openvino")
    return found is not None and found.origin is not None


def _found() -> str:
    """The GPU that PyTorch finds, or the processor."""
    import torch

    return str(torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu")

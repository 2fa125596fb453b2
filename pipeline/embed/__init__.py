"""Texts as unit vectors: what a sentence is about, as a small model that runs on a laptop sees it."""

from __future__ import annotations

from pathlib import Path

from pipeline import workers
from pipeline.embed import packaged, readers
from pipeline.embed.embedder import Embedder

__all__ = ["PACKAGED", "Embedder", "load"]

PACKAGED = packaged.NAME


def load(
    name: str = "", *, device: str = "auto", exact: bool = False, pool: workers.Pool = workers.LOCAL
) -> Embedder:
    """The model that comes with Second Coder, or another one from a folder or the local cache.

    `name` "" is the packaged MiniLM; its files are checked against the hashes of the model's own release
    once a process. Nothing is ever downloaded. `device` is "auto" (a GPU where there is one), "cpu", or what
    PyTorch calls another. Where the processor or GPU reckons in bfloat16 itself, so does the model, unless
    `exact`; `pool` is where large jobs on the CPU are done. Raises `StudyError` if the model is not there,
    cannot be read or is not the one that was released.

    >>> load().size  # doctest: +SKIP
    384
    """
    own = name in ("", PACKAGED)
    source = "" if own else _absolute(name)
    reader = readers.opened(source, device, "float32" if exact else "")
    return Embedder(PACKAGED if own else name, reader, source=source, pool=pool)


def _absolute(name: str) -> str:
    return str(Path(name).resolve()) if Path(name).is_dir() else name

"""Transcripts unlike those that a model learned from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.suggest.model import Model

_FEWEST = 4


def far(model: Model, talks: Iterable[tuple[str, np.ndarray]]) -> tuple[str, ...] | None:
    """The transcripts unlike the coded ones, the most unlike first: code from these next.

    `talks` gives the id of each transcript and the vectors (n, d) of its utterances. A transcript is far if
    its utterances lie, on average, further from the nearest coded utterance of another transcript than the
    coded transcripts do from each other: by more than two standard deviations. None where fewer than four
    transcripts were coded, from which no measure of unlikeness can be had.
    """
    if model.memory is None:
        return None
    owners = np.array([name.partition(".")[0] for name in model.memory.ids])
    coded = set(owners.tolist())
    if len(coded) < _FEWEST:
        return None
    near = {name: _nearness(vectors, model.memory.vectors[owners != name]) for name, vectors in talks}
    usual = np.array([one for name, one in near.items() if name in coded])
    if len(usual) < _FEWEST:
        return None
    least = float(usual.mean() - 2 * usual.std(ddof=1))
    others = {name: one for name, one in near.items() if name not in coded}
    return tuple(sorted((name for name, one in others.items() if one < least), key=others.__getitem__))


def _nearness(vectors: np.ndarray, coded: np.ndarray) -> float:
    """The mean cosine of a transcript's utterances to the nearest coded one of another transcript."""
    return float((vectors @ coded.T).max(axis=1).mean())

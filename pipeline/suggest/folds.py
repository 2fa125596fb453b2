"""Folds that keep what belongs together on one side."""

from __future__ import annotations

import numpy as np

Fold = tuple[np.ndarray, np.ndarray]


def grouped(groups: np.ndarray, folds: int, seed: int | None = None) -> list[Fold]:
    """Up to `folds` pairs of places (training, held out); a group is never on both sides.

    The largest groups are dealt first, each to the fold that holds least so far, so that folds are of
    like size; `seed` deals groups of like size in another order. One group alone gives no fold.

    >>> [held.tolist() for _, held in grouped(np.array(["a", "a", "b"]), 5)]
    [[0, 1], [2]]
    """
    names, of = np.unique(groups, return_inverse=True)
    sizes = np.bincount(of, minlength=len(names))
    tie = np.arange(len(names)) if seed is None else np.random.default_rng(seed).permutation(len(names))
    order = np.lexsort((tie, -sizes)) if seed is None else tie
    folds = min(folds, len(names))
    if folds < 2:
        return []
    held_by = np.zeros(len(names), dtype=int)
    load = np.zeros(folds)
    for group in order:
        held_by[group] = int(load.argmin())
        load[held_by[group]] += sizes[group]
    fold = held_by[of]
    return [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(folds)]


def inner_groups(groups: np.ndarray) -> np.ndarray:
    """The groups to hold out inside a training set: transcripts, or stretches of a single one.

    With one transcript only, its utterances are held out in five stretches of neighbours.
    """
    if len(np.unique(groups)) > 1:
        return groups
    return np.array([f"stretch {5 * row // max(len(groups), 1)}" for row in range(len(groups))])

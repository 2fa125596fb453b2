"""What the utterances read so far say of the unread ones that are most like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEAREST = 10
"""How many read utterances are asked."""
FAR = 0.95
"""An utterance is unlike anything coded if it is farther from all than so many of the read are."""
_BLOCK = 2048


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For m unread utterances: the share of their nearest that carry each code, (m, k) from 0 to 1; the
    likeness to the nearest (cosine), (m,); and which are unlike anything read, (m,) booleans."""

    opinion: np.ndarray
    likeness: np.ndarray
    unlike: np.ndarray


def neighbours(
    vectors: np.ndarray, interviews: Sequence[str], given: np.ndarray, read: np.ndarray, unread: np.ndarray
) -> Neighbours:
    """Ask the ten most similar read utterances about each unread one.

    `vectors` are unit vectors (n, d), `given` the codes people gave (n, k), `read` and `unread` rows. How
    far is far is taken from the read utterances themselves: the distance of each to the nearest one of
    another interview. With one interview, or none read, nothing is unlike.
    """
    if not len(read):
        count = len(unread)
        return Neighbours(np.zeros((count, given.shape[1])), np.ones(count), np.zeros(count, dtype=bool))
    known, answers = vectors[read], given[read].astype(np.float32)
    opinion = np.zeros((len(unread), given.shape[1]))
    likeness = np.zeros(len(unread))
    for start in range(0, len(unread), _BLOCK):
        part = slice(start, start + _BLOCK)
        close = vectors[unread[part]] @ known.T
        near = np.argpartition(-close, min(NEAREST, len(read)) - 1, axis=1)[:, :NEAREST]
        opinion[part] = answers[near].mean(axis=1)
        likeness[part] = close.max(axis=1)
    return Neighbours(opinion, likeness, likeness < _usual(known, np.asarray(interviews)[read]))


def _usual(known: np.ndarray, interviews: np.ndarray) -> float:
    """The likeness below which only one in twenty read utterances is to those of other interviews."""
    if len(np.unique(interviews)) < 2:
        return -np.inf
    nearest = np.zeros(len(known))
    for start in range(0, len(known), _BLOCK):
        part = slice(start, start + _BLOCK)
        close = known[part] @ known.T
        close[interviews[part, None] == interviews[None, :]] = -np.inf
        nearest[part] = close.max(axis=1)
    return float(np.quantile(nearest, 1 - FAR))

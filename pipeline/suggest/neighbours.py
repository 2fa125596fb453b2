"""What is said just before and after: talk runs on, and so do the codes that people give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.records import Utterance

REACH = 2
"""So many utterances on either side count, the nearer one for twice as much."""
_TURNS = 2
"""An utterance one place on must be within two turns (a question between), or it is no neighbour."""
_SCALE = 4.0
"""A probability stretched to about the range of log odds."""


def around(utterances: Sequence[Utterance], logits: np.ndarray) -> np.ndarray:
    """The mean probability of each code among an utterance's neighbours, times 4, (n, k).

    `logits` (n, k) are each utterance's own log odds, in the order of the talk. Neighbours are up to two
    utterances before and two after in the same transcript. An utterance that has none stands in for them,
    so that a sentence typed by itself is scored as a passage of one. nan where the own is nan.
    """
    own = 0.5 * (1 + np.tanh(0.5 * logits))
    transcripts = np.array([utterance.transcript_id for utterance in utterances])
    turns = np.array([utterance.turn_index for utterance in utterances])
    summed, weight = np.zeros_like(own), np.zeros((len(own), 1))
    for apart in range(1, min(REACH, len(own) - 1) + 1):
        near = np.abs(turns[apart:] - turns[:-apart]) <= _TURNS * apart
        first = np.flatnonzero(near & (transcripts[apart:] == transcripts[:-apart]))
        for here, there in ((first, first + apart), (first + apart, first)):
            summed[here] += own[there] / apart
            weight[here] += 1 / apart
    out: np.ndarray = _SCALE * np.where(weight > 0, summed / np.maximum(weight, 1e-9), own)
    return out

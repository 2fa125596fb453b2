"""Whether what the model learned still fits: a changed codebook, transcripts unlike the coded ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records import Codebook, Utterance
from pipeline.suggest.fingerprints import fingerprints
from pipeline.suggest.model import Model

_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed since training: codes by kind of change, and transcripts unlike the coded ones.

    `far` lists transcripts, the most unlike first: code from these next. It is None where fewer than
    four transcripts were coded, from which no measure of unlikeness can be had.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    far: tuple[str, ...] | None

    @property
    def any(self) -> bool:
        """Whether there is something to say."""
        return bool(self.added or self.removed or self.changed or self.far)


def drift(model: Model, codebook: Codebook, utterances: Sequence[Utterance], vectors: np.ndarray) -> Drift:
    """Compare a model with today's codebook and with all utterances, coded or not.

    A transcript is far if its utterances lie, on average, further from the nearest coded utterance of
    another transcript than the coded transcripts do from each other: by more than two standard deviations.
    """
    before = model.facts.get("codebook")
    known = before if isinstance(before, dict) else {}
    now = fingerprints(codebook)
    return Drift(
        added=tuple(code for code in now if code not in known),
        removed=tuple(code for code in known if code not in now),
        changed=tuple(code for code in now if code in known and known[code] != now[code]),
        far=_far(model, utterances, vectors),
    )


def _far(model: Model, utterances: Sequence[Utterance], vectors: np.ndarray) -> tuple[str, ...] | None:
    if model.memory is None:
        return None
    place = {utterance.id: row for row, utterance in enumerate(utterances)}
    coded = np.array([place[name] for name in model.memory.ids if name in place], dtype=int)
    groups = np.array([utterance.transcript_id for utterance in utterances])
    reference = {name: _nearness(vectors, groups, coded, name) for name in np.unique(groups[coded])}
    if len(reference) < _FEWEST:
        return None
    usual = np.array(list(reference.values()))
    least = float(usual.mean() - 2 * usual.std(ddof=1))
    others = {
        str(name): _nearness(vectors, groups, coded, name)
        for name in np.unique(groups)
        if name not in reference
    }
    return tuple(sorted((name for name, near in others.items() if near < least), key=others.__getitem__))


def _nearness(vectors: np.ndarray, groups: np.ndarray, coded: np.ndarray, name: str) -> float:
    """The mean cosine of a transcript's utterances to the nearest coded one of another transcript."""
    other = coded[groups[coded] != name]
    return float((vectors[groups == name] @ vectors[other].T).max(axis=1).mean())

"""Triage rehearsed on utterances that people have coded: does it keep its word, and what does it save?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pipeline.triage.neighbours import neighbours
from pipeline.triage.order import next_to_read
from pipeline.triage.progress import ANY, Control, Promise, progress, promised
from pipeline.triage.sample import for_control
from pipeline.triage.state import Reading
from pipeline.triage.stopping import DRY, Spending

_PENALTY = 3.0


@dataclass(frozen=True, eq=False)
class Study:
    """A coded study: unit vectors (n, d), features to learn from (n, m), interviews (n,), codes (n, k)."""

    vectors: np.ndarray
    features: np.ndarray
    interviews: tuple[str, ...]
    given: np.ndarray
    codes: tuple[str, ...]

    def carries(self, code: str) -> np.ndarray:
        """Which utterances carry a code; "" asks for any."""
        return np.asarray(self.given.any(axis=1) if not code else self.given[:, self.codes.index(code)])


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One run: the share found and the share read when it stopped, after how many controls, of what size.

    `promised` is False where it never stopped but read everything.
    """

    recall: float
    read: float
    promised: bool
    looks: int
    drawn: int


def rehearse(
    study: Study,
    *,
    code: str = ANY,
    target: Fraction = Fraction(19, 20),
    confidence: Fraction = Fraction(19, 20),
    batch: int = 50,
    seed: int = 0,
    explore: bool = True,
) -> Rehearsal:
    """Read a coded study as triage says until it promises that the target share of a code is found.

    The first `batch` is random; after each batch a plain ridge regression on the features learns again
    (weaker than the model of `suggest`, and quick). When the quasi-sample runs dry a random control is
    drawn and read; if it does not settle it, reading goes on. Without `explore` only the likeliest are read.
    """
    rng = np.random.default_rng(seed)
    columns = list(range(len(study.codes))) if not code else [study.codes.index(code)]
    codes = tuple([study.codes[column] for column in columns])
    given, spending = study.given[:, columns], Spending(confidence)
    order = rng.permutation(len(given))[:batch].tolist()
    looks, drawn, settled = 0, 0, None
    while settled is None or not settled.reached:
        state = _state(codes, given, order)
        if not len(state.pile):
            break
        told = progress(state, None, code=code, target=target, spending=spending, looks=looks)
        if told.to_draw == 0:  # what is left cannot be enough to miss the target
            break
        if told.quasi < DRY and told.to_draw is not None:
            looks += 1
            control, settled = _look(state, given, told.to_draw, looks, code, target, spending, rng)
            order += list(control.rows)
            drawn += len(control.rows)
        else:
            order += _next(study, state, given, batch, explore)
    found = study.carries(code)
    read = np.zeros(len(given), dtype=bool)
    read[order] = True
    recall = float((found & read).sum() / found.sum()) if found.any() else 1.0
    return Rehearsal(recall, float(read.mean()), settled is not None and settled.reached, looks, drawn)


def in_order(study: Study, *, code: str = ANY, target: Fraction = Fraction(19, 20)) -> float:
    """The share that must be read in the order of the interviews until the target share is found."""
    found = np.cumsum(study.carries(code))
    return float((np.searchsorted(found, -(-target * found[-1] // 1)) + 1) / len(found))


def _look(
    state: Reading,
    given: np.ndarray,
    size: int,
    look: int,
    code: str,
    target: Fraction,
    spending: Spending,
    rng: np.random.Generator,
) -> tuple[Control, Promise | None]:
    """Draw a control, read it, and see what it allows to say."""
    pile = state.pile
    rows = [one.row for one in for_control(pile.tolist(), size, seed=int(rng.integers(2**31)))]
    found = {code: int((state.carries(code) & state.read).sum())}
    control = Control(len(pile), found, look, tuple(rows))
    after = _state(state.codes, given, [*state.order, *rows])
    return control, promised(after, control, code=code, target=target, spending=spending)


def _next(study: Study, state: Reading, given: np.ndarray, batch: int, explore: bool) -> list[int]:
    read, pile = np.array(state.order), state.pile
    scores = _ridge(study.features, given, read)
    if not explore:
        best = 1.0 - np.prod(1.0 - scores[pile], axis=1)
        return [int(row) for row in pile[np.argsort(-best, kind="stable")[:batch]]]
    suggested = scores >= _cut(scores[read], given[read])
    near = neighbours(study.vectors, study.interviews, given, read, pile)
    found = dict(zip(state.codes, given[read].sum(axis=0).tolist(), strict=True))
    return [one.row for one in next_to_read(pile, scores, suggested, state.codes, found, near, limit=batch)]


def _ridge(features: np.ndarray, given: np.ndarray, read: np.ndarray) -> np.ndarray:
    known, answers = features[read].astype(float), given[read].astype(float)
    middle, mean = known.mean(axis=0), answers.mean(axis=0)
    apart = known - middle
    like = apart.T @ apart + _PENALTY * np.eye(apart.shape[1])
    weights = np.linalg.solve(like, apart.T @ (answers - mean))
    return np.asarray(np.clip((features - middle) @ weights + mean, 0.0, 1.0))


def _cut(scores: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Where to cut so that as many are suggested as people gave, (k,)."""
    ordered = -np.sort(-scores, axis=0)
    return np.asarray(ordered[np.maximum(given.sum(axis=0) - 1, 0), np.arange(scores.shape[1])])


def _state(codes: tuple[str, ...], given: np.ndarray, order: list[int]) -> Reading:
    read = np.zeros(len(given), dtype=bool)
    read[order] = True
    return Reading(codes, given & read[:, None], read, np.zeros(len(given), dtype=bool), tuple(order))

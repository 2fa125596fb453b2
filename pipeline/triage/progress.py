"""How much has been found, of all codes and of each, and what a random control allows to promise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pipeline.errors import StudyError
from pipeline.triage.elusion import finite_upper, recall_at_least
from pipeline.triage.order import chance_of_any
from pipeline.triage.state import Reading
from pipeline.triage.stopping import Spending, draws_needed, missed_by_chance, quasi

ANY = ""
"""In the place of a code: the utterances that carry any code."""


@dataclass(frozen=True, slots=True)
class Control:
    """A random control as it was drawn: how many were unread then (`pile`), what had been found by then
    (by code, "" for any code), and which look it is, counted from 1."""

    pile: int
    found: dict[str, int]
    look: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What a control allows to say once all of it is read, at the confidence asked for.

    `p` is the chance of so few `hits` if the target were missed, to be below `alpha` (what this look may
    spend). `most_left` bounds the utterances still unread that carry the code, `recall_at_least` the
    share found.
    """

    drawn: int
    hits: int
    undecided: int
    p: float
    alpha: float
    reached: bool
    recall_at_least: float
    most_left: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one code has been found ("" for any code).

    `expected_left` is what the model expects among the unread, an estimate without a promise; `quasi` the
    sign that reading has run dry; `to_draw` the size of a control that would settle it if as many turn up
    as the model expects (None where not even reading everything would, or a code has not been found).
    """

    code: str
    found: int
    expected_left: float | None
    share_found: float | None
    quasi: float
    to_draw: int | None
    promise: Promise | None


def progress(
    state: Reading,
    scores: np.ndarray | None,
    *,
    code: str = ANY,
    target: Fraction,
    spending: Spending,
    looks: int = 0,
    control: Control | None = None,
) -> Progress:
    """How much of a code has been found, and whether the target share is reached.

    `scores` (n, k) are the model's for every utterance, or None; `looks` how many controls were drawn so
    far; `control` the latest, if any. Only a control that is wholly read gives a promise.
    """
    carries = state.carries(code) & state.read
    found, pile = int(carries.sum()), state.pile
    left = None if scores is None else float(_chance(scores, state, code)[pile].sum())
    expected = found + left if left is not None else 0.0
    relevant = carries[list(state.order)] if state.order else np.zeros(0, dtype=bool)
    total = len(state.order) + len(pile)
    return Progress(
        code=code,
        found=found,
        expected_left=left,
        share_found=found / expected if expected else None,
        quasi=quasi(relevant, total, target=target),
        to_draw=_to_draw(found, len(pile), relevant, target, spending.alpha(looks + 1)),
        promise=promised(state, control, code=code, target=target, spending=spending) if control else None,
    )


def promised(
    state: Reading, control: Control, *, code: str, target: Fraction, spending: Spending
) -> Promise | None:
    """What a control says of a code; None as long as some of it is unread."""
    rows = np.array(control.rows, dtype=int)
    undecided = int(state.unsure[rows].sum())
    if not (state.read[rows] | state.unsure[rows]).all():
        return None
    hits = int((state.carries(code) & state.read)[rows].sum())
    before = control.found.get(code, 0)
    alpha = spending.alpha(control.look)
    p = missed_by_chance(before, control.pile, len(rows), hits, target=target, undecided=undecided)
    most = finite_upper(hits + undecided, len(rows), control.pile, alpha)
    since = int((state.carries(code) & state.read).sum()) - before - hits
    return Promise(
        drawn=len(rows),
        hits=hits,
        undecided=undecided,
        p=float(p),
        alpha=float(alpha),
        reached=p < alpha,
        recall_at_least=recall_at_least(before, hits, most),
        most_left=max(0, most - hits - max(0, since)),
    )


def as_json(one: Progress) -> dict[str, Any]:
    """Progress with its numbers rounded to six places."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        return round(value, 6) if isinstance(value, float) else value

    return {name: plain(value) for name, value in asdict(one).items()}


def check_codes(code: str, codes: Collection[str]) -> None:
    """Raise `StudyError` unless the code is one of those that can be given."""
    if code != ANY and code not in codes:
        raise StudyError(f"{code!r} is no code of the codebook", hint=f"Codes: {', '.join(codes)}.")


def _chance(scores: np.ndarray, state: Reading, code: str) -> np.ndarray:
    return chance_of_any(scores) if code == ANY else np.asarray(scores[:, state.codes.index(code)])


def _to_draw(found: int, pile: int, relevant: np.ndarray, target: Fraction, alpha: Fraction) -> int | None:
    """The smallest control that settles it if finds go on at the rate of the latest reading."""
    if not found:
        return None
    recent = relevant[-max(50, len(relevant) // 10) :]
    rate = (recent.sum() + 0.5) / (len(recent) + 1)
    size = draws_needed(found, pile, target=target, alpha=alpha)
    for _ in range(20):
        if size is None:
            return None
        again = draws_needed(found, pile, target=target, alpha=alpha, hits=int(size * rate))
        if again == size:
            break
        size = again
    return size

"""Where two coders disagree: which codes they confuse, in what kind of utterance, and telling cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement.figure import number
from pipeline.agreement.pairs import Counted, Pages, pooled, tally
from pipeline.agreement.units import Unit
from pipeline.records import NONE, CodedRow

Scores = Mapping[Unit, Mapping[str, float]]
LENGTHS = ((10, "under 10 words"), (25, "10 to 24 words"), (60, "25 to 59 words"))
LONGEST = "60 words or more"
THIRDS = ("first third", "middle third", "last third")
SCORES = ((0.2, "under .2"), (0.4, ".2 to .4"), (0.6, ".4 to .6"), (0.8, ".6 to .8"))
HIGHEST = ".8 or more"


@dataclass(frozen=True, slots=True)
class Confusion:
    """What one coder said where the other said something else.

    `labels` are the codes and "none"; `matrix[x][y]` counts utterances where only a gave x and only b gave y.
    On the diagonal both gave the code; a code that stands against nothing is in the row or column "none".
    """

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, object]:
        """Labels and matrix."""
        return {"labels": list(self.labels), "matrix": [list(row) for row in self.matrix]}

    def most(self, limit: int = 10) -> list[tuple[str, str, int]]:
        """The most frequent confusions, (code of a, code of b, utterances)."""
        cells = [
            (self.labels[x], self.labels[y], n)
            for x, row in enumerate(self.matrix)
            for y, n in enumerate(row)
            if x != y and n
        ]
        return sorted(cells, key=lambda cell: (-cell[2], cell[0], cell[1]))[:limit]


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the utterances: on `differing` of `units` the sets of codes differ; kappa over all codes."""

    by: str
    value: str
    units: int
    differing: int
    share: float
    kappa: float | None

    def as_json(self) -> dict[str, object]:
        """The place as `--json` shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An utterance coded differently; `kind` is the confusion it stands for, `alike` how many are of it."""

    transcript_id: str
    utterance_id: str
    text: str
    a: tuple[str, ...]
    b: tuple[str, ...]
    kind: tuple[str, str]
    alike: int
    score: float | None = None

    def as_json(self) -> dict[str, object]:
        """The utterance as `--json` shows it."""
        return asdict(self) | {"a": list(self.a), "b": list(self.b), "kind": list(self.kind)}


def confusion(counted: Counted) -> Confusion:
    """The confusion matrix of two coders who may each give several codes."""
    both, only_a, only_b = _sides(counted.first, counted.second)
    none_a, none_b = ~only_a.any(axis=1, keepdims=True), ~only_b.any(axis=1, keepdims=True)
    left = np.hstack([only_a, none_a & only_b.any(axis=1, keepdims=True)]).astype(np.int64)
    right = np.hstack([only_b, none_b & only_a.any(axis=1, keepdims=True)]).astype(np.int64)
    matrix = left.T @ right
    matrix[np.diag_indices(len(counted.codes))] = both.sum(axis=0)
    empty = ~((counted.first == 1) | (counted.second == 1)).any(axis=1)
    matrix[-1, -1] = int(empty.sum())
    return Confusion((*counted.codes, NONE), tuple(tuple(map(int, row)) for row in matrix))


def places(counted: Counted, rows: Sequence[CodedRow], scores: Scores | None = None) -> tuple[Place, ...]:
    """How much differs by case, role, transcript, length, position in the transcript and, if known, score.

    `rows` holds one row for each unit of `counted`.
    """
    found: list[Place] = []
    for by, values in _grouped(rows, scores).items():
        names = np.array(values, dtype=str)
        for value in _ordered(by, set(values)):
            at = np.flatnonzero(names == value)
            found.append(_place(by, value, counted, at))
    return tuple(found)


def disagreements(
    counted: Counted, rows: Sequence[CodedRow], scores: Scores | None = None
) -> tuple[Disagreement, ...]:
    """Every utterance coded differently, the most instructive first.

    First comes one example of each kind of confusion, the most frequent kind leading, then a second of each,
    and so on: whoever reads the first ten sees ten kinds. Within a kind, utterances come first that differ in
    nothing else, then those where the model was surest, then those with more words to go by.
    """
    _, only_a, only_b = _sides(counted.first, counted.second)
    differing = np.flatnonzero((only_a | only_b).any(axis=1))
    every = confusion(counted).most(limit=(len(counted.codes) + 1) ** 2)
    frequent = {(x, y): n for x, y, n in every}
    by_kind: dict[tuple[str, str], list[tuple[tuple[float, ...], int]]] = {}
    for at in differing.tolist():
        mine, theirs = _names(counted, only_a[at]), _names(counted, only_b[at])
        kind = _kind(mine or (NONE,), theirs or (NONE,), frequent)
        sure = _sureness(rows[at], (*mine, *theirs), scores)
        order = (len(mine) + len(theirs), -(sure or 0.0), -min(len(rows[at].text.split()), 60), at)
        by_kind.setdefault(kind, []).append((order, at))
    ranked = [
        (rank, -frequent[kind], kind, at)
        for kind, members in by_kind.items()
        for rank, (_, at) in enumerate(sorted(members))
    ]
    return tuple(
        _disagreement(counted, rows[at], at, kind, len(by_kind[kind]), scores)
        for _, _, kind, at in sorted(ranked)
    )


def _sides(first: Pages, second: Pages) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Codes that both gave, only the first, only the second; what either left unsaid is none of these."""
    return (first == 1) & (second == 1), (first == 1) & (second == 0), (first == 0) & (second == 1)


def _grouped(rows: Sequence[CodedRow], scores: Scores | None) -> dict[str, list[str]]:
    last: Counter[str] = Counter()
    for row in rows:
        last[row.transcript_id] = max(last[row.transcript_id], row.turn_index or 0)
    groups = {
        "case": [row.case for row in rows],
        "role": [row.role for row in rows],
        "transcript": [row.transcript_id for row in rows],
        "length": [_band(len(row.text.split()), LENGTHS, LONGEST) if row.text else "" for row in rows],
        "position": [_third(row, last[row.transcript_id]) for row in rows],
    }
    if scores is not None:
        groups["score"] = [_score_band(row, scores) for row in rows]
    return {by: values for by, values in groups.items() if any(values)}


def _third(row: CodedRow, last: int) -> str:
    if not row.turn_index or not last:
        return ""
    return THIRDS[min(2, (row.turn_index - 1) * 3 // last)]


def _score_band(row: CodedRow, scores: Scores) -> str:
    own = scores.get((row.transcript_id, row.utterance_id))
    return _band(max(own.values()), SCORES, HIGHEST) if own else ""


def _band(value: float, bands: Iterable[tuple[float, str]], highest: str) -> str:
    return next((name for below, name in bands if value < below), highest)


def _ordered(by: str, values: set[str]) -> list[str]:
    """Bands in their own order, names in the alphabet's; what is not known is left out."""
    orders: dict[str, tuple[str, ...]] = {
        "length": (*(name for _, name in LENGTHS), LONGEST),
        "position": THIRDS,
        "score": (*(name for _, name in SCORES), HIGHEST),
    }
    return [value for value in orders.get(by, tuple(sorted(values))) if value and value in values]


def _place(by: str, value: str, counted: Counted, at: NDArray[np.intp]) -> Place:
    first, second = counted.first[at], counted.second[at]
    _, only_a, only_b = _sides(first, second)
    differing = int((only_a | only_b).any(axis=1).sum())
    table = tally(first, second, np.zeros(len(at), dtype=np.intp), 1, counted.weight[at])
    kappa = number(float(pooled(table)["kappa"][0]))
    return Place(by, value, len(at), differing, differing / len(at), kappa)


def _names(counted: Counted, page: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(counted.codes[at] for at in np.flatnonzero(page).tolist())


def _kind(
    mine: tuple[str, ...], theirs: tuple[str, ...], frequent: Mapping[tuple[str, str], int]
) -> tuple[str, str]:
    """The most frequent confusion that an utterance stands for."""
    kinds = [(x, y) for x in mine for y in theirs]
    return min(kinds, key=lambda kind: (-frequent[kind], kind))


def _sureness(row: CodedRow, codes: tuple[str, ...], scores: Scores | None) -> float | None:
    """How far the model's score of the differing codes lies from undecided."""
    own = (scores or {}).get((row.transcript_id, row.utterance_id)) or {}
    known = [abs(own[code] - 0.5) for code in codes if code in own]
    return max(known) if known else None


def _disagreement(
    counted: Counted, row: CodedRow, at: int, kind: tuple[str, str], alike: int, scores: Scores | None
) -> Disagreement:
    own = (scores or {}).get((row.transcript_id, row.utterance_id)) or {}
    given = [own[code] for code in kind if code in own]
    return Disagreement(
        row.transcript_id,
        row.utterance_id,
        row.text,
        _names(counted, counted.first[at] == 1),
        _names(counted, counted.second[at] == 1),
        kind,
        alike,
        max(given) if given else None,
    )

"""What people decided, as numbers a model can learn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from pipeline.records import NONE, VALENCES, Decision, Utterance, Valence

ADJUDICATED = "adjudicated"


class Embedder(Protocol):
    """Whatever turns texts into unit vectors, float32 of shape (n, size)."""

    name: str
    size: int

    def embed(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Examples:
    """Coded utterances: n utterances, d numbers a vector, k codes.

    `vectors` and `previous` (of the turn before; a row of zeros where there is none) are (n, d).
    `answers` is (n, k): 1 given, 0 refused, nan neither (unsure, not offered, not reviewed).
    `valences` is (n, k): -1 not said, else the place in `records.VALENCES`.
    """

    utterances: tuple[Utterance, ...]
    vectors: np.ndarray
    previous: np.ndarray
    codes: tuple[str, ...]
    answers: np.ndarray
    valences: np.ndarray

    @property
    def groups(self) -> np.ndarray:
        """The transcript of each utterance."""
        return np.array([utterance.transcript_id for utterance in self.utterances])

    def at(self, rows: np.ndarray) -> Examples:
        """The examples at these places."""
        return replace(
            self,
            utterances=tuple(self.utterances[row] for row in rows),
            vectors=self.vectors[rows],
            previous=self.previous[rows],
            answers=self.answers[rows],
            valences=self.valences[rows],
        )


def joined(first: Examples, second: Examples) -> Examples:
    """Both sets together, with the codes of the first; what the second does not say of them is nan."""
    answers = np.full((len(second.utterances), len(first.codes)), np.nan)
    valences = np.full(answers.shape, -1, dtype=np.int8)
    for column, code in enumerate(first.codes):
        if code in second.codes:
            answers[:, column] = second.answers[:, second.codes.index(code)]
            valences[:, column] = second.valences[:, second.codes.index(code)]
    return Examples(
        utterances=(*first.utterances, *second.utterances),
        vectors=np.concatenate([first.vectors, second.vectors]),
        previous=np.concatenate([first.previous, second.previous]),
        codes=first.codes,
        answers=np.concatenate([first.answers, answers]),
        valences=np.concatenate([first.valences, valences]),
    )


@dataclass(frozen=True, eq=False)
class Answers:
    """What decisions say: arrays as in `Examples`, and the decisions that could not be used.

    `orphaned` are ids of utterances whose text is no longer the one that was decided on (or that are
    gone), `unknown` codes that were decided on and are not among the codes asked for.
    """

    values: np.ndarray
    valences: np.ndarray
    orphaned: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass
class _Opinion:
    """One coder on one utterance: what was said of each code, what silence means, up to which decision."""

    silence: float = np.nan
    heard: float = 0
    said: dict[str, float] = field(default_factory=dict)
    points: dict[str, Valence | None] = field(default_factory=dict)

    def of(self, code: str, since: int) -> float:
        """What was said of a code, or what silence means for one that came after the decision `since`."""
        return self.said.get(code, self.silence if self.heard > since else np.nan)


def previous_vectors(utterances: Sequence[Utterance], embedder: Embedder) -> np.ndarray:
    """The vector of the turn before each utterance, (n, d); zeros where there is none."""
    vectors = embedder.embed([utterance.previous for utterance in utterances])
    silent = [not utterance.previous for utterance in utterances]
    vectors[silent] = 0.0
    return vectors


def answers_from(
    decisions: Iterable[Decision],
    utterances: Sequence[Utterance],
    codes: Sequence[str],
    offered: Mapping[str, Sequence[str]] | None = None,
    since: Mapping[str, int] | None = None,
) -> Answers:
    """People's decisions as one answer for each utterance and code.

    The latest decision of a coder counts. In blind coding (`scope` all_codes) a code not given is
    refused; in a review of suggestions silence says nothing, and `none` refuses the codes that were
    `offered` (by utterance id), where the caller knows them. Silence says nothing either of a code that came
    `since`: after the decision of that id. `unsure` trains nothing. Adjudicated
    decisions go before all others; else the majority of coders, a tie counting as absent. A code given
    means that the codes above it are given too.
    """
    places = {utterance.id: row for row, utterance in enumerate(utterances)}
    orphaned: dict[str, None] = {}
    unknown: dict[str, None] = {}
    opinions: dict[int, dict[tuple[bool, str], _Opinion]] = defaultdict(dict)
    known = {*codes, NONE}
    for decision in _in_time(decisions):
        row = places.get(decision.utterance_id)
        if row is None or _changed(utterances[row], decision):
            orphaned[decision.utterance_id] = None
            continue
        if decision.code not in known:
            unknown[decision.code] = None
        coder = (decision.kind == ADJUDICATED, decision.coder)
        opinion = opinions[row].setdefault(coder, _Opinion())
        _hear(opinion, decision, (offered or {}).get(decision.utterance_id, ()))
    values = np.full((len(utterances), len(codes)), np.nan)
    valences = np.full((len(utterances), len(codes)), -1, dtype=np.int8)
    for row, by_coder in opinions.items():
        for column, code in enumerate(codes):
            values[row, column], valences[row, column] = _settled(by_coder, code, (since or {}).get(code, -1))
    return Answers(rolled_up(values, codes), valences, tuple(orphaned), tuple(unknown))


def rolled_up(values: np.ndarray, codes: Sequence[str]) -> np.ndarray:
    """A code given means that its parents, where they are among the codes, are given."""
    out = values.copy()
    order = sorted(range(len(codes)), key=lambda column: -codes[column].count("."))
    for column in order:
        parent = codes[column].rpartition(".")[0]
        if parent in codes:
            out[values[:, column] == 1, list(codes).index(parent)] = 1
            values = out
    return out


def _in_time(decisions: Iterable[Decision]) -> list[Decision]:
    """In the order they were taken in: a clock that was set back makes no later word an earlier one."""
    return sorted(decisions, key=lambda decision: (decision.id or 0, decision.at))


def _changed(utterance: Utterance, decision: Decision) -> bool:
    known = bool(utterance.text_hash and decision.text_hash)
    return known and utterance.text_hash != decision.text_hash


def _hear(opinion: _Opinion, decision: Decision, offered: Sequence[str]) -> None:
    """Take one more decision of the same coder into account."""
    if decision.kind == "withdrawn":
        opinion.said.pop(decision.code, None)
        if decision.code == NONE or not opinion.said:
            opinion.silence = np.nan
        return
    if decision.scope == "all_codes":
        opinion.silence = 0.0
        opinion.heard = max(opinion.heard, np.inf if decision.id is None else decision.id)
    if decision.answer == "none" or decision.code == NONE:
        opinion.said = dict.fromkeys((*opinion.said, *offered, NONE), 0.0)
    elif decision.answer == "accept":
        opinion.said[decision.code] = 1.0
        opinion.points[decision.code] = decision.valence
    else:
        opinion.said[decision.code] = 0.0 if decision.answer == "reject" else np.nan


def _settled(by_coder: Mapping[tuple[bool, str], _Opinion], code: str, since: int) -> tuple[float, int]:
    """The answer of several coders, and which way it points (-1: not said, or no majority)."""
    adjudicated = [opinion for (settles, _), opinion in by_coder.items() if settles]
    others = [opinion for (settles, _), opinion in by_coder.items() if not settles]
    for opinions in (adjudicated, others):
        votes = [opinion.of(code, since) for opinion in opinions]
        heard = [vote for vote in votes if not np.isnan(vote)]
        if heard:
            given = float(2 * sum(heard) > len(heard))
            return given, _pointing(opinions, code) if given else -1
        if opinions is adjudicated and any(code in opinion.said for opinion in opinions):
            break  # settled as unsure
    return np.nan, -1


def _pointing(opinions: Sequence[_Opinion], code: str) -> int:
    said = [opinion.points.get(code) for opinion in opinions if opinion.said.get(code) == 1.0]
    points = [VALENCES.index(valence) for valence in said if valence is not None]
    if not points:
        return -1
    if len(set(points)) == 1:
        return points[0]
    counts = np.bincount(points, minlength=len(VALENCES))
    if 2 * counts.max() > len(points):
        return int(counts.argmax())
    return VALENCES.index("both")

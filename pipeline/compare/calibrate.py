"""Raw values to set membership: stated anchors, a cut, or a scale whose levels are written in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import StudyError

RAGIN = 3.0
"""Log-odds at the outer anchors in Ragin's fs/QCA: memberships .953 and .047."""
R_QCA = math.log(19)
"""Log-odds at the outer anchors by default in R's QCA: memberships .95 and .05."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """The three values that calibrate a measure: fully out, as much in as out, fully in.

    Where lower values mean more membership, `out` is the largest. `k` is the log-odds at the outer anchors.
    """

    out: float
    crossover: float
    full: float
    k: float = RAGIN

    def __post_init__(self) -> None:
        if not (self.out < self.crossover < self.full or self.out > self.crossover > self.full):
            raise StudyError(
                f"the anchors {self.out}, {self.crossover}, {self.full} are not in order",
                hint="Give fully out, crossover, fully in, rising or falling.",
            )


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a qualitative scale: its word, its membership, and in words what puts a case there."""

    word: str
    membership: float
    anchor: str


def direct(values: Mapping[str, float], anchors: Anchors) -> dict[str, float]:
    """Memberships by the direct method (Ragin 2008, ch. 5): logistic, with its scale set on either side.

    Log-odds = k (v - c) / (i - c) from the crossover c up to full membership i, k (v - c) / (c - e) below,
    down to full non-membership e.

    >>> dev = direct({"AU": 720, "FI": 590, "IT": 517}, Anchors(400, 550, 900))
    >>> {case: round(value, 2) for case, value in dev.items()}
    {'AU': 0.81, 'FI': 0.58, 'IT': 0.34}
    """
    sign = 1 if anchors.full > anchors.out else -1
    out = {}
    for case, value in values.items():
        way = sign * (value - anchors.crossover)
        side = anchors.full if way >= 0 else anchors.out
        odds = anchors.k * way / abs(side - anchors.crossover)
        out[case] = 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0
    return out


def crisp(values: Mapping[str, float], cut: float, *, below: bool = False) -> dict[str, float]:
    """Membership 1 for values at the cut or above it; with `below`, for values under the cut.

    >>> crisp({"FR": 983, "IT": 517}, 550), crisp({"FI": 9, "DE": 21}, 10, below=True)
    ({'FR': 1.0, 'IT': 0.0}, {'FI': 1.0, 'DE': 0.0})
    """
    return {case: float((value < cut) if below else (value >= cut)) for case, value in values.items()}


def qualitative(judged: Mapping[str, str], levels: Sequence[Level]) -> dict[str, float]:
    """Memberships from a scale in words, such as four (0 .33 .67 1) or six levels (0 .2 .4 .6 .8 1).

    Raises `StudyError` if a level has no written anchor, lies at 0.5 or outside 0 to 1, if two levels are
    alike, or if a case was judged by a word that is no level.

    >>> scale = [Level("out", 0, "nobody knows of it"), Level("in", 1, "all teams work with it")]
    >>> qualitative({"S3": "in"}, scale)
    {'S3': 1.0}
    """
    known: dict[str, float] = {}
    for level in levels:
        if not level.anchor.strip():
            raise StudyError(
                f"the level {level.word!r} has no anchor in words", hint="Say what puts a case there."
            )
        if not 0 <= level.membership <= 1 or level.membership == 0.5:
            raise StudyError(
                f"the level {level.word!r} has the membership {level.membership}",
                hint="It lies from 0 to 1 and is not 0.5, which is neither in nor out.",
            )
        if level.word in known or float(level.membership) in known.values():
            raise StudyError(
                f"the level {level.word!r} is there twice", hint="Each level has its own membership."
            )
        known[level.word] = float(level.membership)
    for case, word in judged.items():
        if word not in known:
            raise StudyError(
                f"{case} was judged {word!r}, which is no level" if word else f"{case} was not judged",
                hint=f"Levels: {', '.join(known)}.",
            )
    return {case: known[word] for case, word in judged.items()}


def column(attributes: Mapping[str, Mapping[str, str]], name: str) -> dict[str, float]:
    """The numbers of one column of `cases.csv` (case -> column -> text).

    Raises `StudyError` for a case with no value or one that is no number.

    >>> column({"S3": {"fidelity": "14"}, "S4": {"fidelity": "7.5"}}, "fidelity")
    {'S3': 14.0, 'S4': 7.5}
    """
    out = {}
    for case, values in attributes.items():
        text = values.get(name, "").strip()
        if not text:
            raise StudyError(
                f"{case} has no value for {name}",
                where="cases.csv",
                hint="Fill it in, or leave the case out.",
            )
        try:
            out[case] = float(text)
        except ValueError:
            raise StudyError(
                f"{case} has {text!r} for {name}, which is no number",
                where="cases.csv",
                hint="Write 14 or 7.5.",
            ) from None
        if not math.isfinite(out[case]):
            raise StudyError(f"{case} has {text!r} for {name}, which is no number", where="cases.csv")
    return out

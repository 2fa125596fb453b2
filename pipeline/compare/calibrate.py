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
class Cut:
    """The value that makes a measure crisp: in at it or above; with `below`, in under it."""

    value: float
    below: bool = False


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

    Capitals make no difference. Raises `StudyError` if a level has no written anchor, lies at 0.5 or outside
    0 to 1, if two levels are alike, or naming every case that was judged by a word that is no level.

    >>> scale = [Level("out", 0, "nobody knows of it"), Level("in", 1, "all teams work with it")]
    >>> qualitative({"S3": "in"}, scale)
    {'S3': 1.0}
    """
    known: dict[str, float] = {}
    for level in levels:
        _check_level(level)
        word = _plain(level.word)
        if word in known or float(level.membership) in known.values():
            raise StudyError(
                f"the level {level.word!r} is there twice", hint="Each level has its own membership."
            )
        known[word] = float(level.membership)
    words = ", ".join(level.word for level in levels)
    strange = {case: word for case, word in judged.items() if _plain(word) not in known}
    if strange:
        said = [
            f"{case} was judged {word!r}, which is no level" if word.strip() else f"{case} was not judged"
            for case, word in strange.items()
        ]
        raise StudyError("; ".join(said), where="cases.csv", hint=f"Levels: {words}.")
    return {case: known[_plain(word)] for case, word in judged.items()}


def _check_level(level: Level) -> None:
    if not level.anchor.strip():
        raise StudyError(
            f"the level {level.word!r} has no anchor in words", hint="Say what puts a case there."
        )
    if not 0 <= level.membership <= 1 or level.membership == 0.5:
        raise StudyError(
            f"the level {level.word!r} has the membership {level.membership}",
            hint="It lies from 0 to 1 and is not 0.5, which is neither in nor out.",
        )


def _plain(word: str) -> str:
    return " ".join(word.split()).casefold()


def texts(attributes: Mapping[str, Mapping[str, str]], name: str) -> dict[str, str]:
    """The words of one column of `cases.csv` (case -> column -> text), "" where there is none."""
    return {case: values.get(name, "").strip() for case, values in attributes.items()}


def column(attributes: Mapping[str, Mapping[str, str]], name: str) -> dict[str, float]:
    """The numbers of one column of `cases.csv` (case -> column -> text).

    Raises `StudyError` that names every case with no value or one that is no number.

    >>> column({"S3": {"fidelity": "14"}, "S4": {"fidelity": "7.5"}}, "fidelity")
    {'S3': 14.0, 'S4': 7.5}
    """
    found = texts(attributes, name)
    empty = [case for case, text in found.items() if not text]
    if empty:
        has = "has" if len(empty) == 1 else "have"
        raise StudyError(
            f"{', '.join(empty)} {has} no value for {name}",
            where="cases.csv",
            hint="Fill it in, or leave the case out (`leave_out` in the file of --qca).",
        )
    out = {case: _number(text) for case, text in found.items()}
    strange = [f"{case} has {found[case]!r}" for case, value in out.items() if value is None]
    if strange:
        raise StudyError(
            f"{', '.join(strange)} for {name}, which is no number",
            where="cases.csv",
            hint="Write 14 or 7.5; a scale in words is asked for in a file (--qca).",
        )
    return {case: value for case, value in out.items() if value is not None}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

"""Cases that go against their own group on the themes that separate the groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.compare.evidence import DIRECTIONS
from pipeline.compare.robustness import Setting
from pipeline.compare.rules import marks

_SCORE = 0.6
_THEMES = 3


@dataclass(frozen=True, slots=True)
class Outlier:
    """A case that stands apart.

    `declared` cases were put into the outlier group beforehand; others were found: on at least three
    separating themes, and on 60 % or more of those (`score`), they show another group's value. `like`
    counts, for each group, the separating themes on which the case shows that group's value.
    """

    case: str
    group: str
    declared: bool
    score: float | None
    themes: int
    against: tuple[str, ...]
    like: tuple[tuple[str, int], ...]

    def as_json(self) -> dict[str, object]:
        """The row of `"outliers"` in `compare --json`."""
        return {
            "case": self.case,
            "group": self.group,
            "declared": self.declared,
            "score": self.score,
            "themes": self.themes,
            "against": list(self.against),
            "like": dict(self.like),
        }


def find_outliers(
    one: Setting, found: np.ndarray, themes: np.ndarray, declared: Mapping[str, Sequence[str]]
) -> tuple[Outlier, ...]:
    """The declared outliers (group -> cases), then the cases that the rule flags.

    `themes` is True for the themes that count, so that a code and its two directions do not count thrice.
    """
    marked = marks(one.groups)[found]
    separating = (marked >= 0) & themes
    group_of = {case: group for group, cases in declared.items() for case in cases}
    out = []
    for at, case in enumerate(one.evidence.cases):
        known = separating & (one.present[at] >= 0)
        like = tuple(
            (group, int(((one.present[at] == (marked == number)) & known).sum()))
            for number, group in enumerate(one.groups)
        )
        number = int(known.sum())
        if case in group_of:
            out.append(Outlier(case, group_of[case], True, None, number, (), like))
            continue
        if one.member[at] < 0:
            continue
        against = known & (one.present[at] != (marked == one.member[at]))
        score = float(against.sum() / number) if number else 0.0
        if number >= _THEMES and score >= _SCORE - 1e-9:
            names = tuple(_theme(one, int(theme)) for theme in np.flatnonzero(against))
            out.append(Outlier(case, one.groups[one.member[at]], False, score, number, names, like))
    return tuple(sorted(out, key=lambda outlier: not outlier.declared))


def _theme(one: Setting, theme: int) -> str:
    code = one.evidence.codes[theme // len(DIRECTIONS)]
    direction = DIRECTIONS[theme % len(DIRECTIONS)]
    return f"{code}:{direction}" if direction else code

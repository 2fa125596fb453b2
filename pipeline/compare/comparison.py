"""What a comparison comes to: counts, cases that go against it, patterns, outliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.compare.evidence import Direction
from pipeline.compare.outliers import Outlier
from pipeline.compare.quotes import Quote
from pipeline.compare.robustness import Robust
from pipeline.compare.rules import Rules
from pipeline.errors import StudyError


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a group's cases show a theme: "5 of 7, 2 not asked"."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    not_asked: tuple[str, ...]
    not_reviewed: tuple[str, ...]

    @property
    def of(self) -> int:
        """The cases of which it is known."""
        return len(self.present) + len(self.absent)

    def as_json(self) -> dict[str, int]:
        """Numbers only."""
        return {
            "present": len(self.present),
            "of": self.of,
            "not_asked": len(self.not_asked),
            "not_reviewed": len(self.not_reviewed),
        }


@dataclass(frozen=True, slots=True)
class Negative:
    """A case that goes against a pattern, with its quotations.

    `shows` tells whether the case shows what it should not, or lacks what it should show; in the second
    case the quotations are what it says on the construct otherwise. `participants` of `of` said it.
    """

    case: str
    shows: bool
    participants: int
    of: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the comparison found for one code and one direction.

    `main` is False for the row "however it points" of a code that has directions, and for the directions of
    one that has none. `pattern` is one of `shared`, `only GROUP`, `mostly GROUP`, `idiosyncratic`,
    `absent`, `mixed`, `insufficient`; `marks` the group that it marks ("" if none), `universal` whether
    every known case shows it. `outliers` tells for each outlier case with whom it goes: a group's name,
    `both` (or `all`) or `neither`. `fisher` is the exact p of the 2 x 2 table, a description and no test.
    """

    code: str
    valence: Direction | None
    pattern: str
    marks: str
    universal: bool
    counts: Mapping[str, Count]
    negative_cases: tuple[Negative, ...]
    outliers: Mapping[str, str]
    robust: Robust
    unreviewed: bool
    fisher: float | None
    warnings: tuple[str, ...]
    main: bool

    def as_json(self) -> dict[str, object]:
        """The row of `"patterns"` in `compare --json`."""
        return {
            "code": self.code,
            "valence": self.valence,
            "pattern": self.pattern,
            "counts": {group: count.as_json() for group, count in self.counts.items()},
            "negative_cases": [negative.case for negative in self.negative_cases],
            "robust": self.robust.as_json(self.unreviewed),
        }


@dataclass(frozen=True)
class Comparison:
    """Every pattern, the outliers, the thresholds, and what has to be said beside them.

    `groups` are the groups that are compared with their cases, `aside` the outliers' group with its own,
    `seed` that of the runs with coding errors.
    """

    patterns: tuple[Pattern, ...]
    outliers: tuple[Outlier, ...]
    groups: Mapping[str, tuple[str, ...]]
    rules: Rules
    notices: tuple[str, ...]
    aside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 1

    @property
    def group_of(self) -> dict[str, str]:
        """Each case's group; cases without one are left out."""
        return {case: group for group, cases in {**self.groups, **self.aside}.items() for case in cases}

    def as_json(self) -> dict[str, object]:
        """`"patterns"` and `"outliers"` of `compare --json`."""
        return {
            "patterns": [pattern.as_json() for pattern in self.patterns],
            "outliers": [outlier.as_json() for outlier in self.outliers],
        }

    def find(self, code: str, valence: Direction | None = None) -> Pattern:
        """The pattern of one code and direction; raises `StudyError` if there is none."""
        for pattern in self.patterns:
            if (pattern.code, pattern.valence) == (code, valence):
                return pattern
        raise StudyError(f"{code!r} was not compared", hint="Codes are named as in the codebook.")

    def family(self, letter: str) -> tuple[Pattern, ...]:
        """The patterns of one family of the study: A shared, B and C marking the first and second group,
        D those that mark a group and of which an outlier case is known. Only `main` ones."""
        main = [one for one in self.patterns if one.main]
        if letter == "A":
            return tuple(one for one in main if one.pattern == "shared")
        if letter == "D":
            return tuple(one for one in main if one.marks and one.outliers)
        group = list(self.groups)["BC".index(letter)]
        return tuple(one for one in main if one.marks == group)

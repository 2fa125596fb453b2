"""All human coders at once, and the human ceiling: humans with each other beside the model with humans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement import sets, tables, verdict
from pipeline.agreement.apart import DISTANCES
from pipeline.agreement.bootstrap import Interval, intervals, over_plan, plan
from pipeline.agreement.figure import ONE_CATEGORY, Floats, number, ratio
from pipeline.agreement.pairs import OVERALL, Pages, Settings, mean_of, pooled, spread, tally
from pipeline.agreement.tables import corrected

NO_PAIR = "no utterance was looked at by two coders"
NO_MODEL = "no model was audited"
SPARSE = "too few positives: no draw could hold another result, so resampling cannot say how sure it is"
NO_COMMON = "no utterance was looked at by two coders and the model"


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of several coders on one code (or overall), with intervals."""

    code: str
    n: int
    figures: Mapping[str, float | None]
    ci: Mapping[str, Interval]
    undefined: str | None = None

    def as_json(self) -> dict[str, object]:
        """The figures as `--json` shows them."""
        ends = {name: [interval.low, interval.high] for name, interval in self.ci.items()}
        return {"code": self.code, "n": self.n, **self.figures, "ci": ends, "undefined": self.undefined}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Human with human beside model with human, on the same utterances: mean kappas, and all humans at once.

    In `per_code` and `overall` the figures are `human`, `model` and `difference` (model - human, kappa).
    """

    units: int
    pairs: int
    per_code: tuple[Group, ...]
    overall: Group | None
    all_coders: tuple[Group, ...]
    all_overall: Group | None
    undefined: str | None = None

    def as_json(self) -> dict[str, object]:
        """The ceiling as `--json` shows it."""
        return {
            "units": self.units,
            "pairs": self.pairs,
            "per_code": [one.as_json() for one in self.per_code],
            "overall": self.overall.as_json() if self.overall else None,
            "all_coders": {
                "per_code": [one.as_json() for one in self.all_coders],
                "overall": self.all_overall.as_json() if self.all_overall else None,
            },
            "undefined": self.undefined,
        }


def ceiling(
    humans: Pages,
    model: Pages | None,
    codes: tuple[str, ...],
    transcripts: NDArray[np.str_],
    weight: Floats,
    settings: Settings,
) -> Ceiling:
    """The human ceiling. `humans` has shape (coders, units, codes), `model` (units, codes) or None."""
    if len(humans) < 2:
        return Ceiling(0, 0, (), None, (), None, NO_PAIR)
    looked = (humans >= 0).any(axis=2).sum(axis=0) >= 2
    everyone = all_coders(humans[:, looked], codes, transcripts[looked], weight[looked], settings)
    together, over_all = everyone[:-1], everyone[-1] if everyone else None
    if model is None:
        return Ceiling(0, 0, (), None, together, over_all, NO_MODEL)
    looked &= (model >= 0).any(axis=1)
    if not looked.any():
        return Ceiling(0, 0, (), None, together, over_all, NO_COMMON)
    names, interview = np.unique(transcripts[looked], return_inverse=True)
    rows = plan(len(names), settings.draws, settings.seed)
    units, used, by_code, summed, sparse = _side_by_side(
        humans[:, looked], model[looked], interview, rows, weight[looked]
    )
    if not used:
        return Ceiling(0, 0, (), None, together, over_all, NO_COMMON)
    per_code = _compared(codes, units, by_code, sparse, len(names), settings)
    overall = _compared((OVERALL,), units, summed, np.zeros(1, dtype=bool), len(names), settings)[0]
    return Ceiling(int(units.max()), used, per_code, overall, together, over_all)


def all_coders(
    humans: Pages,
    codes: tuple[str, ...],
    transcripts: NDArray[np.str_],
    weight: Floats,
    settings: Settings,
) -> tuple[Group, ...]:
    """Percent, Fleiss' kappa, alpha and AC1 of all coders for each code; last, over whole sets.

    `humans` has shape (coders, units, codes), of units that at least two looked at. Empty without any.
    """
    if not len(transcripts):
        return ()
    names, interview = np.unique(transcripts, return_inverse=True)
    interviews, weight = len(names), weight / weight.mean()
    rows = plan(interviews, settings.draws, settings.seed)
    values = _several(over_plan(rows, _several_sums(humans, interview, interviews, weight)))
    ends = {name: intervals(value, interviews, settings.level) for name, value in values.items()}
    n = ((humans >= 0).sum(axis=0) >= 2).sum(axis=0)
    sparse = ((humans == 1).sum(axis=0) < 2).all(axis=0) | (_places(humans, interview, interviews) == 1)
    groups = [
        Group(
            code,
            int(n[at]),
            {name: number(value[0, at]) for name, value in values.items()},
            {
                name: Interval(None, None, 0, SPARSE) if sparse[at] else interval[at]
                for name, interval in ends.items()
            },
            _why(n[at], values["alpha"][0, at]),
        )
        for at, code in enumerate(codes)
    ]
    alphas = sets.set_alphas(humans, interview, weight, rows)
    overall = {"alpha": alphas["masi"], **{f"alpha_{name}": alphas[name] for name in DISTANCES}}
    overall |= {name: mean_of(values[name]) for name in ("percent", "prevalence")}
    groups.append(
        Group(
            OVERALL,
            int((((humans >= 0).any(axis=2)).sum(axis=0) >= 2).sum()),
            {name: number(value[0]) for name, value in overall.items()},
            {
                name: intervals(value[:, None], interviews, settings.level)[0]
                for name, value in overall.items()
            },
            _why(n.max(initial=0), overall["alpha"][0]),
        )
    )
    return tuple(groups)


def _places(humans: Pages, interview: NDArray[np.intp], interviews: int) -> NDArray[np.intp]:
    """In how many interviews anybody gave each code, or withheld it if that is fewer."""
    found = []
    for answer in (1, 0):
        here = np.zeros((interviews, humans.shape[2]), dtype=bool)
        np.logical_or.at(here, interview, (humans == answer).any(axis=0))
        found.append(here.sum(axis=0))
    return np.asarray(np.minimum(*found))


def _why(n: int, value: float) -> str | None:
    if not np.isnan(value):
        return None
    return ONE_CATEGORY if n else NO_PAIR


def _several_sums(humans: Pages, interview: NDArray[np.intp], interviews: int, weight: Floats) -> Floats:
    """What the figures of several coders are made of, by interview and code: shape (interviews, codes, 7)."""
    each, yes = (humans >= 0).sum(axis=0).astype(float), (humans == 1).sum(axis=0).astype(float)
    no, many, rated = each - yes, each >= 2, each >= 1
    pairs = np.where(many, each * (each - 1), 1)
    parts = (
        many,
        many * (yes * (yes - 1) + no * (no - 1)) / pairs,
        many * 2 * yes * no / np.maximum(each - 1, 1),
        many * each,
        many * yes,
        rated,
        rated * yes / np.maximum(each, 1),
    )
    out = np.zeros((interviews, humans.shape[2], len(parts)))
    for at, part in enumerate(parts):
        np.add.at(out[:, :, at], interview, part * weight[:, None])
    return out


def _several(sums: Floats) -> dict[str, Floats]:
    """Figures of several coders from their sums, shape (..., codes, 7)."""
    many, agree, apart, each, yes, rated, share = np.moveaxis(sums, -1, 0)
    observed, given = ratio(agree, many), ratio(share, rated)
    expected = ratio(2 * yes * (each - yes), each * (each - 1))
    return {
        "percent": observed,
        "fleiss": corrected(observed, given**2 + (1 - given) ** 2),
        "alpha": 1 - ratio(ratio(apart, each), expected),
        "ac1": corrected(observed, 2 * given * (1 - given)),
        "prevalence": given,
    }


def _side_by_side(
    humans: Pages, model: Pages, interview: NDArray[np.intp], rows: Floats, weight: Floats
) -> tuple[NDArray[np.intp], int, Floats, Floats, NDArray[np.bool_]]:
    """Mean kappas of humans and of the model over pairs of humans, for every row of the plan.

    Returns units by code, the number of pairs, figures of shapes (2, rows, codes) and (2, rows, 1), and which
    codes have a table without any disagreement or without any common positive.
    """
    sparse = np.zeros(humans.shape[2], dtype=bool)
    units = np.zeros(humans.shape[2], dtype=np.intp)
    common_units = np.zeros(humans.shape[1:], dtype=bool)
    by_code, summed, used = [], [], 0
    for one, other in combinations(range(len(humans)), 2):
        common = (humans[one] >= 0) & (humans[other] >= 0) & (model >= 0)
        if not common.any():
            continue
        used += 1
        common_units |= common
        pages = [np.where(common, page, -1).astype(np.int8) for page in (humans[one], humans[other], model)]
        sums = [
            tally(pages[a], pages[b], interview, rows.shape[1], weight) for a, b in ((0, 1), (2, 0), (2, 1))
        ]
        drawn = [over_plan(rows, one) for one in sums]
        for by_interview, one_pair in zip(sums, drawn, strict=True):
            disagreed = one_pair[0, :, 0, 1] + one_pair[0, :, 1, 0]
            sparse |= (disagreed == 0) | (one_pair[0, :, 0, 0] == 0) | (spread(by_interview) == 1)
        by_code.append([tables.cohen_kappa(one_pair) for one_pair in drawn])
        summed.append([pooled(one_pair)["kappa"][:, None] for one_pair in drawn])
    units = common_units.sum(axis=0)
    if not used:
        return units, 0, np.empty(0), np.empty(0), sparse
    return units, used, _means(np.array(by_code)), _means(np.array(summed)), sparse


def _means(kappas: Floats) -> Floats:
    """Human and model means over pairs where all three kappas are defined; (pairs, 3, ...) to (2, ...)."""
    there = ~np.isnan(kappas).any(axis=1)
    model = (kappas[:, 1] + kappas[:, 2]) / 2
    return np.stack(
        [ratio(np.where(there, value, 0).sum(axis=0), there.sum(axis=0)) for value in (kappas[:, 0], model)]
    )


def _compared(
    codes: tuple[str, ...],
    units: NDArray[np.intp],
    kappas: Floats,
    sparse: NDArray[np.bool_],
    interviews: int,
    settings: Settings,
) -> tuple[Group, ...]:
    values = {"human": kappas[0], "model": kappas[1], "difference": kappas[1] - kappas[0]}
    ends = {name: intervals(value, interviews, settings.level) for name, value in values.items()}
    return tuple(
        Group(
            code,
            int(units.max() if code == OVERALL else units[at]),
            {name: number(value[0, at]) for name, value in values.items()},
            {
                name: Interval(None, None, 0, SPARSE) if sparse[at] else interval[at]
                for name, interval in ends.items()
            },
            None if not np.isnan(kappas[0][0, at]) else ONE_CATEGORY,
        )
        for at, code in enumerate(codes)
    )


def reaches(group: Group) -> str:
    """How the model stands to the human ceiling, by the interval of the difference.

    >>> reaches(Group("a", 9, {"difference": 0.0}, {"difference": Interval(-0.1, 0.1)}))
    'not told apart from humans'
    """
    ends = group.ci["difference"]
    if ends.low is None or ends.high is None:
        return verdict.UNDEFINED
    if ends.low > 0:
        return "above humans"
    return "below humans" if ends.high < 0 else "not told apart from humans"

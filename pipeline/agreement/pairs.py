"""Two coders side by side: figures per code and overall, with intervals from resampled interviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.agreement import sets, tables, verdict
from pipeline.agreement.apart import DISTANCES
from pipeline.agreement.bootstrap import ONE_INTERVIEW, Interval, intervals, over_plan, plan
from pipeline.agreement.figure import (
    NO_NEGATIVES,
    NO_POSITIVES,
    NOTHING,
    ONE_CATEGORY,
    Floats,
    number,
    ratio,
)

OVERALL = "overall"
RARE_SHARE, RARE_COUNT = 0.05, 10
FEW_PLACES = 5
ONE_PLACE = "given (or withheld) in one interview only, so resampling cannot say how sure kappa is"
FEW_WHERE = f"given (or withheld) in fewer than {FEW_PLACES} interviews, so the interval is unsteady"
_ON_POSITIVES = ("kappa", "pi", "alpha", "p_pos")
_COUNTED = ("prevalence", "prevalence_index", "bias_index")
_DIAGONAL = np.array([[1.0, -1.0], [-1.0, 1.0]])
MISSED = "no positive in common was seen: the interval's upper end is the exact binomial bound"
PERFECT = "no disagreement was seen: the interval's lower end is the exact binomial bound"
Pages = NDArray[np.int8]
Refigure = Callable[[Floats], Mapping[str, Floats]]


@dataclass(frozen=True, slots=True)
class Settings:
    """How intervals are made: draws, seed, level; the width `needed` aims at; rho's threshold, if any."""

    draws: int = 2000
    seed: int = 1
    level: float = 0.95
    width: float = 0.2
    rho: float | None = None


@dataclass(frozen=True, slots=True)
class CodeFigures:
    """Agreement on one code (or overall): counts, coefficients from 0 or -1 to 1, intervals, verdict.

    `counts` are both, only a, only b, neither, weighted where the sample was. `figures` holds None where a
    coefficient is undefined and `undefined` the reason for kappa. `needed` is how many more utterances both
    would have to code for an interval of kappa of the wanted width.
    """

    code: str
    n: int
    counts: tuple[float, float, float, float]
    figures: Mapping[str, float | None]
    ci: Mapping[str, Interval]
    undefined: str | None = None
    needed: int | None = None
    notes: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def krippendorff(self) -> str:
        """Krippendorff's word for the lower end of alpha's interval."""
        return verdict.krippendorff(self.ci["alpha"].low)

    @property
    def landis_koch(self) -> str:
        """Landis and Koch's word for the lower end of kappa's interval."""
        return verdict.landis_koch(self.ci["kappa"].low)

    def as_json(self) -> dict[str, object]:
        """The figures as `--json` shows them."""
        both, only_a, only_b, neither = self.counts
        words = {self.krippendorff, self.landis_koch}
        return {
            "code": self.code,
            "n": self.n,
            "counts": {"both": both, "only_a": only_a, "only_b": only_b, "neither": neither},
            **self.figures,
            "ci": {name: [interval.low, interval.high] for name, interval in self.ci.items()},
            "ci_undefined": self.ci["kappa"].undefined,
            "draws_undefined": self.ci["kappa"].draws_undefined,
            "verdict": verdict.UNDEFINED
            if words == {verdict.UNDEFINED}
            else f"{self.krippendorff}, {self.landis_koch}",
            "krippendorff": self.krippendorff,
            "landis_koch": self.landis_koch,
            "undefined": self.undefined,
            "needed": self.needed,
            "notes": list(self.notes),
            **self.extra,
        }


@dataclass(frozen=True, slots=True)
class Counted:
    """What two coders said, added up by interview: `tables` has shape (interviews, codes, 2, 2)."""

    codes: tuple[str, ...]
    tables: Floats
    units: NDArray[np.intp]
    first: Pages
    second: Pages
    interview: NDArray[np.intp]
    weight: Floats
    transcripts: tuple[str, ...]


def count(
    first: Pages, second: Pages, codes: tuple[str, ...], transcripts: NDArray[np.str_], weight: Floats
) -> Counted:
    """The two pages, shape (units, codes), on the units that both looked at."""
    seen = np.flatnonzero(((first >= 0) & (second >= 0)).any(axis=1))
    first, second, weight = first[seen], second[seen], weight[seen]
    weight = weight / weight.mean() if len(weight) else weight
    names, interview = np.unique(transcripts[seen], return_inverse=True)
    return Counted(
        codes,
        tally(first, second, interview, len(names), weight),
        seen,
        first,
        second,
        interview,
        weight,
        tuple(names.tolist()),
    )


def tally(
    first: Pages, second: Pages, interview: NDArray[np.intp], interviews: int, weight: Floats
) -> Floats:
    """Tables of two by two by interview, shape (interviews, codes, 2, 2); what either left unsaid is out."""
    out = np.zeros((interviews, first.shape[1], 2, 2))
    for row, mine in enumerate((1, 0)):
        for column, theirs in enumerate((1, 0)):
            cell = ((first == mine) & (second == theirs)) * weight[:, None]
            np.add.at(out[:, :, row, column], interview, cell)
    return out


def per_code(counted: Counted, settings: Settings) -> tuple[CodeFigures, ...]:
    """Figures for each code, in the order of the codes."""
    rows = plan(len(counted.tables), settings.draws, settings.seed)
    drawn = over_plan(rows, counted.tables)
    values = {name: of(drawn) for name, of in tables.BINARY.items()}
    ends = {name: intervals(value, len(counted.tables), settings.level) for name, value in values.items()}
    interviews, where = len(counted.tables), spread(counted.tables)
    where = np.where(where < interviews, where, FEW_PLACES)  # where all give it, few are the study's matter
    for at in np.flatnonzero(where == 1):
        for name in _ON_POSITIVES:
            ends[name][at] = Interval(None, None, ends[name][at].draws_undefined, ONE_PLACE)
    both = (counted.first >= 0) & (counted.second >= 0)
    n, size = both.sum(axis=0), _effective(both * counted.weight[:, None])
    return tuple(
        _code(
            code,
            (int(n[at]), float(size[at]), int(where[at])),
            drawn[0, at],
            _binary,
            {name: number(value[0, at]) for name, value in values.items()},
            {name: interval[at] for name, interval in ends.items()},
            settings,
        )
        for at, code in enumerate(counted.codes)
    )


def spread(sums: Floats) -> NDArray[np.intp]:
    """In how many interviews each code was given, or withheld if that is fewer; of sums by interview."""
    given = sums[..., 0, :].sum(axis=-1) + sums[..., 1, 0] > 0
    withheld = sums[..., 1, :].sum(axis=-1) + sums[..., 0, 1] > 0
    return np.asarray(np.minimum(given.sum(axis=0), withheld.sum(axis=0)))


def overall(counted: Counted, settings: Settings) -> CodeFigures:
    """Figures over all codes together.

    Kappa, pi, AC1 and PABAK pool observed and expected agreement over codes before correcting (De Vries,
    Elliott, Kanouse and Teleki 2008); P+ and P- pool counts; alpha compares whole sets by MASI.
    """
    interviews = len(counted.tables)
    rows = plan(interviews, settings.draws, settings.seed)
    drawn = over_plan(rows, counted.tables)
    values = pooled(drawn)
    values["kappa_mean"] = mean_of(tables.cohen_kappa(drawn))
    said = np.stack([counted.first, counted.second])
    alphas = sets.set_alphas(said, counted.interview, counted.weight, rows)
    values["alpha"] = alphas["masi"]
    values.update({f"alpha_{name}": alphas[name] for name in DISTANCES})
    same = np.bincount(
        counted.interview, counted.weight * sets.identical(counted.first, counted.second), interviews
    )
    values["identical"] = ratio(
        rows @ same, rows @ np.bincount(counted.interview, counted.weight, interviews)
    )
    ends = {name: intervals(value[:, None], interviews, settings.level)[0] for name, value in values.items()}
    figures = {name: number(value[0]) for name, value in values.items()}
    size = len(counted.units), float(_effective(counted.weight)), interviews
    apart = sets.expected(said, counted.weight)

    def again(moved: Floats) -> dict[str, Floats]:
        found = pooled(moved) | {"kappa_mean": mean_of(tables.cohen_kappa(moved))}
        shift = np.nan_to_num(tables.percent(moved) - tables.percent(drawn[0]))
        most = shift[np.argmax(np.abs(shift))]  # a set differs where any of its codes does
        alphas = {f"alpha_{name}": ratio(most, by) + values[f"alpha_{name}"][0] for name, by in apart.items()}
        same = values["identical"][0] + most
        return found | alphas | {"alpha": alphas["alpha_masi"], "identical": same}

    return _code(OVERALL, size, drawn[0], again, figures, ends, settings)


def _binary(table: Floats) -> dict[str, Floats]:
    """The figures of one code's table."""
    return {name: of(table) for name, of in tables.BINARY.items()}


def _effective(weight: Floats) -> Floats:
    """Kish's effective size, (sum of w)^2/(sum of w^2) over the first axis: n where all weigh alike."""
    return np.asarray(ratio(weight.sum(axis=0) ** 2, (weight**2).sum(axis=0)))


def pooled(drawn: Floats) -> dict[str, Floats]:
    """Figures over codes from tables of shape (..., codes, 2, 2)."""
    seen = drawn.sum(axis=(-2, -1)) > 0
    observed = mean_of(tables.percent(drawn), seen)
    summed = drawn.sum(axis=-3)
    shares = {"kappa": tables.cohen_chance(drawn), "ac1": tables.ac1_chance(drawn)}
    found = {"percent": observed}
    found.update({name: tables.corrected(observed, mean_of(chance, seen)) for name, chance in shares.items()})
    found["pabak"] = 2 * observed - 1
    for name in ("p_pos", "p_neg", "prevalence", "bias_index"):
        found[name] = tables.BINARY[name](summed)
    return found


def mean_of(values: Floats, where: NDArray[np.bool_] | None = None) -> Floats:
    """The mean over the last axis of what is defined."""
    there = ~np.isnan(values) if where is None else where & ~np.isnan(values)
    return ratio(np.where(there, values, 0).sum(axis=-1), there.sum(axis=-1))


def _code(
    code: str,
    sizes: tuple[int, float, int],
    each: Floats,
    again: Refigure,
    figures: dict[str, float | None],
    ends: dict[str, Interval],
    settings: Settings,
) -> CodeFigures:
    """One code's figures, with bounds in place of intervals where nothing disagrees, and notes.

    `sizes` are how many utterances there are, how many they are worth when weighted, and in how many
    interviews the code was given (or withheld). `each` is the code's table, overall those of all codes;
    `again` gives the figures of other such tables.
    """
    n, worth, where = sizes
    table = each.reshape(-1, 2, 2).sum(axis=0)
    notes = _notes(code, n, where, table, figures)
    several = ends["kappa"].undefined != ONE_INTERVIEW  # of one nobody knows what another would be like
    flawless = several and n > 0 and figures["kappa"] is not None and table[0, 1] + table[1, 0] == 0
    missed = several and table[0, 0] == 0 < np.minimum(each[..., 0, 1], each[..., 1, 0]).sum()
    if flawless:
        ends, notes = _at_most_perfect(worth, each, again, ends, settings.level), (*notes, PERFECT)
    if missed:
        ends, notes = _at_least_nothing(worth / n, each, again, ends, settings.level), (*notes, MISSED)
    return CodeFigures(
        code,
        n,
        (float(table[0, 0]), float(table[0, 1]), float(table[1, 0]), float(table[1, 1])),
        figures,
        ends,
        undefined=_why(n, table) if figures["kappa"] is None else None,
        needed=verdict.needed(n, ends["kappa"].width, settings.width, flawless=bool(flawless or missed)),
        notes=notes,
    )


def _why(n: int, table: Floats) -> str:
    """Why kappa is undefined."""
    if not n:
        return NOTHING
    if table[0].sum() + table[1, 0] == 0:
        return f"{NO_POSITIVES}: {ONE_CATEGORY}"
    return f"{NO_NEGATIVES}: {ONE_CATEGORY}" if table[1].sum() + table[0, 1] == 0 else ONE_CATEGORY


def _at_most_perfect(
    n: float, each: Floats, again: Refigure, ends: dict[str, Interval], level: float
) -> dict[str, Interval]:
    """Intervals where no disagreement was seen: down to the most disagreement that fits (exact binomial).

    Resampling agreement without a flaw would give an interval without width, as if nothing could be unsure.
    The shares of the code are kept; utterances are taken as independent, as there is nothing to learn
    otherwise from.
    """
    worst = float(stats.beta.ppf((1 + level) / 2, 1, n)) * each.sum(axis=(-2, -1)) / 2
    most = np.minimum(worst, np.minimum(each[..., 0, 0], each[..., 1, 1]))
    out, point = dict(ends), again(each)
    for name, value in again(each - most[..., None, None] * _DIAGONAL).items():
        if name in out and name not in _COUNTED and out[name].low is None and not np.isnan(point[name]):
            out[name] = Interval(float(value), 1.0, out[name].draws_undefined)
    return out


def _at_least_nothing(
    worth: float, each: Floats, again: Refigure, ends: dict[str, Interval], level: float
) -> dict[str, Interval]:
    """Intervals where both gave the code but never to the same utterance: up to the most that fits.

    No draw can hold a common positive, so resampling alone would call a kappa of nearly 0 certain.
    """
    rarer = np.minimum(each[..., 0, 1], each[..., 1, 0])
    share = float(stats.beta.ppf((1 + level) / 2, 1, rarer.sum() * worth))
    out, point = dict(ends), again(each)
    for name, value in again(each + (share * rarer)[..., None, None] * _DIAGONAL).items():
        if name in out and name not in _COUNTED and not np.isnan(point[name]):
            now, high = float(point[name]), float(value)
            low, upper = out[name].low, out[name].high
            out[name] = Interval(
                now if low is None else min(low, now),
                high if upper is None else max(upper, high),
                out[name].draws_undefined,
            )
    return out


def _notes(
    code: str, n: int, where: int, table: Floats, figures: Mapping[str, float | None]
) -> tuple[str, ...]:
    """What a reader of these figures should bear in mind."""
    notes = []
    given = table[0].sum(), table[:, 0].sum()
    share = figures["prevalence"]
    if code != OVERALL and n and share is not None and share < RARE_SHARE and min(given) < RARE_COUNT:
        notes.append("rare: kappa and alpha are unsteady here; read P+, the counts and AC1 beside them")
    if n and min(given) == 0 < max(given):
        notes.append("one coder never gave this code, so kappa is 0 whatever else is agreed")
    if code != OVERALL and 0 < where < FEW_PLACES and figures["kappa"] is not None:
        notes.append(ONE_PLACE if where == 1 else FEW_WHERE)
    return tuple(notes)

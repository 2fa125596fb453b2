"""Patterns across cases: what all share, what marks one group, where the outlier stands, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import fisher_exact

from pipeline.compare.comparison import Comparison, Count, Negative, Pattern
from pipeline.compare.evidence import DIRECTIONS, Direction
from pipeline.compare.grouping import OUTLIER, grouped
from pipeline.compare.matrix import Matrix
from pipeline.compare.outliers import Outlier, find_outliers
from pipeline.compare.robustness import (
    ErrorRate,
    Robust,
    Setting,
    at_other_shares,
    judge,
    setting,
    with_error,
    without_each_case,
    without_each_coder,
    without_each_participant,
)
from pipeline.compare.rules import Rules, classify, marks, names

__all__ = [
    "Comparison",
    "Count",
    "ErrorRate",
    "Negative",
    "Outlier",
    "Pattern",
    "Robust",
    "Rules",
    "patterns",
]

_MANY_NOT_ASKED = 1 / 3


def patterns(
    matrix: Matrix,
    groups: Mapping[str, str],
    *,
    present_share: float = 0.5,
    minimum: int = 2,
    shared: float = 0.5,
    gap: float = 0.4,
    outlier: str = OUTLIER,
    error_rates: Mapping[str, ErrorRate] | None = None,
    draws: int = 200,
    seed: int = 1,
) -> Comparison:
    """Compare the groups of cases, code by code and direction by direction.

    `groups` names each case's group, "" for a case that has none and is left out; cases of the group
    called `outlier` ("" for none; capitals make no difference) are set aside and placed afterwards. The
    thresholds are those of `rules.Rules`. `error_rates` (code -> `ErrorRate`, as the audit measured) let
    `draws` plausible readings be drawn. Raises `StudyError` if a case of the matrix has no entry, or if fewer
    than two groups remain.
    """
    rules = Rules(present_share=present_share, shared=shared, gap=gap, minimum=minimum)
    sorted_ = grouped(_reviewed(matrix), groups, outlier=outlier, minimum=minimum)
    compared, aside = sorted_.compared, sorted_.aside
    order = list(compared)
    place = {case: order.index(group) for group in order for case in compared[group]}
    member = np.array([place.get(case, -1) for case in matrix.cases])
    one = setting(matrix.evidence, order, member, _denied(matrix), rules)
    found = classify(*one.counted(one.present), rules)
    robust = _robust(matrix, one, found, error_rates or {}, draws, seed)
    main = _themes(matrix)
    out = [
        _pattern(matrix, one, compared, aside, found, robust, theme, bool(main[theme]))
        for theme in range(found.size)
    ]
    flagged = find_outliers(one, found, main, aside)
    return Comparison(tuple(out), flagged, compared, rules, (*matrix.notices, *sorted_.notices), aside, seed)


def _reviewed(matrix: Matrix) -> dict[str, bool]:
    """Of each case whether anything was looked at that counts."""
    known = np.hstack([matrix.evidence.by_case(matrix.evidence.asked), _denied(matrix)])
    return {case: bool(row.any()) for case, row in zip(matrix.cases, known, strict=True)}


def _denied(matrix: Matrix) -> np.ndarray:
    """Cases x codes that the analyst says were asked, so that an absence is known."""
    return np.array(
        [
            [matrix.cell(case, code).status in ("asked_no_view", "asked_denied") for code in matrix.codes]
            for case in matrix.cases
        ]
    ).reshape(len(matrix.cases), len(matrix.codes))


def _themes(matrix: Matrix) -> np.ndarray:
    """The themes to be read: both directions of a code that has any, else the code however it points."""
    directed = matrix.evidence.count[:, :, 1:].sum(axis=(0, 2)) > 0
    return np.stack([~directed, directed, directed], axis=1).ravel()


def _robust(
    matrix: Matrix,
    one: Setting,
    found: np.ndarray,
    rates: Mapping[str, ErrorRate],
    draws: int,
    seed: int,
) -> list[Robust]:
    reruns = {
        "cases": without_each_case(one),
        "participants": without_each_participant(one),
        "coders": without_each_coder(one, matrix, _denied(matrix)),
        "shares": at_other_shares(one, _denied(matrix)),
    }
    judged = judge(found, one, reruns)
    return with_error(judged, found, one, rates, draws, seed) if rates else judged


def _pattern(
    matrix: Matrix,
    one: Setting,
    compared: Mapping[str, tuple[str, ...]],
    aside: Mapping[str, tuple[str, ...]],
    found: np.ndarray,
    robust: Sequence[Robust],
    theme: int,
    main: bool,
) -> Pattern:
    code, direction = matrix.codes[theme // len(DIRECTIONS)], DIRECTIONS[theme % len(DIRECTIONS)]
    order = list(compared)
    marked = int(marks(order)[found[theme]])
    group = order[marked] if marked >= 0 else ""
    name = names(order)[found[theme]]
    counts = {label: _count(matrix, one, cases, theme) for label, cases in {**compared, **aside}.items()}
    both = [counts[label] for label in compared]
    return Pattern(
        code=code,
        valence=direction,
        pattern=name,
        marks=group,
        universal=name == "shared" and not any(count.absent for count in both),
        counts=counts,
        negative_cases=_negatives(matrix, counts, compared, name, group, code, direction),
        outliers=_outlier_goes_with(one, [case for cases in aside.values() for case in cases], theme),
        robust=robust[theme],
        unreviewed=_rests_on_unreviewed(matrix, one, theme // len(DIRECTIONS)),
        fisher=_fisher(both),
        warnings=_warnings(both),
        main=main,
    )


def _count(matrix: Matrix, one: Setting, cases: Sequence[str], theme: int) -> Count:
    code = matrix.codes[theme // len(DIRECTIONS)]
    piles: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for case in cases:
        piles[int(one.present[matrix.cases.index(case), theme])].append(case)
    not_asked = [case for case in piles[-1] if matrix.cell(case, code).status == "not_asked"]
    rest = [case for case in piles[-1] if case not in not_asked]
    return Count(tuple(piles[1]), tuple(piles[0]), tuple(not_asked), tuple(rest))


def _negatives(
    matrix: Matrix,
    counts: Mapping[str, Count],
    compared: Mapping[str, tuple[str, ...]],
    name: str,
    group: str,
    code: str,
    direction: Direction | None,
) -> tuple[Negative, ...]:
    """Cases that lack what they should show, and cases that show what they should not."""
    lacking = [case for label in compared if group in ("", label) for case in counts[label].absent]
    showing = [case for label in compared if group not in ("", label) for case in counts[label].present]
    if not group and name != "shared":
        return ()
    out = []
    for case in (*lacking, *showing):
        cell = matrix.cell(case, code, direction)
        shows = case in showing
        quotes = (cell if shows else matrix.cell(case, code)).quotes
        out.append(Negative(case, shows, cell.participants, cell.of, quotes))
    return tuple(out)


def _outlier_goes_with(one: Setting, aside: Sequence[str], theme: int) -> dict[str, str]:
    """Whose usual answer each outlier case gives: that of the groups' majority."""
    k, n = one.counted(one.present)
    usual = k[:, theme] >= one.rules.shared * n[:, theme] - 1e-9
    out = {}
    for case in aside:
        shows = one.present[one.evidence.cases.index(case), theme]
        if shows < 0 or (n[:, theme] == 0).any():
            continue
        alike = [group for group, value in zip(one.groups, usual, strict=True) if value == bool(shows)]
        several = "both" if len(one.groups) == 2 else "all"
        out[case] = several if len(alike) == len(one.groups) else " and ".join(alike) or "neither"
    return out


def _rests_on_unreviewed(matrix: Matrix, one: Setting, code: int) -> bool:
    evidence = matrix.evidence
    inside = one.member[evidence.home] >= 0
    alone = (evidence.looked == 0) & evidence.asked[:, code]
    return bool((inside & ((evidence.unreviewed[:, code, 0] > 0) | alone)).any())


def _fisher(counts: Sequence[Count]) -> float | None:
    """The exact p of presence by group, for two groups."""
    if len(counts) != 2 or not all(count.of for count in counts):
        return None
    table = [[len(count.present), len(count.absent)] for count in counts]
    return float(fisher_exact(table).pvalue)


def _warnings(counts: Sequence[Count]) -> tuple[str, ...]:
    not_asked = sum(len(count.not_asked) for count in counts)
    every = sum(count.of + len(count.not_asked) + len(count.not_reviewed) for count in counts)
    if every and not_asked / every > _MANY_NOT_ASKED:
        return (f"{not_asked} of {every} cases were not asked: too many to claim anything across cases.",)
    return ()

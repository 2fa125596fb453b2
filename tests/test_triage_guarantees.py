"""Stopping, elusion and conformal thresholds against the oracles of their papers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StudyError
from pipeline.triage import conformal, elusion, stopping
from pipeline.triage.hypergeometric import at_most

T95, T90, T80 = Fraction(19, 20), Fraction(9, 10), Fraction(4, 5)
FIVE = Fraction(1, 20)


# Drawing without replacement ------------------------------------------------------------------------------


def test_fractions_of_the_literature() -> None:
    assert at_most(0, 10, 2, 3) == Fraction(7, 15)
    assert at_most(0, 20, 3, 12) == Fraction(14, 285)


@given(st.integers(1, 9), st.data())
def test_every_draw_counted_one_by_one(population: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, population))
    draws = data.draw(st.integers(0, population))
    hits = data.draw(st.integers(-1, population))
    held = [sum(one < successes for one in draw) for draw in combinations(range(population), draws)]
    assert at_most(hits, population, successes, draws) == Fraction(sum(h <= hits for h in held), len(held))


def test_a_draw_that_cannot_be_is_refused() -> None:
    with pytest.raises(StudyError):
        at_most(0, 10, 3, 11)
    with pytest.raises(StudyError):
        stopping.missed_by_chance(5, 10, 4, 5, target=T95)
    with pytest.raises(StudyError):
        stopping.missed_by_chance(5, 10, 4, 0, target=Fraction(0))


# Stopping -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "hits", "fewest"), [(95, 0, 6), (95, 1, 7), (19, 0, 2)], ids=["95", "95 and a hit", "19"]
)
def test_the_fewest_that_must_be_missed(found: int, hits: int, fewest: int) -> None:
    assert stopping.fewest_missed(found + hits, found, T95) == fewest


def test_exactly_the_target_is_no_miss() -> None:
    """One missed of twenty is .95 exactly; a float quotient would say otherwise for some counts."""
    for found in range(1, 400):
        for target in (T95, T90, T80, Fraction(7, 10)):
            missed = stopping.fewest_missed(found, found, target)
            assert Fraction(found, found + missed) < target <= Fraction(found, found + missed - 1)


@pytest.mark.parametrize(
    ("found", "hits", "drawn", "p"),
    [
        (95, 0, 100, 0.175744),
        (95, 0, 150, 0.058263),
        (95, 0, 157, 0.049049),
        (95, 0, 200, 0.015042),
        (95, 1, 200, 0.060855),
        (95, 1, 250, 0.012545),
        (19, 0, 200, 0.249373),
    ],
)
def test_p_of_the_random_sample(found: int, hits: int, drawn: int, p: float) -> None:
    assert float(stopping.missed_by_chance(found, 400, drawn, hits, target=T95)) == pytest.approx(p, abs=5e-7)


def test_p_of_a_larger_study() -> None:
    assert stopping.fewest_missed(202, 200, T90) == 25
    p = stopping.missed_by_chance(200, 1500, 300, 2, target=T90)
    assert float(p) == pytest.approx(0.096318, abs=5e-7)


def test_a_pile_that_cannot_hold_enough_is_safe() -> None:
    assert stopping.missed_by_chance(400, 10, 1, 0, target=T95) == 0


def test_how_many_to_draw() -> None:
    assert stopping.draws_needed(95, 400, target=T95, alpha=FIVE) == 157
    assert stopping.draws_needed(19, 400, target=T95, alpha=FIVE) == 311
    assert stopping.draws_needed(0, 0, target=T95, alpha=FIVE) == 0


@given(st.integers(0, 120), st.integers(1, 300), st.integers(0, 4))
def test_the_draw_asked_for_settles_it_and_one_fewer_does_not(found: int, pile: int, hits: int) -> None:
    needed = stopping.draws_needed(found, pile, target=T95, alpha=FIVE, hits=hits)
    if needed is None:
        assert hits > pile
        return
    assert stopping.missed_by_chance(found, pile, needed, hits, target=T95) < FIVE
    if needed > hits:
        assert stopping.missed_by_chance(found, pile, needed - 1, hits, target=T95) >= FIVE


def test_an_undecided_answer_never_makes_it_safer() -> None:
    sure = stopping.missed_by_chance(95, 400, 157, 0, target=T95)
    assert stopping.missed_by_chance(95, 400, 157, 0, target=T95, undecided=1) > sure


_MIXED = [int(one) for one in "1110110100100001"] + [0] * 34


@pytest.mark.parametrize(
    ("labels", "total", "target", "p"),
    [
        ([1] * 10 + [0] * 40, 100, T95, 0.555556),
        ([1] * 10 + [0] * 40, 100, T80, 0.166837),
        ([1] * 10 + [0] * 40, 60, T95, 0.2),
        ([1] * 10 + [0] * 40, 60, T80, 0.006122),
        ([1] * 20 + [0] * 80, 200, T95, 100 * 99 / (180 * 179)),  # i = 80, K = 2
        ([1] * 20 + [0] * 80, 200, T80, 0.027451),
        ([1] * 20 + [0] * 80, 120, T95, 0.038384),
        (_MIXED, 100, T95, 0.595238),
        (_MIXED, 100, T80, 0.205701),
        (_MIXED, 60, T95, 0.227273),
        (_MIXED, 60, T80, 0.009061),
        ([1] * 20 + [0] * 70, 200, T80, 0.049323),
        ([1] * 20 + [0] * 140, 200, T95, 0.048417),
    ],
)
def test_p_of_the_quasi_sample(labels: list[int], total: int, target: Fraction, p: float) -> None:
    assert stopping.quasi(np.array(labels, dtype=bool), total, target=target) == pytest.approx(p, abs=5e-7)


def test_one_zero_fewer_is_not_yet_a_sign() -> None:
    for target, zeros in ((T80, 70), (T95, 140)):
        labels = np.array([1] * 20 + [0] * (zeros - 1), dtype=bool)
        assert stopping.quasi(labels, 200, target=target) >= 0.05


def test_the_quasi_sample_is_blind_to_what_the_ranking_does_not_know() -> None:
    """p below .05 with half of the relevant utterances unread: why no confidence is claimed from it."""
    labels = np.array([1] * 20 + [0] * 70, dtype=bool)
    assert stopping.quasi(labels, 200, target=T80) < 0.05
    drawn = 60  # of the 110 unread, 20 of them relevant: a random sample sees some
    assert float(at_most(0, 110, 20, drawn)) < 1e-7


def test_nothing_read_is_no_sign() -> None:
    assert stopping.quasi([], 100, target=T95) == 1.0


def test_all_looks_together_spend_what_one_may() -> None:
    spent = [stopping.Spending().alpha(look) for look in range(1, 200)]
    assert spent[:2] == [Fraction(1, 25), Fraction(1, 125)]
    assert sum(spent) < FIVE
    assert sum(spent) > Fraction(4999, 100000)


# Elusion --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "drawn", "alpha", "upper"),
    [
        (0, 50, 0.05, 0.058155),
        (0, 59, 0.05, 0.049508),
        (0, 100, 0.05, 0.029513),
        (0, 300, 0.05, 0.009936),
        (1, 100, 0.05, 0.046560),
        (2, 100, 0.05, 0.061619),
        (5, 200, 0.05, 0.051843),
        (0, 100, 0.025, 0.036217),
        (3, 150, 0.10, 0.043994),
        (7, 7, 0.05, 1.0),
    ],
)
def test_binomial_bound(hits: int, drawn: int, alpha: float, upper: float) -> None:
    assert elusion.binomial_upper(hits, drawn, alpha) == pytest.approx(upper, abs=5e-7)


@pytest.mark.parametrize(
    ("hits", "drawn", "pile", "most"),
    [(0, 100, 400, 10), (1, 100, 400, 16), (0, 59, 1000, 48), (0, 159, 400, 5), (0, 200, 400, 4)],
)
def test_finite_bound(hits: int, drawn: int, pile: int, most: int) -> None:
    assert elusion.finite_upper(hits, drawn, pile, FIVE) == most


@pytest.mark.parametrize(("share", "drawn"), [(0.10, 29), (0.05, 59), (0.02, 149), (0.01, 299), (0.005, 598)])
def test_how_many_clean_draws_a_promise_takes(share: float, drawn: int) -> None:
    assert elusion.draws_for(share) == drawn


def test_recall_bound() -> None:
    assert elusion.recall_at_least(95, 0, 10) == pytest.approx(0.904762, abs=5e-7)
    assert elusion.recall_at_least(95, 1, 16) == pytest.approx(0.864865, abs=5e-7)
    binomial = 95 / (95 + 400 * elusion.binomial_upper(0, 100, 0.05))
    assert binomial == pytest.approx(0.889470, abs=5e-7)
    assert elusion.recall_at_least(0, 0, 0) == 1.0


@given(st.integers(0, 150), st.integers(1, 200), st.data())
def test_the_test_and_the_bound_say_the_same(found: int, pile: int, data: st.DataObject) -> None:
    """The target is claimed exactly where the bound on what is left leaves recall at the target or above."""
    drawn = data.draw(st.integers(1, pile))
    hits = data.draw(st.integers(0, min(drawn, 6)))
    claimed = stopping.missed_by_chance(found, pile, drawn, hits, target=T95) <= FIVE
    most = elusion.finite_upper(hits, drawn, pile, FIVE)
    fewest = stopping.fewest_missed(found + hits, found, T95)
    assert claimed == (most < fewest)


def test_impossible_counts_are_refused() -> None:
    for bad in (lambda: elusion.binomial_upper(3, 2, 0.05), lambda: elusion.finite_upper(0, 5, 4, FIVE)):
        with pytest.raises(StudyError):
            bad()
    with pytest.raises(StudyError):
        elusion.recall_at_least(5, 3, 2)


# Conformal thresholds -------------------------------------------------------------------------------------

_SCORES = [
    0.05, 0.12, 0.20, 0.31, 0.33, 0.40, 0.48, 0.52, 0.55, 0.61,
    0.66, 0.70, 0.74, 0.78, 0.81, 0.85, 0.90, 0.93, 0.97,
]  # fmt: skip


@pytest.mark.parametrize(
    ("alpha", "threshold"), [(FIVE, 0.05), (Fraction(1, 10), 0.12), (Fraction(1, 5), 0.31)]
)
def test_threshold_of_one_code(alpha: Fraction, threshold: float) -> None:
    found = conformal.per_code(_SCORES, alpha)
    assert found.value == threshold
    assert "average" in found.limits


def test_too_few_examples_promise_nothing() -> None:
    found = conformal.per_code(_SCORES[:18], FIVE)
    assert found.value is None
    assert found.needed == 19
    assert [conformal.fewest(Fraction(1, n)) for n in (10, 20, 100)] == [9, 19, 99]


@pytest.mark.parametrize(
    ("positives", "alpha", "misses"),
    [
        (9, "0.1", 0), (19, "0.1", 1), (39, "0.05", 1), (49, "0.1", 4), (99, "0.05", 4), (100, "0.1", 9),
        (79, "0.15", 11), (79, "0.2", 15), (109, "0.1", 10), (159, "0.1", 15),
    ],
)  # fmt: skip
def test_misses_allowed_even_at_equality(positives: int, alpha: str, misses: int) -> None:
    assert conformal.misses_allowed(positives, Fraction(alpha)) == misses


@pytest.mark.parametrize(
    ("positives", "alpha", "chance"),
    [(19, "0.1", 0.420), (39, "0.05", 0.413), (50, "0.1", 0.431), (200, "0.1", 0.466)],
)
def test_the_threshold_at_hand_often_misses_more(positives: int, alpha: str, chance: float) -> None:
    found = conformal.per_code(np.linspace(0.1, 0.9, positives), Fraction(alpha))
    assert found.chance_of_more == pytest.approx(chance, abs=5e-4)


def test_the_mean_share_missed_of_uniform_scores() -> None:
    """E[FNR] = (misses + 1)/(n + 1): .1000, .0500, .0980, by simulation within three standard errors."""
    rng = np.random.default_rng(3)
    for positives, alpha, mean in ((19, "0.1", 0.1), (39, "0.05", 0.05), (50, "0.1", 0.0980)):
        missed = [
            conformal.per_code(rng.random(positives), Fraction(alpha)).value or 0.0 for _ in range(2000)
        ]
        assert np.mean(missed) == pytest.approx(mean, abs=3 * np.std(missed) / 2000**0.5)


_SETS = [
    [0.9, 0.4], [0.8], [0.7, 0.6, 0.2], [0.95], [0.5, 0.3],
    [0.85, 0.75], [0.65], [0.55, 0.45], [0.35], [0.99, 0.1],
]  # fmt: skip


@pytest.mark.parametrize(
    ("alpha", "threshold"), [("0.10", 0.1), ("0.15", 0.2), ("0.20", 0.3), ("0.30", 0.35), ("0.09", None)]
)
def test_threshold_for_sets(alpha: str, threshold: float | None) -> None:
    assert conformal.for_sets(_SETS, Fraction(alpha)) == threshold


def test_sets_without_a_code_are_refused() -> None:
    with pytest.raises(StudyError):
        conformal.for_sets([[0.5], []], FIVE)


def test_the_confident_threshold_keeps_its_word() -> None:
    assert conformal.confident(np.linspace(0, 1, 58), FIVE).value is None
    found = conformal.confident(np.linspace(0.1, 1, 59), FIVE)
    assert (found.value, found.misses, found.needed) == (pytest.approx(0.1), 0, 59)
    rng = np.random.default_rng(4)
    broken = sum((conformal.confident(rng.random(120), Fraction(1, 10)).value or 0) > 0.1 for _ in range(600))
    assert broken <= 0.05 * 600 + 3 * (600 * 0.05 * 0.95) ** 0.5

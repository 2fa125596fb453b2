"""The same figures from other people's programs, on 500 random tables."""

from __future__ import annotations

import krippendorff as theirs
import numpy as np
import pytest
from nltk.metrics import agreement as nltk_agreement
from nltk.metrics import jaccard_distance, masi_distance
from sklearn.metrics import cohen_kappa_score, f1_score
from statsmodels.stats import inter_rater

from pipeline.agreement import krippendorff, raters, tables

CLOSE = 1e-10


def random_table(seed: int) -> np.ndarray:
    """A table of 2 to 5 categories, some rare, some never agreed on; never with one category only."""
    rng = np.random.default_rng(seed)
    q = int(rng.integers(2, 6))
    shares = rng.dirichlet(np.full(q * q, 0.4))
    table = rng.multinomial(int(rng.integers(5, 200)), shares).reshape(q, q)
    if (table.sum(axis=0) + table.sum(axis=1) > 0).sum() < 2:
        table[0, 1] += 1
    return table


def labels(table: np.ndarray) -> tuple[list[int], list[int]]:
    at = [(i, j) for i, j in np.ndindex(table.shape) for _ in range(table[i, j])]
    return [i for i, _ in at], [j for _, j in at]


# statsmodels takes the root of a variance that is 0 but for rounding, and may fall below it.
@pytest.mark.filterwarnings("ignore:(invalid value|divide by zero) encountered:RuntimeWarning")
@pytest.mark.parametrize("block", range(10))
def test_two_coders_as_scikit_learn_statsmodels_nltk_and_krippendorff_have_them(block: int) -> None:
    for seed in range(block * 50, block * 50 + 50):
        table = random_table(seed)
        first, second = labels(table)
        found = {name: figure.value for name, figure in tables.of_table(table).items()}
        chance = float(tables.cohen_chance(table))
        if chance < 1 - 1e-12:
            reference = inter_rater.cohens_kappa(table)
            assert found["kappa"] == pytest.approx(reference.kappa, abs=CLOSE)
            variance = max(reference.var_kappa, 0.0)
            assert float(tables.kappa_error(table)) ** 2 == pytest.approx(variance, abs=CLOSE)
            by_chance = max(reference.var_kappa0, 0.0)
            assert float(tables.kappa_error_by_chance(table)) ** 2 == pytest.approx(by_chance, abs=CLOSE)
            assert found["kappa"] == pytest.approx(cohen_kappa_score(first, second), abs=CLOSE)
        task = nltk_agreement.AnnotationTask(
            [("a", unit, value) for unit, value in enumerate(first)]
            + [("b", unit, value) for unit, value in enumerate(second)]
        )
        assert found["pi"] == pytest.approx(task.pi(), abs=CLOSE)
        assert found["alpha"] == pytest.approx(task.alpha(), abs=CLOSE)
        assert found["percent"] == pytest.approx(task.avg_Ao(), abs=CLOSE)
        alpha = theirs.alpha(reliability_data=[first, second], level_of_measurement="nominal")
        assert krippendorff.alpha([first, second]).value == pytest.approx(alpha, abs=CLOSE)
        if len(table) == 2 and found["p_pos"] is not None:
            assert found["p_pos"] == pytest.approx(f1_score(first, second, pos_label=0), abs=CLOSE)


def random_ratings(seed: int) -> np.ndarray:
    """Ratings 1 to 4 of 3 to 5 coders who agree more than by chance, with a fifth missing."""
    rng = np.random.default_rng(seed)
    coders, units = int(rng.integers(3, 6)), int(rng.integers(6, 40))
    truth = rng.integers(1, 5, units)
    values = np.where(rng.random((coders, units)) < 0.6, truth, rng.integers(1, 5, (coders, units)))
    ratings = np.where(rng.random((coders, units)) < 0.2, np.nan, values.astype(float))
    ratings[:2, :2] = [[1, 2], [1, 3]]
    return ratings


@pytest.mark.parametrize("block", range(5))
def test_several_coders_with_missing_values_as_krippendorff_has_them(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        ratings = random_ratings(seed)
        for level in krippendorff.LEVELS:
            alpha = theirs.alpha(reliability_data=ratings, level_of_measurement=level)
            assert krippendorff.alpha(ratings.tolist(), level).value == pytest.approx(alpha, abs=CLOSE), level


def test_several_coders_without_missing_values_as_statsmodels_and_nltk_have_them() -> None:
    for seed in range(100):
        ratings = np.nan_to_num(random_ratings(seed), nan=1).astype(int)
        counts, _ = inter_rater.aggregate_raters(ratings.T)
        found = raters.several_coders(ratings.tolist())
        assert raters.fleiss(counts).value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=CLOSE)
        assert found["fleiss"].value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=CLOSE)
        randolph = inter_rater.fleiss_kappa(counts, method="randolph")
        assert found["brennan_prediger"].value == pytest.approx(randolph, abs=CLOSE)


@pytest.mark.parametrize(
    ("ours", "other"), [(krippendorff.masi, masi_distance), (krippendorff.jaccard, jaccard_distance)]
)
def test_sets_as_nltk_has_them(ours, other) -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        pages = [
            [frozenset(rng.choice(list("abcd"), int(rng.integers(1, 4)), replace=False)) for _ in range(12)]
            for _ in range(2)
        ]
        task = nltk_agreement.AnnotationTask(
            [(coder, unit, value) for coder, page in enumerate(pages) for unit, value in enumerate(page)],
            distance=other,
        )
        assert krippendorff.alpha_of_sets(pages, ours).value == pytest.approx(task.alpha(), abs=CLOSE)

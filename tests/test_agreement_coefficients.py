"""Coefficients against the numbers of the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.agreement import krippendorff, raters, tables, verdict
from pipeline.agreement.unitising import Segment, binary_by_code, coincidences, unitising_alphas
from pipeline.errors import StudyError

T = {
    "T1": [[20, 5], [10, 15]],
    "T2": [[45, 15], [25, 15]],
    "T3": [[25, 35], [5, 35]],
    "T4": [[40, 9], [6, 45]],
    "T5": [[80, 10], [5, 5]],
    "T6": [[118, 5], [2, 0]],
}
NAMES = ("percent", "kappa", "pi", "alpha", "ac1", "pabak", "p_pos", "p_neg")
PRINTED = {
    "T1": (0.7000, 0.4000, 0.3939, 0.4000, 0.4059, 0.4000, 0.7273, 0.6667),
    "T2": (0.6000, 0.1304, 0.1209, 0.1253, 0.2661, 0.2000, 0.6923, 0.4286),
    "T3": (0.6000, 0.2593, 0.1919, 0.1960, 0.2079, 0.2000, 0.5556, 0.6364),
    "T4": (0.8500, 0.6995, 0.6992, 0.7008, 0.7007, 0.7000, 0.8421, 0.8571),
    "T5": (0.8500, 0.3182, 0.3143, 0.3177, 0.8080, 0.7000, 0.9143, 0.4000),
    "T6": (0.9440, -0.0234, -0.0288, -0.0247, 0.9408, 0.8880, 0.9712, 0.0000),
}
AC1_ERROR = {
    "T1": (0.13147, 0.1417, 0.6702),
    "T4": (0.07171, 0.5585, 0.8430),
    "T5": (0.05239, 0.7040, 0.9120),
    "T6": (0.02306, 0.8951, 0.9864),
}


def ratings_of(table: list[list[int]]) -> list[list[int]]:
    """Two coders' labels from a table of counts."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [[one for one, _ in pairs], [other for _, other in pairs]]


@pytest.mark.parametrize("name", T)
def test_two_by_two_tables_to_the_last_printed_digit(name: str) -> None:
    found = tables.of_table(T[name])
    for coefficient, printed in zip(NAMES, PRINTED[name], strict=True):
        assert found[coefficient].value == pytest.approx(printed, abs=5.0001e-5), coefficient


@pytest.mark.parametrize("name", AC1_ERROR)
def test_ac1_error_and_interval(name: str) -> None:
    found = raters.ac1_with_error(ratings_of(T[name]))
    error, low, high = AC1_ERROR[name]
    assert found.error == pytest.approx(error, abs=5.0001e-6)
    # The printed ends come from a program that rounds the error first: one of them is off by half a digit.
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


def test_a_finite_population_shrinks_the_error() -> None:
    whole, part = (raters.ac1_with_error(ratings_of(T["T1"]), population=n) for n in (50, 100))
    assert whole.error == 0
    assert part.error == pytest.approx(0.13147 * math.sqrt(0.5), abs=1e-5)


def test_indices_of_prevalence_and_bias() -> None:
    found = tables.of_table(T["T3"])
    assert found["prevalence_index"].value == pytest.approx(-0.1)
    assert found["bias_index"].value == pytest.approx(0.3)
    assert found["prevalence"].value == pytest.approx(0.45)


def test_one_category_only_is_undefined_and_never_perfect() -> None:
    found = tables.of_table([[50, 0], [0, 0]])
    for name in ("kappa", "pi", "alpha", "p_neg"):
        assert found[name].value is None
        assert found[name].undefined
    for name in ("percent", "ac1", "pabak", "p_pos"):
        assert found[name].value == 1.0


def test_a_code_that_nobody_gave() -> None:
    found = tables.of_table([[0, 0], [0, 9]])
    assert found["p_pos"].value is None
    assert found["p_pos"].undefined == "nobody gave this code"
    assert found["p_neg"].value == 1.0


def test_an_empty_table_has_no_figures() -> None:
    found = tables.of_table([[0, 0], [0, 0]])
    assert {one.value for one in found.values()} == {None}
    assert found["kappa"].undefined == "no utterance was looked at by both"


@pytest.mark.parametrize("table", [[[1, 2, 3], [4, 5, 6]], [[1, -1], [0, 2]], [[3]]])
def test_what_is_no_table_of_agreement_is_refused(table: list[list[int]]) -> None:
    with pytest.raises(StudyError):
        tables.of_table(table)


def test_three_categories_of_artstein_and_poesio() -> None:
    found = tables.of_table([[46, 6, 0], [0, 32, 0], [0, 6, 10]])
    printed = {"percent": 0.88, "s": 0.82, "pi": 0.7995, "kappa": 0.8013, "alpha": 0.8005, "ac1": 0.8287}
    assert {name: round(figure.value, 4) for name, figure in found.items()} == printed


def test_the_large_sample_error_of_kappa() -> None:
    assert float(tables.kappa_error(T["T1"])) == pytest.approx(0.1270, abs=5.01e-5)
    assert float(tables.kappa_error_by_chance(T["T1"])) == pytest.approx(0.1386, abs=5.01e-5)


FLEISS = (
    """0 0 0 0 14/0 2 6 4 2/0 0 3 5 6/0 3 9 2 0/2 2 8 1 1/7 7 0 0 0/3 2 6 3 0/2 5 3 2 2/6 5 2 1 0/0 2 2 3 7"""
)


def test_fleiss_on_the_textbook_table() -> None:
    counts = [[int(cell) for cell in row.split()] for row in FLEISS.split("/")]
    assert raters.fleiss(counts).value == pytest.approx(0.20993, abs=5.01e-6)
    spread = [[k for k, n in enumerate(row) for _ in range(n)] for row in counts]
    found = raters.several_coders(list(zip(*spread, strict=True)))
    assert found["fleiss"].value == pytest.approx(0.20993, abs=5.01e-6)
    assert found["percent"].value == pytest.approx(0.378, abs=5.01e-4)
    assert found["conger"].value == pytest.approx(0.21704, abs=5.01e-6)
    assert found["brennan_prediger"].value == pytest.approx(0.22253, abs=5.01e-6)
    assert krippendorff.alpha(list(zip(*spread, strict=True))).value == pytest.approx(0.21557, abs=5.01e-6)


def test_fleiss_wants_the_same_number_of_ratings() -> None:
    with pytest.raises(StudyError, match="same number"):
        raters.fleiss([[2, 1], [2, 0]])


C = [
    [None if cell == "." else int(cell) for cell in row.split()]
    for row in (
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    )
]


@pytest.mark.parametrize(
    ("level", "printed"),
    [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)],
)
def test_alpha_of_krippendorffs_four_coders(level: krippendorff.Level, printed: float) -> None:
    assert krippendorff.alpha(C, level).value == pytest.approx(printed, abs=5.01e-7)


def test_alpha_of_krippendorffs_two_coders() -> None:
    binary = [[int(cell) for cell in row] for row in ("0100000010", "1110010000")]
    assert krippendorff.alpha(binary).value == pytest.approx(0.095238, abs=5.01e-7)
    nominal = [list("aabbdcccedda"), list("babbbccceddd")]
    assert krippendorff.alpha(nominal).value == pytest.approx(0.691964, abs=5.01e-7)


def test_gwets_methods_with_missing_values() -> None:
    found = raters.several_coders(C)
    printed = {"ac1": 0.77544, "fleiss": 0.76117, "conger": 0.76207, "brennan_prediger": 0.77273}
    for name, value in printed.items():
        assert found[name].value == pytest.approx(value, abs=5.01e-6), name
    assert raters.ac1_with_error(C).error == pytest.approx(0.14295, abs=5.01e-6)
    alpha = krippendorff.alpha_with_error(C)
    assert (alpha.value, alpha.error) == (
        pytest.approx(0.74342, abs=5.01e-6),
        pytest.approx(0.14557, abs=5.01e-6),
    )
    assert (alpha.low, alpha.high) == (pytest.approx(0.419, abs=5.01e-4), 1.0)


def test_alpha_of_one_value_and_of_lonely_ratings_is_undefined() -> None:
    assert krippendorff.alpha([["a", "a"], ["a", "a"]]).value is None
    alone = krippendorff.alpha([["a", None], [None, "b"]])
    assert alone.value is None
    assert alone.undefined == "no unit was rated by two coders"


def test_levels_need_numbers_and_known_names() -> None:
    with pytest.raises(StudyError, match="must be numbers"):
        krippendorff.alpha([["a", "b"], ["a", "c"]], "interval")
    with pytest.raises(StudyError, match="no level"):
        krippendorff.alpha([[1], [1]], "metric")  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="different numbers of units"):
        krippendorff.alpha([[1, 2], [1]])


SETS = (
    ["A", "AB", "B", "C", "A", "", "BC", "A"],
    ["A", "A", "B", "AC", "B", "", "BC", "ABC"],
)


@pytest.mark.parametrize(
    ("distance", "with_empty", "without"),
    [
        (krippendorff.exact, 0.428571, 0.324675),
        (krippendorff.jaccard, 0.538462, 0.409091),
        (krippendorff.masi, 0.500000, 0.380952),
    ],
)
def test_alpha_of_sets_with_and_without_the_empty_pair(distance, with_empty: float, without: float) -> None:
    pages = [[set(cell) for cell in row] for row in SETS]
    assert krippendorff.alpha_of_sets(pages, distance).value == pytest.approx(with_empty, abs=5.01e-7)
    filled = [[cell for cell in page if cell] for page in pages]
    assert krippendorff.alpha_of_sets(filled, distance).value == pytest.approx(without, abs=5.01e-7)


@pytest.mark.parametrize(
    ("one", "other", "masi", "jaccard"),
    [
        ("A", "AB", 0.6667, 0.5),
        ("AB", "BC", 0.8889, 0.6667),
        ("A", "B", 1, 1),
        ("", "A", 1, 1),
        ("", "", 0, 0),
    ],
)
def test_distances_of_sets(one: str, other: str, masi: float, jaccard: float) -> None:
    assert krippendorff.masi(set(one), set(other)) == pytest.approx(masi, abs=5.01e-5)
    assert krippendorff.jaccard(set(other), set(one)) == pytest.approx(jaccard, abs=5.01e-5)


def segments(text: str) -> list[Segment]:
    """`x 0-4, y 6-10`"""
    return [
        Segment(int(start), int(end), code)
        for code, start, end in (part.replace("-", " ").split() for part in text.split(", "))
    ]


E1 = segments("x 0-4, y 6-10"), segments("x 0-3, y 5-10")


def test_unitising_of_two_coders() -> None:
    found = unitising_alphas(E1, 12)
    assert found.u.value == pytest.approx(0.780977, abs=5.01e-7)
    assert found.binary.value == pytest.approx(0.673177, abs=5.01e-7)
    assert found.cu.value == 1.0
    assert found.coverage == {"x": pytest.approx(0.857, abs=5e-4), "y": pytest.approx(0.889, abs=5e-4)}
    assert coincidences(E1, 12).tolist() == [[6, 1, 1], [1, 6, 0], [1, 0, 8]]


def test_unitising_of_identical_swapped_disjoint_and_three_coders() -> None:
    same = unitising_alphas([E1[0], E1[0]], 12)
    assert (same.u.value, same.binary.value, same.cu.value) == (1, 1, 1)
    swapped = unitising_alphas([E1[0], segments("y 0-4, y 6-10")], 12)
    assert swapped.u.value == pytest.approx(0.522727, abs=5.01e-7)
    assert (swapped.binary.value, swapped.cu.value) == (1, pytest.approx(0))
    apart = unitising_alphas([segments("x 0-5"), segments("x 5-10")], 10)
    assert (apart.u.value, apart.binary.value) == (pytest.approx(-0.7), pytest.approx(-0.7))
    assert apart.cu.value is None
    three = unitising_alphas([*E1, segments("x 1-4, x 6-9")], 12)
    printed = (0.451895, 0.567821, 0.461039)
    assert [three.u.value, three.binary.value, three.cu.value] == [
        pytest.approx(value, abs=5.01e-7) for value in printed
    ]


def test_unitising_of_one_code_against_the_rest_is_its_binary_alpha() -> None:
    only_x = [[segment for segment in page if segment.code == "x"] for page in E1]
    assert binary_by_code(E1, 12)["x"] == unitising_alphas(only_x, 12).u


@pytest.mark.parametrize("wrong", ["x 0-4, y 3-6", "x 4-4", "x 8-13"])
def test_segments_that_overlap_or_do_not_fit_are_refused(wrong: str) -> None:
    with pytest.raises(StudyError):
        unitising_alphas([segments(wrong), segments("x 0-1")], 12)


def test_nothing_marked_is_undefined() -> None:
    found = unitising_alphas([[], []], 12)
    assert (found.u.value, found.binary.value, found.cu.value) == (None, None, None)


def test_words_for_a_figure() -> None:
    assert [verdict.krippendorff(value) for value in (0.8, 0.7999, 0.667, 0.66)] == [
        "rely",
        "tentative",
        "tentative",
        "discard",
    ]
    assert [verdict.landis_koch(value) for value in (-0.01, 0, 0.21, 0.41, 0.61, 0.81)] == [
        "poor",
        "slight",
        "fair",
        "moderate",
        "substantial",
        "almost perfect",
    ]
    assert [verdict.fleiss(value) for value in (0.39, 0.4, 0.75, 0.76)] == [
        "poor",
        "fair to good",
        "fair to good",
        "excellent",
    ]
    assert {word(None) for word in (verdict.krippendorff, verdict.landis_koch, verdict.fleiss)} == {
        "undefined"
    }


def test_an_interval_half_as_wide_needs_four_times_the_utterances() -> None:
    assert verdict.needed(100, 0.4, 0.2) == 300
    assert verdict.needed(100, 0.1, 0.2) == 0
    assert verdict.needed(100, None, 0.2) is None


cells = st.lists(st.integers(0, 30), min_size=9, max_size=9)


@given(cells)
def test_figures_do_not_depend_on_who_is_first_or_how_categories_are_called(values: list[int]) -> None:
    table = np.array(values, float).reshape(3, 3)
    order = [2, 0, 1]
    for of in tables.COEFFICIENTS.values():
        value = of(table)
        np.testing.assert_allclose(of(table.T), value, atol=1e-12)
        np.testing.assert_allclose(of(table[order][:, order]), value, atol=1e-12)


@given(st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=1, max_size=5))
def test_many_tables_at_once_give_what_each_gives_alone(values: list[list[int]]) -> None:
    stack = np.array(values, float).reshape(-1, 2, 2)
    for of in tables.BINARY.values():
        together = of(stack)
        for table, value in zip(stack, together, strict=True):
            np.testing.assert_allclose(of(table), value)

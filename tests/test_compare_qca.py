"""QCA against the published Lipset analysis, against brute force, and against bad input."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from itertools import combinations, product
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compare.ask import Question, parse, question
from pipeline.compare.both import both_sides
from pipeline.compare.calibrate import R_QCA, Anchors, Cut, Level, column, crisp, direct, qualitative
from pipeline.compare.linked import Link, circular, quotes_of, shares
from pipeline.compare.matrix import Chart, Matrix, matrix
from pipeline.compare.minimise import Corner, covers, primes, smallest_covers
from pipeline.compare.qca import (
    Analysis,
    contradictory_assumptions,
    necessity,
    r_csv,
    sets,
    solve,
    truth_table,
)
from pipeline.compare.sensitivity import Measure, sensitivity
from pipeline.compare.sets import Sets
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Given

# Lipset's 18 European countries between the wars. Facts from Rihoux & De Meur (2009) and Ragin (2009):
# GDP per head | crisp DEV URB LIT IND STB SURV | fuzzy memberships of the same.
LIPSET = """
AU  720 | 1 0 1 1 0 0 | .81 .12 .99 .73 .43 .05
BE 1098 | 1 1 1 1 1 1 | .99 .89 .98 1.0 .98 .95
CZ  586 | 1 1 1 1 1 1 | .58 .98 .98 .90 .91 .89
EE  468 | 0 0 1 0 1 0 | .16 .07 .98 .01 .91 .12
FI  590 | 1 0 1 0 1 1 | .58 .03 .99 .08 .58 .77
FR  983 | 1 0 1 1 1 1 | .98 .03 .99 .81 .95 .95
DE  795 | 1 1 1 1 0 0 | .89 .79 .99 .96 .31 .05
GR  390 | 0 0 0 0 0 0 | .04 .09 .13 .36 .43 .06
SE  897 | 1 0 1 1 1 1 | .95 .13 .99 .67 .91 .95
HU  424 | 0 0 1 0 0 0 | .07 .16 .88 .07 .13 .42
IE  662 | 1 0 1 0 1 1 | .72 .05 .98 .01 .95 .92
IT  517 | 0 0 0 0 1 0 | .34 .10 .41 .47 .58 .05
NL 1008 | 1 1 1 1 1 1 | .98 1.0 .99 .94 .99 .95
PL  350 | 0 0 1 0 0 0 | .02 .17 .59 .00 .00 .12
PT  320 | 0 0 0 0 0 0 | .01 .02 .01 .11 .01 .05
RO  331 | 0 0 0 0 1 0 | .01 .03 .17 .00 .84 .21
ES  367 | 0 0 0 0 0 0 | .03 .30 .09 .21 .20 .06
UK 1038 | 1 1 1 1 1 1 | .98 .99 .99 1.0 .98 .95
"""
CONDITIONS = ["DEV", "URB", "LIT", "IND", "STB"]
PLUS = dict.fromkeys(CONDITIONS, 1)
Kind = Literal["conservative", "intermediate", "parsimonious"]


def lipset(part: int) -> dict[str, dict[str, float]]:
    out = {}
    for line in LIPSET.strip().split("\n"):
        name, *_ = line.split()
        values = [float(one) for one in line.split("|")[part].split()]
        out[name] = dict(zip([*CONDITIONS, "SURV"], values, strict=True))
    return out


RAW = {line.split()[0]: float(line.split()[1]) for line in LIPSET.strip().split("\n")}
CRISP = sets(lipset(1), CONDITIONS, "SURV")
FUZZY = sets(lipset(2), CONDITIONS, "SURV")


def analysed(data: Sets, incl_cut: float, **more: object) -> Analysis:
    return solve(truth_table(data, incl_cut=incl_cut), **more)  # type: ignore[arg-type]


def terms(text: str) -> frozenset[str]:
    return frozenset(text.split(" + "))


def only(analysis: Analysis, kind: Kind) -> frozenset[str]:
    (solution,) = analysis.of(kind)
    return terms(solution.formula)


# --- Calibration ---


def test_the_direct_method_with_three_gives_the_published_column() -> None:
    dev = direct(RAW, Anchors(400, 550, 900))
    published = {case: values["DEV"] for case, values in lipset(2).items()}
    assert {case: round(value, 2) for case, value in dev.items()} == published


def test_with_r_s_default_the_column_differs_by_a_hundredth_at_most() -> None:
    dev = direct(RAW, Anchors(400, 550, 900, R_QCA))
    apart = [abs(round(dev[case], 2) - values["DEV"]) for case, values in lipset(2).items()]
    assert 0 < max(apart) < 0.0101


@pytest.mark.parametrize(("k", "out", "full"), [(3.0, 0.0474, 0.9526), (R_QCA, 0.05, 0.95)])
def test_the_anchors_have_their_memberships(k: float, out: float, full: float) -> None:
    at = direct({"out": 400, "cross": 550, "in": 900}, Anchors(400, 550, 900, k))
    assert (at["out"], at["cross"], at["in"]) == (
        pytest.approx(out, abs=1e-4),
        0.5,
        pytest.approx(full, abs=1e-4),
    )


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_falling_anchors_mirror_rising_ones(one: float, other: float) -> None:
    rising = direct({"a": one, "b": other}, Anchors(5, 10, 30))
    falling = direct({"a": -one, "b": -other}, Anchors(-5, -10, -30))
    assert rising == pytest.approx(falling)
    assert (rising["a"] - rising["b"]) * (one - other) >= 0


def test_the_crisp_cut_gives_the_published_column() -> None:
    assert crisp(RAW, 550) == {case: values["DEV"] for case, values in lipset(1).items()}


def test_a_scale_in_words_needs_its_anchors() -> None:
    scale = [Level("out", 0, "no team has met one"), Level("rather in", 0.67, "most teams ask for one")]
    assert qualitative({"S3": "rather in"}, scale) == {"S3": 0.67}
    for wrong, word in (
        ([Level("half", 0.5, "some")], "membership 0.5"),
        ([Level("in", 1, " ")], "no anchor in words"),
        ([Level("in", 1, "all"), Level("very", 1, "all too")], "twice"),
    ):
        with pytest.raises(StudyError, match=word):
            qualitative({}, wrong)
    with pytest.raises(StudyError, match="S4 was not judged"):
        qualitative({"S4": ""}, scale)


def test_anchors_out_of_order_are_refused() -> None:
    with pytest.raises(StudyError, match="not in order"):
        Anchors(400, 900, 550)


@pytest.mark.parametrize(
    ("text", "word"), [("", "S4 has no value for fidelity"), ("high", "is no number"), ("nan", "no number")]
)
def test_columns_of_attributes_are_numbers_for_every_case(text: str, word: str) -> None:
    with pytest.raises(StudyError, match=word):
        column({"S3": {"fidelity": "12"}, "S4": {"fidelity": text}}, "fidelity")


# --- Necessity ---

NEEDS = [
    (CRISP, "DEV", 1, 0.800, 0.800),
    (CRISP, "LIT", 1, 0.615, 0.500),
    (CRISP, "STB", 1, 0.727, 0.700),
    (CRISP, "IND", 0.75, 0.75, 0.833),
    (CRISP, "URB", 0.5, 0.8, 0.929),
    (FUZZY, "LIT", 0.991, 0.643, 0.509),
    (FUZZY, "STB", 0.920, 0.707, 0.680),
    (FUZZY, "DEV", 0.831, 0.775, 0.811),
    (FUZZY, "IND", 0.669, 0.684, 0.786),
    (FUZZY, "URB", 0.539, 0.771, 0.899),
    (FUZZY, "~URB", 0.568, 0.402, 0.452),
]


@pytest.mark.parametrize(("data", "name", "consistency", "coverage", "ron"), NEEDS)
def test_lipset_s_necessity(data: Sets, name: str, consistency: float, coverage: float, ron: float) -> None:
    fit = next(one.fit for one in necessity(data) if one.name == name)
    assert fit.consistency == pytest.approx(consistency, abs=5e-4)
    assert fit.coverage == pytest.approx(coverage, abs=5e-4)
    assert fit.ron == pytest.approx(ron, abs=5e-4)


def test_conditions_joined_by_or_and_trivial_ones() -> None:
    (joined,) = [one for one in necessity(FUZZY, [["LIT", "~LIT"]]) if "+" in one.name]
    assert joined.fit.consistency == 1.0
    assert joined.trivial, "nearly every case is in LIT or not LIT"
    with pytest.raises(StudyError, match="no condition is called 'WAR'"):
        necessity(FUZZY, [["WAR"]])


# --- Truth table ---

CRISP_ROWS = {
    "10101": ("1", "FI IE"),
    "10111": ("1", "FR SE"),
    "11111": ("1", "BE CZ NL UK"),
    "00000": ("0", "ES GR PT"),
    "00001": ("0", "IT RO"),
    "00100": ("0", "HU PL"),
    "00101": ("0", "EE"),
    "10110": ("0", "AU"),
    "11110": ("0", "DE"),
}
FUZZY_ROWS = {
    "10101": (2, 0.804, 0.719, "1"),
    "11111": (4, 0.904, 0.886, "1"),
    "10111": (2, 0.709, 0.634, "0"),
    "00101": (1, 0.529, 0.228, "0"),
    "00100": (2, 0.521, 0.113, "0"),
    "11110": (1, 0.445, 0.050, "0"),
    "10110": (1, 0.378, 0.040, "0"),
    "00001": (2, 0.278, 0.0, "0"),
    "00000": (3, 0.216, 0.0, "0"),
}


def test_lipset_s_crisp_truth_table() -> None:
    rows = truth_table(CRISP, incl_cut=1).rows
    filled = {"".join(map(str, row.corner)): (row.out, " ".join(sorted(row.cases))) for row in rows if row.n}
    assert filled == CRISP_ROWS
    assert sum(row.out == "?" for row in rows) == 23


@pytest.mark.parametrize("corner", FUZZY_ROWS)
def test_lipset_s_fuzzy_truth_table(corner: str) -> None:
    number, consistency, pri, out = FUZZY_ROWS[corner]
    row = next(row for row in truth_table(FUZZY).rows if "".join(map(str, row.corner)) == corner)
    assert (row.n, row.out) == (number, out)
    assert row.consistency == pytest.approx(consistency, abs=5e-4)
    assert row.pri == pytest.approx(pri, abs=5e-4)


def test_cases_that_speak_against_their_row_are_named() -> None:
    table = truth_table(FUZZY)
    row = next(row for row in table.rows if row.corner == (1, 0, 1, 1, 1))
    assert set(row.against) == {"FR", "SE"}
    assert any("FR, SE" in notice for notice in table.notices)


def test_rows_between_two_cuts_are_contradictory_and_in_no_solution() -> None:
    table = truth_table(FUZZY, contradiction_cut=0.7)
    assert table.corners("C") == {(1, 0, 1, 1, 1)}
    assert only(solve(table), "conservative") == only(solve(truth_table(FUZZY)), "conservative")


def test_rows_with_too_few_cases_are_remainders() -> None:
    table = truth_table(CRISP, incl_cut=1, n_cut=2)
    assert {(0, 0, 1, 0, 1), (1, 0, 1, 1, 0), (1, 1, 1, 1, 0)} <= table.corners("?")


def test_a_high_pri_cut_turns_rows_to_nought() -> None:
    assert truth_table(FUZZY, pri_cut=0.75).corners("1") == {(1, 1, 1, 1, 1)}


def test_few_cases_are_said_to_allow_few_conditions() -> None:
    assert any("18 cases allow about 4 conditions" in notice for notice in truth_table(CRISP).notices)


# --- Solutions ---

SOLUTIONS: list[tuple[Sets, float, Kind, str]] = [
    (CRISP, 1, "conservative", "DEV*~URB*LIT*STB + DEV*LIT*IND*STB"),
    (CRISP, 1, "parsimonious", "DEV*STB"),
    (CRISP, 1, "intermediate", "DEV*LIT*STB"),
    (CRISP.negated(), 1, "conservative", "~DEV*~URB*~IND + DEV*LIT*IND*~STB"),
    (CRISP.negated(), 1, "parsimonious", "~DEV + ~STB"),
    (FUZZY, 0.8, "conservative", "DEV*URB*LIT*IND*STB + DEV*~URB*LIT*~IND*STB"),
    (FUZZY, 0.8, "intermediate", "DEV*URB*LIT*STB + DEV*LIT*~IND*STB"),
    (FUZZY, 0.8, "parsimonious", "DEV*~IND + URB*STB"),
    (FUZZY.negated(), 0.8, "conservative", "~DEV*~URB*~IND + DEV*LIT*IND*~STB"),
    (FUZZY.negated(), 0.8, "parsimonious", "~DEV + ~STB"),
]


@pytest.mark.parametrize(("data", "cut", "kind", "formula"), SOLUTIONS)
def test_lipset_s_formulas(data: Sets, cut: float, kind: Kind, formula: str) -> None:
    assert only(analysed(data, cut, expectations=PLUS), kind) == terms(formula)


def test_lipset_s_crisp_solutions_fit_perfectly() -> None:
    analysis = analysed(CRISP, 1, expectations=PLUS)
    for kind in ("conservative", "intermediate", "parsimonious"):
        (solution,) = analysis.of(kind)
        assert (solution.consistency, solution.coverage) == (1.0, 1.0)
        assert not solution.uncovered
        assert not solution.against


PATHS: list[tuple[Kind, Mapping[str, tuple[float, ...]], tuple[float, ...]]] = [
    (
        "conservative",
        {
            "DEV*URB*LIT*IND*STB": (0.904, 0.886, 0.454, 0.393),
            "DEV*~URB*LIT*~IND*STB": (0.804, 0.719, 0.265, 0.204),
        },
        (0.870, 0.843, 0.658),
    ),
    (
        "intermediate",
        {"DEV*URB*LIT*STB": (0.901, 0.879, 0.468, 0.378), "DEV*LIT*~IND*STB": (0.814, 0.721, 0.282, 0.191)},
        (0.866, 0.839, 0.660),
    ),
    (
        "parsimonious",
        {"DEV*~IND": (0.815, 0.721, 0.284, 0.194), "URB*STB": (0.874, 0.845, 0.520, 0.430)},
        (0.850, 0.819, 0.714),
    ),
]


@pytest.mark.parametrize(("kind", "paths", "whole"), PATHS)
def test_lipset_s_fuzzy_fit(
    kind: Kind, paths: Mapping[str, tuple[float, ...]], whole: tuple[float, ...]
) -> None:
    (solution,) = analysed(FUZZY, 0.8, expectations=PLUS).of(kind)
    for term in solution.terms:
        assert (term.consistency, term.pri, term.coverage, term.unique) == pytest.approx(
            paths[term.name], abs=5e-4
        )
    assert (solution.consistency, solution.pri, solution.coverage) == pytest.approx(whole, abs=5e-4)
    assert solution.uncovered == ("FR", "SE")


@pytest.mark.parametrize(
    ("kind", "fit"), [("conservative", (0.897, 0.871, 0.803)), ("parsimonious", (0.849, 0.816, 0.888))]
)
def test_lipset_s_fuzzy_fit_of_the_negation(kind: Kind, fit: tuple[float, ...]) -> None:
    (solution,) = analysed(FUZZY.negated(), 0.8).of(kind)
    assert (solution.consistency, solution.pri, solution.coverage) == pytest.approx(fit, abs=5e-4)


def test_without_expectations_the_intermediate_solution_is_the_conservative_one() -> None:
    analysis = analysed(FUZZY, 0.8)
    assert only(analysis, "intermediate") == only(analysis, "conservative")


def test_the_parsimonious_solution_names_what_it_takes_for_granted() -> None:
    (solution,) = analysed(CRISP, 1).parsimonious
    assert all(corner[0] == 1 and corner[4] == 1 for corner in solution.assumptions)
    assert len(solution.assumptions) == 5  # of the 8 corners of DEV*STB three have cases


def test_remainders_against_a_necessity_claim_are_not_assumed() -> None:
    (solution,) = analysed(CRISP, 1, necessary_for=["LIT"]).parsimonious
    assert terms(solution.formula) == {"DEV*LIT*STB"}
    with pytest.raises(StudyError, match="no condition is called 'WAR'"):
        analysed(CRISP, 1, necessary_for=["~WAR"])


def test_assumptions_for_the_outcome_and_its_negation_are_named_and_can_be_left_out() -> None:
    (one,), (other,) = analysed(FUZZY, 0.8).parsimonious, analysed(FUZZY.negated(), 0.8).parsimonious
    both = contradictory_assumptions(one, other)
    assert (0, 1, 0, 0, 1) in both, "URB*STB without DEV stands in both"
    for again in analysed(FUZZY, 0.8, exclude=both).parsimonious:
        assert not set(again.assumptions) & set(both)


def test_no_consistent_row_means_no_solution_and_is_said() -> None:
    analysis = analysed(sets({"A": {"X": 1, "Y": 0}, "B": {"X": 0, "Y": 0}}, ["X"], "Y"), 1)
    assert analysis.conservative == analysis.parsimonious == ()
    assert "no solution" in analysis.notices[0]


def test_if_every_row_has_the_outcome_nothing_tells_cases_apart() -> None:
    analysis = analysed(sets({"A": {"X": 1, "Y": 1}, "B": {"X": 0, "Y": 1}}, ["X"], "Y"), 1)
    assert analysis.parsimonious[0].formula == "1"
    assert "nothing tells cases apart" in analysis.notices[0]


def test_every_tie_is_returned() -> None:
    # The cyclic chart: six primes, two smallest covers of three each.
    positive = {(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 1, 0), (1, 0, 0)}
    found = smallest_covers(primes(positive, (), 3), positive)
    assert sorted(map(len, found)) == [3, 3]
    assert not set(found[0]) & set(found[1])


ALL = list(product((0, 1), repeat=3))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from("01?"), min_size=8, max_size=8))
def test_minimisation_against_brute_force(outs: list[str]) -> None:
    positive: set[Corner] = {corner for corner, out in zip(ALL, outs, strict=True) if out == "1"}
    free: set[Corner] = {corner for corner, out in zip(ALL, outs, strict=True) if out == "?"}
    every = list(product((0, 1, None), repeat=3))
    valid = [cube for cube in every if all(one in positive | free for one in ALL if covers(cube, one))]
    widest = [
        cube
        for cube in valid
        if any(covers(cube, one) for one in positive)
        and not any(
            other != cube and all(covers(other, one) for one in ALL if covers(cube, one)) for other in valid
        )
    ]
    assert set(primes(positive, free, 3)) == set(widest)
    expected: set[frozenset[object]] = set()
    for size in range(1, len(positive) + 1):
        expected = {
            frozenset(some)
            for some in combinations(widest, size)
            if all(any(covers(cube, one) for cube in some) for one in positive)
        }
        if expected:
            break
    assert {frozenset(one) for one in smallest_covers(widest, positive)} == expected


# --- Robustness, links, export ---


def test_moving_the_cuts_shows_what_changes() -> None:
    varied = {one.what: one for one in sensitivity(FUZZY, expectations=PLUS)}
    assert set(varied) == {"consistency cut 0.75", "consistency cut 0.85", "at least 2 cases a row"}
    assert varied["consistency cut 0.75"].changed == ()
    assert "parsimonious" in varied["consistency cut 0.85"].changed, "the row of FI and IE falls out at .804"


def test_moving_anchors_is_named_and_runs_on_new_memberships() -> None:
    measures = {"DEV": Measure(RAW, Anchors(400, 550, 900))}
    varied = sensitivity(FUZZY, expectations=PLUS, measures=measures)
    moved = [one for one in varied if one.what.startswith("DEV")]
    assert len(moved) == 6
    high = next(one for one in moved if "crossover at 605" in one.what)
    assert high.changed, "CZ and FI lie below 605 and leave their corners"


def test_a_case_moved_to_the_half_is_reported_not_hidden() -> None:
    values = {**RAW, "FI": 605.0}
    varied = sensitivity(FUZZY, measures={"DEV": Measure(values, Anchors(400, 550, 900))})
    assert any("exactly 0.5" in one.problem for one in varied)


def test_a_cut_is_moved_like_an_anchor() -> None:
    varied = sensitivity(FUZZY, measures={"DEV": Measure(RAW, Cut(550))})
    moved = {one.what: one for one in varied if one.what.startswith("DEV")}
    assert set(moved) == {"DEV: cut at 495 instead of 550", "DEV: cut at 605 instead of 550"}


def test_rows_lead_back_to_quotes() -> None:
    rows = [
        CodedRow(
            "A1", (Given("c.culture", "facilitator"),), case="A", speaker="A1", text="so warm", turn_index=4
        ),
        CodedRow("B1", (), case="B", speaker="B1"),
    ]
    laid_out = matrix(rows)
    links = {"WARM": Link("c.culture", "facilitator")}
    warm = shares(laid_out, links["WARM"])
    assert warm == {"A": 1.0, "B": 0.0}
    table = truth_table(sets({case: {"WARM": warm[case], "OK": warm[case]} for case in warm}, ["WARM"], "OK"))
    quotes = quotes_of(next(row for row in table.rows if row.corner == (1,)), laid_out, links)
    assert quotes["A"]["WARM"][0].ref == "[A1:4]"


def test_what_is_not_known_of_a_case_is_no_zero() -> None:
    rows = [CodedRow("A1", (Given("c"),), case="A", speaker="A1"), CodedRow("B1", (), case="B", speaker="B1")]
    with pytest.raises(StudyError, match="B has no value for c: not_asked"):
        shares(matrix(rows, charts=[Chart("B", "c", status="not_asked")]), Link("c"))
    assert shares(matrix(rows, charts=[Chart("B", "c", status="asked_denied")]), Link("c"))["B"] == 0.0


def test_outcome_and_condition_from_one_construct_are_warned_of() -> None:
    assert "same construct" in circular({"X": Link("c", "barrier"), "Y": Link("c")}, "Y")
    assert circular({"X": Link("c"), "Y": Link("d")}, "Y") == ""
    assert circular({"X": Link("c")}, "Y") == ""


def test_the_csv_for_r_reads_back_exactly() -> None:
    rows = list(csv.reader(io.StringIO(r_csv(FUZZY).decode(), newline="")))
    assert rows[0] == ["case", *CONDITIONS, "SURV"]
    assert np.array_equal(np.array([row[1:-1] for row in rows[1:]], dtype=float), FUZZY.x)
    assert [row[0] for row in rows[1:]] == list(FUZZY.cases)


# --- Bad input ---


def changed(case: str, name: str, value: float | None) -> dict[str, dict[str, float | None]]:
    out: dict[str, dict[str, float | None]] = {key: dict(values) for key, values in lipset(2).items()}
    out[case][name] = value
    return out


@pytest.mark.parametrize(
    ("case", "name", "value", "word"),
    [
        ("FR", "DEV", 0.5, "FR has exactly 0.5 for the condition DEV"),
        ("FR", "DEV", None, "FR has no value for DEV"),
        ("FR", "SURV", float("nan"), "FR has no value for SURV"),
        ("FR", "LIT", 1.2, "FR has 1.2 for LIT"),
    ],
)
def test_bad_memberships_get_a_clear_word(case: str, name: str, value: float | None, word: str) -> None:
    with pytest.raises(StudyError, match=re.escape(word)):
        sets(changed(case, name, value), CONDITIONS, "SURV")


def test_the_outcome_may_lie_at_the_half() -> None:
    assert sets(changed("FR", "SURV", 0.5), CONDITIONS, "SURV").y[5] == 0.5


@pytest.mark.parametrize(
    ("conditions", "word"),
    [
        ([], "no condition is named"),
        (["A", "B", "C", "D", "E", "F", "G"], "7 conditions are too many"),
        (["DEV", "DEV"], "named twice"),
        (["SURV"], "named twice"),
        (["GDP per head"], "cannot stand in a formula"),
    ],
)
def test_bad_conditions_get_a_clear_word(conditions: list[str], word: str) -> None:
    with pytest.raises(StudyError, match=word):
        sets(lipset(2), conditions, "SURV")


def test_one_case_is_no_comparison() -> None:
    with pytest.raises(StudyError, match="two cases or more"):
        sets({"FR": lipset(2)["FR"]}, CONDITIONS, "SURV")


@pytest.mark.parametrize(
    "wrong", [{"incl_cut": 0}, {"incl_cut": 1.1}, {"n_cut": 0}, {"contradiction_cut": 0.9}]
)
def test_cuts_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(StudyError, match="cuts"):
        truth_table(FUZZY, **wrong)  # type: ignore[arg-type]


# --- Asked in one line a condition ---

ATTRIBUTES = {
    "S3": {"fidelity": "12", "urban": "1"},
    "S4": {"fidelity": "6", "urban": "0"},
    "S5": {"fidelity": "9", "urban": "1"},
    "S6": {"fidelity": "4", "urban": "0"},
}


def coded() -> Matrix:
    said = {"S3": 3, "S4": 0, "S5": 2, "S6": 1}
    return matrix(
        [
            CodedRow(
                "",
                (Given("c.culture", "facilitator"),) if person < said[case] else (),
                case=case,
                speaker=f"{case}P{person}",
            )
            for case in said
            for person in range(3)
        ]
    )


def test_a_question_turns_into_memberships_and_keeps_its_sources() -> None:
    asked = [parse(text) for text in ("WARM=c.culture:facilitator", "MUCH=c.culture@.2,.5,.9", "URBAN=urban")]
    found = question(asked, parse("FID=fidelity@>=9"), coded(), ATTRIBUTES)
    assert found.data.cases == ("S3", "S4", "S5", "S6")
    assert found.data.x[:, 0].tolist() == [1, 0, 1, 0]
    assert found.data.x[2, 1] == pytest.approx(1 / (1 + np.exp(-3 * (2 / 3 - 0.5) / 0.4)))
    assert found.data.x[:, 2].tolist() == [1, 0, 1, 0]
    assert found.data.y.tolist() == [1, 0, 1, 0]
    assert found.links == {"WARM": Link("c.culture", "facilitator"), "MUCH": Link("c.culture")}
    assert set(found.measures) == {"WARM", "MUCH", "FID"}


def test_a_share_at_its_own_cut_is_present() -> None:
    laid_out = coded()
    found = question(
        [parse("WARM=c.culture")], parse("FID=fidelity@<7"), laid_out, ATTRIBUTES, present_share=2 / 3
    )
    assert found.data.x[:, 0].tolist() == [1, 0, 1, 0]
    assert found.data.y.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("fidelity", "names no condition"),
        ("X=", "names no condition"),
        ("X=weather", "neither a code nor a column"),
        ("X=fidelity@1,2", "is no calibration"),
        ("X=fidelity@high", "is no calibration"),
        ("X=fidelity@9,6,12", "not in order"),
        ("X=fidelity", "S3 has 12.0 for X, which is no membership"),
        ("X=c.culture:sideways", "neither a code nor a column"),
    ],
)
def test_questions_that_cannot_be_asked_get_a_clear_word(text: str, word: str) -> None:
    with pytest.raises(StudyError, match=word):
        question([parse(text)], parse("URBAN=urban"), coded(), ATTRIBUTES)


def test_a_case_without_attributes_has_no_place_in_the_table() -> None:
    with pytest.raises(StudyError, match="the case S6 has no attributes"):
        question(
            [parse("WARM=c.culture")],
            parse("URBAN=urban"),
            coded(),
            {case: values for case, values in ATTRIBUTES.items() if case != "S6"},
        )


def test_the_outcome_and_its_negation_are_analysed_apart() -> None:
    whole = both_sides(Question(FUZZY, {}, {}), expectations=PLUS)
    assert whole.outcome.data.outcome == "SURV"
    assert whole.negation.data.outcome == "~SURV"
    assert any("alike" in notice and "~DEV*URB" in notice for notice in whole.notices)
    out = whole.as_json()
    assert set(out) == {"calibration", "outcome", "negation", "notices"}
    side = out["outcome"]
    assert isinstance(side, dict)
    formulas = {one["kind"]: one["formula"] for one in side["solutions"]}
    assert formulas["intermediate"] == "DEV*URB*LIT*STB + DEV*LIT*~IND*STB"
    assert len(side["truth_table"]) == 32
    assert json.loads(json.dumps(out, allow_nan=False)) == out


def test_a_condition_made_from_the_outcome_s_construct_is_named() -> None:
    found = question([parse("WARM=c.culture")], parse("GOOD=c.culture:facilitator"), coded(), ATTRIBUTES)
    assert any("same construct" in notice for notice in both_sides(found).notices)

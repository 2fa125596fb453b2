"""Patterns across cases: the rules, negative cases, outliers, and what happens if somebody is left out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli._uneven import warned
from pipeline.compare.evidence import Chart
from pipeline.compare.grouping import in_order
from pipeline.compare.matrix import Matrix, matrix
from pipeline.compare.methods import paragraph
from pipeline.compare.patterns import Comparison, ErrorRate, patterns
from pipeline.compare.robustness import rates_of
from pipeline.compare.rules import Rules, classify, names
from pipeline.compare.words import in_words, opposed, told_once
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Given, Valence

WORKED = {
    "T1": ("1111", "1110"),
    "T2": ("1110", "0000"),
    "T3": ("0010", "111N"),
    "T4": ("0001", "0000"),
    "T5": ("1NNN", "1100"),
}


def laid_out(themes: dict[str, tuple[str, ...]], groups: str = "HL") -> tuple[Matrix, dict[str, str]]:
    """One participant a case; 1 says it, 0 does not, N was not asked."""
    full = {"H": "high", "L": "low", "O": "outlier", "M": "middle"}
    rows, charts, group_of = [], [], {}
    for at, letter in enumerate(groups):
        for number in range(len(next(iter(themes.values()))[at])):
            case = f"{letter}{number + 1}"
            answers = {code: answer[at][number] for code, answer in themes.items()}
            said = tuple(Given(code) for code, answer in answers.items() if answer == "1")
            rows.append(
                CodedRow("", said, case=case, speaker=f"{case}P", text=f"{case} says so", turn_index=1)
            )
            charts += [
                Chart(case, code, status="not_asked") for code, answer in answers.items() if answer == "N"
            ]
            group_of[case] = full[letter]
    return matrix(rows, charts=charts), group_of


def found(comparison: Comparison) -> dict[str, str]:
    return {one.code: one.pattern for one in comparison.patterns if one.valence is None}


@pytest.fixture
def worked() -> Comparison:
    return patterns(*laid_out(WORKED), minimum=3)


def test_the_worked_example_of_the_reference(worked: Comparison) -> None:
    assert found(worked) == {
        "T1": "shared",
        "T2": "only high",
        "T3": "mostly low",
        "T4": "idiosyncratic",
        "T5": "insufficient",
    }
    assert worked.outliers == ()


def test_the_worked_example_s_counts_and_negative_cases(worked: Comparison) -> None:
    third = worked.find("T3")
    assert (len(third.counts["high"].present), third.counts["high"].of) == (1, 4)
    assert (len(third.counts["low"].present), third.counts["low"].of) == (3, 3)
    assert third.counts["low"].not_asked == ("L4",)
    negatives = {
        one.code: [negative.case for negative in one.negative_cases]
        for one in worked.patterns
        if not one.valence
    }
    assert negatives == {"T1": ["L4"], "T2": ["H4"], "T3": ["H3"], "T4": [], "T5": []}
    assert [quote.text for quote in third.negative_cases[0].quotes] == ["H3 says so"]


def test_too_many_not_asked_is_warned_of(worked: Comparison) -> None:
    assert any("not asked" in warning for warning in worked.find("T5").warnings)
    assert worked.find("T3").warnings == ()


def test_the_exact_p_is_fishers(worked: Comparison) -> None:
    assert worked.find("T2").fisher == pytest.approx(8 / 56)  # 2 * C(4,3) C(4,0) / C(8,3)


def naive(high: int, low: int, n_high: int, n_low: int, rules: Rules) -> str:
    """The reference's rules once more, for two groups; no group is marked by a single case."""
    if n_high < rules.minimum or n_low < rules.minimum:
        return "insufficient"
    p, q = high / n_high, low / n_low
    if p >= rules.shared and q >= rules.shared:
        return "shared"
    for mine, share, other, label in ((high, p, low, "high"), (low, q, high, "low")):
        if mine >= 2 and share >= rules.shared and other == 0:
            return f"only {label}"
    for mine, gap, label in ((high, p - q, "high"), (low, q - p, "low")):
        if mine >= 2 and round(gap, 9) >= rules.gap:
            return f"mostly {label}"
    return {1: "idiosyncratic", 0: "absent"}.get(high + low, "mixed")


def test_the_rules_on_every_count_of_up_to_five_cases() -> None:
    rules, labels = Rules(), names(["high", "low"])
    for n_high, n_low in product(range(1, 6), repeat=2):
        for high, low in product(range(n_high + 1), range(n_low + 1)):
            number = classify(np.array([[high], [low]]), np.array([[n_high], [n_low]]), rules)[0]
            assert labels[number] == naive(high, low, n_high, n_low, rules), (high, n_high, low, n_low)


def test_a_gap_of_exactly_two_fifths_is_enough() -> None:
    number = classify(np.array([[7], [3]]), np.array([[10], [10]]), Rules(shared=0.8))[0]
    assert names(["high", "low"])[number] == "mostly high"


def test_three_groups_are_each_compared_with_all_others() -> None:
    themes = {
        "T1": ("11", "00", "00"),
        "T2": ("11", "11", "11"),
        "T3": ("11", "11", "00"),
        "T4": ("00", "11", "00"),
    }
    comparison = patterns(*laid_out(themes, "HML"))
    assert found(comparison) == {"T1": "only high", "T2": "shared", "T3": "mixed", "T4": "only middle"}


def test_construct_and_valence_are_compared_apart() -> None:
    rows = []
    ways: dict[str, Valence] = {"H": "facilitator", "L": "barrier"}
    for case in ("H1", "H2", "L1", "L2"):
        rows.append(
            CodedRow("", (Given("c", ways[case[0]]),), case=case, speaker=case, text="so they were with us")
        )
    groups = {case: {"H": "high", "L": "low"}[case[0]] for case in ("H1", "H2", "L1", "L2")}
    comparison = patterns(matrix(rows), groups)
    assert comparison.find("c").pattern == "shared"
    assert comparison.find("c").universal
    assert comparison.find("c", "facilitator").pattern == "only high"
    assert comparison.find("c", "barrier").pattern == "only low"
    assert opposed(comparison) == ("c",)
    assert [one.code for one in comparison.family("B")] == ["c"]
    assert comparison.family("A") == (), "what it has in common is not what is to be read"


@pytest.mark.parametrize(("share", "pattern"), [(0.5, "only high"), (0.51, "absent")])
def test_present_means_the_share_of_participants_that_was_set(share: float, pattern: str) -> None:
    rows = [
        CodedRow(
            "",
            (Given("c"),) if name.startswith("H") and name.endswith("a") else (),
            case=name[:2],
            speaker=name,
        )
        for name in ("H1a", "H1b", "H2a", "H2b", "L1a", "L1b", "L2a", "L2b")
    ]
    groups = {"H1": "high", "H2": "high", "L1": "low", "L2": "low"}
    assert found(patterns(matrix(rows), groups, present_share=share)) == {"c": pattern}


def test_the_outlier_is_set_aside_and_then_placed() -> None:
    themes = {
        "T1": ("11", "00", "1"),
        "T2": ("11", "00", "0"),
        "T3": ("11", "11", "1"),
        "T4": ("11", "11", "0"),
    }
    comparison = patterns(*laid_out(themes, "HLO"))
    assert found(comparison) == {"T1": "only high", "T2": "only high", "T3": "shared", "T4": "shared"}
    goes = {one.code: one.outliers for one in comparison.patterns if not one.valence}
    assert goes == {"T1": {"O1": "high"}, "T2": {"O1": "low"}, "T3": {"O1": "both"}, "T4": {"O1": "neither"}}
    assert {one.code for one in comparison.family("D")} == {"T1", "T2"}
    (outlier,) = comparison.outliers
    assert outlier.declared
    assert dict(outlier.like) == {"high": 1, "low": 1}


def test_a_case_that_goes_against_its_group_is_found() -> None:
    themes = {f"T{number}": ("1110", "0000") for number in range(3)} | {"T9": ("1111", "0000")}
    comparison = patterns(*laid_out(themes))
    (outlier,) = comparison.outliers
    assert (outlier.case, outlier.group, outlier.themes, outlier.score) == ("H4", "high", 4, 0.75)
    assert outlier.against == ("T0", "T1", "T2")


def test_two_separating_themes_make_no_outlier() -> None:
    themes = {f"T{number}": ("1110", "0000") for number in range(2)}
    assert patterns(*laid_out(themes)).outliers == ()


# What the comparison of the invented study should show: code, direction -> cases in which it is present.
PARIHS = {
    ("context.culture", "facilitator"): "S3 S5",
    ("context.culture", "barrier"): "S2 S4 S6",
    ("context.leadership", "facilitator"): "S2 S3 S5",
    ("context.leadership", "barrier"): "S2 S4 S6",
    ("context.monitoring_feedback", "facilitator"): "S2 S3 S4 S5 S6",
    ("context.monitoring_feedback", "barrier"): "S2 S3 S4 S5 S6",
    ("facilitation.role", "facilitator"): "S2 S3 S4 S5 S6",
    ("facilitation.role", "barrier"): "S4 S6",
    ("facilitation.flexibility_consistency", "facilitator"): "S2 S3 S5",
    ("facilitation.flexibility_consistency", "barrier"): "S4 S6",
    ("facilitation.experiential_knowledge", "facilitator"): "S2 S3 S4 S5 S6",
    ("inductive.timing", "barrier"): "S2 S3 S4 S5 S6",
    ("inductive.geography", "barrier"): "S4 S6",
}
GROUPS = {"S2": "outlier", "S3": "high", "S4": "low", "S5": "high", "S6": "low"}


def test_a_study_with_high_low_and_outlier_sites_gives_its_four_families() -> None:
    rows = []
    for case in GROUPS:
        for person in range(4):
            given_codes = tuple(
                Given(code, way)  # type: ignore[arg-type]
                for (code, way), where in PARIHS.items()
                if case in where and person < 2  # half of the participants is enough
            )
            rows += [CodedRow("", (one,), case=case, speaker=f"{case}P{person}") for one in given_codes or ()]
            rows.append(CodedRow("", (), case=case, speaker=f"{case}P{person}"))
    comparison = patterns(matrix(rows), GROUPS)
    expected = {"S3 S5": "only high", "S4 S6": "only low", "S2 S3 S5": "only high", "S2 S4 S6": "only low"}
    for (code, way), where in PARIHS.items():
        one = comparison.find(code, way)  # type: ignore[arg-type]
        assert one.pattern == expected.get(where, "shared"), (code, way)
        assert bool(one.counts["outlier"].present) == ("S2" in where)
    assert comparison.find("context.culture", "barrier").outliers == {"S2": "low"}
    assert comparison.find("context.leadership", "facilitator").outliers == {"S2": "high"}
    assert comparison.find("inductive.timing", "facilitator").pattern == "absent"
    assert set(opposed(comparison)) == {
        "context.culture",
        "context.leadership",
        "facilitation.flexibility_consistency",
    }


# --- How sure ---

CODES = ("x", "y")
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["H1", "H2", "H3", "L1", "L2", "L3"]),
        st.integers(0, 2),
        st.sampled_from(["ann", "ben"]),
        st.integers(0, 4),
        st.sampled_from([(), (Given("x", "facilitator"),), (Given("x", "barrier"), Given("y"))]),
    ),
    min_size=6,
    max_size=40,
)


def as_rows(drawn: list[tuple[str, int, str, int, tuple[Given, ...]]]) -> list[CodedRow]:
    every = [
        CodedRow("", codes, utterance_id=str(number), case=case, speaker=f"{case}P{person}", coder=coder)
        for case, person, coder, number, codes in drawn
    ]
    return [
        *every,
        *(CodedRow("", (), case=case, speaker=f"{case}P0", coder="ann") for case in ("H1", "H2", "L1", "L2")),
    ]


@settings(max_examples=10, deadline=None)
@given(ROWS)
def test_leaving_out_is_the_same_as_never_having_had(
    drawn: list[tuple[str, int, str, int, tuple[Given, ...]]],
) -> None:
    rows = as_rows(drawn)
    whole = matrix(rows, CODES)
    groups = {case: "high" if case[0] == "H" else "low" for case in whole.cases}
    comparison = patterns(whole, groups)

    def again(kept: list[CodedRow]) -> dict[tuple[str, object], str]:
        smaller = matrix(kept, CODES, cases=whole.cases)
        return {(one.code, one.valence): one.pattern for one in patterns(smaller, groups).patterns}

    everyone = tuple(name for people in whole.people.values() for name in people)
    for field, left_out in (("case", whole.cases), ("speaker", everyone)):
        for name in left_out:
            without = again([row for row in rows if getattr(row, field) != name])
            for one in comparison.patterns:
                robust = one.robust
                fell = robust.falls_without_cases if field == "case" else robust.falls_without_participants
                other = without[one.code, one.valence]
                if other == "insufficient" and one.pattern != "insufficient":
                    assert name in robust.untestable_without
                else:
                    assert (name in fell) == (other != one.pattern)


def test_a_label_that_several_cases_share_is_told_with_its_case() -> None:
    said = (Given("T1"),)
    rows = [
        CodedRow("", said if case[0] == "H" else (), case=case, speaker="Ben")
        for case in ("H1", "H2", "L1", "L2")
    ]
    groups = {"H1": "high", "H2": "high", "L1": "low", "L2": "low"}
    one = patterns(matrix(rows, ("T1",)), groups).patterns[0]
    assert one.pattern == "only high"
    told = {*one.robust.falls_without_participants, *one.robust.untestable_without}
    assert {"Ben of H1", "Ben of L2"} <= told
    assert "Ben" not in told


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_other_shares_are_tried_as_if_they_had_been_asked_for(
    drawn: list[tuple[str, int, str, int, tuple[Given, ...]]],
) -> None:
    whole = matrix(as_rows(drawn), CODES)
    groups = {case: "high" if case[0] == "H" else "low" for case in whole.cases}
    comparison = patterns(whole, groups)
    for share, name in ((0.4, "40 %"), (0.6, "60 %")):
        for one, other in zip(
            comparison.patterns, patterns(whole, groups, present_share=share).patterns, strict=True
        ):
            assert (name in one.robust.falls_at_shares) == (one.pattern != other.pattern)


def test_leaving_a_coder_out_may_change_a_pattern() -> None:
    rows = []
    for case in ("H1", "H2", "L1", "L2"):
        for coder in ("ann", "ben"):
            codes = (Given("c"),) if coder == "ann" and case[0] == "H" else ()
            rows.append(CodedRow("", codes, utterance_id=coder + case, case=case, speaker=case, coder=coder))
    groups = {case: "high" if case[0] == "H" else "low" for case in ("H1", "H2", "L1", "L2")}
    one = patterns(matrix(rows), groups).find("c")
    assert one.pattern == "only high"
    assert one.robust.falls_without_coders == ("ann",)


def test_one_coder_alone_is_not_left_out() -> None:
    rows = [
        CodedRow("", (Given("c"),), case=case, speaker=case, coder="ann") for case in ("H1", "H2", "L1", "L2")
    ]
    groups = {case: "high" if case[0] == "H" else "low" for case in ("H1", "H2", "L1", "L2")}
    assert patterns(matrix(rows), groups).find("c").robust.falls_without_coders == ()


def test_leaving_out_a_coder_whose_readings_were_settled_tries_nothing() -> None:
    rows = [
        CodedRow("", (Given("c"),), utterance_id="u1", case=case, speaker=case, coder=coder)
        for case in ("H1", "H2", "L1", "L2")
        for coder in ("ann", "ben", "adjudicated")
    ]
    groups = {case: "high" if case[0] == "H" else "low" for case in ("H1", "H2", "L1", "L2")}
    settled = patterns(matrix(rows), groups).find("c").robust
    assert not settled.coders_tried
    some = [row for row in rows if row.coder != "adjudicated" or row.case != "L2"]
    assert patterns(matrix(some), groups).find("c").robust.coders_tried


def pair_of_groups(coded: int, others: int) -> tuple[Matrix, dict[str, str]]:
    """Four high cases whose one participant says it `coded` times, four low ones who never do."""
    rows = []
    for case in ("H1", "H2", "H3", "H4", "L1", "L2", "L3", "L4"):
        times = coded if case[0] == "H" else 0
        rows += [
            CodedRow("", (Given("c"),), utterance_id=f"c{at}", case=case, speaker=case) for at in range(times)
        ]
        rows += [CodedRow("", (), utterance_id=f"n{at}", case=case, speaker=case) for at in range(others)]
    return matrix(rows), {row.case: "high" if row.case[0] == "H" else "low" for row in rows}


def test_without_error_every_run_gives_the_same() -> None:
    one = patterns(*pair_of_groups(2, 3), error_rates={"c": ErrorRate(0, 0)}, draws=20).find("c")
    assert (one.robust.holds, one.robust.runs, dict(one.robust.became)) == (1.0, 20, {})


def test_if_every_code_is_dropped_nothing_is_left() -> None:
    one = patterns(*pair_of_groups(2, 3), error_rates={"c": ErrorRate(1, 0)}, draws=20).find("c")
    assert (one.robust.holds, dict(one.robust.became)) == (0.0, {"absent": 1.0})


def test_the_share_of_runs_is_what_the_chances_say() -> None:
    # A high case keeps the code with 1 - .3^2 = .91; "only high" needs two of four or more.
    one = patterns(*pair_of_groups(2, 1), error_rates={"c": ErrorRate(0.3, 0)}, draws=3000, seed=3).find("c")
    keep = 1 - 0.3**2
    expected = 1 - (1 - keep) ** 4 - 4 * keep * (1 - keep) ** 3
    assert one.robust.holds == pytest.approx(expected, abs=0.01)


def test_a_code_added_by_error_spoils_only() -> None:
    # Each low case gains the code with 1 - .9^5; all four must stay without it, or at most one of four
    # gains it ("mostly" then).
    one = patterns(*pair_of_groups(1, 5), error_rates={"c": ErrorRate(0, 0.1)}, draws=3000, seed=3).find("c")
    assert one.robust.holds == pytest.approx((0.9**5) ** 4, abs=0.025)


def directed(way: Valence) -> tuple[Matrix, dict[str, str]]:
    """Four high cases whose one participant says once which way it points, four low ones who do not."""
    cases = ("H1", "H2", "H3", "H4", "L1", "L2", "L3", "L4")
    rows = [
        CodedRow("", (Given("c", way),) if case[0] == "H" else (), case=case, speaker=case) for case in cases
    ]
    return matrix(rows), {case: "high" if case[0] == "H" else "low" for case in cases}


def test_a_direction_may_be_read_the_other_way() -> None:
    turned = {"c": ErrorRate(0, 0, turned=1)}
    comparison = patterns(*directed("facilitator"), error_rates=turned, draws=20)
    assert dict(comparison.find("c", "facilitator").robust.became) == {"absent": 1.0}
    assert dict(comparison.find("c", "barrier").robust.became) == {"only high": 1.0}
    assert comparison.find("c").robust.holds == 1.0, "however it points, it is there"


def test_the_share_of_runs_follows_how_often_directions_turn() -> None:
    rates = {"c": ErrorRate(0, 0, turned=0.3)}
    found = patterns(*directed("facilitator"), error_rates=rates, draws=3000, seed=3)
    stay = 0.7
    expected = 1 - (1 - stay) ** 4 - 4 * stay * (1 - stay) ** 3  # two of four high cases or more keep it
    assert found.find("c", "facilitator").robust.holds == pytest.approx(expected, abs=0.02)
    both = patterns(*directed("both"), error_rates={"c": ErrorRate(0, 0, turned=0.3)}, draws=20)
    assert both.find("c", "barrier").robust.holds is not None


def test_how_often_directions_turn_is_what_the_audit_says() -> None:
    def pair(units: int, n: float, percent: float | None) -> dict[str, object]:
        code = {"code": "c", "p_pos": 0.8, "p_neg": 0.9, "valence": {"n": n, "percent": percent}}
        return {"kind": "human-human", "units": units, "per_code": [code]}

    assert rates_of([pair(10, 30, 0.9), pair(500, 10, 0.5), pair(9, 0, None)])["c"].turned == pytest.approx(
        0.2
    )


def test_the_same_seed_gives_the_same_runs_and_codes_without_rates_have_none() -> None:
    laid, groups = pair_of_groups(1, 5)
    rates = {"c": ErrorRate(0.2, 0.1)}
    one, other = (patterns(laid, groups, error_rates=rates, seed=7).find("c").robust for _ in range(2))
    assert one == other
    assert patterns(laid, groups, error_rates={"z": ErrorRate(0.2, 0.1)}).find("c").robust.holds is None


def test_patterns_on_suggestions_are_marked() -> None:
    laid, groups = pair_of_groups(1, 1)
    offered = [CodedRow("", (Given("c"),), utterance_id="new", case="H1", speaker="H1")]
    assert not patterns(laid, groups).find("c").unreviewed
    assert patterns(matrix(laid.rows, suggested=offered), groups).find("c").unreviewed


def test_a_contrast_that_rests_on_suggestions_with_uneven_errors_is_flagged() -> None:
    laid, groups = laid_out(WORKED)
    offered = [CodedRow("", (Given("T2"),), utterance_id="new", case="H1", speaker="H1P")]
    with_them = patterns(matrix(laid.rows, suggested=offered), groups)
    assert with_them.find("T2").marks == "high"

    def told(comparison: Comparison, uneven: dict[str, float]) -> list[str]:
        return [one.code for one in warned(comparison, uneven).patterns if "suggestions" in str(one.warnings)]

    assert told(with_them, {"H1": 0.1}) == ["T2"]
    assert told(with_them, {}) == told(with_them, {"elsewhere": 0.1}) == []
    assert told(patterns(laid, groups), {"H1": 0.1}) == []


# --- Words ---


def test_what_goes_against_a_pattern_is_said_before_the_pattern(worked: Comparison) -> None:
    lines = in_words(worked.find("T3"))
    negative = next(at for at, line in enumerate(lines) if "H3 shows it" in line)
    statement = next(at for at, line in enumerate(lines) if line.startswith("Mostly low"))
    assert lines[0] == "T3, either way: 1 of 4 high; 3 of 3 low, 1 not asked."
    assert lines[negative] == "Against it: H3 shows it, with 1 of its 1 participants. “H3 says so” [H3P:1]"
    assert negative < statement


def test_a_single_case_marks_no_group() -> None:
    comparison = patterns(*laid_out({"T": ("10", "00")}))
    assert (comparison.find("T").pattern, comparison.find("T").marks) == ("idiosyncratic", "")
    assert "Idiosyncratic: a single case shows it." in in_words(comparison.find("T"))
    assert patterns(*laid_out({"T": ("111", "100")})).find("T").pattern == "mostly high"


def test_what_no_pattern_can_do_without_is_told_once() -> None:
    comparison = patterns(*laid_out({"A": ("11", "0000"), "B": ("11", "1111")}))
    once, sentence = told_once(comparison)
    assert {"H1", "H2"} <= once
    assert "L1" not in once
    assert sentence.startswith("No pattern can be told without H1, H2")
    assert not any("cannot be told" in line for line in in_words(comparison.find("A"), once))
    assert told_once(patterns(*laid_out({"A": ("111", "000"), "B": ("111", "111")})))[0] == frozenset()


def test_groups_may_be_written_with_other_capitals_and_stand_in_their_order() -> None:
    laid, groups = laid_out({"A": ("11", "00"), "B": ("11", "11")})
    mixed = {case: {"H2": " HIGH", "L1": "Low"}.get(case, group) for case, group in groups.items()}
    assert list(patterns(laid, mixed).groups) == ["high", "Low"]
    assert in_order({"L10": "low", "L9": "Low", "H1": "high", "O": "outlier", "N": ""}) == (
        *("H1", "L9", "L10", "O", "N"),
    )


# --- Bad input ---


def test_a_case_without_attributes_is_named() -> None:
    laid, groups = laid_out(WORKED)
    with pytest.raises(StudyError, match=r"cases.csv: H1 has no attributes"):
        patterns(laid, {case: group for case, group in groups.items() if case != "H1"})


def test_a_case_without_a_value_is_left_out_and_named() -> None:
    laid, groups = laid_out(WORKED)
    comparison = patterns(laid, groups | {"H1": ""})
    assert comparison.groups["high"] == ("H2", "H3", "H4")
    assert any(notice.startswith("H1 has no value") for notice in comparison.notices)


def test_a_group_with_one_case_is_said_to_be_too_small() -> None:
    comparison = patterns(*laid_out({"T1": ("1", "111")}))
    assert found(comparison) == {"T1": "insufficient"}
    assert any("high has 1." in notice for notice in comparison.notices)


@pytest.mark.parametrize("value", ["high", ""])
def test_one_group_alone_cannot_be_compared(value: str) -> None:
    laid, groups = laid_out(WORKED)
    with pytest.raises(StudyError, match="needs two groups"):
        patterns(laid, dict.fromkeys(groups, value))


def test_a_case_that_nobody_reviewed_is_said() -> None:
    laid, groups = laid_out(WORKED)
    comparison = patterns(laid, groups | {"S9": "high"})
    assert any("S9" in notice for notice in comparison.notices)


@pytest.mark.parametrize("wrong", [{"present_share": 0}, {"gap": 1.5}, {"minimum": 0}])
def test_thresholds_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(StudyError):
        patterns(*laid_out(WORKED), **wrong)  # type: ignore[arg-type]


def test_error_rates_are_those_between_people_averaged_over_pairs() -> None:
    def pair(kind: str, units: int, p_pos: float | None, p_neg: float | None) -> dict[str, object]:
        return {"kind": kind, "units": units, "per_code": [{"code": "c", "p_pos": p_pos, "p_neg": p_neg}]}

    pairs = [
        pair("human-human", 100, 0.8, 0.9),
        pair("human-human", 300, 0.6, 0.98),
        pair("human-human", 50, None, 0.5),
        pair("model-human", 100, 0.1, 0.1),
    ]
    assert rates_of(pairs) == {"c": ErrorRate(0.35, 0.04)}


def test_an_error_rate_is_a_chance() -> None:
    with pytest.raises(StudyError, match="error rate"):
        replace(ErrorRate(0.1, 0.1), dropped=1.2)


def test_json_has_the_keys_that_were_promised(worked: Comparison) -> None:
    out = worked.as_json()
    assert set(out) == {"patterns", "outliers"}
    rows = out["patterns"]
    assert isinstance(rows, list)
    assert set(rows[0]) == {"code", "valence", "pattern", "counts", "negative_cases", "robust"}
    assert rows[6]["counts"] == {
        "high": {"present": 1, "of": 4, "not_asked": 0, "not_reviewed": 0},
        "low": {"present": 3, "of": 3, "not_asked": 1, "not_reviewed": 0},
    }
    assert rows[6]["negative_cases"] == ["H3"]


def test_the_methods_say_what_was_done(worked: Comparison) -> None:
    laid, groups = laid_out({"A": ("11", "00"), "B": ("11", "11")})
    plain = paragraph(laid, patterns(laid, groups))
    assert "2 cases by" not in plain
    assert "4 cases by 2 constructs" in plain
    assert "high: H1, H2; low: L1, L2" in plain
    assert "drawn anew" not in plain, "no rates, no runs"
    rates = {"A": ErrorRate(0.1, 0.1)}
    assert "200 times" in paragraph(laid, patterns(laid, groups, error_rates=rates))
    with_outlier = laid_out({"A": ("11", "00", "1")}, groups="HLO")
    assert "with O1 set aside as outlier" in paragraph(with_outlier[0], patterns(*with_outlier))

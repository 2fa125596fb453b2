"""Resampling, sets in bulk, the alternative annotator test, rho, and where coders disagree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

from pipeline.agreement import apart, krippendorff, sets, tables
from pipeline.agreement.alt_test import alt_test, benjamini_yekutieli, jaccard, signed_rank, t_test
from pipeline.agreement.anchoring import anchoring, from_rows
from pipeline.agreement.bootstrap import intervals, over_plan, plan
from pipeline.agreement.decided import judged, latest_sample, rounds, with_and_without
from pipeline.agreement.figure import Floats
from pipeline.agreement.methods import figure_text
from pipeline.agreement.pairs import Settings, count, tally
from pipeline.agreement.rho import coded_sets, shaffer_rho
from pipeline.agreement.where import confusion, disagreements, places
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Decision, Given, Utterance
from pipeline.review.state import standing
from pipeline.triage.sample import for_audit

# Resampling


def test_a_plan_is_the_same_for_the_same_seed() -> None:
    assert np.array_equal(plan(5, 50, 1), plan(5, 50, 1))
    assert not np.array_equal(plan(5, 50, 1), plan(5, 50, 2))
    assert (plan(5, 50, 1)[6:].sum(axis=1) == 5).all()


def test_the_interval_of_a_mean_is_close_to_the_t_interval() -> None:
    values = np.random.default_rng(0).normal(size=30)
    rows = plan(30, 4000, 1)
    means = (over_plan(rows, values) / rows.sum(axis=1))[:, None]
    (found,) = intervals(means, 30)
    reach = stats.t.ppf(0.975, 29) * values.std(ddof=1) / np.sqrt(30)
    assert found.low == pytest.approx(values.mean() - reach, abs=0.15 * reach)
    assert found.high == pytest.approx(values.mean() + reach, abs=0.15 * reach)


def test_bca_ends_are_those_of_scipy_but_for_the_widening(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).exponential(size=40)
    reference = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    rows = plan(40, 20_000, 1)
    means = (over_plan(rows, values) / rows.sum(axis=1))[:, None]
    monkeypatch.setattr("pipeline.agreement.bootstrap.stats.t.ppf", lambda q, df: stats.norm.ppf(q))
    wide = np.sqrt(40 / 39)
    (found,) = intervals(means, 40, level=2 * float(stats.norm.cdf(1.959964 / wide)) - 1)
    assert found.low == pytest.approx(reference.low, abs=0.01)
    assert found.high == pytest.approx(reference.high, abs=0.02)


def test_undefined_draws_are_counted_and_too_many_leave_no_interval() -> None:
    few = np.array([0.5, 0.4, 0.6, 0.1, np.nan, 0.9, 0.5])[:, None]
    (some,) = intervals(few, 2)
    assert some.draws_undefined == 1
    assert some.low is not None
    (none,) = intervals(np.where(np.arange(7)[:, None] > 3, np.nan, few), 2)
    assert (none.low, none.draws_undefined) == (None, 3)
    assert none.undefined == "undefined in most draws"


def simulated_study(rng: np.random.Generator, interviews: int) -> Floats:
    """Chances of the four cells in each interview: prevalence (.12) and errors differ by interview."""
    prevalence = rng.beta(0.12 * 15, 0.88 * 15, interviews)
    hit, slip = rng.beta(12.8, 3.2, interviews), rng.beta(1.8, 58.2, interviews)
    both = prevalence * hit**2 + (1 - prevalence) * slip**2
    one = prevalence * hit * (1 - hit) + (1 - prevalence) * slip * (1 - slip)
    return np.stack([both, one, one, 1 - both - 2 * one], axis=1)


@pytest.mark.slow
def test_intervals_cover_the_true_kappa_in_95_of_100_studies() -> None:
    rng = np.random.default_rng(2026)
    true = float(tables.cohen_kappa(simulated_study(rng, 1_000_000).mean(axis=0).reshape(2, 2)))
    covered = 0
    for seed in range(1000):
        cells = [rng.multinomial(40, chances) for chances in simulated_study(rng, 20)]
        drawn = over_plan(plan(20, 2000, seed), np.array(cells, float).reshape(20, 1, 2, 2))
        (found,) = intervals(tables.cohen_kappa(drawn), 20)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= true <= found.high
    assert 925 <= covered <= 975, f"true kappa {true:.4f} covered in {covered} of 1000 studies"


def coded_by_two(rng: np.random.Generator, utterances: int) -> list[np.ndarray]:
    """What two coders gave and the model suggested in 20 interviews such as those of `simulated_study`."""
    prevalence = rng.beta(0.12 * 15, 0.88 * 15, (20, 1))
    hit, slip = rng.beta(12.8, 3.2, (20, 1)), rng.beta(1.8, 58.2, (20, 1))
    truth = rng.random((20, utterances)) < prevalence
    chances = [(hit, slip), (hit, slip), (0.7, 0.05)]
    return [rng.random(truth.shape) < np.where(truth, *both) for both in chances]


@pytest.mark.slow
def test_weights_take_the_bias_of_a_drawn_sample_away_and_intervals_still_cover() -> None:
    """A twentieth of every interview, and 60 utterances where the code is suggested: rich in positives."""
    rng = np.random.default_rng(2026)
    true = float(tables.cohen_kappa(simulated_study(rng, 1_000_000).mean(axis=0).reshape(2, 2)))
    names = np.repeat([f"T{at:02}" for at in range(20)], 200).tolist()
    covered, found = np.zeros(2), np.zeros(2)
    for seed in range(1000):
        first, second, suggested = (page.reshape(-1) for page in coded_by_two(rng, 200))
        scores = np.where(suggested, 0.5, 0.0) + rng.random(len(names)) / 2
        drawn = for_audit(names, scores[:, None], suggested[:, None], share=0.05, per_code=60, seed=seed)
        rows = np.array([one.row for one in drawn])
        weight = 1 / np.array([one.probability for one in drawn])
        pages = [page[rows, None].astype(np.int8) for page in (first, second)]
        for at, each in enumerate((weight, np.ones_like(weight))):
            values = tables.cohen_kappa(over_plan(plan(20, 2000, seed), tally(*pages, rows // 200, 20, each)))
            (ends,) = intervals(values, 20)
            assert ends.low is not None
            assert ends.high is not None
            covered[at] += ends.low <= true <= ends.high
            found[at] += values[0, 0] / 1000
    assert 925 <= covered[0] <= 975, f"true kappa {true:.4f} covered in {covered[0]:.0f} of 1000 samples"
    assert abs(found[0] - true) < 0.01 < 0.04 < found[1] - true, (
        f"weighted {found[0]:.4f}, plain {found[1]:.4f}"
    )


# Sets in bulk


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_alphas_of_sets_in_bulk_are_those_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = (rng.random((3, 15, 4)) < 0.3).astype(np.int8)
    said[rng.random((3, 15)) < 0.2] = -1
    found = sets.set_alphas(said, rng.integers(0, 3, 15), np.ones(15), np.ones((1, 3)))
    pages = [[None if -1 in cell else set(np.flatnonzero(cell)) for cell in page] for page in said]
    for name, distance in (
        ("masi", krippendorff.masi),
        ("jaccard", krippendorff.jaccard),
        ("exact", krippendorff.exact),
    ):
        value = krippendorff.alpha_of_sets(pages, distance).value
        assert found[name][0] == pytest.approx(np.nan if value is None else value, nan_ok=True)


def test_leaving_an_interview_out_is_the_same_as_not_having_it() -> None:
    rng = np.random.default_rng(0)
    said = (rng.random((2, 30, 4)) < 0.3).astype(np.int8)
    interview = np.repeat([0, 1, 2], 10)
    rows = np.array([[1.0, 0.0, 1.0]])
    kept = interview != 1
    without = sets.set_alphas(said[:, kept], interview[kept] // 2, np.ones(20), np.ones((1, 2)))
    assert sets.set_alphas(said, interview, np.ones(30), rows)["masi"] == pytest.approx(without["masi"])


def test_counting_subsets_gives_the_same_sums_as_comparing_every_pair() -> None:
    rng = np.random.default_rng(0)
    members = np.unique(rng.random((300, 12)) < 0.25, axis=0)
    often = rng.random((4, len(members))) * (rng.random((4, len(members))) < 0.4)
    values = sparse.csr_array(often)
    slow, fast = apart._one_by_one(members.astype(float), values), apart._by_subsets(members, values)
    for name in apart.DISTANCES:
        np.testing.assert_allclose(fast[name], slow[name], rtol=1e-10)


# The alternative annotator test


@pytest.mark.parametrize(
    ("counts", "printed"),
    [
        ((10, 35, 5), [(-2.599735, 0.006148), (-3.249668, 0.001046), (-3.899602, 0.000147)]),
        ((5, 40, 5), [(-1.565248, 0.061980), (-2.347871, 0.011481), (-3.130495, 0.001470)]),
        ((5, 85, 10), [(-1.295363, 0.099104), (-2.590727, 0.005512), (-3.886090, 0.000092)]),
        ((6, 22, 2), [(-2.518680, 0.008775), (-3.058397, 0.002375), (-3.598115, 0.000588)]),
    ],
)
def test_t_on_wins_and_losses(counts: tuple[int, int, int], printed: list[tuple[float, float]]) -> None:
    differences = np.repeat([-1.0, 0.0, 1.0], counts)
    for epsilon, (t, p) in zip((0.1, 0.15, 0.2), printed, strict=True):
        found = t_test(differences, epsilon)
        assert found[:2] == (pytest.approx(t, abs=5.01e-7), pytest.approx(p, abs=5.01e-7))


def test_without_variation_there_is_no_p() -> None:
    assert t_test(np.zeros(40), 0.1)[:2] == (None, None)
    assert "no variation" in str(t_test(np.zeros(40), 0.1)[2])


def test_the_exact_signed_rank_test_with_ties() -> None:
    w, p = signed_rank(np.repeat([-1.0, 0.0, 1.0], (6, 12, 2)), 0.2)
    assert w == 27
    assert p == pytest.approx(0.00098324, abs=5.01e-9)


@given(st.lists(st.integers(-3, 3).filter(bool), min_size=1, max_size=9))
def test_the_signed_rank_p_is_that_of_counting_all_signs(values: list[int]) -> None:
    off = np.array(values, float)
    ranks = stats.rankdata(np.abs(off))
    signs = np.array(np.meshgrid(*[[0, 1]] * len(off))).reshape(len(off), -1)
    observed = ranks[off > 0].sum()
    assert signed_rank(off, 0.0) == (
        pytest.approx(observed),
        pytest.approx(float((ranks @ signs <= observed).mean())),
    )


@pytest.mark.parametrize(
    ("p", "rejected"),
    [
        ([0.001, 0.02, 0.03], [True, False, False]),
        ([0.027, 0.026, 0.025], [True, True, True]),
        ([0.03, 0.03, 0.03], [False, False, False]),
        ([0.010, 0.012, 0.020, 0.30], [True, True, False, False]),
        ([], []),
    ],
)
def test_benjamini_and_yekutieli(p: list[float], rejected: list[bool]) -> None:
    assert benjamini_yekutieli(p) == rejected


def test_jaccard_counts_two_empty_sets_as_alike() -> None:
    page = np.array([[1, 1, 0], [0, 0, 0]], dtype=np.int8)
    others = np.array([[[1, 0, 0], [0, 0, 0]], [[1, 1, 1], [1, 0, 0]]], dtype=np.int8)
    means = (jaccard(page, others[0]) + jaccard(page, others[1])) / 2
    assert means.tolist() == [pytest.approx(0.583333, abs=1e-6), 0.5]


def pages_of(blocks: list[tuple[str, int]], letters: str) -> np.ndarray:
    """Pages (coders and model, units, codes) from blocks `a,ab,,b` x count; "1" is a code of its own."""
    cells = [
        [[int(c in one) for c in letters] for one in text.split(",")] for text, n in blocks for _ in range(n)
    ]
    return np.array(cells, dtype=np.int8).transpose(1, 0, 2)


BINARY = pages_of([("1,1,1,1", 26), ("0,1,1,1", 6), ("1,0,1,1", 2), ("1,1,0,1", 2), ("1,1,1,0", 4)], "1")
SETS = pages_of([("a,a,a,a", 20), ("ab,a,a,a", 6), ("a,ab,ab,ab", 6), (",,b,", 4), ("b,ab,b,a", 4)], "ab")


@pytest.mark.parametrize(
    ("epsilon", "p", "omega"),
    [
        (0.1, (0.033592, 0.210568, 0.210568), 0),
        (0.15, (0.008155, 0.055996, 0.055996), 1 / 3),
        (0.2, (0.001616, 0.009689, 0.009689), 1),
    ],
)
def test_the_whole_test_on_one_code(epsilon: float, p: tuple[float, ...], omega: float) -> None:
    found = alt_test(BINARY[:3], BINARY[3], "abc", epsilon=epsilon)
    assert [one.p for one in found.annotators] == [pytest.approx(value, abs=5.01e-7) for value in p]
    counts = [(one.model_better, one.even, one.coder_better) for one in found.annotators]
    assert counts == [(6, 30, 4), (2, 34, 4), (2, 34, 4)]
    assert found.omega == pytest.approx(omega)
    assert found.rho == pytest.approx(0.9)
    assert found.passed is (omega >= 0.5)


def test_the_whole_test_on_sets() -> None:
    found = alt_test(SETS[:3], SETS[3], "abc", epsilon=0.2)
    printed = (8.376e-5, 0.021992, 0.004027)
    assert [one.p for one in found.annotators] == [pytest.approx(value, abs=6e-7) for value in printed]
    counts = [(one.model_better, one.even, one.coder_better) for one in found.annotators]
    assert counts == [(12, 24, 4), (0, 36, 4), (4, 32, 4)]
    assert [one.rho_coder for one in found.annotators] == [pytest.approx(v) for v in (0.7, 1.0, 0.9)]
    assert (found.omega, found.rho) == (1.0, pytest.approx(0.9))


def test_with_two_coders_the_test_says_that_it_needs_three() -> None:
    found = alt_test(BINARY[:2], BINARY[3], "ab")
    assert found.omega is None
    assert "needs three" in (found.undefined or "")


def test_transcripts_as_units() -> None:
    transcripts = np.array([f"T{at // 4}" for at in range(40)])
    found = alt_test(BINARY[:3], BINARY[3], "abc", transcripts=transcripts)
    assert {one.n for one in found.annotators} == {10}
    assert {one.method for one in found.annotators} == {"exact Wilcoxon"}


def test_weights_make_the_test_speak_for_the_whole() -> None:
    rng = np.random.default_rng(4)
    said, model = (rng.random((3, 60, 2)) < 0.4).astype(np.int8), (rng.random((60, 2)) < 0.4).astype(np.int8)
    plain = alt_test(said, model, "abc")
    even = alt_test(said, model, "abc", weight=np.full(60, 7.0))
    assert [one.p for one in even.annotators] == pytest.approx([one.p for one in plain.annotators])
    # A weight of three counts as three utterances in shares and means, not in what the test rests on.
    weight = np.where(np.arange(60) % 4 == 0, 3.0, 1.0)
    often = np.repeat(np.arange(60), weight.astype(int))
    uneven, thrice = (
        alt_test(said, model, "abc", weight=weight),
        alt_test(said[:, often], model[often], "abc"),
    )
    for one, other in zip(uneven.annotators, thrice.annotators, strict=True):
        assert (one.rho_model, one.mean) == (pytest.approx(other.rho_model), pytest.approx(other.mean))
        assert (one.n, one.method) == (60, "weighted t")


def test_the_weighted_t_is_that_of_the_linearised_ratio() -> None:
    d, w = np.array([-1.0, 0.0, 1.0, 0.0]), np.array([1.0, 2.0, 1.0, 4.0])
    # mean 0, error^2 = 4/3 (1 + 1)/64.
    t, p, note = t_test(d, 0.2, w)
    assert t == pytest.approx(-0.2 / np.sqrt(4 / 3 * 2 / 64))
    assert p == pytest.approx(float(stats.t.cdf(t, 3)))
    assert note is None


def test_one_transcript_is_no_evidence_that_the_model_may_stand_in() -> None:
    found = alt_test(BINARY[:3], BINARY[3], "abc", epsilon=0.2, transcripts=np.full(40, "T1"))
    assert (found.omega, found.passed) == (None, None)
    assert (found.undefined or "").startswith("1 transcript is too few")


@pytest.mark.parametrize(("transcripts", "told"), [(5, False), (6, True)])
def test_so_few_transcripts_that_nothing_could_pass_are_told_apart_from_a_failure(
    transcripts: int, told: bool
) -> None:
    """Of 2^5 ways to put signs the best has p = .031, above .05/(1 + 1/2 + 1/3); of 2^6 it has .016."""
    units = 10 * transcripts
    said = np.zeros((3, units, 1), dtype=np.int8)
    said[[0, 1, 2], :, 0] = (np.arange(units) % 3 == np.arange(3)[:, None]).astype(np.int8)
    model = np.zeros((units, 1), dtype=np.int8)  # always with the two that agree
    names = np.array([f"T{at // 10}" for at in range(units)])
    found = alt_test(said, model, "abc", transcripts=names)
    assert found.rho == 1.0
    if told:
        assert (found.omega, found.passed, found.undefined) == (1.0, True, None)
    else:
        assert (found.omega, found.passed) == (None, None)
        assert "takes 6 with 3 coders" in (found.undefined or "")


def test_each_transcript_counts_once_and_utterances_are_weighted_within_it() -> None:
    # T1: the model loses to a on one of two utterances; T2 to T8: it never does.
    said = np.zeros((3, 16, 1), dtype=np.int8)
    model = np.zeros((16, 1), dtype=np.int8)
    model[0] = 1
    names = np.array([f"T{at // 2 + 1}" for at in range(16)])
    weight = np.where(np.arange(16) == 0, 3.0, 1.0)
    one = alt_test(said, model, "abc", transcripts=names, weight=weight).annotators[0]
    assert one.rho_model == pytest.approx((0.25 + 7) / 8)
    assert one.mean == pytest.approx(0.75 / 8)
    assert "each transcript counts once" in (one.note or "")


# Shaffer's rho


def test_rho_falls_as_kappa_or_the_test_set_grows() -> None:
    by_kappa = [shaffer_rho(kappa, 0.12, 100).value for kappa in (0.5, 0.66, 0.8, 0.95)]
    by_size = [shaffer_rho(0.75, 0.12, n).value for n in (40, 100, 400, 2000)]
    for values in (by_kappa, by_size):
        assert values == sorted(values, reverse=True)
        assert values[0] > 0.05 > values[-1]


def test_rho_is_the_same_for_the_same_seed() -> None:
    assert shaffer_rho(0.7, 0.12, 100, seed=4) == shaffer_rho(0.7, 0.12, 100, seed=4)


def test_simulated_sets_have_the_kappa_precision_and_prevalence_asked_for() -> None:
    cells = coded_sets(0.12, (0.4, 0.65), (0.6, 1.0), 10_000, 500, np.random.default_rng(1))
    kappas = tables.cohen_kappa(cells.reshape(-1, 2, 2))
    assert (kappas.min(), kappas.max()) == (pytest.approx(0.4, abs=0.01), pytest.approx(0.65, abs=0.01))
    assert (cells[:, 0] / (cells[:, 0] + cells[:, 2])).min() > 0.59
    assert ((cells[:, 0] + cells[:, 1]) == 1200).all()
    assert (cells.sum(axis=1) == 10_000).all()


def test_a_test_set_drawn_with_more_positives_is_simulated_so() -> None:
    plain, inflated = (shaffer_rho(0.75, 0.03, 80, inflation=share).value for share in (0.0, 0.3))
    assert plain != inflated


def test_the_helper_table_of_rho_and_its_limits() -> None:
    assert float(tables.cohen_kappa([[10, 2], [3, 85]])) == pytest.approx(0.771481, abs=5.01e-7)
    assert shaffer_rho(None, 0.1, 50).value is None
    for wrong in ({"prevalence": 0.0}, {"n": 0}, {"threshold": 0.3}):
        with pytest.raises(StudyError):
            shaffer_rho(**({"kappa": 0.7, "prevalence": 0.1, "n": 50} | wrong))


# Where coders disagree

CODES = ("x", "y", "z")


def rows_of(*cells: str, seen: str = "blind") -> list[CodedRow]:
    return [
        CodedRow(
            "T1",
            tuple(Given(c) for c in cell),
            f"u{at}",
            turn_index=at,
            text="word " * at,
            seen=seen,
            case="S1",
        )
        for at, cell in enumerate(cells, 1)
    ]


def counted(mine: str, theirs: str):  # type: ignore[no-untyped-def]
    pages = [
        np.array([[c in cell for c in CODES] for cell in text.split(",")], dtype=np.int8)
        for text in (mine, theirs)
    ]
    return count(*pages, CODES, np.full(len(pages[0]), "T1"), np.ones(len(pages[0])))


def test_confusion_of_coders_who_may_give_several_codes() -> None:
    found = confusion(counted("x,x,xy,,z,", "y,y,xz,x,z,"))
    assert found.labels == ("x", "y", "z", "none")
    assert found.matrix == ((1, 2, 0, 0), (0, 0, 1, 0), (0, 0, 1, 0), (1, 0, 0, 1))
    assert found.most(1) == [("x", "y", 2)]


def test_the_first_disagreements_are_of_different_kinds_the_most_frequent_first() -> None:
    mine, theirs = "x,x,x,y,,z", "y,y,yz,,x,z"
    found = disagreements(counted(mine, theirs), rows_of(*mine.split(",")))
    assert [one.kind for one in found] == [("x", "y"), ("none", "x"), ("y", "none"), ("x", "y"), ("x", "y")]
    assert found[0].alike == 3
    assert [one.utterance_id for one in found if one.kind == ("x", "y")] == ["u2", "u1", "u3"]


def test_the_model_where_surest_comes_first_within_a_kind() -> None:
    scores = {("T1", "u1"): {"x": 0.99}, ("T1", "u2"): {"x": 0.55}}
    found = disagreements(counted("x,x", ","), rows_of("x", "x"), scores)
    assert [(one.utterance_id, one.score) for one in found] == [("u1", 0.99), ("u2", 0.55)]


def test_places_count_every_unit_once_and_leave_out_what_is_not_known() -> None:
    mine, theirs = "x,x,x,y,,z", "y,y,yz,,x,z"
    found = places(counted(mine, theirs), rows_of(*mine.split(",")))
    by = {kind: [one for one in found if one.by == kind] for kind in {one.by for one in found}}
    assert set(by) == {"case", "transcript", "length", "position"}
    for parts in by.values():
        assert sum(one.units for one in parts) == 6
        assert sum(one.differing for one in parts) == 5
    assert [one.value for one in by["position"]] == ["first third", "middle third", "last third"]


# Anchoring


def test_anchoring_where_the_same_utterances_were_coded_both_ways() -> None:
    blind = rows_of("x", "", "y", "z")
    seen = rows_of("x", "x", "x", "", seen="suggested")
    shown = rows_of("x", "x", "x", "z")
    by_coder = from_rows({"ann": [*blind, *seen]}, shown, CODES)
    (found,) = anchoring(by_coder, Settings(draws=50))
    # u2: x given, towards; u3: y dropped and x given, both towards; u4: z dropped, away.
    assert (found.units_both, found.towards, found.away) == (4, 3, 1)
    assert found.p == pytest.approx(0.625)
    # Of x, x, x, z that were suggested, blind coding gave x and z, coding with them in view the three x.
    assert (found.followed_blind, found.followed_seen) == (0.5, 0.75)
    assert found.difference == pytest.approx(0.25)


def test_anchoring_says_why_it_cannot_be_told() -> None:
    blind, seen = rows_of("x"), rows_of("x", seen="suggested")
    reasons = [
        anchoring(from_rows({"ann": rows}, shown, CODES), Settings(draws=5))[0].undefined
        for rows, shown in ((blind, blind), (seen, blind), ([*blind, *seen], None))
    ]
    assert reasons == [
        "no decision was made with suggestions in view",
        "no decision was made blind",
        "what was suggested is not known",
    ]


def test_anchoring_holds_people_against_what_they_were_shown_not_against_what_is_suggested_now() -> None:
    decisions = [
        decision("T1.u1", "x", batch_id="b1"),
        decision("T1.u2", "none", "none", batch_id="b1"),
        decision("T1.u1", "x", "reject", batch_id="b2", seen="suggested", scope="offered"),
        decision("T1.u2", "y", batch_id="b2", seen="suggested", scope="offered"),
    ]
    shown = {"b2": {"T1.u1": frozenset("x"), "T1.u2": frozenset("y")}}
    found = with_and_without(decisions, UTTERANCES, CODES, shown, {"b1": {"T1.u1": frozenset("z")}})
    (one,) = anchoring(found, Settings(draws=20))
    # A refusal of all that was offered counts: x was suggested, and refused.
    assert (one.followed_blind, one.followed_seen) == (0.5, 0.5)
    assert (one.units_both, one.towards, one.away) == (2, 1, 1)


def test_of_blind_decisions_alone_the_suggestions_hidden_at_the_time_count() -> None:
    decisions = [
        decision("T1.u1", "x", batch_id="b1"),
        decision("T1.u2", "y", batch_id="b2", seen="suggested", scope="offered"),
    ]
    hidden, shown = {"b1": {"T1.u1": frozenset("xz")}}, {"b2": {"T1.u2": frozenset("y")}}
    (one,) = anchoring(with_and_without(decisions, UTTERANCES, CODES, shown, hidden), Settings(draws=20))
    assert (one.suggestions_blind, one.suggestions_seen, one.units_both) == (2, 1, 0)
    assert (one.followed_blind, one.followed_seen) == (0.5, 1.0)
    (none,) = anchoring(with_and_without(decisions, UTTERANCES, CODES, shown, {}), Settings(draws=20))
    assert (none.units_unknown, none.undefined) == (1, "what was suggested is not known")


def test_codes_that_were_not_asked_about_are_no_change_of_mind() -> None:
    decisions = [
        decision("T1.u1", "x", batch_id="b1"),
        decision("T1.u1", "z", batch_id="b1"),
        decision("T1.u1", "x", batch_id="b2", seen="suggested", scope="offered"),
    ]
    shown = {"b2": {"T1.u1": frozenset("x")}}
    (one,) = anchoring(with_and_without(decisions, UTTERANCES, CODES, shown, {}), Settings(draws=5))
    assert (one.towards, one.away) == (0, 0)


# Decisions


def decision(utterance: str, code: str, answer: str = "accept", **more: object) -> Decision:
    values = {"coder": "ann", "at": "2026-01-01T00:00:00Z", "text_hash": ""} | more
    return Decision(utterance, code=code, answer=answer, **values)  # type: ignore[arg-type]


UTTERANCES = [Utterance("T1.u1", "T1", 1, ""), Utterance("T1.u2", "T1", 2, "")]


def said(found, coder: str = "ann"):  # type: ignore[no-untyped-def]
    return {row.utterance_id: sorted(given.code for given in row.codes) for row in found.pages.get(coder, [])}


def test_unsure_and_not_offered_codes_are_open() -> None:
    decisions = [
        decision("T1.u1", "x"),
        decision("T1.u1", "y", "unsure"),
        decision("T1.u2", "x", "reject", scope="offered", seen="suggested"),
        decision("elsewhere", "x", "unsure"),
    ]
    found = judged(decisions, UTTERANCES, CODES)
    assert said(found) == {"T1.u1": ["x"], "T1.u2": []}
    assert found.open == {"ann": {("T1", "T1.u1"): frozenset("y"), ("T1", "T1.u2"): frozenset("yz")}}


def test_nothing_applies_leaves_no_code_open_and_unsure_of_everything_gives_no_row() -> None:
    decisions = [decision("T1.u1", "none", "none", scope="offered"), decision("T1.u2", "none", "unsure")]
    found = judged(decisions, UTTERANCES, CODES)
    assert (said(found), found.open) == ({"T1.u1": []}, {})


def test_decisions_on_another_text_count_for_nothing() -> None:
    assert judged([decision("T1.u1", "x", text_hash="older")], UTTERANCES, CODES).pages == {}


def test_two_rounds_are_compared_each_as_it_stands() -> None:
    decisions = [
        decision("T1.u1", "x", batch_id="b1"),
        decision("T1.u1", "y", batch_id="b2"),
        decision("T1.u1", "none", "unsure", batch_id="b3"),
        decision("T1.u2", "x", batch_id="b1"),
        decision("T1.u2", "y", batch_id="b4", seen="suggested"),
    ]
    first, last = rounds(decisions, UTTERANCES, CODES)
    # The third round was unsure of everything: what the first ones said does not fill it in.
    assert (said(first), said(last)) == ({"T1.u1": ["x"]}, {})
    first, last = rounds(decisions[:2], UTTERANCES, CODES)
    assert (said(first), said(last)) == ({"T1.u1": ["x"]}, {"T1.u1": ["y"]})


def test_the_latest_sample_that_two_people_coded_gives_the_chances() -> None:
    first = [
        decision("T1.u1", "x", coder=coder, sample_id="s1", inclusion_probability=0.5)
        for coder in ("ann", "ben")
    ]
    second = decision("T1.u2", "x", sample_id="s2", inclusion_probability=0.25)
    found = latest_sample([*first, second], UTTERANCES)
    assert found is not None
    assert (found.name, found.chances) == ("s1", {("T1", "T1.u1"): 0.5})
    alone = latest_sample([second], UTTERANCES)
    assert alone is not None
    assert alone.name == "s2"
    assert latest_sample([decision("T1.u1", "x")], UTTERANCES) is None


def test_what_was_withdrawn_and_taken_in_again_stands_again() -> None:
    decisions = [
        decision("T1.u1", "x", batch_id="b1"),
        decision("T1.u2", "x", batch_id="b2"),
        decision("T1.u1", "x", kind="withdrawn", batch_id="b1"),
        decision("T1.u2", "x", kind="withdrawn", batch_id="b2"),
        decision("T1.u2", "y", batch_id="b2"),
    ]
    assert [(one.utterance_id, one.code) for one in standing(decisions)] == [("T1.u2", "y")]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.734, ".73"), (-0.3, "-.30"), (1.0, "1.00"), (-0.001, ".00"), (0.999, "1.00"), (None, "undefined")],
)
def test_figures_are_printed_as_papers_print_them(value: float | None, text: str) -> None:
    assert figure_text(value) == text


def test_the_alternative_annotator_test_needs_three_who_share_utterances() -> None:
    """A third coder who worked on other utterances does not make the test one of three."""
    said = np.zeros((3, 40, 1), dtype=np.int8)
    said[2, :20], said[:2, 20:] = -1, -1
    found = alt_test(said, np.zeros((40, 1), dtype=np.int8), ("a", "b", "c"))
    assert found.passed is None
    assert "2 share" in (found.undefined or "")

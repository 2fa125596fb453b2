"""The audit: what it refuses, what it says, and that it does not depend on names or order."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.agreement import tables
from pipeline.agreement.audit import audit
from pipeline.agreement.decided import Judged
from pipeline.agreement.everyone import reaches
from pipeline.agreement.sampling import Sampling
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Given

CODES = ["context.culture", "context.leadership", "evidence.patients"]
Pages = dict[str, list[CodedRow]]


def row(unit: int, codes: str = "", transcript: int = 1, **more: object) -> CodedRow:
    given = tuple(Given(code) for code in codes.split(";") if code)
    name = f"T{transcript:03}"
    values = {"seen": "blind", "text": "one two three", "turn_index": unit} | more
    return CodedRow(name, given, utterance_id=f"{name}.t{unit:04}.u01", **values)  # type: ignore[arg-type]


def study(interviews: int = 12, utterances: int = 20, coders: str = "abc", right: float = 0.85) -> Pages:
    """Coders who see the same truth, each with errors of their own."""
    rng = np.random.default_rng(3)
    truth = rng.random((interviews, utterances, len(CODES))) < 0.25
    pages: Pages = {}
    for coder in coders:
        wrong = rng.random(truth.shape) > right
        said = np.where(wrong, rng.random(truth.shape) < 0.25, truth)
        pages[coder] = [
            row(u + 1, ";".join(CODES[c] for c in np.flatnonzero(said[i, u])), i + 1, case=f"S{i % 3}")
            for i in range(interviews)
            for u in range(utterances)
        ]
    return pages


def quick(pages: Pages, codes: list[str] | None = CODES, **more: object):  # type: ignore[no-untyped-def]
    return audit(pages, codes, draws=200, **more)  # type: ignore[arg-type]


def test_json_has_the_promised_keys_and_no_number_that_is_none() -> None:
    pages = study(coders="abcd")
    model = pages.pop("d")
    found = quick(pages, model=model, adjudicated=pages["a"]).as_json()
    text = json.dumps(found, allow_nan=False)
    assert set(json.loads(text)) == {"pairs", "human_ceiling", "alt_test", "design"}
    kinds = [pair["kind"] for pair in found["pairs"]]
    assert kinds == ["human-human"] * 3 + ["model-human"] * 3 + ["model-adjudicated"]
    one = found["pairs"][0]["per_code"][0]
    wanted = "code n percent kappa alpha ac1 pabak p_pos p_neg prevalence ci verdict undefined"
    assert set(wanted.split()) <= set(one)
    low, high = one["ci"]["kappa"]
    assert low < one["kappa"] < high


def test_figures_are_those_of_the_table_of_counts() -> None:
    pages = study(coders="ab")
    found = quick(pages).pairs[0].per_code[1]
    said = [[CODES[1] in {given.code for given in one.codes} for one in pages[coder]] for coder in "ab"]
    a, b = np.array(said)
    counts = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
    assert found.counts == (counts[0][0], counts[0][1], counts[1][0], counts[1][1])
    for name, figure in tables.of_table(counts).items():
        assert found.figures[name] == pytest.approx(figure.value)


def test_overall_kappa_pools_over_codes_and_alpha_compares_sets() -> None:
    pages = {
        "a": [row(1, CODES[0]), row(2, CODES[1]), row(3), row(4, CODES[0], 2)],
        "b": [row(1, CODES[0]), row(2), row(3), row(4, f"{CODES[0]};{CODES[1]}", 2)],
    }
    overall = quick(pages, CODES[:2]).pairs[0].overall.figures
    observed, chance = (1 + 0.5) / 2, (0.5 + (0.25 * 0.25 + 0.75 * 0.75)) / 2
    assert overall["percent"] == pytest.approx(observed)
    assert overall["kappa"] == pytest.approx((observed - chance) / (1 - chance))
    assert overall["identical"] == pytest.approx(0.5)
    assert overall["p_pos"] == pytest.approx(4 / 6)


def test_nobody_gave_a_code_is_undefined_with_a_reason() -> None:
    one = (
        quick({"a": [row(1), row(2, transcript=2)], "b": [row(1), row(2, transcript=2)]}).pairs[0].per_code[0]
    )
    assert one.figures["kappa"] is None
    assert one.figures["percent"] == 1.0
    assert "one category" in (one.undefined or "")
    assert one.as_json()["verdict"] == "undefined"


def test_flawless_agreement_on_little_is_not_called_certain() -> None:
    rows = [row(1, CODES[0], t) for t in range(1, 3)] + [row(2, "", t) for t in range(1, 9)]
    one = quick({"a": rows, "b": rows}).pairs[0].per_code[0]
    assert one.figures["kappa"] == 1.0
    low = one.ci["kappa"].low
    assert low is not None
    assert low < 0.6
    assert one.landis_koch != "almost perfect"
    assert any("no disagreement was seen" in note for note in one.notes)


def test_flawless_agreement_over_codes_is_bounded_for_the_pooled_kappa() -> None:
    """Disagreement on at most w leaves 1 - w/(1 - mean chance), not the kappa of the summed table."""
    rows = [
        row(u, ";".join([CODES[0]] * (u % 2) + [CODES[1]] * (u == 10)), t)
        for t in range(1, 13)
        for u in range(1, 21)
    ]
    found = quick({"a": rows, "b": rows}, CODES[:2]).pairs[0].overall
    worst = 1 - 0.025 ** (1 / 240)
    chance = (0.5 + 0.05**2 + 0.95**2) / 2
    assert found.ci["kappa"].low == pytest.approx(1 - worst / (1 - chance))


def test_flawless_agreement_bounds_every_alpha_of_sets() -> None:
    rows = [row(u, CODES[0] if u % 3 == 0 else "", t) for t in range(1, 13) for u in range(1, 11)]
    found = quick({"a": rows, "b": rows}).pairs[0].overall
    for name in ("alpha", "alpha_masi", "alpha_jaccard", "alpha_exact", "identical"):
        low, high = found.ci[name].low, found.ci[name].high
        assert found.figures[name] == high == 1.0, name
        assert low is not None, name
        assert 0.8 < low < 1.0, name
    assert found.ci["identical"].low == pytest.approx(0.025 ** (1 / 120))


def test_one_flawless_interview_says_nothing_of_others() -> None:
    rows = [row(u, CODES[0] if u % 3 == 0 else "") for u in range(1, 41)]
    pair = quick({"a": rows, "b": rows}).pairs[0]
    for one in (pair.per_code[0], pair.overall):
        assert one.figures["kappa"] == 1.0
        assert (one.ci["kappa"].low, one.ci["percent"].low, one.needed) == (None, None, None)
        assert "one interview only" in (one.as_json()["ci_undefined"] or "")


def test_intervals_hold_their_figure_where_no_code_was_given_in_common() -> None:
    def page(first: int, code: str) -> list[CodedRow]:
        given = {0: code, first: CODES[0]}
        return [row(u + 1, given.get(u % 4, "") if u else "", t) for t in range(1, 13) for u in range(20)]

    found = quick({"a": page(1, CODES[0]), "b": page(2, CODES[1])}, CODES[:2]).pairs[0]
    for one in (*found.per_code, found.overall):
        for name, interval in one.ci.items():
            figure = one.figures[name]
            if figure is not None and interval.low is not None and interval.high is not None:
                assert interval.low - 1e-9 <= figure <= interval.high + 1e-9, (one.code, name)


def test_a_code_of_one_interview_gets_no_interval_of_kappa() -> None:
    """Draws hold that interview or nothing, so resampling would call its kappa certain."""
    pages = study(coders="abc")
    for coder in "abc":
        pages[coder] += [row(99, "rare" if t == 1 else "", t) for t in range(1, 13)]
        pages[coder] += [row(98, "rare" if t == 1 and coder == "b" else "", t) for t in range(1, 13)]
    found = quick(pages, [*CODES, "rare"], model=pages["c"])
    one = found.pairs[0].per_code[-1]
    assert one.figures["kappa"] is not None
    assert (one.ci["kappa"].low, one.ci["alpha"].low, one.needed) == (None, None, None)
    assert one.ci["percent"].low is not None
    assert one.landis_koch == "undefined"
    assert any("in one interview only" in note for note in one.notes)
    assert found.human_ceiling.per_code[-1].ci["difference"].low is None
    assert found.human_ceiling.all_coders[-1].ci["alpha"].low is None
    assert all(each.ci["kappa"].low is not None for each in found.pairs[0].per_code[:-1])


def test_flawless_agreement_on_a_sample_of_uneven_chances_is_worth_less() -> None:
    rows = [row(u, CODES[0] if u % 2 else "", t) for t in range(1, 9) for u in range(1, 7)]
    units = [(one.transcript_id, one.utterance_id) for one in rows]
    lows = []
    for chance in (0.5, 0.1):  # for every other pair of units
        chances = {unit: chance if at % 4 < 2 else 0.5 for at, unit in enumerate(units)}
        found = quick({"a": rows, "b": rows}, sampling=Sampling("s1", chances))
        lows.append(found.pairs[0].per_code[0].ci["percent"].low)
    plain = quick({"a": rows, "b": rows}).pairs[0].per_code[0].ci["percent"].low
    assert lows[0] == pytest.approx(plain)
    assert lows[1] < lows[0]


def test_no_positive_in_common_is_not_called_certain_disagreement() -> None:
    rest = [row(unit, "", t) for t in range(1, 13) for unit in range(3, 9)]
    pages = {
        "a": [*rest, row(1, CODES[0]), row(2), row(1, CODES[0], 2), row(2, "", 2)],
        "b": [*rest, row(1), row(2, CODES[0]), row(1, "", 2), row(2, CODES[0], 2)],
    }
    found = quick(pages, model=pages["a"])
    one = found.pairs[0].per_code[0]
    assert one.figures["p_pos"] == 0
    ends = one.ci["kappa"]
    assert ends.low is not None
    assert ends.high is not None
    assert ends.low <= one.figures["kappa"] < 0.5 < ends.high
    assert any("no positive in common" in note for note in one.notes)
    assert found.human_ceiling.per_code[0].ci["difference"].low is None


def test_one_coder_who_never_gave_a_code_is_named_as_the_reason() -> None:
    pages = {"a": [row(1, CODES[0]), row(2, "", 2)], "b": [row(1), row(2, "", 2)]}
    one = quick(pages).pairs[0].per_code[0]
    assert one.figures["kappa"] == 0
    assert any("never gave" in note for note in one.notes)


def test_few_interviews_are_warned_about() -> None:
    assert "rest on 4 interviews; below 10" in quick(study(interviews=4)).warnings[0]
    assert quick(study(interviews=12)).warnings == ()
    single = quick(study(interviews=1)).pairs[0].per_code[0]
    assert single.ci["kappa"].low is None
    assert single.ci["kappa"].undefined == "one interview only, so nothing can be resampled"


def test_only_units_that_both_looked_at_count_and_the_rest_is_mentioned() -> None:
    pages = {"a": [row(1, CODES[0]), row(2), row(3)], "b": [row(1, CODES[0]), row(2), row(9)]}
    found = quick(pages)
    assert found.pairs[0].units == 2
    assert "2 utterances in common; 1 only of a and 1 only of b" in found.notices[-1].message


def test_an_empty_row_says_nothing_applies_and_no_row_says_nothing() -> None:
    looked = quick({"a": [row(1, CODES[0]), row(2, CODES[0])], "b": [row(1, CODES[0]), row(2)]})
    absent = quick({"a": [row(1, CODES[0]), row(2, CODES[0])], "b": [row(1, CODES[0])]})
    assert looked.pairs[0].overall.n == 2
    assert absent.pairs[0].overall.n == 1


def test_the_word_none_is_the_same_as_no_code() -> None:
    found = quick({"a": [row(1, "none"), row(2, CODES[0])], "b": [row(1), row(2, CODES[0])]})
    assert found.pairs[0].overall.figures["identical"] == 1.0


def test_what_a_coder_left_open_counts_for_nothing() -> None:
    pages = study(coders="ab")
    unit = (pages["a"][0].transcript_id, pages["a"][0].utterance_id)
    found = quick(pages, unsaid={"a": {unit: [CODES[0]]}}).pairs[0]
    assert [one.n for one in found.per_code] == [239, 240, 240]


@pytest.mark.parametrize(
    ("pages", "codes", "words"),
    [
        ({"a": [row(1)]}, CODES, "needs two coders"),
        ({"a": [row(1)], "b": []}, CODES, "has coded nothing"),
        ({"a": [row(1)], "b": [row(2)]}, CODES, "no two coders looked at the same utterance"),
        (
            {"a": [row(1, "made.up")], "b": [row(1)]},
            CODES,
            "uses codes that the codebook does not hold: made.up",
        ),
        ({"a": [row(1), row(1, CODES[0])], "b": [row(1)]}, CODES, "twice, in two ways"),
        ({"a": [row(1)], "b": [row(1)]}, None, "no code occurs in any"),
        ({"a": [row(1)], "model": [row(1)]}, CODES, "cannot be called model"),
        ({"a": [row(1, seen="suggested")], "b": [row(1)]}, CODES, "saw the model's suggestions"),
        ({"a": [CodedRow("T001", ())], "b": [row(1)]}, CODES, "neither utterance_id nor turn_index"),
    ],
)
def test_bad_input_gets_a_clear_word(pages: Pages, codes: list[str] | None, words: str) -> None:
    with pytest.raises(StudyError, match=words) as caught:
        quick(pages, codes)
    assert "one two three" not in str(caught.value)


def test_a_coder_without_overlap_is_left_out_with_a_word() -> None:
    pages = study(coders="ab") | {"z": [row(1, "", 99)]}
    found = quick(pages)
    assert [(pair.a, pair.b) for pair in found.pairs] == [("a", "b")]
    assert sum("no utterance in common" in notice.message for notice in found.notices) == 2


def test_the_same_row_twice_counts_once() -> None:
    found = quick({"a": [row(1, CODES[0]), row(1, CODES[0]), row(2)], "b": [row(1, CODES[0]), row(2)]})
    assert found.pairs[0].units == 2
    assert any("occur twice" in notice.message for notice in found.notices)


def test_codes_come_from_the_tables_where_there_is_no_codebook() -> None:
    found = quick({"a": [row(1, CODES[0])], "b": [row(1, CODES[1])]}, None)
    assert [one.code for one in found.pairs[0].per_code] == CODES[:2]
    assert any("no codebook" in notice.message for notice in found.notices)


def test_rows_that_do_not_say_what_was_seen_are_taken_as_blind_and_said_so() -> None:
    found = quick({"a": [row(1, seen="")], "b": [row(1)]})
    assert any("taken as blind" in notice.message for notice in found.notices)
    assert found.design["taken_as_blind"] == 1
    assert "do not say whether suggestions were in view" in found.methods
    assert "do not say" not in quick({"a": [row(1)], "b": [row(1)]}).methods


def test_decisions_with_suggestions_in_view_count_only_if_asked_for() -> None:
    pages = study(coders="ab")
    half = [replace(one, seen="suggested") if at % 2 else one for at, one in enumerate(pages["a"])]
    blind, all_of_them = (quick({"a": half, "b": pages["b"]}, anchored=flag) for flag in (False, True))
    assert (blind.pairs[0].units, all_of_them.pairs[0].units) == (120, 240)
    assert "anchored" in all_of_them.heading
    assert all_of_them.as_json()["design"]["independent"] is False
    assert "with suggestions in view" in all_of_them.methods


def test_the_heading_says_what_the_model_had_learned_from() -> None:
    pages = study(coders="ab")
    plain = "Agreement of independent coding, on every utterance that coders share, unweighted."
    assert quick(pages).heading == plain
    assert "not stated" in quick({"a": pages["a"]}, model=pages["b"]).heading
    assert "other transcripts" in quick(pages, model=pages["b"], model_basis="other transcripts").heading


def test_one_coder_with_the_model_is_enough_for_that_pair() -> None:
    pages = study(coders="ab")
    found = quick({"a": pages["a"]}, model=pages["b"])
    assert [pair.kind for pair in found.pairs] == ["model-human"]
    assert found.human_ceiling.undefined
    assert "1 coder (a)" in found.methods


def test_the_human_ceiling_is_measured_on_the_units_of_the_model() -> None:
    pages = study(coders="abcd")
    model = pages.pop("d")[:120]
    ceiling = quick(pages, model=model).human_ceiling
    alone = quick({coder: rows[:120] for coder, rows in pages.items()})
    assert ceiling.overall is not None
    mean = np.mean([pair.overall.figures["kappa"] for pair in alone.pairs])
    assert ceiling.overall.figures["human"] == pytest.approx(mean)
    assert ceiling.overall.n == 120
    assert len(ceiling.all_coders) == len(CODES)


def test_a_model_as_good_as_a_coder_is_not_told_apart_and_a_random_one_is() -> None:
    pages = study(coders="abcd")
    good, bad = pages.pop("d"), study(coders="abcde", right=0.0)["e"]
    one, other = (quick(pages, model=model).human_ceiling.overall for model in (good, bad))
    assert one is not None
    assert other is not None
    assert (reaches(one), reaches(other)) == ("not told apart from humans", "below humans")


def test_all_coders_alpha_is_that_of_the_reference_function() -> None:
    from pipeline.agreement import krippendorff

    pages = study()
    pages["c"] = pages["c"][:100]
    groups = quick(pages).human_ceiling.all_coders
    sheets = {coder: {one.utterance_id: one for one in rows} for coder, rows in pages.items()}
    units = [one.utterance_id for one in pages["a"]]
    for at, code in enumerate(CODES):
        ratings = [
            [any(g.code == code for g in page[u].codes) if u in page else None for u in units]
            for page in sheets.values()
        ]
        assert groups[at].figures["alpha"] == pytest.approx(krippendorff.alpha(ratings).value)


def test_weights_make_the_sample_speak_for_the_whole() -> None:
    pages = study(coders="ab")
    units = [(one.transcript_id, one.utterance_id) for one in pages["a"]]
    even = quick(pages, sampling=Sampling("s1", dict.fromkeys(units, 0.1)))
    assert even.pairs[0].per_code[0].figures["kappa"] == pytest.approx(
        quick(pages).pairs[0].per_code[0].figures["kappa"]
    )
    assert even.design["speaks_for"] == pytest.approx(2400)
    assert even.design["effective_n"] == pytest.approx(240)
    uneven = quick(
        pages, sampling=Sampling("s1", {unit: 0.1 if at % 2 else 0.5 for at, unit in enumerate(units)})
    )
    assert uneven.design["effective_n"] == pytest.approx((120 * 12) ** 2 / (120 * 104))
    # A unit drawn with probability .1 counts as five that were drawn with .5.
    fivefold = {
        coder: [
            replace(one, utterance_id=f"{one.utterance_id}.{k}")
            for at, one in enumerate(rows)
            for k in range(5 if at % 2 else 1)
        ]
        for coder, rows in pages.items()
    }
    assert uneven.pairs[0].per_code[0].figures["kappa"] == pytest.approx(
        quick(fivefold).pairs[0].per_code[0].figures["kappa"]
    )


def test_only_the_drawn_sample_counts_where_there_is_one() -> None:
    pages = study(coders="ab")
    drawn = {(one.transcript_id, one.utterance_id): 0.5 for one in pages["a"][::4]}
    found = quick(pages, sampling=Sampling("s1", drawn))
    assert found.pairs[0].units == 60
    assert found.design["left_out"] == 180


@pytest.mark.parametrize("chance", [0.0, 1.5, float("nan")])
def test_an_impossible_inclusion_probability_is_refused(chance: float) -> None:
    pages = study(coders="ab")
    unit = (pages["a"][0].transcript_id, pages["a"][0].utterance_id)
    with pytest.raises(StudyError, match="inclusion probability"):
        quick(pages, sampling=Sampling("s1", {unit: chance}))
    with pytest.raises(StudyError, match="drawn sample"):
        quick(pages, sampling=Sampling("s1", {("elsewhere", "u1"): 0.5}))


def test_agreement_with_oneself_over_time() -> None:
    pages = study()
    rounds = Judged({"a": pages["c"]}), Judged({"a": pages["a"]})
    found = quick({"a": pages["a"], "b": pages["b"]}, rounds=rounds)
    (own,) = found.self_agreement
    assert (own.kind, own.a, own.b) == ("self", "a (earlier)", "a")
    assert (
        own.overall.figures["kappa"]
        == quick({"a": pages["a"], "c": pages["c"]}).pairs[0].overall.figures["kappa"]
    )


def test_what_was_unsure_in_one_round_counts_for_nothing_in_agreement_with_oneself() -> None:
    pages = study(coders="abc")
    unit = (pages["a"][0].transcript_id, pages["a"][0].utterance_id)
    rounds = Judged({"a": pages["c"]}), Judged({"a": pages["a"]}, {"a": {unit: frozenset([CODES[0]])}})
    found = quick({"a": pages["a"], "b": pages["b"]}, rounds=rounds)
    assert [one.n for one in found.self_agreement[0].per_code] == [239, 240, 240]
    assert any("left open" in notice.message and notice.place == "a" for notice in found.notices)


def test_valence_is_compared_where_both_gave_the_code() -> None:
    def pointing(*ways: str) -> list[CodedRow]:
        return [
            replace(row(at), codes=(Given(CODES[0], way),))  # type: ignore[arg-type]
            for at, way in enumerate(ways, 1)
        ]

    pages = {
        "a": pointing("barrier", "barrier", "facilitator"),
        "b": pointing("barrier", "both", "facilitator"),
    }
    (one, *_) = quick(pages).pairs[0].as_json()["per_code"]
    assert one["valence"] == {"n": 3.0, "percent": pytest.approx(2 / 3), "kappa": pytest.approx(0.5)}


def numbers(found: object) -> list[float]:
    if isinstance(found, dict):
        return [value for one in found.values() for value in numbers(one)]
    if isinstance(found, list | tuple):
        return [value for one in found for value in numbers(one)]
    return [found] if isinstance(found, float) else []


def test_the_order_of_rows_changes_nothing() -> None:
    pages = study()
    turned = {coder: rows[::-1] for coder, rows in reversed(pages.items())}
    assert quick(pages).as_json() == quick(turned).as_json()


def test_names_of_codes_change_nothing() -> None:
    pages = study(coders="ab")
    new = dict(zip(CODES, ["z", "y", "x"], strict=True))
    renamed = {
        coder: [replace(one, codes=tuple(Given(new[given.code]) for given in one.codes)) for one in rows]
        for coder, rows in pages.items()
    }
    first, second = quick(pages).pairs[0], quick(renamed, ["x", "y", "z"]).pairs[0]
    for one, other in zip(first.per_code, reversed(second.per_code), strict=True):
        assert numbers(one.as_json()) == pytest.approx(numbers(other.as_json()))
    assert numbers(first.overall.as_json()) == pytest.approx(numbers(second.overall.as_json()))


def test_coders_are_exchangeable() -> None:
    pages = study(coders="ab")
    first = quick(pages).pairs[0]
    second = quick({"a": pages["b"], "b": pages["a"]}).pairs[0]
    for one, other in zip((*first.per_code, first.overall), (*second.per_code, second.overall), strict=True):
        for name in ("kappa", "alpha", "ac1", "p_pos", "percent"):
            assert one.figures[name] == pytest.approx(other.figures[name])
            assert one.ci[name].low == pytest.approx(other.ci[name].low)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.integers(1, 3),
            st.sets(st.sampled_from(CODES)),
            st.sets(st.sampled_from(CODES)),
        ),
        min_size=1,
        max_size=12,
        unique_by=lambda one: one[:2],
    )
)
def test_any_small_study_gives_figures_in_range_or_reasons(cells: list) -> None:
    pages = {
        "a": [row(unit, ";".join(sorted(mine)), t) for t, unit, mine, _ in cells],
        "b": [row(unit, ";".join(sorted(theirs)), t) for t, unit, _, theirs in cells],
    }
    found = audit(pages, CODES, draws=30)
    json.dumps(found.as_json(), allow_nan=False)
    for one in (*found.pairs[0].per_code, found.pairs[0].overall):
        assert (one.figures["kappa"] is None) == (one.undefined is not None)
        assert all(-1 - 1e-9 <= value <= 1 + 1e-9 for value in one.figures.values() if value is not None)
        for ends in one.ci.values():
            assert (ends.low is None) == (ends.undefined is not None)
            assert ends.low is None or ends.low <= ends.high

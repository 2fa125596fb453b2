"""Evaluation: held-out figures that cannot be flattered."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import FakeEmbedder
from invented import rows

from pipeline.errors import StudyError
from pipeline.records import CodedRow, Given
from pipeline.suggest import checks, measures
from pipeline.suggest.coded import from_rows
from pipeline.suggest.evaluate import Evaluation, evaluate

KEYS = {
    "macro_f1",
    "micro_f1",
    "mean_ap",
    "mean_kappa",
    "ece",
    "brier",
    "brier_base",
    "precision_at_quarter",
    "precision_at_half",
    "precision_at_full",
    "per_code",
    "baselines",
    "human",
}


@pytest.fixture(scope="module")
def found() -> Evaluation:
    return evaluate(from_rows(rows(), FakeEmbedder()))


def test_the_figures_have_their_names_and_are_json(found: Evaluation) -> None:
    said = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert set(said) >= KEYS
    assert set(said["baselines"]) == {"tfidf_lr", "embedding_lr"}
    assert said["human"] is None


def test_what_can_be_learned_is_learned_and_calibrated(found: Evaluation) -> None:
    figures = found.figures
    assert (figures["macro_f1"] or 0) > 0.8
    assert (figures["ece"] or 0) < 0.05
    assert all(one.brier < one.brier_base for one in found.per_code)
    for one in found.per_code:
        assert one.f1_interval is not None
        assert one.f1_interval[0] <= one.f1 <= one.f1_interval[1]


def test_shuffled_labels_bring_it_to_chance() -> None:
    made = rows()
    order = np.random.default_rng(0).permutation(len(made))
    shuffled = [replace(row, codes=made[at].codes) for row, at in zip(made, order, strict=True)]
    chance = evaluate(from_rows(shuffled, FakeEmbedder()))
    always = np.mean([2 * one.prevalence / (1 + one.prevalence) for one in chance.per_code])
    assert (chance.figures["macro_f1"] or 0) < always + 0.06
    assert abs(chance.figures["mean_kappa"] or 0) < 0.1


def test_a_word_that_leaks_within_one_transcript_does_not_help() -> None:
    """Codes at random, and in each transcript a word of its own that gives them away."""
    random = np.random.default_rng(1)
    made = []
    for row in rows(utterances=30):
        given = random.random() < 0.4
        # The other rows hold such a word too: it tells nothing unless the transcript was seen.
        word = f"secret{row.transcript_id}{'yes' if given else 'no'}"
        made.append(replace(row, codes=(Given("x"),) if given else (), text=word))
    strict = evaluate(from_rows(made, FakeEmbedder()))
    told = checks.with_leak_check(strict).as_json()["leak"]
    assert isinstance(told, dict)
    assert told["utterance_split"] > 0.9
    assert told["drop"] > 0.25


def test_several_coders_are_compared_among_themselves_and_with_the_model() -> None:
    first, second = rows(coder="a"), rows(coder="b")
    second = [replace(row, codes=()) if at % 10 == 0 else row for at, row in enumerate(second)]
    human = evaluate(from_rows([*first, *second], FakeEmbedder())).human
    assert human is not None
    assert human["coders"] == 2
    assert 0.8 < human["macro_f1"] < 1  # type: ignore[operator]
    assert 0.5 < human["model"]["macro_f1"] <= 1  # type: ignore[index]


def test_truth_is_the_majority_or_what_was_adjudicated() -> None:
    def by(coder: str, *codes: str) -> CodedRow:
        return CodedRow("T", tuple(Given(code) for code in codes), utterance_id="u", text="x", coder=coder)

    def truth(*made: CodedRow, coder: str = "") -> dict[str, float]:
        examples = from_rows(list(made), FakeEmbedder(), coder=coder).examples
        return dict(zip(examples.codes, examples.answers[0].tolist(), strict=True))

    assert truth(by("a", "x"), by("b", "x", "y"), by("c")) == {"x": 1, "y": 0}
    assert truth(by("a", "x"), by("b")) == {"x": 0}
    assert truth(by("a", "x"), by("b"), by("adjudicated", "x")) == {"x": 1}
    assert truth(by("a", "x"), by("b", "y"), coder="b") == {"x": 0, "y": 1}
    with pytest.raises(StudyError, match="no row is by"):
        truth(by("a"), coder="z")


def test_an_id_that_numbers_something_else_is_no_utterance() -> None:
    def by(coder: str, text: str, code: str) -> CodedRow:
        return CodedRow("T", (Given(code),), utterance_id="1", text=text, coder=coder)

    made = [by("a", "one", "x"), by("a", "two", "y"), by("b", "one", "x"), by("b", "two", "x")]
    coded = from_rows(made, FakeEmbedder())
    assert [each.text for each in coded.examples.utterances] == ["one", "two"]
    assert coded.by_coder["b"].tolist() == [[1, 0], [1, 0]]


def test_a_coder_who_shares_no_utterance_is_not_counted_among_those_compared() -> None:
    first, second = rows(coder="a"), rows(coder="b")
    alone = [replace(row, transcript_id=f"{row.transcript_id}x", coder="c") for row in rows(seed=3)]
    human = evaluate(from_rows([*first, *second, *alone], FakeEmbedder())).human
    assert human is not None
    assert human["coders"] == 2


def test_other_speakers_stay_as_context() -> None:
    talk = [
        CodedRow("T", (), turn_index=1, speaker="interviewer", text="Why?"),
        CodedRow("T", (Given("x"),), turn_index=2, speaker="participant", text="Because."),
    ]
    only = from_rows(talk, FakeEmbedder(), speaker="Participant").examples.utterances
    assert [(each.text, each.previous) for each in only] == [("Because.", "Why?")]
    with pytest.raises(StudyError, match="nobody is called"):
        from_rows(talk, FakeEmbedder(), speaker="nurse")


def test_cases_are_held_out_and_what_cannot_be_done_is_refused() -> None:
    coded = from_rows(rows(), FakeEmbedder())
    assert evaluate(coded, by="case").groups == 3
    with pytest.raises(StudyError, match="no code was given"):
        evaluate(coded, min_count=10_000)
    with pytest.raises(StudyError, match="nothing to tell apart"):
        evaluate(from_rows([replace(row, codes=(Given("x"),)) for row in rows()], FakeEmbedder()))
    with pytest.raises(StudyError, match="only one transcript"):
        evaluate(from_rows(rows(transcripts=1), FakeEmbedder()))
    with pytest.raises(StudyError, match="no case"):
        evaluate(from_rows([replace(row, case="") for row in rows()], FakeEmbedder()), by="case")
    with pytest.raises(StudyError, match="no coded utterance"):
        from_rows([], FakeEmbedder())


def test_rare_codes_are_left_out_and_named() -> None:
    made = rows()
    made[0] = replace(made[0], codes=(Given("rare"),))
    assert evaluate(from_rows(made, FakeEmbedder())).left_out == {"rare": 1}


def test_bias_and_learning_curve(found: Evaluation) -> None:
    wide = checks.with_learning_curve(checks.with_bias(found)).as_json()
    curve = wide["learning_curve"]
    assert isinstance(curve, list)
    assert [one["examples"] for one in curve[:2]] == [4, 8]
    assert curve[-1]["macro_f1"] >= curve[0]["macro_f1"]
    assert set(wide["bias"]) == {"case"}  # type: ignore[call-overload]


def test_a_speaker_whom_suggestions_fail_is_found() -> None:
    coded = from_rows(rows(), FakeEmbedder())
    fine = evaluate(coded)
    cases = np.array([one.case for one in coded.examples.utterances])
    wrong = fine.predictions.suggested.copy()
    wrong[cases == "S1"] = ~(coded.examples.answers[cases == "S1"] == 1)
    bias = checks.with_bias(replace(fine, predictions=replace(fine.predictions, suggested=wrong))).as_json()[
        "bias"
    ]
    assert isinstance(bias, dict)
    assert bias["case"]["S1"]["uneven"]
    assert bias["case"]["S1"]["difference"] > 0.5


def test_measures() -> None:
    truth = np.array([1.0, 1.0, 0.0, 0.0])
    assert measures.average_precision(truth, np.array([0.9, 0.8, 0.2, 0.1])) == 1
    assert measures.brier(truth, np.full(4, 0.5)) == measures.brier_of_base_rate(truth) == 0.25
    assert measures.precision_at(truth, np.array([0.9, 0.1, 0.8, 0.2]), 0.5) == 1
    assert measures.kappa(np.zeros(3), np.zeros(3, dtype=bool)) is None
    spoken = [(0.1, 0.0, 1), (0.9, 1.0, 1)]
    assert measures.reliability(np.array([0.0, 1.0]), np.array([0.1, 0.9])) == spoken

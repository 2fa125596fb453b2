"""Samples, the order of reading and its reasons, progress, rehearsals, and the commands."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from pipeline.cli import main
from pipeline.errors import StudyError
from pipeline.study import Study, judgements, samples
from pipeline.triage.neighbours import neighbours
from pipeline.triage.order import TURNS, next_to_read
from pipeline.triage.progress import Control, progress, promised
from pipeline.triage.sample import for_audit, for_control
from pipeline.triage.simulate import Study as Coded
from pipeline.triage.simulate import in_order, rehearse
from pipeline.triage.state import Reading, reading
from pipeline.triage.stopping import Spending

Output = pytest.CaptureFixture[str]
T95 = Fraction(19, 20)


# Samples --------------------------------------------------------------------------------------------------


def invented(count: int = 300, codes: int = 4) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Interviews of unequal length, scores, and suggestions of which the last code is rare."""
    rng = np.random.default_rng(0)
    interviews = [f"T{int(place):02}" for place in np.sort(rng.integers(0, 7, count) ** 2 // 6)]
    scores = rng.random((count, codes))
    return interviews, scores, scores > np.array([0.5, 0.8, 0.9, 0.985])[:codes]


def test_the_same_seed_draws_the_same_sample() -> None:
    interviews, scores, suggested = invented()
    draw = [for_audit(interviews, scores, suggested, share=0.1, per_code=10, seed=s) for s in (1, 1, 2)]
    assert draw[0] == draw[1] != draw[2]


def test_every_interview_gives_its_share_and_every_rarer_code_its_number() -> None:
    interviews, scores, suggested = invented()
    rows = [one.row for one in for_audit(interviews, scores, suggested, share=0.1, per_code=10, seed=5)]
    for column in range(1, suggested.shape[1]):
        assert suggested[rows, column].sum() >= min(10, suggested[:, column].sum())
    plain = [one.row for one in for_audit(interviews, scores, suggested, share=0.1, per_code=0, seed=5)]
    assert abs(len(plain) - 30) <= 1
    for name in set(interviews):
        own = [row for row in plain if interviews[row] == name]
        assert abs(len(own) - 0.1 * interviews.count(name)) <= 1


def test_the_probability_kept_is_the_share_of_samples_an_utterance_is_in() -> None:
    """4,000 draws: every utterance within 4.5 standard errors of what is said, and totals unbiased."""
    interviews, scores, suggested = invented(120)
    drawn, kept, totals = np.zeros(120), np.full(120, np.nan), []
    for seed in range(4000):
        sample = for_audit(interviews, scores, suggested, share=0.15, per_code=6, seed=seed)
        for one in sample:
            assert np.isnan(kept[one.row]) or kept[one.row] == one.probability
            kept[one.row] = one.probability
            drawn[one.row] += 1
        totals.append(sum(suggested[one.row, 1] / one.probability for one in sample))
    assert (np.abs(drawn / 4000 - kept) <= 4.5 * np.sqrt(kept * (1 - kept) / 4000) + 1e-12).all()
    assert np.mean(totals) == pytest.approx(suggested[:, 1].sum(), abs=4 * np.std(totals) / 4000**0.5)


def test_all_of_it_is_a_sample_too() -> None:
    interviews, scores, suggested = invented(40)
    sample = for_audit(interviews, scores, suggested, share=1.0, per_code=3, seed=1)
    assert [one.row for one in sample] == list(range(40))
    assert {one.probability for one in sample} == {1.0}


def test_a_sample_needs_a_share_and_a_control_a_pile() -> None:
    with pytest.raises(StudyError):
        for_audit(["a"], np.zeros((1, 1)), np.zeros((1, 1), dtype=bool), share=0.0, per_code=1, seed=1)
    with pytest.raises(StudyError):
        for_control([1, 2], 3, seed=1)
    assert {one.probability for one in for_control([3, 5, 8, 9], 2, seed=1)} == {0.5}


# What to read next ----------------------------------------------------------------------------------------


def test_each_reason_names_what_it_says() -> None:
    """Six utterances, each made for one reason; the common code is `a`, the rare one `b`."""
    scores = np.array([[0.9, 0.0], [0.51, 0.0], [0.1, 0.3], [0.05, 0.01], [0.02, 0.02], [0.49, 0.0]])
    suggested = scores >= 0.5
    far = np.eye(6)
    vectors = np.vstack([np.tile(far[:2], (20, 1)), far[[0, 1, 0, 5, 1, 1]]])
    given = np.zeros((46, 2), dtype=bool)
    given[1:40:2, 0] = True  # all that look like the second axis carry a
    near = neighbours(
        vectors, ["S1"] * 20 + ["S2"] * 20 + ["S3"] * 6, given, np.arange(40), np.arange(40, 46)
    )
    everything = np.vstack([np.zeros((40, 2)), scores]), np.vstack([np.zeros((40, 2), bool), suggested])
    listed = next_to_read(np.arange(40, 46), *everything, ("a", "b"), {"a": 20, "b": 1}, near)
    why = {one.row - 40: one.reason for one in listed}
    assert sorted(why) == list(range(6))
    assert (why[0], why[2]) == ("likely", "code is rare")
    assert near.unlike.tolist() == [False, False, False, True, False, False]
    assert near.opinion[:, 0].tolist() == [0, 1, 0, near.opinion[3, 0], 1, 1]
    only = next_to_read(np.array([44]), *everything, ("a", "b"), {"a": 20, "b": 20}, None)
    assert [one.reason for one in only] == ["likely"]


def test_every_unread_utterance_is_listed_once_and_reasons_take_turns() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random((200, 3)) ** 2
    unread = np.arange(50, 200)
    vectors = rng.normal(size=(200, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    given = scores > 0.7
    near = neighbours(vectors, [f"S{row % 5}" for row in range(200)], given, np.arange(50), unread)
    found = {"a": 30, "b": 30, "c": 2}
    listed = next_to_read(unread, scores, scores > 0.4, ("a", "b", "c"), found, near)
    assert sorted(one.row for one in listed) == unread.tolist()
    assert [one.reason for one in listed[:10]] == list(TURNS)
    assert {one.code for one in listed if one.reason == "code is rare"} == {"c"}
    assert next_to_read(unread, scores, scores > 0.4, ("a", "b", "c"), found, near, limit=7) == listed[:7]


def test_nothing_read_yet_means_nothing_is_unlike() -> None:
    near = neighbours(np.eye(3), ["a"] * 3, np.zeros((3, 1), bool), np.array([], dtype=int), np.arange(3))
    assert not near.unlike.any()
    assert near.opinion.tolist() == [[0.0]] * 3


# How far --------------------------------------------------------------------------------------------------


def half_read() -> Reading:
    """1,000 utterances, the first 600 read; 95 of them carry `a`; the rest are unread."""
    given = np.zeros((1000, 1), dtype=bool)
    given[:95] = True
    read = np.arange(1000) < 600
    return Reading(("a",), given, read, np.zeros(1000, dtype=bool), tuple(range(600)))


def test_unsure_is_neither_read_nor_unread() -> None:
    state = reading(np.array([[1.0, np.nan], [np.nan, np.nan], [np.nan, np.nan]]), ["a", "b"], [0, 2])
    assert (state.read.tolist(), state.unsure.tolist()) == ([True, False, False], [False, False, True])
    assert state.pile.tolist() == [1]
    assert (state.carries("a").sum(), state.carries("b").sum(), state.carries().sum()) == (1, 0, 1)


def test_a_control_promises_nothing_before_all_of_it_is_read() -> None:
    state = half_read()
    control = Control(400, {"": 95, "a": 95}, 1, tuple(range(600, 800)))
    assert promised(state, control, code="a", target=T95, spending=Spending()) is None
    read = np.arange(1000) < 800
    done = Reading(("a",), state.given, read, state.unsure, tuple(range(800)))
    said = promised(done, control, code="a", target=T95, spending=Spending())
    assert said is not None
    assert said.reached
    assert said.p == pytest.approx(0.015042, abs=5e-7)  # the oracle of the random variant
    assert said.recall_at_least >= 0.95
    assert said.most_left < 6
    later = Control(400, control.found, 2, control.rows)
    assert not promised(done, later, code="a", target=T95, spending=Spending()).reached  # type: ignore[union-attr]


def test_an_unsure_answer_in_a_control_counts_against_the_promise() -> None:
    state = half_read()
    control = Control(400, {"a": 95}, 1, tuple(range(600, 800)))
    unsure = np.zeros(1000, dtype=bool)
    unsure[600:603] = True
    read = (np.arange(1000) < 800) & ~unsure
    said = promised(
        Reading(("a",), state.given, read, unsure, ()), control, code="a", target=T95, spending=Spending()
    )
    assert said is not None
    assert said.undecided == 3
    assert not said.reached


def test_what_the_model_expects_is_no_promise() -> None:
    scores = np.full((1000, 1), 0.01)
    told = progress(half_read(), scores, code="a", target=T95, spending=Spending())
    assert told.expected_left == pytest.approx(4.0)
    assert told.share_found == pytest.approx(95 / 99)
    assert told.promise is None
    assert told.to_draw is not None


# Rehearsals -----------------------------------------------------------------------------------------------


def coded_study(seed: int = 1) -> Coded:
    """600 utterances of ten interviews in which a direction of the vectors tells the one code, with noise."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(600, 12))
    given = (vectors[:, 0] + 0.5 * rng.normal(size=600) > 1.0)[:, None]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Coded(vectors, vectors, tuple([f"T{row // 60}" for row in range(600)]), given, ("a",))


def test_a_rehearsal_keeps_its_word_and_reads_less() -> None:
    study = coded_study()
    runs = [rehearse(study, code="a", seed=seed) for seed in range(20)]
    assert sum(one.recall >= 0.95 for one in runs) >= 17
    assert np.mean([one.read for one in runs]) < in_order(study, code="a")
    assert rehearse(study, code="a", seed=3) == runs[3]


def test_nothing_to_find_is_read_to_the_end() -> None:
    study = coded_study()
    empty = Coded(study.vectors, study.features, study.interviews, np.zeros((600, 1), dtype=bool), ("a",))
    done = rehearse(empty, code="a", batch=200)
    assert (done.read, done.promised) == (1.0, False)


@pytest.mark.slow
@pytest.mark.model
def test_on_the_sample_study_the_share_is_found_in_184_of_200_runs(samples: Path) -> None:
    """All codes together and each given thirty times; the ranking is a plain ridge on the vectors."""
    from pipeline import embed
    from pipeline.exchange.table import read_table
    from pipeline.suggest.coded import from_rows

    rows = read_table((samples / "gold" / "adjudicated.csv").read_bytes(), "adjudicated.csv")
    coded = from_rows(rows, embed.load()).examples
    features = np.concatenate([coded.vectors, 0.5 * coded.previous], axis=1)
    left, sizes, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    study = Coded(
        coded.vectors, (left * sizes)[:, :150], tuple(coded.groups.tolist()), coded.answers == 1, coded.codes
    )
    common = [code for code in study.codes if study.carries(code).sum() >= 30]
    for code in ["", *common]:
        runs = [rehearse(study, code=code, seed=s, batch=100, explore=not code) for s in range(200)]
        kept = sum(one.recall >= 0.95 for one in runs)
        assert kept >= 184, f"{code or 'any code'}: {kept} of 200"


# The commands ---------------------------------------------------------------------------------------------


def run(capsys: Output, *words: object) -> dict[str, object]:
    capsys.readouterr()
    assert main([str(word) for word in (*words, "--json")]) == 0, capsys.readouterr().err
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def returned(capsys: Output, study: Path, sheet: Path, code: str = "") -> None:
    """Answer every row of a blind sheet with a code, or that nothing applies, and take it in."""
    workbook = load_workbook(sheet)
    rows = workbook["Review"]
    columns = {cell.value: cell.column for cell in rows[1]}
    for number in range(2, rows.max_row + 1):
        rows.cell(number, columns["Code 1" if code else "Nothing applies"], code or "x")
    workbook.save(sheet)
    assert main(["review", "import", str(study), str(sheet)]) == 0, capsys.readouterr().err


def test_a_drawn_sample_reaches_its_decisions(tiny_study: Path, capsys: Output) -> None:
    run(capsys, "suggest", tiny_study)
    drawn = run(capsys, "review", "sample", tiny_study, "--share", "0.5", "--seed", "4")
    again = run(capsys, "review", "sample", tiny_study, "--share", "0.5", "--seed", "4")
    assert drawn["items"] == again["items"]
    sent = run(capsys, "review", "export", tiny_study, "--coder", "ann", "--only", "sample")
    assert (sent["utterances"], sent["blind"]) == (drawn["drawn"], True)
    assert main(["review", "export", str(tiny_study), "--coder", "ann", "--only", "sample"]) == 1
    returned(capsys, tiny_study, Path(str(sent["file"])), "context.culture")
    with Study.open(tiny_study).store() as store:
        (sample,) = samples.of_kind(store, "audit")[-1:]
        decisions = judgements.decisions(store)
    assert {one.utterance_id: one.inclusion_probability for one in decisions} == dict(sample.items)
    assert {one.sample_id for one in decisions} == {sample.id}


def test_a_sample_goes_out_whole_although_triage_chose_from_it_before(
    tiny_study: Path, capsys: Output
) -> None:
    run(capsys, "suggest", tiny_study)
    before = run(capsys, "review", "export", tiny_study, "--coder", "ann", "--only", "triage", "--limit", "4")
    drawn = run(capsys, "review", "sample", tiny_study, "--share", "1")
    sent = run(capsys, "review", "export", tiny_study, "--coder", "ann", "--only", "sample")
    assert (before["utterances"], sent["utterances"]) == (4, drawn["drawn"])
    with Study.open(tiny_study).store() as store:
        _, _, _, shown = judgements.batch(store, str(before["batch"]))
    assert sent["seen_before"] == sum(bool(codes) for codes in shown.values()) > 0
    other = run(capsys, "review", "export", tiny_study, "--coder", "ben", "--only", "sample")
    assert (other["utterances"], other["seen_before"]) == (drawn["drawn"], 0)


def test_triage_from_the_first_utterance_to_the_last(tiny_study: Path, capsys: Output) -> None:
    assert run(capsys, "triage", tiny_study)["suggested"] is False
    run(capsys, "suggest", tiny_study)
    first = run(capsys, "triage", tiny_study, "--limit", "3")
    listed = first["next"]
    assert isinstance(listed, list)
    assert len(listed) == 3
    assert {one["reason"] for one in listed} <= set(TURNS)
    sent = run(
        capsys,
        "review",
        "export",
        tiny_study,
        "--coder",
        "ann",
        "--only",
        "triage",
        "--limit",
        "3",
        "--blind",
    )
    after = run(capsys, "triage", tiny_study, "--limit", "100")
    assert after["with_coders"] == 3
    assert not {one["utterance_id"] for one in listed} & {one["utterance_id"] for one in after["next"]}  # type: ignore[union-attr]
    returned(capsys, tiny_study, Path(str(sent["file"])), "context.culture")
    assert run(capsys, "triage", tiny_study)["read"] == 3
    drawn = run(capsys, "triage", tiny_study, "--draw", "2")
    assert drawn["control"] == {"drawn": 2, "unread": 2, "look": 1}
    assert [one["reason"] for one in drawn["next"]] == ["random control"] * 2  # type: ignore[union-attr]
    assert "export" in str(drawn["next_step"])
    assert main(["triage", str(tiny_study), "--draw", "1"]) == 1, "one control at a time"
    control = run(capsys, "review", "export", tiny_study, "--coder", "ben", "--only", "triage")
    assert (control["utterances"], control["blind"]) == (2, True)
    away = run(capsys, "triage", tiny_study)
    assert (away["next"], away["with_coders"]) == ([], 2)
    assert "They lie with coders." in str(away["verdict"])
    assert "import" in str(away["next_step"])
    assert main(["triage", str(tiny_study)]) == 0
    assert "read all" in capsys.readouterr().out, "of a code hardly found, nothing less settles it"
    returned(capsys, tiny_study, Path(str(control["file"])))
    done = run(capsys, "triage", tiny_study)
    promise = done["overall"]["promise"]  # type: ignore[index]
    assert (promise["drawn"], promise["hits"], promise["reached"]) == (2, 0, False)
    assert done["control"] == {"drawn": 2, "unread": 0, "look": 1}


def test_triage_says_what_is_wrong(tiny_study: Path, new_study: Path, capsys: Output) -> None:
    capsys.readouterr()
    assert main(["triage", str(tiny_study), "--code", "nothing.known"]) == 1
    assert "no code of the codebook" in capsys.readouterr().err
    assert main(["review", "export", str(tiny_study), "--coder", "a", "--only", "sample"]) == 1
    assert "no sample was drawn" in capsys.readouterr().err
    assert main(["review", "export", str(tiny_study), "--coder", "a", "--only", "some"]) == 1
    assert main(["triage", str(tiny_study), "--draw", "0"]) == 1
    assert "nothing to settle" in capsys.readouterr().err

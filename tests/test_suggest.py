"""Training and suggesting, on talk made up for the purpose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEmbedder
from invented import BOOK, rows

from pipeline.errors import StudyError
from pipeline.records import Code, Codebook, CodedRow, Given, Utterance
from pipeline.suggest import saved
from pipeline.suggest.calibrate import best_cut, calibrate, drawn_shares, thresholds
from pipeline.suggest.coded import from_rows
from pipeline.suggest.cold import Cold, definitions
from pipeline.suggest.drift import far
from pipeline.suggest.evaluate import predict
from pipeline.suggest.examples import Examples, joined
from pipeline.suggest.explore import explore, inductive_code
from pipeline.suggest.fingerprints import changes
from pipeline.suggest.folds import grouped
from pipeline.suggest.measures import average_precision
from pipeline.suggest.model import Model
from pipeline.suggest.neighbours import around
from pipeline.suggest.reasons import reasons, sentences_of
from pipeline.suggest.solver import Design, fit
from pipeline.suggest.starter import starter
from pipeline.suggest.train import train, untrained


@pytest.fixture(scope="module")
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture(scope="module")
def examples(embedder: FakeEmbedder) -> Examples:
    return from_rows(rows(), embedder).examples


@pytest.fixture(scope="module")
def model(examples: Examples, embedder: FakeEmbedder) -> Model:
    return train(examples, BOOK, cold=Cold(definitions(BOOK, embedder)))


def first_codes(examples: Examples, number: int) -> Examples:
    answers, valences = examples.answers[:, :number], examples.valences[:, :number]
    return replace(examples, codes=examples.codes[:number], answers=answers, valences=valences)


def scores(model: Model, examples: Examples) -> np.ndarray:
    return model.scores(examples.utterances, examples.vectors, examples.previous)


def test_every_leaf_is_suggested_likeliest_first(model: Model, examples: Examples) -> None:
    for offered in model.suggest(examples.utterances, examples.vectors, examples.previous):
        assert {each.code for each in offered} == {code.id for code in BOOK.leaves()}
        assert [each.score for each in offered] == sorted((each.score for each in offered), reverse=True)
        assert {each.kind for each in offered} == {"probability"}


def test_what_people_code_is_learned_with_its_valence(model: Model, embedder: FakeEmbedder) -> None:
    new = Utterance("n", "T", 1, "well my manager had no time at all")
    vectors = embedder.embed([new.text])
    best = model.suggest([new], vectors, np.zeros_like(vectors))[0][0]
    assert (best.code, best.suggested, best.valence) == ("context.leadership", True, "barrier")


def test_a_parent_is_never_below_its_child(model: Model, examples: Examples) -> None:
    found = scores(model, examples)
    for column, code in enumerate(model.codes):
        parent = code.rpartition(".")[0]
        if parent in model.codes:
            assert (found[:, model.codes.index(parent)] >= found[:, column]).all()


def test_the_same_data_give_the_same_digits_and_batches_do_not_matter(
    model: Model, examples: Examples, embedder
) -> None:
    again = train(examples, BOOK, cold=Cold(definitions(BOOK, embedder)))
    assert (scores(again, examples) == scores(model, examples)).all()
    names, whole = examples.groups, scores(model, examples)
    for name in np.unique(names):
        rows_ = np.flatnonzero(names == name)
        assert scores(model, examples.at(rows_)) == pytest.approx(whole[rows_], abs=1e-9)


def test_a_saved_model_says_the_same(model: Model, examples: Examples, tmp_path: Path) -> None:
    saved.save(replace(model, cold=Cold(model.cold.definitions, model)), tmp_path / "m")
    loaded = saved.load(tmp_path / "m")
    assert loaded.cold.starter is not None
    assert (scores(loaded.cold.starter, examples) == scores(model, examples)).all()
    assert loaded.codes == model.codes
    assert {file.suffix for file in (tmp_path / "m").rglob("*") if file.is_file()} == {".npz", ".json"}


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b'{"format": 99}'])
def test_a_damaged_model_is_refused(damage: bytes, model: Model, tmp_path: Path) -> None:
    saved.save(model, tmp_path)
    (tmp_path / "model.json").write_bytes(damage)
    with pytest.raises(StudyError):
        saved.load(tmp_path)


def test_rare_codes_are_scored_from_the_definition_and_say_so(
    examples: Examples, embedder: FakeEmbedder
) -> None:
    column = examples.codes.index("facilitation.role")
    answers = examples.answers.copy()
    given = np.flatnonzero(answers[:, column] == 1)
    answers[given[4:], column] = 0
    found = train(replace(examples, answers=answers), BOOK, cold=Cold(definitions(BOOK, embedder)))
    assert "4 coded examples" in found.notes["facilitation.role"]
    offered = found.suggest(examples.utterances[:1], examples.vectors[:1], examples.previous[:1])[0]
    assert {each.kind for each in offered if each.code == "facilitation.role"} == {"score"}


def test_before_anything_is_coded_definitions_rank(embedder: FakeEmbedder) -> None:
    cold = untrained(BOOK, Cold(definitions(BOOK, embedder)))
    vectors = embedder.embed(["managers and directors, money and time"])
    best = cold.suggest([Utterance("u", "T", 1, "x")], vectors, np.zeros_like(vectors))[0][0]
    assert (best.code, best.kind) == ("context.leadership", "score")


def test_definitions_give_way_as_decisions_arrive(examples: Examples, embedder: FakeEmbedder) -> None:
    """Definitions that point the wrong way are outvoted by what people did."""
    swapped = {"context.culture": "context.leadership", "context.leadership": "context.culture"}
    wrong = replace(BOOK, codes=tuple(replace(c, id=swapped.get(c.id, c.id)) for c in BOOK.codes))
    cold = Cold(definitions(wrong, embedder))
    before = untrained(wrong, cold)
    after = train(examples, wrong, cold=cold)
    column = examples.codes.index("context.leadership")
    truth = examples.answers[:, column] == 1
    for found, right in ((before, False), (after, True)):
        mine = scores(found, examples)[:, found.codes.index("context.leadership")]
        assert (mine[truth].mean() > mine[~truth].mean() + 0.2) == right


def test_a_starter_model_carries_no_utterance_and_helps_a_new_study(
    examples: Examples, embedder: FakeEmbedder
) -> None:
    lent = starter(examples, BOOK, embedder)
    assert lent.memory is None
    new = from_rows(rows(seed=9), embedder).examples
    cold = untrained(BOOK, Cold(definitions(BOOK, embedder), lent))
    plain = untrained(BOOK, Cold(definitions(BOOK, embedder)))
    column = new.codes.index("facilitation.role")
    truth = new.answers[:, column] == 1

    def apart(found: Model) -> float:
        mine = scores(found, new)[:, found.codes.index("facilitation.role")]
        return float(mine[truth].mean() - mine[~truth].mean())

    assert apart(cold) > apart(plain)


def test_bad_input_is_handled_or_refused(examples: Examples, embedder: FakeEmbedder) -> None:
    empty = Codebook("e", "", "", ())
    bare = replace(BOOK, codes=tuple(Code(code.id, code.name) for code in BOOK.codes))
    assert definitions(bare, embedder) is None  # what was coded is learned from all the same
    assert train(examples, bare).trained.any()
    with pytest.raises(StudyError, match="neither coded examples"):
        untrained(bare, Cold())
    with pytest.raises(StudyError, match="no code"):
        train(
            replace(examples, codes=(), answers=examples.answers[:, :0], valences=examples.valences[:, :0]),
            empty,
        )
    with pytest.raises(StudyError, match="neither coded examples"):
        untrained(BOOK, Cold())
    alike = train(replace(examples, answers=np.ones_like(examples.answers)), BOOK)
    assert "nothing to tell apart" in alike.notes["context.culture"]
    one = train(examples.at(np.flatnonzero(examples.groups == "S1PW1")), BOOK)
    assert not one.calibrated.any()
    few = train(examples.at(np.arange(41)), BOOK)  # the second transcript has a single utterance
    assert np.isfinite(scores(few, examples)).all()
    one_code = train(first_codes(examples, 1), empty)
    assert one_code.codes == examples.codes[:1]


def test_reasons_point_to_the_study_to_words_and_to_a_sentence(
    model: Model, examples: Examples, embedder
) -> None:
    text = "We took the bus to town. My manager had no time for it."
    new = Utterance("n", "T", 1, text)
    vectors = embedder.embed([text])
    parts = [embedder.embed([text[start:end] for start, end in sentences_of(text)])]
    why = reasons(model, [new], vectors, np.zeros_like(vectors), [["context.leadership"]], parts)[0][0]
    place = {utterance.id: row for row, utterance in enumerate(examples.utterances)}
    column = examples.codes.index("context.leadership")
    assert len(why.given) == 3
    assert all(examples.answers[place[name], column] == 1 for name in why.given)
    assert examples.answers[place[why.refused], column] == 0
    assert any("manager" in word or "time" in word for word in why.words)
    assert why.sentence == sentences_of(text)[1]


def test_the_open_space_finds_a_planted_theme(embedder: FakeEmbedder) -> None:
    random = np.random.default_rng(0)
    travel = [
        "the train to the far hospital takes two long hours",
        "two hours on a train to that far hospital",
    ]
    loose = [
        "apple",
        "river",
        "piano",
        "stone",
        "cloud",
        "lamp",
        "paper",
        "green",
        "window",
        "garden",
        "sugar",
    ]
    texts = [str(random.choice(travel)) + f" {random.choice(loose)}" for _ in range(12)]
    texts = [f"{text} [Person {n}]" for n, text in enumerate(texts)]
    texts += [" ".join(random.permutation(loose)[:9]) for _ in range(12)]
    talk = [Utterance(f"u{n}", f"T{n % 3}", n, text) for n, text in enumerate(texts)]
    themes = explore(talk, embedder.embed(texts), np.zeros(len(talk), dtype=bool))
    found = next(theme for theme in themes if "u0" in theme.utterance_ids)
    assert set(found.utterance_ids) == {f"u{n}" for n in range(12)}
    assert {"train", "hospital"} & set(found.words)
    assert "person" not in found.words  # what stands for a name tells of no theme
    assert inductive_code("Long way", found).id == "inductive.long_way"
    with pytest.raises(StudyError, match="too few"):
        explore(talk, embedder.embed(texts), np.ones(len(talk), dtype=bool))


def test_drift_tells_of_changed_codes_and_unlike_transcripts(
    model: Model, examples: Examples, embedder
) -> None:
    names = np.array([one.transcript_id for one in examples.utterances])
    talks = [(name, examples.vectors[names == name]) for name in dict.fromkeys(names.tolist())]
    assert far(model, talks) == ()
    assert far(model, [*talks, ("T9", embedder.embed(["zebra quartz violin"]))]) == ("T9",)
    assert not any(changes(model.facts["codebook"], BOOK).values())
    other = replace(BOOK, codes=(*BOOK.codes[1:-1], replace(BOOK.codes[-1], definition="New words.")))
    found = changes(model.facts["codebook"], other)
    assert found == {"added": [], "removed": ["context"], "changed": ["facilitation.role"]}


def test_probabilities_are_calibrated_where_the_truth_is_known() -> None:
    random = np.random.default_rng(3)
    odds = random.normal(-1, 1.5, size=(4000, 3))
    truth = (random.random(odds.shape) < 1 / (1 + np.exp(-odds))).astype(float)
    groups = np.arange(4000) % 40
    found = calibrate((2.5 * odds + 1)[:, :, None], truth, groups, seed=0)
    new = random.normal(-1, 1.5, size=(1000, 3))
    said = found.probabilities((2.5 * new + 1)[:, :, None])
    assert said == pytest.approx(1 / (1 + np.exp(-new)), abs=0.05)


def test_a_share_that_interviews_leave_open_is_drawn_to_that_of_all_codes() -> None:
    alike = np.tile([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]], (60, 1))
    alike[::6, 1] = 1.0
    groups = np.arange(120) // 20
    own, drawn = drawn_shares(alike, groups)
    assert drawn == pytest.approx(own, abs=0.01)  # interviews that agree leave nothing open
    apart = alike.copy()
    apart[:, 0] = groups == 0  # all of it in one interview
    own, drawn = drawn_shares(apart, groups)
    assert abs(drawn[0] - own.mean()) < 0.8 * abs(own[0] - own.mean())
    assert ((drawn > 0) & (drawn < 1)).all()
    assert (
        drawn_shares(apart[:, :1], groups)[1] == own[:1]
    ).all()  # a single code has no others to be drawn to


def test_a_code_that_cannot_be_told_is_answered_by_about_its_share() -> None:
    random = np.random.default_rng(2)
    groups = np.arange(600) // 20
    odds = random.normal(size=(600, 3))
    truth = (random.random(odds.shape) < 1 / (1 + np.exp(2 - 1.5 * odds))).astype(float)
    truth[:, 2] = random.random(600) < 0.1
    found = calibrate(odds[:, :, None], truth, groups, seed=0).probabilities(odds[:, :, None])
    assert found[:, 2].std() < 0.05
    assert found[:, 2].mean() == pytest.approx(truth[:, 2].mean(), abs=0.03)
    assert found[:, 0].std() > 0.1


def test_definitions_are_told_apart_by_words_as_well(embedder: FakeEmbedder) -> None:
    alike = np.zeros((2, embedder.size), dtype=np.float32)  # vectors that say nothing
    told = definitions(BOOK, embedder)
    assert told is not None
    said = told.odds(["the director and the money", "the nurses of the ward"], alike)
    ids = [code.id for code in BOOK.codes]
    leads, receives = said[:, ids.index("context.leadership")], said[:, ids.index("context.culture")]
    assert leads[0] > leads[1]
    assert receives[1] > receives[0]


def test_sets_of_examples_are_joined_by_the_codes_of_the_first(examples: Examples) -> None:
    fewer = first_codes(examples, 1)
    both = joined(examples, fewer)
    assert len(both.utterances) == 2 * len(examples.utterances)
    assert (both.answers[len(examples.utterances) :, 0] == examples.answers[:, 0]).all()
    assert np.isnan(both.answers[len(examples.utterances) :, 1:]).all()


def test_the_solver_agrees_with_scikit_learn_and_leaves_gaps_out() -> None:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(0)
    dense, words = random.normal(size=(80, 4)), random.integers(0, 2, size=(80, 6)).astype(float)
    answers = (random.random((80, 2)) < 0.3).astype(float)
    answers[:20, 1] = np.nan
    found = fit(Design(csr_matrix(words), dense), answers, strength=3.0)
    whole = np.hstack([words, dense])
    for column, rows_ in ((0, slice(0, 80)), (1, slice(20, 80))):
        oracle = LogisticRegression(C=3.0, tol=1e-8, max_iter=5000).fit(whole[rows_], answers[rows_, column])
        assert found[:-1, column] == pytest.approx(oracle.coef_[0], abs=2e-3)


def test_neighbours_are_near_in_the_talk_and_of_the_same_transcript() -> None:
    def at(transcript: str, turn: int) -> Utterance:
        return Utterance(f"{transcript}{turn}", transcript, turn, "x")

    talk = [at("A", 1), at("A", 3), at("A", 5), at("A", 50), at("B", 51)]
    said = around(talk, np.array([[0.0], [50.0], [-50.0], [0.0], [50.0]]))[:, 0] / 4
    nearer_counts_twice = (1 * 1 + 0 * 0.5) / 1.5
    assert said == pytest.approx([nearer_counts_twice, (0.5 + 0) / 2, (1 + 0.25) / 1.5, 0.5, 1.0])


def test_talk_that_runs_on_is_better_understood_with_its_neighbours(embedder: FakeEmbedder) -> None:
    """A code over stretches of five utterances, of which only some hold a word that tells."""
    random = np.random.default_rng(0)
    made = []
    for number in range(1200):
        given = (number // 5) % 3 == 0
        telling = "telling" if random.random() < (0.5 if given else 0.1) else "other"
        text = f"{telling} {random.choice(['one', 'two', 'three'])}"
        codes = (Given("x"),) if given else ()
        made.append(CodedRow(f"T{number // 120}", codes, turn_index=number % 120, text=text))
    runs = from_rows(made, embedder).examples
    order = random.permutation(len(made))
    mixed = from_rows([replace(made[at], turn_index=None) for at in order], embedder).examples

    def right(examples: Examples) -> float:
        found = predict(examples, examples.groups)
        return average_precision(examples.answers[:, 0], found.scores[:, 0])

    assert right(runs) > right(mixed) + 0.1


def test_cuts_and_folds() -> None:
    assert best_cut(np.array([0.1, 0.2, 0.7, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])) == pytest.approx(0.45)
    assert thresholds(np.zeros((4, 1)), np.zeros((4, 1))).tolist() == [0.5]
    groups = np.array([f"g{n % 7}" for n in range(60)])
    folds = grouped(groups, 5)
    assert sorted(np.concatenate([held for _, held in folds]).tolist()) == list(range(60))
    assert all(not set(groups[inside]) & set(groups[held]) for inside, held in folds)
    assert grouped(np.array(["a", "a"]), 5) == []


def test_vector_and_words_are_heard_by_themselves(examples: Examples) -> None:
    model = train(examples, BOOK)
    assert model.features is not None
    assert model.weights is not None

    def said(texts: list[str], vectors: np.ndarray) -> np.ndarray:
        assert model.features is not None
        assert model.weights is not None
        there = [replace(one, text=text) for one, text in zip(examples.utterances[:5], texts, strict=True)]
        design = model.features.design(there, vectors, examples.previous[:5])
        return model.weights.log_odds(design, model.features.size)

    texts, vectors = [one.text for one in examples.utterances[:5]], examples.vectors[:5]
    as_is, other_vectors = said(texts, vectors), said(texts, vectors[::-1])
    other_texts = said(["the director and the nurses"] * 5, vectors)
    assert (as_is[:, :, 1] == other_texts[:, :, 1]).all()
    assert (as_is[:, :, 2] == other_vectors[:, :, 2]).all()
    assert not np.allclose(as_is[:, :, 1], other_vectors[:, :, 1])
    assert not np.allclose(as_is[:, :, 2], other_texts[:, :, 2])

"""Training: weights, what they are worth on held-out transcripts, and where to cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
import sklearn
from threadpoolctl import threadpool_limits  # scikit-learn brings it

from pipeline.errors import StudyError
from pipeline.records import Codebook
from pipeline.suggest import features, folds, solver
from pipeline.suggest.calibrate import Calibration, calibrate, thresholds
from pipeline.suggest.cold import KINDS, Cold
from pipeline.suggest.examples import Examples
from pipeline.suggest.fingerprints import fingerprints
from pipeline.suggest.model import OWN, REGRESSIONS, Memory, Model, Weights, above_children
from pipeline.suggest.neighbours import around
from pipeline.suggest.valence import train_valences

STRENGTH = 3.0
"""C of the logistic regressions, unweighted: one configuration for every study, measured on four sets."""
FEWEST = 5
"""A code with fewer examples is scored from its definition."""
_FOLDS, _FOLDS_OF_MANY, _MANY = 5, 3, 10_000
_NEVER = -10.0
_AGAIN = 0.5
_WARY = (0.0, 10.0, *[0.0] * (OWN - 2 + KINDS))
"""What neighbours say must earn its weight: with few interviews it would be given too much."""


@dataclass(frozen=True, eq=False)
class _Fitted:
    learned: features.Features
    weights: Weights


def train(examples: Examples, codebook: Codebook, *, cold: Cold | None = None, seed: int = 0) -> Model:
    """Learn every code that has at least five examples; score the others from what is known beforehand.

    One-vs-rest logistic regressions over words and pairs, vector, previous turn and surface numbers; over
    the vector alone; and over words and numbers alone. What they say is weighed against definitions and
    starter model (`cold`), calibrated, and cut, all on folds held out by transcript inside the examples.
    The same examples, seed and versions give the same model. Raises `StudyError` if the codebook has no
    code and the examples neither.
    """
    # Between regressions, too, threads of linear algebra wait for each other longer than they work.
    with threadpool_limits(1, user_api="blas"):
        return _train(examples, codebook, cold or Cold(), seed)


def _train(examples: Examples, codebook: Codebook, cold: Cold, seed: int) -> Model:
    codes, leaves = _codes(examples, codebook)
    answers = _aligned(examples, codes)
    if not len(examples.utterances) or np.isnan(answers).all():
        return untrained(codebook, cold)
    trained, notes = _trainable(answers, codes, cold)
    counted = features.count(examples.utterances, examples.vectors, examples.previous)
    groups = folds.inner_groups(examples.groups)
    own = np.zeros((*answers.shape, OWN))
    said = _held_out(counted, answers[:, trained], groups)
    for kind, at in enumerate(REGRESSIONS):
        own[:, trained, at] = said[:, :, kind]
    own[:, trained, 1] = around(examples.utterances, own[:, trained, 0])
    before = cold.evidence(examples.utterances, examples.vectors, examples.previous, codes)
    known = np.array([cold.knows(code) for code in codes])
    evidence = np.concatenate([own, before], axis=2)
    calibration = _calibration(evidence, answers, trained, known, groups, seed)
    held_out = above_children(calibration.probabilities(evidence), codes)
    fitted, design = _fit(counted, answers[:, trained], np.arange(len(answers)))
    return Model(
        codes=codes,
        leaves=leaves,
        trained=trained,
        calibrated=trained & (len(np.unique(examples.groups)) > 1),
        calibration=calibration,
        thresholds=thresholds(held_out, answers),
        features=fitted.learned,
        weights=fitted.weights,
        cold=cold,
        valences=train_valences(design, answers, _aligned_valences(examples, codes), codes),
        memory=_memory(examples, answers),
        notes=notes,
        facts=_facts(examples, codebook, seed),
    )


def untrained(codebook: Codebook, cold: Cold) -> Model:
    """The model before anybody coded anything: definitions and starter model alone; scores, no probabilities.

    Raises `StudyError` if there is no code, or if nothing is known of any.
    """
    codes = tuple(code.id for code in codebook.codes)
    leaves = tuple(code.id for code in codebook.leaves())
    if not codes:
        raise StudyError("the codebook has no codes", where=codebook.name, hint="Write at least one code.")
    if not any(cold.knows(code) for code in codes):
        raise StudyError(
            "there are neither coded examples nor definitions to suggest codes from",
            where=codebook.name,
            hint="Code some utterances, or write definitions into the codebook.",
        )
    return Model(
        codes=codes,
        leaves=leaves,
        trained=np.zeros(len(codes), dtype=bool),
        calibrated=np.zeros(len(codes), dtype=bool),
        calibration=_beforehand(codes, cold),
        thresholds=_thresholds_before(codes, cold),
        cold=cold,
        notes=dict.fromkeys(leaves, "no coded examples yet: scored from the definition"),
        facts={"utterances": 0, "transcripts": 0, "codebook": fingerprints(codebook)},
    )


def _facts(examples: Examples, codebook: Codebook, seed: int) -> dict[str, object]:
    """What a record of the run needs to say which model this is."""
    return {
        "utterances": len(examples.utterances),
        "transcripts": len(np.unique(examples.groups)),
        "seed": seed,
        "codebook": fingerprints(codebook),
        "versions": {
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
        },
    }


def _thresholds_before(codes: tuple[str, ...], cold: Cold) -> np.ndarray:
    """Where to cut before anything was coded: as the starter model does, else at even odds."""
    known = {}
    if cold.starter is not None:
        known = dict(zip(cold.starter.codes, cold.starter.thresholds.tolist(), strict=True))
    return np.array([known.get(code, 0.5) for code in codes])


def _codes(examples: Examples, codebook: Codebook) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All codes, and those that can be suggested: the codebook's leaves and codes given though not in it."""
    listed = [code.id for code in codebook.codes]
    extra = [code for code in examples.codes if code not in listed]
    codes = (*listed, *extra)
    if not codes:
        raise StudyError("there is no code to suggest", hint="Write a codebook with at least one code.")
    return codes, (*(code.id for code in codebook.leaves()), *extra)


def _aligned(examples: Examples, codes: tuple[str, ...]) -> np.ndarray:
    answers = np.full((len(examples.utterances), len(codes)), np.nan)
    answers[:, [codes.index(code) for code in examples.codes]] = examples.answers
    return answers


def _aligned_valences(examples: Examples, codes: tuple[str, ...]) -> np.ndarray:
    valences = np.full((len(examples.utterances), len(codes)), -1)
    valences[:, [codes.index(code) for code in examples.codes]] = examples.valences
    return valences


def _trainable(answers: np.ndarray, codes: tuple[str, ...], cold: Cold) -> tuple[np.ndarray, dict[str, str]]:
    """Which codes can be learned, and for the others why not."""
    given, refused = (answers == 1).sum(axis=0), (answers == 0).sum(axis=0)
    notes = {}
    for column, code in enumerate(codes):
        instead = "scored from the definition" if cold.knows(code) else "not suggested"
        if given[column] < FEWEST:
            notes[code] = f"{given[column]} coded examples, fewer than {FEWEST}: {instead}"
        elif not refused[column]:
            notes[code] = f"given to every utterance, so there is nothing to tell apart: {instead}"
    return (given >= FEWEST) & (refused > 0), notes


def _held_out(counted: features.Counted, answers: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Log odds (n, k, 3) from a model that did not see an utterance's transcript; nan where none could be."""
    out = np.full((*answers.shape, len(REGRESSIONS)), np.nan)
    for inside, outside in folds.grouped(groups, _FOLDS if len(groups) < _MANY else _FOLDS_OF_MANY):
        fitted, _ = _fit(counted, answers[inside], inside)
        columns = _columns(counted, fitted.learned)
        design = fitted.learned.of(counted, columns, outside)
        odds = fitted.weights.log_odds(design, fitted.learned.size)
        seen = (answers[inside] == 1).any(axis=0) & (answers[inside] == 0).any(axis=0)
        out[np.ix_(outside, seen)] = odds[:, seen]
    return out


def _fit(counted: features.Counted, answers: np.ndarray, rows: np.ndarray) -> tuple[_Fitted, solver.Design]:
    learned, columns = features.learn(counted, rows)
    design = learned.of(counted, columns, rows)
    each = (design, *features.parts(design, learned.size))
    weights = [solver.fit(part, answers, strength=STRENGTH) for part in each]
    return _Fitted(learned, Weights(*weights)), design


def _columns(counted: features.Counted, learned: features.Features) -> np.ndarray:
    return np.searchsorted(counted.terms.astype(str), np.array(learned.words.terms, dtype=str))


def _calibration(
    evidence: np.ndarray,
    answers: np.ndarray,
    trained: np.ndarray,
    known: np.ndarray,
    groups: np.ndarray,
    seed: int,
) -> Calibration:
    """Weights of each kind of evidence: of all kinds for trained codes, of the cold start's for others."""
    told = ~trained & ~np.isnan(answers).all(axis=0)
    fits = []
    if trained.any():
        fits.append((trained, 0, calibrate(evidence[:, trained], answers[:, trained], groups, seed, _WARY)))
    if told.any():
        cold = calibrate(evidence[:, :, OWN:], answers, groups, seed)
        fits.append((told, OWN, Calibration(cold.intercepts[:, told], cold.slopes[:, told])))
    refits = len(fits[0][2].intercepts) if fits else 1
    out = _by_default(len(trained), refits)
    for columns, first, found in fits:
        out.intercepts[:, columns] = found.intercepts
        out.slopes[:, columns, first:] = found.slopes
    out.intercepts[:, ~trained & ~told & ~known] = _NEVER
    return out


def _beforehand(codes: tuple[str, ...], cold: Cold) -> Calibration:
    """Definitions and starter model as they are; half the definitions where a starter model has read them."""
    out = _by_default(len(codes))
    if cold.starter is not None and cold.starter.cold.definitions is not None:
        out.slopes[:, [code in cold.starter.codes for code in codes], OWN] = _AGAIN
    return out


def _by_default(codes: int, refits: int = 1) -> Calibration:
    """Before there is anything to weigh by: definitions and starter model count as much as they say."""
    slopes = np.ones((refits, codes, OWN + KINDS))
    slopes[:, :, :OWN] = 0.0
    return Calibration(np.zeros((refits, codes)), slopes)


def _memory(examples: Examples, answers: np.ndarray) -> Memory:
    ids = tuple(utterance.id for utterance in examples.utterances)
    kept = np.where(np.isnan(answers), -1, np.nan_to_num(answers)).astype(np.int8)
    return Memory(ids, np.asarray(examples.vectors, dtype=np.float32), kept)

"""Dearer questions about the suggestions: do they leak, how many examples do they need, whom do they fail?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.records import Utterance
from pipeline.suggest import folds, measures
from pipeline.suggest.evaluate import Evaluation, Predictions
from pipeline.suggest.examples import Examples

SIZES = (4, 8, 16, 32, 64, 128)
_FOLDS = 5
_RESAMPLES = 1000
_FAR = 1000
_ATTRIBUTES: dict[str, Callable[[Utterance], str]] = {
    "role": lambda utterance: utterance.role,
    "case": lambda utterance: utterance.case,
    "speaker": lambda utterance: utterance.speaker,
}


def with_leak_check(evaluation: Evaluation, seed: int = 0) -> Evaluation:
    """Add macro-F1 when utterances, not transcripts, are held out; the drop shows how much would leak.

    Single utterances have no neighbours to go by, so both splits are measured without.
    """
    found = evaluation.predictions
    examples = found.examples
    shuffled = np.random.default_rng(seed).permutation(len(examples.utterances))
    # Calibration and thresholds inside training must be taken in by the leak too, or they would hide it.
    mixed = tuple(
        replace(utterance, transcript_id=str(number))
        for utterance, number in zip(examples.utterances, shuffled, strict=True)
    )
    loose = found.again(replace(examples, utterances=mixed), shuffled)
    lone = tuple(
        replace(utterance, turn_index=_FAR * number) for number, utterance in enumerate(examples.utterances)
    )
    strict = found.again(replace(examples, utterances=lone), found.groups)
    by_utterance, by_group = _macro(loose), _macro(strict)
    leak = {"utterance_split": by_utterance, "group_split": by_group, "drop": by_utterance - by_group}
    return replace(evaluation, extras={**evaluation.extras, "leak": leak})


def with_learning_curve(evaluation: Evaluation, seed: int = 0) -> Evaluation:
    """Add macro-F1 with 4, 8, ... examples of each code, up to all there are, on the same held-out talk."""
    found = evaluation.predictions
    splits = folds.grouped(found.groups, _FOLDS)
    most = int(np.median((found.examples.answers == 1).sum(axis=0)))
    curve = []
    for size in [size for size in SIZES if size < most]:
        random = np.random.default_rng(seed)
        thinned = [(_thinned(found.examples, inside, size, random), outside) for inside, outside in splits]
        fewer = found.again(found.examples, found.groups, thinned)
        curve.append({"examples": size, "macro_f1": _macro(fewer)})
    curve.append({"examples": most, "macro_f1": _macro(found)})
    return replace(evaluation, extras={**evaluation.extras, "learning_curve": curve})


def with_bias(evaluation: Evaluation, seed: int = 0) -> Evaluation:
    """Add, for each role, case and speaker, how the share of wrong answers differs from everybody else's.

    `difference` is this one's error less the others', with a 95 % bootstrap interval over transcripts;
    `uneven` says that the interval excludes 0. `over` is, for each code, the share suggested less the
    share given: above 0 the code is suggested too often here.
    """
    bias = {name: _uneven(evaluation.predictions, read, seed) for name, read in _ATTRIBUTES.items()}
    kept = {name: levels for name, levels in bias.items() if len(levels) > 1}
    return replace(evaluation, extras={**evaluation.extras, "bias": kept})


def _macro(found: Predictions) -> float:
    answers, suggested = found.examples.answers, found.suggested
    return float(np.mean([measures.f1(answers[:, at], suggested[:, at]) for at in range(answers.shape[1])]))


def _thinned(examples: Examples, rows: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """`size` utterances of each code, and of the rest as large a share as was kept of the codes."""
    answers = examples.answers[rows]
    keep = np.zeros(len(rows), dtype=bool)
    for column in range(answers.shape[1]):
        given = np.flatnonzero(answers[:, column] == 1)
        keep[random.permutation(given)[:size]] = True
    coded = (answers == 1).any(axis=1)
    rest = np.flatnonzero(~coded)
    wanted = round(len(rest) * float(keep.sum()) / max(int(coded.sum()), 1))
    keep[random.permutation(rest)[:wanted]] = True
    return np.asarray(rows[keep])


def _uneven(found: Predictions, read: Callable[[Utterance], str], seed: int) -> dict[str, dict[str, object]]:
    levels = np.array([read(utterance) for utterance in found.examples.utterances])
    answers = found.examples.answers
    asked = ~np.isnan(answers)
    wrong = np.where(asked, found.suggested != (answers == 1), False).sum(axis=1)
    out: dict[str, dict[str, object]] = {}
    for level in sorted(set(levels.tolist()) - {""}):
        inside = levels == level
        difference, interval = _difference(wrong, asked.sum(axis=1), inside, found.groups, seed)
        shares = np.nanmean(np.where(asked, found.suggested - answers, np.nan)[inside], axis=0)
        out[level] = {
            "utterances": int(inside.sum()),
            "error": float(wrong[inside].sum() / max(asked[inside].sum(), 1)),
            "difference": difference,
            "interval": interval,
            "uneven": interval is not None and (interval[0] > 0 or interval[1] < 0),
            "over": dict(zip(found.examples.codes, shares.tolist(), strict=True)),
        }
    return out


def _difference(
    wrong: np.ndarray, asked: np.ndarray, inside: np.ndarray, groups: np.ndarray, seed: int
) -> tuple[float | None, tuple[float, float] | None]:
    """Error inside less error outside; the interval is None if either lies in fewer than two transcripts."""
    names, of = np.unique(groups, return_inverse=True)
    totals = np.zeros((len(names), 4))
    for column, values in enumerate((wrong * inside, asked * inside, wrong * ~inside, asked * ~inside)):
        totals[:, column] = np.bincount(of, weights=values, minlength=len(names))
    if not totals[:, 1].any() or not totals[:, 3].any():
        return None, None
    whole = totals.sum(axis=0)
    difference = float(whole[0] / whole[1] - whole[2] / whole[3])
    if min((totals[:, 1] > 0).sum(), (totals[:, 3] > 0).sum()) < 2:
        return difference, None
    draws = np.random.default_rng(seed).integers(len(names), size=(_RESAMPLES, len(names)))
    drawn = totals[draws].sum(axis=1)
    drawn = drawn[(drawn[:, 1] > 0) & (drawn[:, 3] > 0)]
    differences = drawn[:, 0] / drawn[:, 1] - drawn[:, 2] / drawn[:, 3]
    low, high = np.quantile(differences, [0.025, 0.975])
    return difference, (float(low), float(high))

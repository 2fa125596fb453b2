"""How good the suggestions are on talk that the model has not seen, and compared with what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pipeline.errors import StudyError
from pipeline.records import Codebook
from pipeline.suggest import baselines, folds, human, measures
from pipeline.suggest.coded import Coded
from pipeline.suggest.cold import Cold
from pipeline.suggest.examples import Examples
from pipeline.suggest.model import Model
from pipeline.suggest.train import train

FOLDS = 5
_NO_CODEBOOK = Codebook("", "", "", ())


@dataclass(frozen=True)
class PerCode:
    """The figures of one code, over the pooled held-out utterances."""

    code: str
    given: int
    prevalence: float
    f1: float
    f1_interval: tuple[float, float] | None
    precision: float | None
    recall: float
    ap: float
    kappa: float | None
    brier: float
    brier_base: float


@dataclass(frozen=True, eq=False)
class Predictions:
    """Held-out scores and suggestions, (n, k), beside the truth, and what they were had with."""

    examples: Examples
    groups: np.ndarray
    scores: np.ndarray
    suggested: np.ndarray
    codebook: Codebook = _NO_CODEBOOK
    cold: Cold | None = None
    seed: int = 0

    def again(
        self, examples: Examples, groups: np.ndarray, splits: list[folds.Fold] | None = None
    ) -> Predictions:
        """The same for other utterances, groups or folds."""
        return predict(
            examples, groups, codebook=self.codebook, cold=self.cold, seed=self.seed, splits=splits
        )


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All figures of `evaluate`; `as_json` gives them under the names that do not change."""

    figures: dict[str, float | None]
    macro_f1_interval: tuple[float, float] | None
    per_code: tuple[PerCode, ...]
    baselines: dict[str, dict[str, float]]
    human: dict[str, object] | None
    left_out: dict[str, int]
    reliability: list[tuple[float, float, int]]
    held_out_by: str
    utterances: int
    groups: int
    predictions: Predictions
    extras: dict[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The figures as plain values: numbers, lists, dicts, None."""
        names = (*PerCode.__dataclass_fields__,)
        per_code = {
            each.code: {name: _plain(getattr(each, name)) for name in names if name != "code"}
            for each in self.per_code
        }
        return {
            **{name: _plain(value) for name, value in self.figures.items()},
            "macro_f1_interval": _plain(self.macro_f1_interval),
            "per_code": per_code,
            "baselines": _plain(self.baselines),
            "human": _plain(self.human),
            "left_out": self.left_out,
            "reliability": _plain(self.reliability),
            "held_out_by": self.held_out_by,
            "utterances": self.utterances,
            "groups": self.groups,
            **{name: _plain(value) for name, value in self.extras.items()},
        }


def evaluate(
    coded: Coded,
    *,
    by: Literal["transcript", "case"] = "transcript",
    min_count: int = 15,
    codebook: Codebook = _NO_CODEBOOK,
    cold: Cold | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Evaluation:
    """Train on four fifths of the transcripts, suggest for the rest, five times; compare with people.

    `by` holds out whole transcripts or whole cases. Codes given fewer than `min_count` times are left out
    and named. Everything that is learned, thresholds and calibration included, is learned anew inside each
    training part. Raises `StudyError` if there are not two transcripts (cases) or no code is frequent enough.
    """
    groups = grouping(coded.examples, by)
    kept, left_out = frequent(coded.examples, min_count)
    coded = with_codes(coded, kept)
    found = predict(coded.examples, groups, codebook=codebook, cold=cold, seed=seed, progress=progress)
    per_code, interval = _per_code(found, seed)
    answers, scores = coded.examples.answers, found.scores
    figures: dict[str, float | None] = {
        "macro_f1": _mean([each.f1 for each in per_code]),
        "micro_f1": measures.f1(answers, found.suggested),
        "mean_ap": _mean([each.ap for each in per_code]),
        "mean_kappa": _mean([each.kappa for each in per_code if each.kappa is not None]),
        "ece": measures.ece(answers, scores),
        "brier": _mean([each.brier for each in per_code]),
        "brier_base": _mean([each.brier_base for each in per_code]),
        "precision_at_quarter": measures.precision_at(answers, scores, 0.25),
        "precision_at_half": measures.precision_at(answers, scores, 0.5),
        "precision_at_full": measures.precision_at(answers, scores, 1.0),
    }
    return Evaluation(
        figures=figures,
        macro_f1_interval=interval,
        per_code=per_code,
        baselines=baselines.figures(coded.examples, folds.grouped(groups, FOLDS)),
        human=human.agreement(coded, found.suggested),
        left_out=left_out,
        reliability=measures.reliability(answers, scores),
        held_out_by=by,
        utterances=len(coded.examples.utterances),
        groups=len(np.unique(groups)),
        predictions=found,
    )


def predict(
    examples: Examples,
    groups: np.ndarray,
    *,
    codebook: Codebook = _NO_CODEBOOK,
    cold: Cold | None = None,
    seed: int = 0,
    splits: list[folds.Fold] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Predictions:
    """Scores and suggestions for each utterance from a model that did not see its group."""
    scores = np.zeros(examples.answers.shape)
    suggested = np.zeros(examples.answers.shape, dtype=bool)
    splits = folds.grouped(groups, FOLDS) if splits is None else splits
    rounds = held_out(examples, splits, codebook=codebook, cold=cold, seed=seed)
    for done, (model, outside) in enumerate(rounds, start=1):
        progress(done, len(splits))
        held = examples.at(outside)
        columns = [model.codes.index(code) for code in examples.codes]
        scores[outside] = model.scores(held.utterances, held.vectors, held.previous)[:, columns]
        suggested[outside] = scores[outside] >= model.thresholds[columns]
    return Predictions(examples, groups, scores, suggested, codebook, cold, seed)


def held_out(
    examples: Examples,
    splits: list[folds.Fold] | None = None,
    *,
    codebook: Codebook = _NO_CODEBOOK,
    cold: Cold | None = None,
    seed: int = 0,
) -> Iterator[tuple[Model, np.ndarray]]:
    """For each of five folds by transcript (or each of `splits`): a model, and the places it did not see."""
    for inside, outside in folds.grouped(examples.groups, FOLDS) if splits is None else splits:
        yield train(examples.at(inside), codebook, cold=cold, seed=seed), outside


def grouping(examples: Examples, by: Literal["transcript", "case"]) -> np.ndarray:
    """What is held out together; raises `StudyError` if there are not two of them."""
    groups = examples.groups
    if by == "case":
        groups = np.array([utterance.case for utterance in examples.utterances])
        if (groups == "").any():
            raise StudyError("some utterances have no case", hint="Fill the column case, or leave --by away.")
    if len(np.unique(groups)) < 2:
        raise StudyError(
            f"there is only one {by}, and it cannot be held out and learned from at once",
            hint=f"Code a second {by}.",
        )
    return groups


def frequent(examples: Examples, min_count: int) -> tuple[list[int], dict[str, int]]:
    """The places of the codes given often enough, and how often the others were."""
    given = (examples.answers == 1).sum(axis=0)
    kept = [column for column, number in enumerate(given) if number >= min_count]
    if not kept:
        raise StudyError(
            f"no code was given {min_count} times or more",
            hint="Code more utterances, or lower --min-count.",
        )
    if not (examples.answers[:, kept] == 0).any():
        raise StudyError(
            "every code was given to every utterance, so there is nothing to tell apart",
            hint="Rows of utterances to which nothing applies are needed too, with the column codes empty.",
        )
    left_out = {code: int(given[at]) for at, code in enumerate(examples.codes) if at not in kept}
    return kept, left_out


def with_codes(coded: Coded, kept: list[int]) -> Coded:
    """The same utterances with some of the codes."""
    whole = coded.examples
    examples = Examples(
        whole.utterances,
        whole.vectors,
        whole.previous,
        tuple(whole.codes[column] for column in kept),
        whole.answers[:, kept],
        whole.valences[:, kept],
    )
    return Coded(examples, {coder: own[:, kept] for coder, own in coded.by_coder.items()})


def _per_code(found: Predictions, seed: int) -> tuple[tuple[PerCode, ...], tuple[float, float] | None]:
    answers = found.examples.answers
    intervals, mean_interval = measures.f1_intervals(answers, found.suggested, found.groups, seed)
    out = []
    for column, code in enumerate(found.examples.codes):
        truth, scores, suggested = answers[:, column], found.scores[:, column], found.suggested[:, column]
        given, hits = truth == 1, (truth == 1) & suggested
        offered = suggested & ~np.isnan(truth)
        out.append(
            PerCode(
                code=code,
                given=int(given.sum()),
                prevalence=float(np.nanmean(truth)),
                f1=measures.f1(truth, suggested),
                f1_interval=intervals[column],
                precision=float(hits.sum() / offered.sum()) if offered.any() else None,
                recall=float(hits.sum() / given.sum()),
                ap=measures.average_precision(truth, scores),
                kappa=measures.kappa(truth, suggested),
                brier=measures.brier(truth, scores),
                brier_base=measures.brier_of_base_rate(truth),
            )
        )
    return tuple(out), mean_interval


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _plain(value: object) -> object:
    """The value with numbers rounded to six places, fit for JSON."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value

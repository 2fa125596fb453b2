"""Two fixed yardsticks: what plain logistic regression makes of words, and of vectors."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from pipeline.suggest import measures
from pipeline.suggest.examples import Examples
from pipeline.suggest.folds import Fold


def figures(examples: Examples, splits: list[Fold]) -> dict[str, dict[str, float]]:
    """Macro-F1, micro-F1 and mean average precision of `tfidf_lr` and `embedding_lr` on these folds.

    Each is `LogisticRegression(C=1, class_weight="balanced")`, cut at .5.
    """
    texts = np.array([utterance.text for utterance in examples.utterances], dtype=object)
    scores = {name: np.zeros(examples.answers.shape) for name in ("tfidf_lr", "embedding_lr")}
    for inside, outside in splits:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        try:
            learn, held = words.fit_transform(texts[inside]), words.transform(texts[outside])
        except ValueError:  # no word occurs twice
            learn, held = np.zeros((len(inside), 1)), np.zeros((len(outside), 1))
        answers = examples.answers[inside]
        scores["tfidf_lr"][outside] = _logistic(learn, answers, held)
        scores["embedding_lr"][outside] = _logistic(
            examples.vectors[inside], answers, examples.vectors[outside]
        )
    return {name: _summary(examples.answers, given) for name, given in scores.items()}


def _logistic(learn: np.ndarray, answers: np.ndarray, held: np.ndarray) -> np.ndarray:
    out = np.zeros((held.shape[0], answers.shape[1]))
    for column in range(answers.shape[1]):
        asked = np.flatnonzero(~np.isnan(answers[:, column]))
        truth = answers[asked, column]
        if len(np.unique(truth)) < 2:
            out[:, column] = truth[0] if len(truth) else 0.0
            continue
        model = LogisticRegression(C=1, class_weight="balanced", max_iter=1000)
        out[:, column] = model.fit(learn[asked], truth).predict_proba(held)[:, 1]
    return out


def _summary(answers: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    columns = range(answers.shape[1])
    suggested = scores >= 0.5
    return {
        "macro_f1": float(np.mean([measures.f1(answers[:, at], suggested[:, at]) for at in columns])),
        "micro_f1": measures.f1(answers, suggested),
        "mean_ap": float(
            np.mean([measures.average_precision(answers[:, at], scores[:, at]) for at in columns])
        ),
    }

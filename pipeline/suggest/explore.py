"""The open space: what people talk about and no construct explains, grouped for people to name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import HDBSCAN
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from pipeline.errors import StudyError
from pipeline.records import Code, Utterance

INDUCTIVE = "inductive"
SHORTEST = 8
_DIMENSIONS = 10
_WORDS = 6
_TYPICAL = 3
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")
"""What stands for a name, or was not said: it tells nothing of what a theme is about."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Utterances alike in meaning, the most typical first; those to show; the words that set them apart.

    `transcripts` says how many interviews it is found in: a theme of one interview may be one person's story.
    """

    utterance_ids: tuple[str, ...]
    typical: tuple[str, ...]
    words: tuple[str, ...]
    transcripts: int


def explore(
    utterances: Sequence[Utterance], vectors: np.ndarray, explained: np.ndarray, *, smallest: int = 5
) -> list[Theme]:
    """Group the utterances that are not `explained` (n booleans), the largest group first.

    Utterances of fewer than eight words and those kept as context are left out. HDBSCAN (Campello et al.
    2013) over the ten main directions of the vectors (n, d); what lies in no dense place belongs to no
    group. Raises `StudyError` if fewer than twice `smallest` utterances are left.
    """
    rows = [
        row
        for row, utterance in enumerate(utterances)
        if not explained[row] and not utterance.context and len(utterance.text.split()) >= SHORTEST
    ]
    if len(rows) < 2 * smallest:
        raise StudyError(
            f"too few utterances are left that no code explains to be grouped: {len(rows)}",
            hint="There is nothing to explore, or --smallest must be lower.",
        )
    points = np.asarray(vectors, dtype=np.float64)[rows]
    flat = PCA(min(_DIMENSIONS, *points.shape), svd_solver="full").fit_transform(points)
    labels = HDBSCAN(min_cluster_size=smallest, min_samples=max(2, smallest // 2), copy=True).fit_predict(
        flat
    )
    chosen = [utterances[row] for row in rows]
    words = _telling_words(chosen, labels)
    themes = [_theme(chosen, points, labels == label, words[label]) for label in sorted(set(labels) - {-1})]
    return sorted(themes, key=lambda theme: (-len(theme.utterance_ids), theme.utterance_ids))


def inductive_code(name: str, theme: Theme, texts: Sequence[str] = ()) -> Code:
    """A theme that somebody named, as a code of the open space; `texts` become its examples.

    >>> inductive_code("Timing of the offer", Theme(("a",), ("a",), ("discharge",), 1)).id
    'inductive.timing_of_the_offer'
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not plain:
        raise StudyError("the name has no letter or digit", hint="Name the theme in a few words.")
    definition = f"Named from the open space; words that set it apart: {', '.join(theme.words)}."
    return Code(f"{INDUCTIVE}.{plain}", name.strip(), definition, examples=tuple(texts))


def _theme(
    utterances: Sequence[Utterance], points: np.ndarray, inside: np.ndarray, words: tuple[str, ...]
) -> Theme:
    places = np.flatnonzero(inside)
    nearest = places[np.argsort(-(points[places] @ points[places].mean(axis=0)), kind="stable")]
    return Theme(
        utterance_ids=tuple(utterances[at].id for at in nearest.tolist()),
        typical=tuple(utterances[at].id for at in nearest[:_TYPICAL].tolist()),
        words=words,
        transcripts=len({utterances[at].transcript_id for at in places.tolist()}),
    )


def _telling_words(utterances: Sequence[Utterance], labels: np.ndarray) -> dict[int, tuple[str, ...]]:
    """For each group the words that more of its utterances hold than one would expect (log odds, weighed)."""
    groups = sorted(set(labels.tolist()) - {-1})
    counter = CountVectorizer(
        binary=True, stop_words=list(ENGLISH_STOP_WORDS), token_pattern=r"(?u)\b[^\W\d]{3,}\b"
    )
    try:
        holds = counter.fit_transform([_IN_BRACKETS.sub(" ", utterance.text) for utterance in utterances])
    except ValueError:  # nothing but stop words
        return dict.fromkeys(groups, ())
    terms = counter.get_feature_names_out()
    out = {}
    for group in groups:
        inside = np.asarray(holds[labels == group].sum(axis=0)).ravel()
        outside = np.asarray(holds[labels != group].sum(axis=0)).ravel()
        share = (inside + 0.1) / (float((labels == group).sum()) + 1)
        elsewhere = (outside + 0.5) / (float((labels != group).sum()) + 1)
        telling = np.where(inside >= 2, inside * np.log(share / elsewhere), 0.0)
        best = np.argsort(-telling, kind="stable")[:_WORDS]
        out[group] = tuple(str(terms[at]) for at in best if telling[at] > 0)
    return out

"""Which utterances stand for a cell: up to three typical ones, and one that goes against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.compare.evidence import Evidence, Passage, directions_of
from pipeline.compare.refs import ref
from pipeline.records import Valence

Key = tuple[int, int, int]
"""The places of the matrix's row (a case or a participant), code and direction."""

Kind = Literal["typical", "deviant"]

_ENOUGH_WORDS = 6
_FULL = 15
"""Words that a passage needs to count in full: a few words are soon near to anything."""
_ENOUGH_TO_DEVIATE = 4
_TYPICAL = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """An utterance as it is quoted: its words, the reference to its turn, who said it, its valence."""

    text: str
    ref: str
    participant: str
    valence: Valence | None
    kind: Kind = "typical"
    reviewed: bool = True


def clearness(evidence: Evidence) -> np.ndarray:
    """How clearly each passage speaks of its construct, from -1 to 1.

    The cosine between its words (tf-idf, without English function words) and those by which talk with this
    code differs from all coded talk, less where it is but a few words long. No model judges it; on talk
    without words every passage has 0.
    """
    texts = [passage.text for passage in evidence.passages]
    place = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    code = np.array([passage.code for passage in evidence.passages], dtype=np.intp)
    known = np.array([place[text] for text in texts], dtype=np.intp)  # three codes: read once
    vectorizer = TfidfVectorizer(stop_words="english", sublinear_tf=True, dtype=np.float32)
    try:
        vectors = sparse.csr_matrix(vectorizer.fit_transform(list(place)))
    except ValueError:  # function words only, or none
        return np.zeros(len(texts))
    belongs = sparse.csr_matrix(
        (np.ones(len(texts), np.float32), (code, known)), (len(evidence.codes), len(place))
    )
    sums = np.asarray((belongs @ vectors).toarray())
    each = _unit(sums)
    apart = _unit(each - _unit(sums.sum(axis=0, keepdims=True)))
    apart[~apart.any(axis=1)] = each[~apart.any(axis=1)]  # one code alone differs from nothing
    near = np.asarray(vectors @ apart.T)
    words = np.array([len(text.split()) for text in texts])
    return np.asarray(near[known, code] * np.minimum(1, words / _FULL), dtype=np.float64)


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows brought to length 1; a row of nothing (up to rounding) stays nothing."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(length > 1e-5, rows / np.maximum(length, 1e-12), 0.0)


def choose(
    evidence: Evidence, unit: np.ndarray, clear: np.ndarray, only: int | None = None
) -> dict[Key, tuple[Quote, ...]]:
    """The quotations of each cell that has any, typical ones first.

    `unit[person]` is the row of the matrix that the person belongs to, `clear` what `clearness` gives,
    `only` keeps to one code.

    Typical are the utterances that speak most clearly of the construct, from different participants where
    possible, and of six words or more where there are any. Deviant is one that points the other way; where
    none does, the least clear of four or more.
    """
    cells: dict[Key, list[int]] = defaultdict(list)
    rows = unit.tolist()
    long = np.zeros(len(evidence.passages), dtype=bool)
    for number in evidence.of(only):
        passage = evidence.passages[number]
        long[number] = len(passage.text.split()) >= _ENOUGH_WORDS
        for way in directions_of(passage.valence):
            cells[(rows[passage.person], passage.code, way)].append(number)
    if not cells:
        return {}
    ranked = _ranked(cells, clear, long)
    made: dict[tuple[int, Kind], Quote] = {}
    return {key: _quotes(key, ranked, evidence, long, made) for key in ranked}


def _ranked(cells: dict[Key, list[int]], clear: np.ndarray, long: np.ndarray) -> dict[Key, list[int]]:
    """Each cell's passages: those of enough words first, and the clearest first among them."""
    sizes = [len(members) for members in cells.values()]
    row = np.repeat(np.arange(len(sizes)), sizes)
    member = np.concatenate([np.array(members) for members in cells.values()])
    near = np.round(clear[member], 6)
    ordered = member[np.lexsort((member, -near, ~long[member], row))].tolist()
    ends = np.cumsum(sizes).tolist()
    return {key: ordered[end - size : end] for key, size, end in zip(cells, sizes, ends, strict=True)}


def _quotes(
    key: Key,
    ranked: dict[Key, list[int]],
    evidence: Evidence,
    long: np.ndarray,
    made: dict[tuple[int, Kind], Quote],
) -> tuple[Quote, ...]:
    """The quotations of one cell; `made` holds those of other cells, which are often the same."""
    row, code, way = key
    members = ranked[key]
    sides = [ranked.get((row, code, side), []) for side in (1, 2)]
    if way:
        against = [one for one in sides[2 - way] if one not in set(members)]
    elif sides[0] and sides[1]:
        against = min(reversed(sides), key=len)
        against = [one for one in against if evidence.passages[one].valence != "both"]
    else:
        against = []
    outside = set(against)
    typical = _from_different_people([one for one in members if one not in outside], evidence.passages)
    deviant = against[:1] or _least_alike([one for one in members if long[one]], typical)
    chosen: list[tuple[int, Kind]] = [(one, "typical") for one in typical]
    chosen += [(one, "deviant") for one in deviant]
    for pair in chosen:
        if pair not in made:
            made[pair] = _quote(evidence, *pair)
    return tuple(made[pair] for pair in chosen)


def _from_different_people(members: Sequence[int], passages: Sequence[Passage]) -> list[int]:
    """The first three, each from another participant as long as there are any."""
    firsts: dict[int, int] = {}
    for one in members:
        firsts.setdefault(passages[one].person, one)
    first = list(firsts.values())
    chosen = set(first)
    return [*first, *(one for one in members if one not in chosen)][:_TYPICAL]


def _least_alike(members: Sequence[int], typical: Sequence[int]) -> list[int]:
    if len(members) < _ENOUGH_TO_DEVIATE:
        return []
    return [one for one in reversed(members) if one not in typical][:1]


def _quote(evidence: Evidence, number: int, kind: Kind) -> Quote:
    passage = evidence.passages[number]
    return Quote(
        text=passage.text,
        ref=place_of(passage),
        participant=evidence.people[passage.person],
        valence=passage.valence,
        kind=kind,
        reviewed=passage.reviewed,
    )


def place_of(passage: Passage) -> str:
    """The reference to a passage; where the table has no turn numbers, its utterance id or row."""
    if passage.turn is not None:
        return ref(passage.source, passage.turn)
    return f"[{passage.source}:{passage.place}]" if passage.place.startswith("row ") else f"[{passage.place}]"

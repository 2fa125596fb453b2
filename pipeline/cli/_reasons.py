"""Why codes are suggested: kept as pointers, put into words when a coder is to read them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import Suggestion, Utterance
from pipeline.study import Store, judgements
from pipeline.study.cache import Wanted
from pipeline.suggest.model import Model
from pipeline.suggest.reasons import Reason, reasons, sentences_of

if TYPE_CHECKING:  # it loads the embedding model's library, and reasons are read where that is not needed
    from pipeline.cli._learning import Cached

_QUOTED = 120


def sentences(utterance: Utterance) -> Wanted:
    """The text of an utterance, and where its sentences lie if it has several."""
    places = tuple(sentences_of(utterance.text))
    return utterance.text, places if len(places) > 1 else ()


def find(
    model: Model,
    utterances: Sequence[Utterance],
    shown: Mapping[str, Sequence[str]],
    own: np.ndarray,
    previous: np.ndarray,
    cached: Cached,
) -> list[tuple[str, str, str]]:
    """Why each code that a coder would be shown is suggested, as rows for the store.

    `shown` tells the codes by utterance.

    The rows point to utterances, sentences and words by number and hold no text, so that a name that is
    masked later stands in none of them.
    """
    rows = [row for row, one in enumerate(utterances) if one.id in shown]
    chosen = [utterances[row] for row in rows]
    codes = [shown[one.id] for one in chosen]
    parts = cached.sentences([sentences(one) for one in chosen])
    found = reasons(model, chosen, own[rows], previous[rows], codes, parts)
    return [
        (one.utterance_id, one.code, _pointers(one, utterance.text))
        for utterance, some in zip(chosen, found, strict=True)
        for one in some
    ]


def worded(
    store: Store, utterances: Iterable[Utterance], offered: Mapping[str, Sequence[Suggestion]]
) -> dict[str, dict[str, str]]:
    """Why the offered codes are suggested, in words, by utterance and code."""
    texts = {one.id: one.text for one in utterances}
    kept = judgements.reasons(store)
    return {
        name: {one.code: words(kept[name][one.code], texts, name) for one in some if one.code in kept[name]}
        for name, some in offered.items()
        if name in kept
    }


def words(pointers: str, texts: Mapping[str, str], utterance_id: str) -> str:
    """One reason in words; whatever it points to and is no longer there is left out."""
    reason = json.loads(pointers)
    text = texts.get(utterance_id, "")
    lines = []
    if reason["text"] == _mark(text):
        if reason["sentence"]:
            start, end = reason["sentence"]
            lines.append(f"Most of all for: “{_short(text[start:end])}”")
        if reason["words"]:
            said = _words(text)
            telling = [" ".join(said[at : at + number]) for at, number in reason["words"]]
            lines.append(f"Telling words: {', '.join(telling)}")
    like = [f"{name} “{_short(texts[name])}”" for name in reason["given"] if name in texts]
    if like:
        lines.append("Like what was given this code: " + "; ".join(like))
    refused = reason["refused"]
    if refused in texts:
        lines.append(f"But also like what was refused it: {refused} “{_short(texts[refused])}”")
    return "\n".join(lines)


def _pointers(reason: Reason, text: str) -> str:
    kept = {
        "given": reason.given,
        "refused": reason.refused,
        "words": _places(reason.words, text),
        "sentence": reason.sentence,
        "text": _mark(text),
    }
    return json.dumps(kept, ensure_ascii=False)


def _places(terms: Iterable[str], text: str) -> list[tuple[int, int]]:
    """Where the terms stand in the text: number of the first word, number of words."""
    said = _words(text)
    out = []
    for term in terms:
        parts = _words(term)
        ends = range(len(said) - len(parts) + 1)
        at = next((at for at in ends if said[at : at + len(parts)] == parts), None)
        if parts and at is not None:
            out.append((at, len(parts)))
    return out


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _mark(text: str) -> str:
    """What tells whether a text still is the one that a reason was found for."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _QUOTED else plain[:_QUOTED].rsplit(" ", 1)[0] + " …"

"""Suggestions for a whole study, some transcripts at a time: memory does not grow with the study."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from pipeline.cli import _later_codes, _learning, _reasons
from pipeline.cli._base import progress
from pipeline.cli._since import NOTE, rests_on
from pipeline.records import Codebook, Suggestion, Utterance
from pipeline.review.batch import offer
from pipeline.study import Store, Study, judgements
from pipeline.suggest import saved
from pipeline.suggest.cold import Cold
from pipeline.suggest.drift import far
from pipeline.suggest.examples import Answers, Examples
from pipeline.suggest.fingerprints import fingerprints
from pipeline.suggest.model import Model
from pipeline.suggest.train import train
from pipeline.workers import Pool

_BLOCK = 1024
"""Utterances that are scored together, at least; transcripts stay whole."""


class Suggesting:
    """One `suggest` at work on a study; use it as a context manager."""

    def __init__(self, study: Study, book: Codebook, store: Store, pool: Pool) -> None:
        self._study, self._book, self._store, self._pool = study, book, store, pool
        self._cases = study.case_of()
        self._cached = _learning.Cached(study, _learning.embedder_of(study, pool))

    def __enter__(self) -> Suggesting:
        return self

    def __exit__(self, *_: object) -> None:
        self._cached.close()

    def run(self, run: Any) -> dict[str, Any]:
        """Learn from the decisions, suggest for every utterance, keep model, suggestions and reasons."""
        number = self._store.count("transcripts")
        self._cached.keep(
            wanted
            for talk in progress(self._store.talks(self._cases), "Embedding utterances", number)
            for one in talk
            for wanted in (_reasons.sentences(one), (one.previous, ()))
        )
        _later_codes.see(self._store, self._book)
        coded, answers = self._examples()
        before = _learning.cold(self._book, self._cached, chain.from_iterable(self._store.talks()))
        model = train(coded, self._book, cold=before, seed=self._study.settings.suggest.seed)
        shown: dict[str, list[str]] = {}
        suggested = judgements.save_suggestions(self._store, self._offered(model, shown), run.id)
        self._explain(model, shown)
        named = {"embedding": self._cached.name, "vectors": self._cached.key}
        self._study.keep_model(partial(saved.save, replace(model, facts={**model.facts, **named})))
        trained = sorted({one.transcript_id for one in coded.utterances})
        run.result = {
            "suggested": suggested,
            "trained_on": trained,
            "examples": len(coded.utterances),
            "starter": before.starter is not None,
            "embedding": self._cached.name,
            "not_trained": model.notes,
        }
        basis = _basis(len(coded.utterances), len(trained), before)
        return self._noted(
            model,
            {
                "utterances": self._number(),
                "suggested": suggested,
                "examples": len(coded.utterances),
                "transcripts_trained_on": len(trained),
                "not_trained": model.notes,
                "decisions_on_changed_text": len(answers.orphaned),
                "basis": basis,
            },
        )

    def _examples(self) -> tuple[Examples, Answers]:
        """What was coded, and how. Only those utterances are read into memory."""
        decisions = judgements.decisions(self._store)
        decided = {one.utterance_id for one in decisions}
        utterances = [one for talk in self._store.talks(self._cases) for one in talk if one.id in decided]
        own, previous = self._cached.vectors(utterances)
        later = _later_codes.since(self._store)
        return _learning.examples(decisions, utterances, own, previous, self._book, later)

    def _blocks(self) -> Iterator[tuple[list[Utterance], np.ndarray, np.ndarray]]:
        """The utterances of some whole transcripts with their vectors, one block after the other."""
        block: list[Utterance] = []
        for talk in chain(self._store.talks(self._cases), [None]):
            block += talk or []
            if block and (talk is None or len(block) >= _BLOCK):
                yield block, *self._cached.vectors(block)
                block = []

    def _offered(self, model: Model, shown: dict[str, list[str]]) -> Iterator[list[Suggestion]]:
        """The suggestions of each utterance; into `shown` go the codes that a coder would see."""
        blocks = progress(self._blocks(), "Scoring utterances", -(-self._number() // _BLOCK))
        for utterances, own, previous in blocks:
            for one, some in zip(utterances, model.suggest(utterances, own, previous), strict=True):
                codes = [each.code for each in offer(some)]
                if codes:
                    shown[one.id] = codes
                yield some

    def _explain(self, model: Model, shown: dict[str, list[str]]) -> None:
        """Keep why each shown code is suggested."""
        number = self._store.count("transcripts")
        self._cached.keep_sentences(
            _reasons.sentences(one)
            for talk in progress(self._store.talks(self._cases), "Embedding sentences", number)
            for one in talk
            if one.id in shown
        )
        self._pool.rest()  # its memory is free before the rest is done
        judgements.save_reasons(
            self._store,
            chain.from_iterable(
                _reasons.find(model, utterances, shown, own, previous, self._cached)
                for utterances, own, previous in self._blocks()
            ),
        )

    def _noted(self, model: Model, result: dict[str, Any]) -> dict[str, Any]:
        """Note in the store what came of it; with `of` it is known again if nothing changes."""
        kept = {
            "of": rests_on(self._study, self._store),
            "codebook": fingerprints(self._book),
            "far": list(far(model, self._talks()) or ()),
            "result": result,
        }
        self._store.set_note(NOTE, json.dumps(kept))
        return result

    def _talks(self) -> Iterator[tuple[str, np.ndarray]]:
        for talk in self._store.talks(self._cases):
            if talk:
                yield talk[0].transcript_id, self._cached.embed([one.text for one in talk])

    def _number(self) -> int:
        return self._store.scalar("SELECT count(*) FROM utterances WHERE NOT context")


def _basis(examples: int, transcripts: int, before: Cold) -> str:
    known = ["the codebook's definitions"] if before.definitions is not None else []
    known += ["the starter model"] if before.starter is not None else []
    cold = " and ".join(known)
    if not examples:
        return f"Cold start: nothing is coded yet, so the scores come from {cold}."
    weighed = f", weighed against {cold}" if cold else "; the codebook has no definitions"
    return f"Learned from {examples} coded utterances of {transcripts} transcripts{weighed}."

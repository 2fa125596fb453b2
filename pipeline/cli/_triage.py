"""What `triage` and `review sample` need of a study: how far it was read, samples drawn, what comes next."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pipeline.cli import _later_codes, _learning
from pipeline.errors import StudyError
from pipeline.records import Codebook, Utterance
from pipeline.review.state import in_force
from pipeline.study import Run, Store, Study, batches, judgements, samples
from pipeline.study.samples import Sample
from pipeline.suggest.examples import answers_from
from pipeline.triage.neighbours import neighbours
from pipeline.triage.order import Next, next_to_read
from pipeline.triage.progress import ANY, Control, Progress, progress
from pipeline.triage.sample import Drawn, for_audit, for_control
from pipeline.triage.state import Reading, reading
from pipeline.triage.stopping import Spending


@dataclass(frozen=True, eq=False)
class Material:
    """A study as triage sees it: n utterances, k codes, the model's scores and suggestions (n, k)."""

    utterances: tuple[Utterance, ...]
    state: Reading
    scores: np.ndarray
    suggested: np.ndarray
    away: frozenset[str]
    controls: tuple[Sample, ...]

    @property
    def has_scores(self) -> bool:
        """Whether anything was suggested yet."""
        return bool(self.scores.any())

    @property
    def fingerprint(self) -> str:
        """Changes when utterances come or go: a control speaks only of those it was drawn from."""
        return hashlib.sha256("\n".join(one.id for one in self.utterances).encode()).hexdigest()[:16]


def gather(opened: Study, store: Store, book: Codebook) -> Material:
    """Everything that triage looks at."""
    utterances = tuple([one for one in store.utterances(opened.case_of()) if one.words])
    if not utterances:
        raise StudyError("holds no utterance yet", where=str(opened.folder), hint="secondcoder ingest")
    codes = tuple([code.id for code in book.leaves()])
    decisions = judgements.decisions(store)
    counted = in_force(decisions)
    answers = answers_from(counted, utterances, codes, since=_later_codes.since(store))
    place = {one.id: row for row, one in enumerate(utterances)}
    live = {(one.utterance_id, one.text_hash) for one in counted}
    looked_at = [
        place[one.utterance_id]
        for one in decisions
        if one.utterance_id in place
        and (one.utterance_id, one.text_hash) in live
        and one.text_hash == utterances[place[one.utterance_id]].text_hash
    ]
    scores, suggested = _scores(store, place, codes)
    lying = batches.open_utterances(store).values()
    return Material(
        utterances,
        reading(answers.values, codes, looked_at),
        scores,
        suggested,
        frozenset[str]().union(*lying),
        tuple(samples.of_kind(store, "control")),
    )


def _scores(store: Store, place: dict[str, int], codes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    scores = np.zeros((len(place), len(codes)))
    suggested = np.zeros(scores.shape, dtype=bool)
    column = {code: number for number, code in enumerate(codes)}
    for name, offered in judgements.suggestions(store).items():
        for one in offered:
            if name in place and one.code in column:
                scores[place[name], column[one.code]] = one.score
                suggested[place[name], column[one.code]] = one.suggested
    return scores, suggested


def control_of(material: Material) -> tuple[Control | None, str]:
    """The latest control and "", or None and why it no longer speaks for the study."""
    if not material.controls:
        return None, ""
    last = material.controls[-1]
    if last.settings["population"] != material.fingerprint:
        return None, "Utterances came or went since the latest control was drawn; it promises nothing now."
    place = {one.id: row for row, one in enumerate(material.utterances)}
    rows = tuple([place[name] for name in last.items])
    return Control(last.settings["pile"], dict(last.settings["found"]), last.settings["look"], rows), ""


def open_control(material: Material) -> list[int]:
    """The rows of the latest control that nobody has read yet, in order."""
    control, _ = control_of(material)
    if control is None:
        return []
    unread = set(material.state.pile.tolist())
    return [row for row in sorted(control.rows) if row in unread]


def draw_control(
    store: Store,
    run: Run,
    material: Material,
    *,
    code: str,
    size: int,
    target: Fraction,
    confidence: Fraction,
) -> Sample:
    """Draw a control from what is unread and record it; `size` 0 asks for as many as it takes."""
    if open_control(material):
        raise StudyError(
            f"{len(open_control(material))} utterances of the latest control are still unread",
            hint="Read them first: secondcoder review export STUDY --coder NAME --only triage",
        )
    look = len(material.controls) + 1
    state, spending = material.state, Spending(confidence)
    needed = (
        size or progress(state, None, code=code, target=target, spending=spending, looks=look - 1).to_draw
    )
    if not needed:
        raise StudyError("there is nothing to settle by a control yet", hint="Read on as triage says.")
    seed = secrets.randbits(31)
    drawn = for_control(state.pile.tolist(), needed, seed=seed)
    found = {one: int((state.carries(one) & state.read).sum()) for one in (ANY, *state.codes)}
    settings = {
        "pile": len(state.pile),
        "found": found,
        "look": look,
        "population": material.fingerprint,
        "code": code,
        "recall": str(target),
        "confidence": str(confidence),
    }
    sample = _sample("control", seed, drawn, material.utterances, settings)
    samples.add(store, sample, run.id)
    return sample


def draw_audit(
    store: Store, run: Run, material: Material, *, share: float, per_code: int, seed: int
) -> Sample:
    """Draw a sample for blind double coding and record it."""
    interviews = [one.transcript_id for one in material.utterances]
    drawn = for_audit(
        interviews, material.scores, material.suggested, share=share, per_code=per_code, seed=seed
    )
    if not drawn:
        raise StudyError("the sample came out empty", hint="Give a larger --share.")
    settings = {"share": share, "per_code": per_code, "population": material.fingerprint}
    sample = _sample("audit", seed, drawn, material.utterances, settings)
    samples.add(store, sample, run.id)
    return sample


def _sample(
    kind: samples.Kind, seed: int, drawn: Sequence[Drawn], utterances: Sequence[Utterance], settings: Any
) -> Sample:
    return Sample(
        secrets.token_hex(4),
        kind,
        seed,
        {utterances[one.row].id: one.probability for one in drawn},
        {utterances[one.row].id: one.stratum for one in drawn},
        settings,
    )


def what_next(opened: Study, material: Material, *, code: str, limit: int) -> list[Next]:
    """What to read next: the unread part of a control before all else, and nothing that lies with a coder."""
    unread = np.array(
        [row for row in material.state.pile if material.utterances[row].id not in material.away], dtype=int
    )
    waiting = set(open_control(material))
    if waiting:
        return [Next(row, "random control") for row in unread.tolist() if row in waiting][:limit]
    state, scores, suggested = material.state, material.scores, material.suggested
    codes, near = state.codes, None
    if code:
        column = [codes.index(code)]
        scores, suggested, codes = scores[:, column], suggested[:, column], (code,)
    elif state.order and len(unread):
        own, _ = _learning.vectors(opened, _learning.embedder_of(opened), material.utterances)
        interviews = [one.transcript_id for one in material.utterances]
        near = neighbours(own, interviews, state.given, np.array(state.order), unread)
    found = {one: int((state.carries(one) & state.read).sum()) for one in codes}
    return next_to_read(unread, scores, suggested, codes, found, near, limit=limit)


def how_far(material: Material, *, target: Fraction, confidence: Fraction) -> dict[str, Progress]:
    """Progress of any code ("") and of each."""
    control, _ = control_of(material)
    return {
        code: progress(
            material.state,
            material.scores if material.has_scores else None,
            code=code,
            target=target,
            spending=Spending(confidence),
            looks=len(material.controls),
            control=control,
        )
        for code in (ANY, *material.state.codes)
    }

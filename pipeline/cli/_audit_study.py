"""`audit` on a study: whose decisions count, from which sample, and what the model had learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

from pipeline.agreement import decided
from pipeline.agreement.audit import Options, audit
from pipeline.agreement.methods import number_of
from pipeline.agreement.result import Audit, Pair
from pipeline.agreement.sampling import Sampling
from pipeline.agreement.units import ADJUDICATED, Unit
from pipeline.agreement.where import Scores
from pipeline.cli import _later_codes, _learning
from pipeline.cli._codebook import of_study
from pipeline.errors import StudyError
from pipeline.records import Codebook, CodedRow, Decision, Notice, Suggestion, Utterance
from pipeline.review.state import in_force, standing
from pipeline.study import Store, Study, judgements, samples

LATEST, EVERYTHING = "latest", "none"
"""What `--sample` may say besides the name of a sample."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the audit reads of the store."""

    swept: bool
    utterances: Sequence[Utterance]
    decisions: Sequence[Decision]
    offered: dict[str, list[Suggestion]]
    trained_on: frozenset[str] | None
    shown: judgements.Suggested
    hidden: judgements.Suggested
    drawn: Sequence[samples.Sample]
    later: dict[str, int]


def audit_study(study: Path, *, sample: str = LATEST, **options: Unpack[Options]) -> Audit:
    """Audit a study's decisions; the model's figures come from transcripts that it had not learned from.

    `sample` names the drawn sample to audit: the latest that somebody coded, if there is one, or none.
    """
    opened = Study.open(study)
    book = of_study(opened)
    codes = [code.id for code in book.leaves()]
    with opened.store() as store:
        stored = _read(opened, store)
    blind, seen = (
        decided.judged(in_force(_of_kind(stored.decisions, way)), stored.utterances, codes)
        for way in ("blind", "suggested")
    )
    adjudicated = blind.pages.pop(ADJUDICATED, None)
    coders = sorted({*blind.pages, *seen.pages})
    if not coders and not adjudicated:
        raise StudyError(
            "there are no decisions to audit", hint=f"secondcoder review export {study} --coder NAME --blind"
        )
    chosen, word = _sample(stored, sample)
    model = _model(opened, book, stored)
    stands = standing(stored.decisions)
    result = audit(
        {coder: blind.pages.get(coder, []) + seen.pages.get(coder, []) for coder in coders},
        codes,
        model=model.rows,
        adjudicated=adjudicated,
        rounds=decided.rounds(stands, stored.utterances, codes),
        answers=decided.with_and_without(stands, stored.utterances, codes, stored.shown, stored.hidden),
        sampling=chosen,
        unsaid=blind.open,
        unsaid_seen=seen.open,
        scores=model.scores,
        model_basis=model.basis,
        notices=word,
        **({"seed": opened.settings.suggest.seed} | options),
    )
    return result if stored.swept else _without_text(result)


def _read(opened: Study, store: Store) -> Stored:
    shown, hidden = judgements.suggested_then(store)
    return Stored(
        store.is_swept(),
        store.utterances(opened.case_of()),
        judgements.decisions(store),
        judgements.suggestions(store),
        judgements.trained_on(store),
        shown,
        hidden,
        samples.of_kind(store, "audit"),
        _later_codes.since(store),
    )


def _of_kind(decisions: Sequence[Decision], seen: str) -> list[Decision]:
    """Decisions made blind (with adjudicated ones) or with suggestions in view; withdrawals go with both."""
    settled = ("adjudicated", "withdrawn") if seen == "blind" else ("withdrawn",)
    return [one for one in decisions if one.kind in settled or (one.kind == "coded" and one.seen == seen)]


def _sample(stored: Stored, asked: str) -> tuple[Sampling | None, list[Notice]]:
    """The drawn sample to audit, and a word on what else could be audited."""
    blind = [one for one in in_force(_of_kind(stored.decisions, "blind")) if one.kind == "coded"]
    coders: dict[str, set[str]] = {}
    for one in blind:
        coders.setdefault(one.sample_id or "", set()).add(one.coder)
    coded = [one.id for one in stored.drawn if one.id in coders]
    enough = min(2, len({one.coder for one in blind}))
    ready = [name for name in coded if len(coders[name]) >= enough]
    if asked not in (LATEST, EVERYTHING, *coded):
        raise StudyError(
            f"there is no drawn sample {asked} that somebody coded",
            hint=f"Known: {', '.join(coded) or 'none'}; --sample {EVERYTHING} takes every decision.",
        )
    name = asked if asked in coded else ready[-1] if ready and asked == LATEST else ""
    others = ", ".join(one for one in coded if one != name)
    if not name:
        return None, [Notice("sample", f"{others} not used: {_unused(asked)}")] if others else []
    drawn = next(one for one in stored.drawn if one.id == name)
    transcript = {each.id: each.transcript_id for each in stored.utterances}
    chances: dict[Unit, float] = {
        (transcript[each], each): chance for each, chance in drawn.items.items() if each in transcript
    }
    word = f"only {name} is audited; --sample {EVERYTHING} takes every decision, unweighted"
    return Sampling(name, chances), [Notice("sample", word + (f"; also coded: {others}" if others else ""))]


def _unused(asked: str) -> str:
    return "every decision is audited, unweighted" + (
        "" if asked == EVERYTHING else ", as one person coded of it"
    )


@dataclass(frozen=True, slots=True)
class _Model:
    """The model's page and scores, None without any, and what it had learned from."""

    rows: list[CodedRow] | None = None
    scores: Scores | None = None
    basis: str = ""


def _model(opened: Study, book: Codebook, stored: Stored) -> _Model:
    """The model's page on coded transcripts, never by a model that had learned from the same transcript.

    Where the suggestions in the study were made without any decision of a transcript, they are taken as they
    stand; for all other transcripts, models are trained on the rest.
    """
    decided_on = {one.utterance_id for one in in_force(stored.decisions)}
    coded = [one for one in stored.utterances if one.id in decided_on]
    transcripts = {one.transcript_id for one in coded}
    clean = _untouched(stored, book, transcripts)
    rest = transcripts - clean
    said = {one.id: stored.offered[one.id] for one in coded if one.transcript_id in clean}
    basis = []
    if clean:
        how_many = number_of(len(clean), "transcript")
        basis.append(f"the suggestions in the study, made before anything of {how_many} was learned from")
    if rest and len(transcripts) > 1:
        held_out, starter = _held_out(opened, book, stored)
        more = {one.id: some for one, some in held_out if one.transcript_id in rest}
        said |= more
        each = "each transcript" if not clean else f"each of {number_of(len(rest), 'more transcript')}"
        weighed = ", weighed against the starter model" if starter else ""
        how = f"{each} scored by a model that had learned from the other transcripts only{weighed}"
        basis += [how] if more else []
    if not said:
        return _Model()
    there = [one for one in coded if one.id in said]
    scores = {(one.transcript_id, one.id): {each.code: each.score for each in said[one.id]} for one in there}
    return _Model(_learning.as_rows(there, [said[one.id] for one in there]), scores, "; ".join(basis))


def _held_out(
    opened: Study, book: Codebook, stored: Stored
) -> tuple[list[tuple[Utterance, list[Suggestion]]], bool]:
    """What models suggest that learned from other transcripts only, and whether a starter model helped."""
    embedder = _learning.embedder_of(opened)
    own, previous = _learning.vectors(opened, embedder, stored.utterances)
    coded, _ = _learning.examples(stored.decisions, stored.utterances, own, previous, book, stored.later)
    if len(set(coded.groups)) < 2:
        return [], False
    before = _learning.cold(book, embedder, stored.utterances)
    offered = _learning.held_out(coded, book, before, opened.settings.suggest.seed)
    return list(zip(coded.utterances, offered, strict=True)), before.starter is not None


def _untouched(stored: Stored, book: Codebook, coded: set[str]) -> set[str]:
    """The coded transcripts with suggestions for every code of the codebook from a run that learned from none
    of their decisions."""
    if stored.trained_on is None:
        return set()
    codes = {code.id for code in book.leaves()}
    partly = {
        one.transcript_id
        for one in stored.utterances
        if {each.code for each in stored.offered.get(one.id, ())} != codes
    }
    return coded - stored.trained_on - partly


def _without_text(result: Audit) -> Audit:
    """The audit without participants' words, as long as the text has not been swept."""

    def bare(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
        return tuple(
            replace(pair, disagreements=tuple(replace(one, text="") for one in pair.disagreements))
            for pair in pairs
        )

    word = Notice("text", "not swept since it last changed, so disagreements are shown without their words")
    return replace(
        result,
        pairs=bare(result.pairs),
        self_agreement=bare(result.self_agreement),
        notices=(*result.notices, word),
    )

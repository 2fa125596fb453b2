"""`secondcoder suggest`"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, say


@app.command()
def suggest(study: StudyArg, as_json: JsonOpt = False) -> None:
    """Learn from the decisions there are, or from the codebook alone, and suggest codes for every utterance.

    Example:  secondcoder suggest my-study
    """
    result = suggest_study(study)
    if as_json:
        emit(result)
    say(result["basis"])
    say(f"{result['suggested']} codes suggested for {result['utterances']} utterances.")
    say(f"Next: secondcoder review export {study} --coder NAME")


def suggest_study(study: Path) -> dict[str, Any]:
    """Train on the study's decisions and write suggestions with scores and provenance."""
    from pipeline.cli._codebook import of_study
    from pipeline.errors import StudyError
    from pipeline.study import Study

    opened = Study.open(study)
    book = of_study(opened)
    with opened.store() as store:
        utterances = store.utterances(opened.case_of())
        if not utterances:
            raise StudyError(
                "holds no utterance yet", where=str(study), hint=f"secondcoder ingest {study} FOLDER"
            )
        return _suggest(opened, book, store, utterances)


def _suggest(opened: Any, book: Any, store: Any, utterances: list[Any]) -> dict[str, Any]:
    from pipeline.cli import _learning, _reasons
    from pipeline.study import judgements
    from pipeline.suggest.train import train

    seed = opened.settings.suggest.seed
    with opened.run(store, "suggest") as run:
        embedder = _learning.embedder_of(opened)
        own, previous = _learning.vectors(opened, embedder, utterances)
        decisions = judgements.decisions(store)
        coded, answers = _learning.examples(decisions, utterances, own, previous, book)
        before = _learning.cold(book, embedder, utterances)
        model = train(coded, book, cold=before, seed=seed)
        offered = model.suggest(utterances, own, previous)
        suggested = judgements.save_suggestions(store, offered, run.id)
        cached = _learning.Cached(opened, embedder)
        judgements.save_reasons(store, _reasons.find(model, utterances, offered, own, previous, cached))
        _keep(opened, model, embedder)
        trained = sorted({one.transcript_id for one in coded.utterances})
        run.inputs = [str(one.id) for one in decisions]
        run.result = {
            "suggested": suggested,
            "trained_on": trained,
            "examples": len(coded.utterances),
            "starter": before.starter is not None,
            "embedding": embedder.name,
            "not_trained": model.notes,
        }
    return {
        "utterances": len(utterances),
        "suggested": suggested,
        "examples": len(coded.utterances),
        "transcripts_trained_on": len(trained),
        "not_trained": model.notes,
        "decisions_on_changed_text": len(answers.orphaned),
        "basis": _basis(len(coded.utterances), len(trained), before.starter is not None),
    }


def _keep(opened: Any, model: Any, embedder: Any) -> None:
    """Save the model in the study, so that `status` can say later whether it still fits."""
    from functools import partial

    from pipeline.suggest import saved

    named = replace(model, facts={**model.facts, "embedding": embedder.name, "vectors": embedder.key})
    opened.keep_model(partial(saved.save, named))


def _basis(examples: int, transcripts: int, has_starter: bool) -> str:
    cold = "the codebook's definitions" + (" and the starter model" if has_starter else "")
    if not examples:
        return f"Cold start: nothing is coded yet, so the scores come from {cold}."
    return f"Learned from {examples} coded utterances of {transcripts} transcripts, weighed against {cold}."

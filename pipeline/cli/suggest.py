"""`secondcoder suggest`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, SchedulerOpt, StudyArg, WorkersOpt, emit, say


@app.command()
def suggest(
    study: StudyArg,
    workers: WorkersOpt = None,
    scheduler: SchedulerOpt = "",
    as_json: JsonOpt = False,
) -> None:
    """Learn from the decisions there are, or from the codebook alone, and suggest codes for every utterance.

    Example:  secondcoder suggest my-study
    """
    result = suggest_study(study, workers=workers, scheduler=scheduler)
    if as_json:
        emit(result)
    if not result["new"]:
        say("Nothing new: neither text nor decisions nor codebook have changed since the last suggest.")
    say(result["basis"])
    say(f"{result['suggested']} codes suggested for {result['utterances']} utterances.")
    say(f"Next: secondcoder review export {study} --coder NAME")


def suggest_study(study: Path, *, workers: int | None = None, scheduler: str = "") -> dict[str, Any]:
    """Train on the study's decisions and write suggestions with scores and provenance.

    Where nothing has changed that they rest on, they stay as they are.
    """
    from pipeline.cli._codebook import of_study
    from pipeline.cli._since import unchanged
    from pipeline.errors import StudyError
    from pipeline.study import Study

    opened = Study.open(study)
    book = of_study(opened)
    with opened.store() as store:
        if not store.count("utterances"):
            raise StudyError(
                "holds no utterance yet", where=str(study), hint=f"secondcoder ingest {study} FOLDER"
            )
        kept = unchanged(opened, store)
        if kept is not None:
            return {**kept, "new": False}
        return {**_suggest(opened, book, store, workers, scheduler), "new": True}


def _suggest(opened: Any, book: Any, store: Any, workers: int | None, scheduler: str) -> dict[str, Any]:
    from pipeline.cli._suggesting import Suggesting
    from pipeline.study import judgements
    from pipeline.workers import Pool

    with Pool(workers, scheduler) as pool, opened.run(store, "suggest") as run:
        run.inputs = [str(one.id) for one in judgements.decisions(store)]
        with Suggesting(opened, book, store, pool) as suggesting:
            return suggesting.run(run)

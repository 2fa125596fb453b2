"""`secondcoder ingest`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, SchedulerOpt, StudyArg, WorkersOpt, emit, say


@app.command()
def ingest(
    study: StudyArg,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE|FOLDER|PATTERN...", help="Interviews.", show_default=False)
    ],
    key: KeyOpt = None,
    workers: WorkersOpt = None,
    scheduler: SchedulerOpt = "",
    as_json: JsonOpt = False,
) -> None:
    """Read interviews, pseudonymise them and split them into utterances. Raw text is never stored.

    With --scheduler the raw interviews are sent to the workers of that cluster, and nowhere else.

    Example:  secondcoder ingest my-study interviews/*.docx
    """
    result = ingest_files(study, files, key=key, workers=workers, scheduler=scheduler)
    if as_json:
        emit(result)
    if result["withdrawn"]:
        say(f"{result['withdrawn']} files belong to withdrawn interviews and are left out.")
    if not result["new"]:
        say("Nothing new: every file is in the study already, unchanged.")
    say(
        f"{result['transcripts']} transcripts, {result['turns']} turns, "
        f"{result['utterances']} utterances to code; {result['identifiers']} identifiers replaced."
    )
    for new, old in result["namesakes"].items():
        say(f"{new} was read from a file called like that of {old}, in another folder and with other talk.")
        say("If it is a correction, withdraw one of the two; a file put in the old place is read anew.")
    if result["doubtful_speakers"]:
        say(f"{result['doubtful_speakers']} speaker labels are doubtful: see `secondcoder check {study}`.")
    say(f"Names that nobody knew of may be left: secondcoder risk {study}   shows what looks like one.")
    say(f"Next: secondcoder suggest {study}")


def ingest_files(
    study: Path,
    files: list[str],
    *,
    key: Path | None = None,
    nlp: Any = None,
    workers: int | None = None,
    scheduler: str = "",
) -> dict[str, Any]:
    """Ingest files in two phases, find and settle; killed and run again, it comes to the same."""
    from pipeline.cli import _jobs
    from pipeline.cli._at_rest import at_rest
    from pipeline.cli._files import expand
    from pipeline.study import Study, register
    from pipeline.transcripts import SUFFIXES

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    paths = expand(files, SUFFIXES)
    with opened.store() as store:
        jobs, left_out = _jobs.plan(paths, kept, opened.settings.study.transcript_id)
        todo = _jobs.pending(opened, store, jobs, kept)
        doubled = _jobs.namesakes(jobs, kept)
        if todo or not at_rest(opened, store, kept):
            from pipeline.cli._ingesting import take_in
            from pipeline.workers import Pool

            with Pool(workers, scheduler) as pool:
                result = take_in(opened, store, kept, jobs, todo, pool, nlp)
            return {**result, "withdrawn": left_out, "namesakes": doubled}
        with opened.run(store, "ingest") as run:
            run.inputs = [kept.text_hash(job.sha256) for job in jobs]
            run.result = dict(_jobs.counts(store, kept, 0, len(jobs)))
        return {**run.result, "withdrawn": left_out, "namesakes": doubled}

"""`secondcoder ingest`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, SchedulerOpt, StudyArg, WorkersOpt, emit, say

GROWN = 1.1
"""A study that has grown so much since ingest last made a backup gets another one."""


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
    from pipeline.cli import _find, _found, _settle, _sweep
    from pipeline.cli._carry_out import carry_out, is_half_done
    from pipeline.cli._files import expand
    from pipeline.study import Study, register
    from pipeline.transcripts import SUFFIXES
    from pipeline.workers import Pool

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    paths = expand(files, SUFFIXES)
    with opened.store() as store:
        _found.recover(opened.vault, store)
        if is_half_done(store, kept):
            carry_out(opened, store, kept, ())
        jobs, left_out = _find.plan(paths, kept, opened.settings.study.transcript_id)
        todo = _find.pending(opened, store, jobs, kept)
        with Pool(workers, scheduler) as pool:
            tables = _find.check(opened, kept, todo, pool)  # before anything is recorded
            backed_up = _back_up(opened, store, [job.id for job in todo]) if todo else None
            with opened.run(store, "ingest") as run:
                run.inputs = [kept.text_hash(job.sha256) for job in jobs]
                if todo:
                    _find.enrol(opened, kept, todo, tables)
                    _find.find(opened, kept, todo, pool, nlp)
                    pool.rest()  # its memory is free before the whole study is linked
                if todo or not store.all_searched(kept.version):  # stopped just before its end
                    _settle.settle(opened, store, kept, [job.id for job in todo])
                _sweep.sweep(opened, store, kept)
                result = {**_counts(store, kept, len(todo), len(jobs)), "withdrawn": left_out}
                run.result = {**result, "backed_up": backed_up}
    return result


def _back_up(opened: Any, store: Any, todo: list[str]) -> int | None:
    """A backup before transcripts are read again, and whenever a study has grown by a tenth.

    What is only added can be read again; a copy of the whole before each single interview would cost more
    than the interview. Returns how many transcripts are in the backup.
    """
    there = {one.id for one in store.transcripts()}
    last = "SELECT coalesce(max(json_extract(result, '$.backed_up')), 0) FROM runs WHERE command = 'ingest'"
    if there.intersection(todo) or len(there) >= GROWN * store.scalar(last):
        opened.backup("ingest")
        return len(there)
    return None


def _counts(store: Any, kept: Any, new: int, jobs: int) -> dict[str, Any]:
    return {
        "new": new,
        "unchanged": jobs - new,
        "transcripts": store.count("transcripts"),
        "turns": store.count("turns"),
        "utterances": store.scalar("SELECT count(*) FROM utterances WHERE NOT context"),
        "identifiers": store.scalar("SELECT coalesce(sum(identifiers), 0) FROM transcripts"),
        "doubtful_speakers": sum(len(source.doubts) for source in kept.sources.values()),
        "doubtful_links": len(kept.doubtful),
    }

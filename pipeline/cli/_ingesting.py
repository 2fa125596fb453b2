"""Taking interviews in: what `ingest` does where there is something to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.cli import _find, _found, _settle, _sweep
from pipeline.cli._at_rest import is_half_done
from pipeline.cli._carry_out import carry_out
from pipeline.cli._indexed import Indexed
from pipeline.cli._jobs import Job, counts
from pipeline.study import Register, Store, Study
from pipeline.workers import Pool

GROWN = 1.1
"""A study that has grown so much since ingest last made a backup gets another one."""


def take_in(
    study: Study, store: Store, kept: Register, jobs: Sequence[Job], todo: Sequence[Job], pool: Pool, nlp: Any
) -> dict[str, Any]:
    """Find, settle and sweep `todo`, those of `jobs` that are new or changed, after finishing what an earlier
    command left undone; returns what is told of the study. `nlp` takes the place of the finder's model."""
    _found.recover(study.vault, store)
    if is_half_done(store, kept):
        carry_out(study, store, kept, ())
    ids = [job.id for job in todo]
    tables = _find.check(study, kept, todo, pool)  # before anything is recorded
    backed_up = _back_up(study, store, ids) if ids else None
    with study.run(store, "ingest") as run:
        run.inputs = [kept.text_hash(job.sha256) for job in jobs]
        if ids:
            _find.enrol(study, kept, todo, tables)
            _find.find(study, kept, todo, pool, nlp)
            pool.rest()  # its memory is free before the whole study is linked
        index = Indexed(store.words())
        if ids or not store.all_searched(kept.version):  # stopped just before its end
            _settle.settle(study, store, kept, ids, index)
        _sweep.sweep(study, store, kept, index=index)
        result = counts(store, kept, len(todo), len(jobs))
        run.result = {**result, "backed_up": backed_up}
    return result


def _back_up(study: Study, store: Store, todo: list[str]) -> int | None:
    """A backup before transcripts are read again, and whenever a study has grown by a tenth.

    What is only added can be read again; a copy of the whole before each single interview would cost more
    than the interview. Returns how many transcripts are in the backup.
    """
    there = store.count("transcripts")
    last = "SELECT coalesce(max(json_extract(result, '$.backed_up')), 0) FROM runs WHERE command = 'ingest'"
    if store.fingerprints(todo) or there >= GROWN * store.scalar(last):
        study.backup("ingest")
        return there
    return None

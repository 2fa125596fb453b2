"""Changed names carried into the text: whatever the register says anew, nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pipeline import transcripts
from pipeline.cli import _settle, _sweep
from pipeline.cli._at_rest import GOING_ON, is_half_done
from pipeline.cli._names import Names, draw_surrogates
from pipeline.cli._rewrite import rewrite
from pipeline.errors import StudyError
from pipeline.study import Register, Store, Study, register


def carry_out(
    study: Study, store: Store, kept: Register, changed: Iterable[str], unmasked: Iterable[str] = ()
) -> list[str]:
    """Write these transcripts anew, look for newly listed wordings everywhere, sweep, and renew the backups.

    Returns the utterances that read differently. Where something is uncovered, the source files are read
    again first, so that a file that is gone is told before anything changes.
    """
    resumed = is_half_done(store, kept)
    there = {one.id for one in store.transcripts()}
    raw = {name: source_turns(kept, name) for name in sorted(set(unmasked) & there)}
    redrawn = draw_surrogates(study.settings, kept)
    renamed = kept.transcripts_of(redrawn)
    kept.unwritten = sorted({*kept.unwritten, *changed, *raw, *renamed} & there)
    _settle.learn({}, kept)
    store.set_note(GOING_ON, "yes")
    register.save(study.vault, kept)
    names = Names(study.settings, kept)
    anew = [one for name in kept.unwritten for one in rewrite(study, store, names, name, raw=raw.get(name))]
    anew += _settle.settle(study, store, kept, [])
    anew += _sweep.sweep(study, store, kept, again=True)
    if anew or resumed:
        study.renew_backups("names")
    kept.unwritten = []
    register.save(study.vault, kept)
    store.set_note(GOING_ON, "")
    return sorted(set(anew))


def source_turns(kept: Register, transcript_id: str) -> dict[int, str]:
    """The turns of a transcript from its source file; `StudyError` names a file that is gone or changed."""
    source = kept.sources[transcript_id]
    file = Path(source.path)
    hint = "To un-mask something its own words are needed: put the file back. Nothing was changed."
    try:
        data = file.read_bytes()
    except OSError:
        raise StudyError("is gone from where it was read", where=str(file), hint=hint) from None
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise StudyError("has changed since it was read", where=str(file), hint=hint)
    return {turn.index: turn.text for turn in transcripts.read(data, file.name).turns}


def coded(store: Store, utterances: Iterable[str]) -> list[str]:
    """Those among these utterances that somebody has coded."""
    decided = {row[0] for row in store.db.execute("SELECT DISTINCT utterance_id FROM decisions")}
    return [one for one in utterances if one in decided]

"""`secondcoder withdraw`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say
from pipeline.errors import StudyError


@app.command()
def withdraw(
    study: StudyArg,
    transcript: Annotated[
        str, typer.Argument(metavar="TRANSCRIPT", help="Its id, as in transcripts.csv.", show_default=False)
    ],
    reason: Annotated[str, typer.Option(help="Why, without names; stays on the tombstone.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Delete an interview for good: its text, decisions, sheets, names, vectors and every backup.

    Example:  secondcoder withdraw my-study S3PW1
    """
    if not yes:
        said = typer.prompt(f"This cannot be undone. Type {transcript} to go on", default="", err=True)
        if said.strip() != transcript:
            raise StudyError("was not withdrawn", where=transcript, hint="Nothing was changed.")
    result = withdraw_transcript(study, transcript, reason=reason, key=key)
    if as_json:
        emit(result)
    say(f"{transcript} is withdrawn: {result['decisions']} decisions and all its text are gone.")
    say("Backups, reports and suggestions held it too and are destroyed; a new backup was made.")
    if result["summaries_kept"] or result["summaries_gone"]:
        say(
            f"Of the entries in matrix.xlsx {result['summaries_gone']} are gone; "
            f"{result['summaries_kept']} that neither name nor quote it are kept. Read them: a summary may "
            "still tell what it said."
        )
    if result["sheets"]:
        say(f"Destroyed too, with what others they held: {', '.join(result['sheets'])}")
    say("Yours to destroy: the interview's own file, copies of sheets that were sent, exported documents.")
    say(f"Next: secondcoder suggest {study}")


def _forget_quotes(opened: Any, store: Any, transcript: str) -> None:
    """Take what the interview said out of the codebook's examples, where `explore` may have put it."""
    from dataclasses import replace

    from pipeline import codebook
    from pipeline.cli._codebook import of_study

    said = {one.text for one in store.utterances(context=True) if one.transcript_id == transcript}
    book = of_study(opened)
    codes = [
        replace(code, examples=tuple(text for text in code.examples if text not in said))
        for code in book.codes
    ]
    if tuple(codes) != book.codes:
        opened.write_codebook(codebook.dump(replace(book, codes=tuple(codes))))


def withdraw_transcript(
    study: Path, transcript: str, *, reason: str = "", key: Path | None = None
) -> dict[str, Any]:
    """Withdraw one transcript; killed half-way and run again, it is carried to its end."""
    from pipeline.cli import _found, _notes, _summaries_left, _sweep
    from pipeline.cli._search import search, written
    from pipeline.pseudonymise.persons import speaker_names
    from pipeline.study import Study, register, withdrawal

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    with opened.store() as store:
        _found.recover(opened.vault, store)
        withdrawal.check_known(store, kept, transcript)
        with opened.run(store, "withdraw") as run:
            sheets = withdrawal.files_with(opened, transcript)
            made = search(opened, kept, written(store))  # while the register still knows who is named in it
            withdrawal.bury(store, transcript, _notes.mask(opened, kept, made, [(transcript, reason)])[0])
            _forget_quotes(opened, store, transcript)
            keep, entries = _summaries_left.keep(opened, store, kept, made, transcript)
            withdrawal.forget(kept, transcript, lambda label: speaker_names([label]))
            register.save(opened.vault, kept)
            withdrawal.delete_files(opened, transcript, sheets, keep)
            counts = withdrawal.delete_rows(store, transcript)
            _sweep.sweep(opened, store, kept, again=True)
            opened.renew_backups("withdraw")
            run.result = {
                "transcript": transcript,
                "at": withdrawal.buried(store, transcript),
                "decisions": counts.get("decisions", 0),
                "utterances": counts.get("utterances", 0),
                "sheets": [file.name for file in sheets],
                "summaries_kept": entries[0],
                "summaries_gone": entries[1],
            }
    return run.result

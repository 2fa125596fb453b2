"""`secondcoder check`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say, show, table


@app.command()
def check(
    study: StudyArg,
    speakers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Corrections: a CSV with transcript, label, role, participant."),
    ] = None,
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Show who speaks in which transcript and what is doubtful. Needs the key: labels may be names.

    Example:  secondcoder check my-study
    """
    if speakers is not None:
        said = correct(study, speakers, key=key)
        say(f"{said} corrections kept in the register; they take effect at the next `secondcoder ingest`.")
    rows = check_study(study, key=key)
    if as_json:
        emit(rows)
        return
    header = ["transcript", "label", "participant", "role", "case", "doubtful"]
    show(table([[row[column] for column in header] for row in rows], header))
    doubtful = sum(bool(row["doubtful"]) for row in rows)
    say(f"{len(rows)} labels, {doubtful} doubtful. Correct cases in {study / 'transcripts.csv'};")
    say("what a label stands for, in a CSV with transcript, label, role: give it with --speakers.")
    say("This table shows labels as they were typed; do not pass it on.")


def correct(study: Path, file: Path, *, key: Path | None = None) -> int:
    """Keep what people say of speaker labels in the register; an empty transcript means every transcript."""
    import csv

    from pipeline.errors import StudyError
    from pipeline.study import Study, register

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or "label" not in rows[0]:
        raise StudyError("has no column label", where=file.name, hint="It needs: transcript, label, role.")
    columns = ("transcript", "label", "role", "participant")
    said = [{column: (row.get(column) or "").strip() for column in columns} for row in rows]
    before = {(one["transcript"], one["label"]): one for one in kept.corrections}
    before.update({(one["transcript"], one["label"]): one for one in said if one["label"]})
    kept.corrections = [before[pair] for pair in sorted(before)]
    register.save(opened.vault, kept)
    return len(said)


def check_study(study: Path, *, key: Path | None = None) -> list[dict[str, Any]]:
    """The table label, participant, role, case, of every transcript."""
    from pipeline.study import Study, register

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    people = {(one.transcript, one.participant): one for one in opened.people()}
    rows = []
    for name, source in sorted(kept.sources.items()):
        for label, participant in source.participants.items():
            person = people.get((name, participant))
            rows.append(
                {
                    "transcript": name,
                    "label": label,
                    "participant": participant,
                    "role": person.role if person else source.roles.get(label, ""),
                    "case": person.case if person else "",
                    "doubtful": "; ".join(source.doubts.get(label, ())),
                }
            )
    return rows

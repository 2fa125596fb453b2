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
        say(f"{said} corrections kept in the register; ingest the same files again for them to take effect.")
    rows = check_study(study, key=key)
    if as_json:
        emit(rows)
        return
    header = ["transcript", "file", "label", "participant", "role", "case", "doubtful"]
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
    _check(said, kept, opened.settings, file.name)
    before = {(one["transcript"], one["label"]): one for one in kept.corrections}
    before.update({(one["transcript"], one["label"]): one for one in said if one["label"]})
    kept.corrections = [before[pair] for pair in sorted(before)]
    register.save(opened.vault, kept)
    return len(said)


def _check(said: list[dict[str, str]], kept: Any, settings: Any, where: str) -> None:
    """Refuse a correction that names a transcript or a role that the study does not have."""
    from pipeline.errors import StudyError

    roles = {*settings.roles, *settings.role_names}
    for number, one in enumerate(said, start=2):
        if one["role"] and one["role"] not in roles:
            raise StudyError(
                f"row {number}: that is no role of this study",  # the cell may hold a name
                where=where,
                hint=f"Known: {', '.join(sorted(roles))}. Add more under [role_names] in study.toml.",
            )
        if kept.sources and one["transcript"] and one["transcript"] not in kept.sources:
            raise StudyError(
                f"row {number}: there is no such transcript",
                where=where,
                hint="See the first column of `secondcoder check`.",
            )


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
                    "file": Path(source.path).name,
                    "label": label,
                    "participant": participant,
                    "role": person.role if person else source.roles.get(label, ""),
                    "case": person.case if person else "",
                    "doubtful": "; ".join(source.doubts.get(label, ())),
                }
            )
    return rows

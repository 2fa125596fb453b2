"""`secondcoder check`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say, show, table


@app.command()
def check(study: StudyArg, key: KeyOpt = None, as_json: JsonOpt = False) -> None:
    """Show who speaks in which transcript and what is doubtful. Needs the key: labels may be names.

    Example:  secondcoder check my-study
    """
    rows = check_study(study, key=key)
    if as_json:
        emit(rows)
        return
    header = ["transcript", "label", "participant", "role", "case", "doubtful"]
    show(table([[row[column] for column in header] for row in rows], header))
    doubtful = sum(bool(row["doubtful"]) for row in rows)
    say(f"{len(rows)} labels, {doubtful} doubtful. Correct case and role in {study / 'transcripts.csv'}.")
    say("This table shows labels as they were typed; do not pass it on.")


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

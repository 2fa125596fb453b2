"""`secondcoder reidentify`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say, show


@app.command()
def reidentify(
    study: StudyArg,
    pseudonym: Annotated[
        str,
        typer.Argument(
            metavar="PSEUDONYM", help='"[Person 3]", an Id, or a participant.', show_default=False
        ),
    ],
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Say who a pseudonym stands for. Needs the key; that it was asked is recorded, the answer is not.

    Example:  secondcoder reidentify my-study "[Peer worker 3]"
    """
    found = who_is(study, pseudonym, key=key)
    if as_json:
        emit(found)
        return
    for one in found:
        show(f"{one['pseudonym']} ({one['label'].lower()}): {'; '.join(one['wordings'])}")
        show(f"  in {', '.join(one['transcripts'])}")
    say("This is written nowhere; that the pseudonym was looked up is recorded in the study.")


def who_is(study: Path, pseudonym: str, *, key: Path | None = None) -> list[dict[str, Any]]:
    """The wordings behind a pseudonym (with or without brackets), an entity's id or a participant's id."""
    from pipeline.errors import StudyError
    from pipeline.study import Study, register

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    asked = pseudonym.strip().strip("[]").casefold()
    found = [
        {
            "pseudonym": one["pseudonym"],
            "label": one["label"],
            "wordings": sorted(one["where"]),
            "transcripts": sorted({name for some in one["where"].values() for name in some}),
        }
        for one in kept.entities
        if one["where"] and asked in _called(one, kept.surrogates.get(one["id"], []))
    ]
    labels: dict[str, set[str]] = {}
    for name, source in kept.sources.items():
        for label, participant in source.participants.items():
            if participant.casefold() == asked:
                labels.setdefault(label, set()).add(name)
    found += [
        {"pseudonym": pseudonym, "label": "SPEAKER", "wordings": [label], "transcripts": sorted(names)}
        for label, names in sorted(labels.items())
    ]
    with opened.store() as store, opened.run(store, "reidentify") as run:
        run.result = {"asked": asked if found else "unknown", "found": len(found)}
    if not found:
        raise StudyError("no such pseudonym is in use in this study", hint="See `secondcoder names export`.")
    return found


def _called(entity: dict[str, Any], surrogate: list[str]) -> set[str]:
    names = {entity["id"].casefold(), entity["pseudonym"].strip("[]").casefold()}
    return names | {" ".join(surrogate).casefold(), *(one.casefold() for one in surrogate)} - {""}

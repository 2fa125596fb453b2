"""`secondcoder backup list|restore`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say, show, table

backup = typer.Typer(
    help="The encrypted backups that a study makes of itself: list them, take one back.",
    no_args_is_help=True,
)
app.add_typer(backup, name="backup")


@backup.command("list")
def list_(study: StudyArg, as_json: JsonOpt = False) -> None:
    """List the backups in secret/backups: when each was made, and before what. Needs no key.

    Example:  secondcoder backup list my-study
    """
    kept = list_backups(study)
    if as_json:
        emit(kept)
        return
    if not kept:
        show("There is no backup yet: one is made before whatever takes something in.")
        return
    show(table([[one["file"], one["at"], one["why"]] for one in kept], ["backup", "made (UTC)", "before"]))
    say(f"Next, to take the last one back: secondcoder backup restore {study}")


@backup.command()
def restore(
    study: StudyArg,
    backup: Annotated[
        str, typer.Option(help="Which one, as `backup list` names it; the last if none.", show_default=False)
    ] = "",
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Put a study back as a backup has it: text, decisions, register, tables. Needs the key.

    What stands there now is kept as one more backup.

    Example:  secondcoder backup restore my-study
    """
    result = restore_study(study, backup, key=key)
    if as_json:
        emit(result)
    say(
        f"Taken back from {result['file']}, made {result['at']} UTC before `{result['why']}`: "
        f"{result['transcripts']} transcripts, {result['decisions']} decisions."
    )
    if result["kept_as"]:
        say(f"What stood there before is kept as {result['kept_as']}.")
    if result["later"]:
        say(f"These batches came back later; import their files again: {', '.join(result['later'])}")
    say("Whatever else was taken in after that backup has to be taken in again.")
    say(f"Next: secondcoder status {study}")


def list_backups(study: Path) -> list[dict[str, Any]]:
    """The backups of a study, the oldest first."""
    from pipeline.errors import StudyError
    from pipeline.study import backups

    if not study.is_dir():
        raise StudyError("there is no such folder", where=str(study))
    return [_told(backups.told(file)) for file in backups.kept(study)]


def restore_study(study: Path, name: str = "", *, key: Path | None = None) -> dict[str, Any]:
    """Take a study back from one of its backups, the last sound one unless it is named."""
    from pipeline.study import Study, batches, restoring
    from pipeline.study.folder import vault_of

    chosen = restoring.choose(study, name)
    done = restoring.restore(study, vault_of(study, key), chosen)
    opened = Study.open(study, key=key)
    with opened.store() as store, opened.run(store, "backup restore") as run:
        here = {one.id for one in batches.sent(store) if one.back}
        back = (file.name.partition(".")[0] for file in (study / "review" / "returned").glob("*.age"))
        result = {
            **_told(chosen),
            "transcripts": store.count("transcripts"),
            "decisions": store.count("decisions"),
            "kept_as": done.before.name if done.before else "",
            "later": sorted(set(back) - here),
        }
        run.result = result
    return result


def _told(one: Any) -> dict[str, Any]:
    return {"file": one.file.name, "at": one.at, "why": one.why}

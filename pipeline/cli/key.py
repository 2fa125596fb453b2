"""`secondcoder key show|rotate|export`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say, show

key = typer.Typer(help="The private key of a study: where it lies, a copy, a new one.", no_args_is_help=True)
app.add_typer(key, name="key")

LOST = (
    "A lost key is lost: nobody can open the register again, correct a name or look one up.\n"
    "Coding, audit and reports go on without it."
)


@key.command("show")
def show_(study: StudyArg, key: KeyOpt = None, as_json: JsonOpt = False) -> None:
    """Say where the private key is looked for and whether it opens this study. Never prints it.

    Example:  secondcoder key show my-study
    """
    result = key_state(study, key=key)
    if as_json:
        emit(result)
        return
    state = "opens this study" if result["opens"] else result["problem"]
    show(f"private key   {result['private_key']}   {state}")
    show(f"public key    {result['public_key']}")
    show(f"backups       {result['backups']} in secret/backups, encrypted to it")
    if not result["opens"]:
        show(LOST)


@key.command()
def rotate(study: StudyArg, key: KeyOpt = None, as_json: JsonOpt = False) -> None:
    """Make a new key pair and encrypt everything to it; the old key opens nothing in the study any more.

    Example:  secondcoder key rotate my-study
    """
    result = rotate_key(study, key=key)
    if as_json:
        emit(result)
    say(f"{result['files']} files and notes are encrypted to the new key in {result['private_key']}.")
    say("Copies of the old key open nothing here any more; copies of the study made before stay open to it.")
    say(f"Next: secondcoder key export {study} FILE   (keep a copy in a safe place)")


@key.command("export")
def export(
    study: StudyArg,
    file: Annotated[Path, typer.Argument(help="Where the copy goes, outside the study.", show_default=False)],
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Write a copy of the private key, readable by you only. Whoever has it can look up every name.

    Example:  secondcoder key export my-study /media/safe/my-study.key
    """
    result = export_key(study, file, key=key)
    if as_json:
        emit(result)
    say(f"The private key is in {file}. Keep it apart from the study.")
    say(LOST)


def key_state(study: Path, *, key: Path | None = None) -> dict[str, Any]:
    """Where the key lies, and whether it opens the study."""
    from pipeline.errors import StudyError
    from pipeline.study import Study, backups

    opened = Study.open(study, key=key)
    problem = ""
    try:
        opened.vault.unlock()
    except StudyError as error:
        problem = error.message
    return {
        "private_key": str(opened.vault.key_path),
        "public_key": opened.vault.public,
        "opens": not problem,
        "problem": problem,
        "backups": len(backups.kept(study)),
    }


def rotate_key(study: Path, *, key: Path | None = None) -> dict[str, Any]:
    """Exchange the key pair of a study."""
    from pipeline.study import Study
    from pipeline.study.rotation import rotate as exchange

    opened = Study.open(study, key=key)
    with opened.store() as store, opened.run(store, "key rotate") as run:
        files = exchange(opened.folder, opened.vault, store)
        run.result = {"files": files}
    return {"files": files, "private_key": str(opened.vault.key_path)}


def export_key(study: Path, file: Path, *, key: Path | None = None) -> dict[str, Any]:
    """Copy the private key to a file outside the study; refuses one that exists."""
    from pipeline.errors import StudyError
    from pipeline.study import Study
    from pipeline.study.vault import write_key

    opened = Study.open(study, key=key)
    identity = opened.vault.identity()
    if opened.folder.resolve() in file.resolve().parents:
        raise StudyError(
            "lies inside the study", where=str(file), hint="A key kept beside what it opens protects nothing."
        )
    with opened.store() as store, opened.run(store, "key export"):
        write_key(file, str(identity))
    return {"file": str(file)}

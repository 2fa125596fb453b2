"""`secondcoder transcripts export`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, say

transcripts = typer.Typer(help="Pseudonymised interviews for the team or an archive.", no_args_is_help=True)
app.add_typer(transcripts, name="transcripts")


@transcripts.command("export")
def export(
    study: StudyArg,
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="A new folder.", show_default=False)],
    to: Annotated[str, typer.Option(help="docx or txt.")] = "docx",
    as_json: JsonOpt = False,
) -> None:
    """Write every interview, pseudonymised, as a clean document of its own.

    Example:  secondcoder transcripts export my-study --to docx --into for-the-archive
    """
    result = export_transcripts(study, into, to=to)
    if as_json:
        emit(result)
    say(f"{len(result['files'])} interviews in {into}. {result['checked']}")


def export_transcripts(study: Path, into: Path, *, to: str = "docx") -> dict[str, Any]:
    """Write the interviews and a note on how they were checked; refuses text that was not swept clean."""
    from pipeline.cli._documents import write_clean
    from pipeline.cli._gate import CHECKED, check_swept
    from pipeline.errors import StudyError
    from pipeline.exchange.documents import FORMATS
    from pipeline.study import Study
    from pipeline.study.vault import write_safely

    if to not in FORMATS:
        raise StudyError(f"{to} is no format for clean documents", hint=f"--to {' or --to '.join(FORMATS)}")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise StudyError("is not empty", where=str(into), hint="Choose a new folder.")
    opened = Study.open(study)
    with opened.store() as store:
        checked = check_swept(opened, store)
        with opened.run(store, "transcripts export") as run:
            files = write_clean(opened, store, into, to)
            write_safely(into / CHECKED, (checked + "\n").encode("utf-8"))
            run.result = {"files": len(files)}
    return {"files": files, "checked": checked}

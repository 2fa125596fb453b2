"""`secondcoder init`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say


@app.command()
def init(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="The folder to make.", show_default=False)],
    codebook: Annotated[
        str, typer.Option(help="A codebook that comes with secondcoder, or a file of your own.")
    ] = "parihs-peer-support",
    as_json: JsonOpt = False,
) -> None:
    """Make a study folder: settings, codebook, an empty cases.csv, and the key pair.

    Example:  secondcoder init my-study --codebook parihs-1998
    """
    from pipeline import codebook as codebooks
    from pipeline import resources
    from pipeline.cli._codebook import find
    from pipeline.study import Study

    text = find(codebook)
    book = codebooks.parse(text, where=codebook)
    settings = resources.path("configs", "study.toml").read_text(encoding="utf-8")
    made = Study.create(study, settings_text=settings, codebook_text=text)
    if as_json:
        emit({"study": str(study), "codebook": book.name, "key": str(made.vault.key_path)})
    say(f"Made {study} with the codebook {book.name} ({len(book.leaves())} codes).")
    say(f"The private key is {made.vault.key_path}: keep a copy in a safe place, apart from the study.")
    say("Without it nobody, we included, can open the register again.")
    say(f"Next: secondcoder ingest {study} FOLDER-WITH-INTERVIEWS")

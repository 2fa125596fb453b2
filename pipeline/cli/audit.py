"""`secondcoder audit`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show

WhatArg = Annotated[
    list[Path],
    typer.Argument(metavar="STUDY | TABLE TABLE...", help="A study, or coded tables.", show_default=False),
]
ModelOpt = Annotated[Path | None, typer.Option(metavar="FILE", help="The model's codes as a table.")]
BookOpt = Annotated[str, typer.Option(help="The codebook of the tables, by name or file.")]
AnchoredOpt = Annotated[bool, typer.Option(help="Take decisions made with suggestions in view too.")]
SampleOpt = Annotated[
    str, typer.Option(help="The drawn sample to audit: its name, latest, or none for every decision.")
]
EpsilonOpt = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Grace for the model: .2 experts, .15 trained, .1 a crowd.")
]
WidthOpt = Annotated[
    float, typer.Option(min=0.01, max=1.0, help="The width of an interval of kappa to plan for.")
]
RhoOpt = Annotated[
    float | None,
    typer.Option(
        min=0.41, max=1.0, help="Add Shaffer's rho for this kappa, such as .65.", show_default=False
    ),
]
OutOpt = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write tables, methods text and a page with plots here.")
]


@app.command()
def audit(
    what: WhatArg,
    model: ModelOpt = None,
    codebook: BookOpt = "",
    anchored: AnchoredOpt = False,
    sample: SampleOpt = "latest",
    epsilon: EpsilonOpt = 0.15,
    width: WidthOpt = 0.2,
    rho: RhoOpt = None,
    out: OutOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """How far do coders agree with each other and with the model, code by code?

    Example:  secondcoder audit my-study   or   secondcoder audit anna.csv ben.csv --out audit
    """
    from pipeline.agreement.audit import Options
    from pipeline.cli import _audit_words
    from pipeline.cli._gate import tell_invented

    asked = Options(anchored=anchored, epsilon=epsilon, width=width, rho=rho)
    if len(what) == 1 and what[0].is_dir():
        from pipeline.cli._audit_study import audit_study

        _tables_only(model, codebook)
        result = audit_study(what[0], sample=sample, **asked)
    else:
        from pipeline.cli._audit_tables import audit_tables

        result = audit_tables(what, model=model, codebook=codebook, **asked)
    tell_invented(what[0])
    for notice in result.notices:
        say(f"{notice.place}: {notice.message}")
    for warning in result.warnings:
        say(warning)
    if out is not None:
        save(result, out, _names(what, codebook), _checked(what))
    if as_json:
        emit(result.as_json())
        return
    for line in _audit_words.words(result):
        show(line)
    if out is None:
        say("For every disagreement with its text, a page with plots and CSV: add --out DIR.")


def save(result: Any, out: Path, names: dict[str, str] | None = None, checked: str = "") -> None:
    """Write tables, methods text, an HTML page and its pictures into a folder."""
    from pipeline.cli import _audit_files
    from pipeline.cli._gate import CHECKED

    out.mkdir(parents=True, exist_ok=True)
    files = _audit_files.files(result, names or {}, checked)
    if checked:
        files[CHECKED] = f"{checked}\n".encode()
    for name, data in files.items():
        (out / name).write_bytes(data)
    say(f"Written in {out}: {', '.join(files)}")


def _checked(what: list[Path]) -> str:
    """How a study's text was searched for names, as the audit shows some, and whether it is all invented."""
    from pipeline.cli._gate import invented, of_study
    from pipeline.errors import StudyError
    from pipeline.study import Study

    if not what[0].is_dir():
        return ""
    try:
        return of_study(what[0])
    except StudyError:
        return invented(Study.open(what[0]))  # the audit is without participants' words then


def _tables_only(model: Path | None, codebook: str) -> None:
    """A study has its own model and codebook."""
    from pipeline.errors import StudyError

    if model or codebook:
        raise StudyError(
            "a study has its own model and codebook",
            where="--model" if model else "--codebook",
            hint="Leave the option out, or give tables in place of the study.",
        )


def _names(what: list[Path], codebook: str) -> dict[str, str]:
    """The codes' names by id, where there is a codebook."""
    from pipeline import codebook as codebooks
    from pipeline.cli._codebook import find, of_study
    from pipeline.study import Study

    if len(what) == 1 and what[0].is_dir():
        book = of_study(Study.open(what[0]))
    elif codebook:
        book = codebooks.parse(find(codebook), where=codebook)
    else:
        return {}
    return {code.id: code.name for code in book.codes}

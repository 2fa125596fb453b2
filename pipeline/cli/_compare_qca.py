"""QCA as `compare` and `report` are asked for it: in lines, or in a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

QcaOpt = Annotated[Path | None, typer.Option("--qca", metavar="FILE", help="QCA as a YAML file asks for it.")]
ConditionOpt = Annotated[
    list[str] | None, typer.Option(metavar="NAME=SOURCE", help="QCA: a condition; see docs/COMPARING.md.")
]
OutcomeOpt = Annotated[str, typer.Option(metavar="NAME=SOURCE", help="QCA: the outcome.")]
ExpectOpt = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="QCA: expected to favour it; ~NAME: its absence.")
]
InclOpt = Annotated[float | None, typer.Option(help="QCA: consistency that a combination needs (0.8).")]
PriOpt = Annotated[float | None, typer.Option(help="QCA: PRI that a combination needs (0).")]
CasesCutOpt = Annotated[int | None, typer.Option(help="QCA: cases that a combination needs (1).")]


@dataclass(frozen=True)
class Answered:
    """A QCA with the question, and the quotations behind its rows: case, condition, quotations."""

    found: Any
    asked: Any
    behind: dict[str, dict[str, list[dict[str, str]]]]

    def as_json(self) -> dict[str, object]:
        """`"qca"` of `compare --json`."""
        return {**self.found.as_json(), "quotes": self.behind}


def plan(
    file: Path | None,
    condition: list[str] | None,
    outcome: str,
    expect: list[str] | None,
    cuts: tuple[float | None, float | None, int | None],
) -> Any:
    """What was asked, None if nothing was; `cuts` (consistency, PRI, cases) come before those of the file."""
    from pipeline.compare.ask import parse
    from pipeline.compare.plan import Plan, expectations, read_plan
    from pipeline.errors import StudyError

    lines = bool(condition or outcome or expect)
    if file is None and not lines:
        return None
    if file is not None and lines:
        raise StudyError(
            "QCA is asked for in a file and in lines", where=file.name, hint="Give --qca FILE alone."
        )
    if file is not None:
        found = read_plan(file.read_text(encoding="utf-8-sig"), file.name)
    elif not outcome or not condition:
        raise StudyError(
            "QCA needs conditions and an outcome",
            hint="--condition FIDELITY=fidelity@5,8,11 --outcome ENGAGED=engagement@30,45,60",
        )
    else:
        found = Plan(tuple(map(parse, condition)), parse(outcome), expectations(expect or []))
    consistency, pri, number = cuts
    return replace(
        found,
        incl_cut=found.incl_cut if consistency is None else consistency,
        pri_cut=found.pri_cut if pri is None else pri,
        n_cut=found.n_cut if number is None else number,
    )


def answer(found: tuple[Any, Any], attributes: dict[str, dict[str, str]], wanted: Any) -> Answered:
    """Make the QCA of a plan from the matrix and the cases' attributes."""
    from pipeline.compare.ask import question
    from pipeline.compare.both import both_sides
    from pipeline.compare.linked import quotes_of

    laid, comparison = found
    asked = question(
        wanted.conditions,
        wanted.outcome,
        laid,
        attributes,
        present_share=comparison.rules.present_share,
        leave_out=wanted.leave_out,
    )
    whole = both_sides(
        asked,
        incl_cut=wanted.incl_cut,
        n_cut=wanted.n_cut,
        pri_cut=wanted.pri_cut,
        expectations=wanted.expectations,
    )
    behind = {
        case: {
            name: [{"text": quote.text, "ref": quote.ref} for quote in quotes]
            for name, quotes in by_name.items()
        }
        for row in whole.outcome.analysis.table.rows
        for case, by_name in quotes_of(row, laid, asked.links).items()
    }
    return Answered(whole, asked, behind)

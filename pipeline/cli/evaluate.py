"""`secondcoder evaluate`"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show, table


class By(StrEnum):
    """What is held out together."""

    transcript = "transcript"
    case = "case"


@app.command()
def evaluate(
    what: Annotated[Path, typer.Argument(metavar="CODED|STUDY", help="A coded table, or a study.")],
    by: Annotated[By, typer.Option(help="Hold out whole transcripts, or whole cases.")] = By.transcript,
    speaker: Annotated[str, typer.Option(metavar="NAME", help="Score this speaker or role only.")] = "",
    level: Annotated[
        int | None, typer.Option(metavar="N", help="Fold code paths (A > B > C) to the top N.", min=1)
    ] = None,
    min_count: Annotated[
        int, typer.Option(metavar="N", help="Leave out codes given less often.", min=1)
    ] = 15,
    coder: Annotated[str, typer.Option(metavar="NAME", help="Take this coder's rows as the truth.")] = "",
    checks: Annotated[
        bool,
        typer.Option("--checks", help="Also leaks, learning curve, bias (minutes)."),
    ] = False,
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw the figures as PNG here.")] = None,
    as_json: JsonOpt = False,
) -> None:
    """How good are the suggestions on interviews that the model has not seen, next to what people agree on?

    Example:  secondcoder evaluate coded.csv --speaker participant
    """
    from pipeline.cli import _uneven

    found = evaluate_coded(what, by.value, speaker, level, min_count, coder, checks, plots)
    if as_json:
        emit(found)
    else:
        for line in _lines(found):
            show(line)
    if checks and what.is_dir() and not (coder or speaker):
        _uneven.keep(what, found)


def evaluate_coded(
    what: Path,
    by: str,
    speaker: str,
    level: int | None,
    min_count: int,
    coder: str,
    checks: bool,
    plots: Path | None,
) -> dict[str, Any]:
    """The figures of a coded table or a study."""
    from pipeline.cli._evaluating import coded_study, coded_table
    from pipeline.cli._gate import tell_invented
    from pipeline.suggest import checks as further
    from pipeline.suggest import evaluate as measured

    tell_invented(what)
    if what.is_dir():
        coded, book, cold = coded_study(what, coder, speaker)
    else:
        coded, book, cold = coded_table(what, level, coder, speaker)
    number = len(coded.examples.utterances)
    say(f"{number} coded utterances; whole {by}s are held out, in up to five rounds.")
    found = measured.evaluate(
        coded, by="case" if by == "case" else "transcript", min_count=min_count, codebook=book, cold=cold
    )
    if checks:
        found = further.with_bias(further.with_leak_check(found))
    if checks or plots:
        found = further.with_learning_curve(found)
    result = found.as_json()
    if plots:
        from pipeline.report.suggestions import figures

        plots.mkdir(parents=True, exist_ok=True)
        for name, png in figures(result).items():
            (plots / name).write_bytes(png)
        say(f"Figures drawn in {plots}.")
    return result


_COLUMNS = ["code", "given", "share", "F1", "95 % interval", "AP", "kappa", "Brier", "base"]


def _lines(found: dict[str, Any]) -> list[str]:
    at = ", ".join(f"{found[f'precision_at_{part}']:.2f}" for part in ("quarter", "half", "full"))
    lines = [
        f"{found['utterances']} utterances of {found['groups']} {found['held_out_by']}s, held out in turn.",
        "",
        table(_summary(found), ["", "macro-F1", "micro-F1", "mean AP", "kappa"]),
        "",
        table(_by_code(found), _COLUMNS),
        "",
        f"Calibration error {found['ece']:.3f}.",
        f"Brier {found['brier']:.3f}, always answering the base rate {found['brier_base']:.3f}.",
        f"Precision when suggesting a quarter, half, as many codes as people gave: {at}.",
    ]
    if found["left_out"]:
        rare = ", ".join(f"{code} ({given})" for code, given in found["left_out"].items())
        lines.append(f"Left out as too rare: {rare}.")
    return lines + _of_checks(found)


def _of_checks(found: dict[str, Any]) -> list[str]:
    lines = []
    if "leak" in found:
        drop = found["leak"]["drop"]
        lines.append(f"Holding out single utterances would show {drop:+.3f} macro-F1 that is no merit.")
    for one in found.get("learning_curve", []):
        lines.append(f"{one['examples']} examples a code: macro-F1 {one['macro_f1']:.3f}.")
    if found.get("bias") == {}:
        lines.append("Errors by role, case, speaker: not compared, for all utterances are of one.")
    for attribute, levels in found.get("bias", {}).items():
        uneven = [f"{name} ({one['difference']:+.3f})" for name, one in levels.items() if one["uneven"]]
        told = f"differ for {', '.join(uneven)}" if uneven else "no difference beyond chance"
        if all(one["interval"] is None for one in levels.values()):
            told = f"cannot be told, for each {attribute} is found in one interview only"
        lines.append(f"Errors by {attribute}: {told}.")
    return lines


def _summary(found: dict[str, Any]) -> list[list[str]]:
    rows = [["second coder", found["macro_f1"], found["micro_f1"], found["mean_ap"], found["mean_kappa"]]]
    for name, one in found["baselines"].items():
        rows.append([name, one["macro_f1"], one["micro_f1"], one["mean_ap"], None])
    if found["human"]:
        people = found["human"]
        rows.append(["coder with coder", people["macro_f1"], None, None, people["mean_kappa"]])
        model = people["model"]
        rows.append(["model with coder", model["macro_f1"], None, None, model["mean_kappa"]])
    return [[name, *map(_number, numbers)] for name, *numbers in rows]


def _by_code(found: dict[str, Any]) -> list[list[str]]:
    rows = []
    for code, one in found["per_code"].items():
        interval = one["f1_interval"]
        span = f"{interval[0]:.2f} to {interval[1]:.2f}" if interval else "-"
        numbers = [_number(one[name]) for name in ("ap", "kappa", "brier", "brier_base")]
        rows.append([code, str(one["given"]), _number(one["prevalence"]), _number(one["f1"]), span, *numbers])
    return rows


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

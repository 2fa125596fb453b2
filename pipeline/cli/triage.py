"""`secondcoder triage`"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, say, show, table

_NEARLY_ALL = 0.8
"""A control of more than this share of what is unread is no less work than to read it all."""


@app.command()
def triage(
    study: StudyArg,
    code: Annotated[str, typer.Option(help="Look for this code only.")] = "",
    recall: Annotated[float, typer.Option(min=0.01, max=1.0, help="The share that is to be found.")] = 0.95,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="How sure to be of it.")] = 0.95,
    limit: Annotated[int, typer.Option(min=0, help="How many to list.")] = 20,
    draw: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Draw a random control of N (0: as many as it takes).",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOpt = False,
) -> None:
    """Say what to read next and why, how much of each code is found, and whether it is safe to stop.

    Example:  secondcoder triage my-study
    """
    from pipeline.cli._gate import tell_invented

    result = triage_study(study, code=code, recall=recall, confidence=confidence, limit=limit, draw=draw)
    tell_invented(study)
    if as_json:
        emit(result)
        return
    for line in _lines(result):
        show(line)
    say(f"Next: {result['next_step']}")


def triage_study(
    study: Path,
    *,
    code: str = "",
    recall: float = 0.95,
    confidence: float = 0.95,
    limit: int = 20,
    draw: int | None = None,
) -> dict[str, Any]:
    """What to read next, how much is found, and what may be promised; with `draw`, draw a random control."""
    from pipeline.cli import _triage
    from pipeline.cli._codebook import of_study
    from pipeline.study import Study
    from pipeline.triage.progress import check_codes
    from pipeline.triage.stopping import exact

    opened = Study.open(study)
    book = of_study(opened)
    check_codes(code, [one.id for one in book.leaves()])
    target, sure = exact(recall), exact(confidence)
    with opened.store() as store:
        material = _triage.gather(opened, store, book)
        if draw is not None:
            with opened.run(store, "triage") as run:
                drawn = _triage.draw_control(
                    store, run, material, code=code, size=draw, target=target, confidence=sure
                )
                run.result = {"control": drawn.id, "drawn": len(drawn.items), "seed": drawn.seed}
            material = _triage.gather(opened, store, book)
        far = _triage.how_far(material, target=target, confidence=sure)
        listed = _triage.what_next(opened, material, code=code, limit=limit)
    return _result(study, material, far, listed, code, recall, confidence)


def _result(
    study: Path, material: Any, far: Any, listed: Any, code: str, recall: float, confidence: float
) -> dict[str, Any]:
    from pipeline.cli._triage import control_of, open_control
    from pipeline.triage.progress import as_json

    state, waiting = material.state, open_control(material)
    control, void = control_of(material)
    away = {row for row in state.pile.tolist() if material.utterances[row].id in material.away}
    if waiting:
        verdict, step = _waiting(study, len(waiting), len(away.intersection(waiting)))
    else:
        verdict, step = _verdict(study, far[code], code, recall, confidence, len(state.pile))
    return {
        "code": code,
        "recall": recall,
        "confidence": confidence,
        "utterances": len(material.utterances),
        "read": int(state.read.sum()),
        "unread": len(state.pile),
        "unsure": int(state.unsure.sum()),
        "with_coders": len(away),
        "suggested": material.has_scores,
        "overall": as_json(far[""]),
        "codes": [as_json(one) for name, one in far.items() if name],
        "control": control and {"drawn": len(control.rows), "unread": len(waiting), "look": control.look},
        "notice": void,
        "verdict": verdict,
        "next_step": step,
        "next": [
            {
                "utterance_id": material.utterances[one.row].id,
                "reason": one.reason,
                "code": one.code,
                "score": None if one.score is None else round(one.score, 6),
            }
            for one in listed
        ],
    }


def _waiting(study: Path, unread: int, away: int) -> tuple[str, str]:
    """What is said while a control is being read, and what to do next."""
    lie = " They lie with coders." if away == unread else f" {away} lie with coders." if away else ""
    verdict = f"{unread} utterances of the random control are still unread: nothing is promised yet.{lie}"
    if away == unread:
        return verdict, f"secondcoder review import {study} FILE   (when they are back)"
    return verdict, f"secondcoder review export {study} --coder NAME --only triage"


def _verdict(
    study: Path, one: Any, code: str, recall: float, confidence: float, unread: int
) -> tuple[str, str]:
    """What may be said of one code ("" any), and what to do next."""
    from pipeline.triage.stopping import DRY

    what = code or "a code"
    share, sure = f"{100 * recall:g} %", f"{100 * confidence:g} %"
    export = f"secondcoder review export {study} --coder NAME --only triage"
    audit = f"secondcoder audit {study}"
    if not unread:
        return "Every utterance was read.", audit
    if one.promise is not None and one.promise.reached:
        return (
            f"With {sure} confidence at least {share} of the utterances that carry {what} are found; "
            f"the remaining {unread:,} hold at most {one.promise.most_left:,} more."
        ), audit
    if one.found and one.to_draw == 0:
        return f"Even if all {unread:,} unread utterances carried {what}, {share} would be found.", audit
    short = ""
    if one.promise is not None:
        least = f"{100 * one.promise.recall_at_least:.0f} %"
        short = f"The latest control shows at least {least} found, not {share}. "
    if one.quasi < DRY and one.to_draw:
        draw = f"secondcoder triage {study} --draw 0" + (f" --code {code}" if code else "")
        return (
            f"{short}Reading seems to have run dry: a random control of {one.to_draw:,} may settle it.",
            draw,
        )
    return f"{short}Not enough is known to stop: read on.", export


def _lines(result: dict[str, Any]) -> list[str]:
    lines = [
        f"{result['read']} of {result['utterances']} utterances read, {result['unread']} unread"
        + (f" ({result['with_coders']} of them lie with coders)" if result["with_coders"] else "")
        + (f", {result['unsure']} left open as unsure" if result["unsure"] else "")
        + "."
    ]
    if not result["suggested"]:
        lines.append("Nothing is suggested yet, so the order says little: run `secondcoder suggest` first.")
    rows = [_row(one, result["unread"]) for one in (result["overall"], *result["codes"])]
    header = ["code", "found", "expected left", "to settle it", "at least found"]
    lines += ["", table(rows, header), ""]
    if result["notice"]:
        lines.append(result["notice"])
    lines.append(result["verdict"])
    if result["next"]:
        counts = Counter(one["reason"] for one in result["next"])
        told = ", ".join(f"{number} {reason}" for reason, number in counts.most_common())
        lines += ["", f"To read next ({told}):"]
        lines += [f"  {one['utterance_id']}  {one['reason']}{_about(one)}" for one in result["next"]]
    return lines


def _row(one: dict[str, Any], unread: int) -> list[str]:
    left, promise = one["expected_left"], one["promise"]
    return [
        one["code"] or "any code",
        str(one["found"]),
        "" if left is None else f"{left:.0f}",
        _to_settle(one["to_draw"], unread),
        f"{100 * promise['recall_at_least']:.0f} %" if promise else "",
    ]


def _to_settle(size: int | None, unread: int) -> str:
    """How many must be read at random for a promise; of a rare code it is nearly all."""
    if not unread or size == 0:
        return ""
    return "read all" if size is None or size > _NEARLY_ALL * unread else f"control of {size:,}"


def _about(one: dict[str, Any]) -> str:
    score = "" if one["score"] is None else f" {one['score']:.2f}"
    return f": {one['code']}{score}" if one["code"] else score

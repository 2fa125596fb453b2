"""`secondcoder review`: export, import, merge, status, undo"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, came_in, emit, number_of, say, show, table, waits

BatchOpt = Annotated[
    str, typer.Option("--batch", help="The batch, as `review status` names it.", show_default=False)
]

review = typer.Typer(help="Send utterances to coders and take their decisions back.", no_args_is_help=True)
app.add_typer(review, name="review")


@review.command("export", short_help="Write a sheet, packet or project for a coder.")
def export(
    study: StudyArg,
    coder: Annotated[str, typer.Option(help="Who will review.", show_default=False)] = "",
    to: Annotated[
        str, typer.Option("--to", help="sheet (Excel), packet (a page for any browser), or qdpx.")
    ] = "sheet",
    target: Annotated[str, typer.Option(help="With qdpx: nvivo, maxqda, atlasti, or spec.")] = "spec",
    only: Annotated[
        str, typer.Option(help="triage (what to read next), sample (the drawn sample, blind), or all.")
    ] = "all",
    blind: Annotated[bool, typer.Option("--blind", help="Hide every suggestion.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many utterances.")] = 2000,
    as_json: JsonOpt = False,
) -> None:
    """Write an Excel sheet or a browser packet for one coder, or the study as a REFI-QDA project.

    Example:  secondcoder review export my-study --coder anna
    """
    if to == "qdpx":
        from pipeline.cli._project import export_project, say_exported

        written = export_project(study, target=target, coder=coder, blind=blind)
        if as_json:
            emit(written)
        say_exported(written, study)
        return
    from pipeline.cli._review_out import export_batch

    result = export_batch(study, coder=coder, to=to, blind=blind, limit=limit, only=only)
    if as_json:
        emit(result)
    say(f"{number_of(result['utterances'], 'utterance')} for {coder} in {result['file']}.")
    if result["blind"] and not blind:
        say("It is blind: suggestions are hidden, so that it can speak for all.")
    if result["seen_before"]:
        seen = number_of(result["seen_before"], "utterance")
        say(f"{seen} of these went to {coder} with suggestions in view before.")
    say(f"Next, when it is back: secondcoder review import {study} {_comes_back(result, to)}")


@review.command("sample", short_help="Draw utterances for blind double coding.")
def sample(
    study: StudyArg,
    share: Annotated[float, typer.Option(min=0.0001, max=1.0, help="The share of every interview.")] = 0.1,
    per_code: Annotated[
        int, typer.Option(min=0, help="Besides, so many of where each rarer code is suggested.")
    ] = 10,
    seed: Annotated[
        int | None, typer.Option(help="The same seed draws the same sample.", show_default=False)
    ] = None,
    as_json: JsonOpt = False,
) -> None:
    """Draw utterances for blind double coding, keeping the chance that each had of being drawn.

    Example:  secondcoder review sample my-study --share 0.1 --per-code 10
    """
    from pipeline.cli._choosing import sample_study

    result = sample_study(study, share=share, per_code=per_code, seed=seed)
    if as_json:
        emit(result)
    say(f"{result['drawn']} of {result['utterances']} utterances drawn (seed {result['seed']}).")
    say(f"Next, for each coder: secondcoder review export {study} --coder NAME --only sample")


@review.command("import", short_help="Take back sheets, decisions files and projects.")
def import_(
    study: StudyArg,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Returned sheets, decisions files, projects.", show_default=False
        ),
    ],
    accept_partial: Annotated[
        bool, typer.Option("--accept-partial", help="Take the good rows although others are bad.")
    ] = False,
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Take returned sheets, packets' decisions and projects in; they are added, never overwritten.

    Example:  secondcoder review import my-study returned.xlsx
    """
    from pipeline.cli._review_in import import_files

    results = import_files(study, files, accept_partial=accept_partial, key=key)
    if as_json:
        emit(results)
        return
    for result in results:
        say(f"{result['file']}: {came_in(result['added'], result['known'], result['left_out'])}")
        for line in result["problems"]:
            say(f"  {line}")
        if result["not_in_file"]:
            lost = number_of(result["not_in_file"], "utterance")
            say(f"  Not in the file, so still unreviewed: {lost} of the batch.")
        if result["new_codes"]:
            wanted = number_of(result["new_codes"], "new code")
            say(f"  {wanted} wanted: see `secondcoder review status {study}`.")
        if result["waiting"]:
            say(f"  {waits(result['waiting'])}")
    if any(result["added"] for result in results):
        say(f"Next: secondcoder suggest {study}   (learns from them)   or   secondcoder audit {study}")
    else:
        say(f"Next: secondcoder review status {study}   (what went to whom, what is back)")


@review.command("merge", short_help="Lay coders side by side; send out what they differ on.")
def merge(
    study: StudyArg,
    coder: Annotated[str, typer.Option(help="Who settles what they disagree on.")] = "adjudicator",
    to: Annotated[str, typer.Option("--to", help="sheet (Excel) or packet (a page).")] = "sheet",
    among: Annotated[str, typer.Option(help="Only these coders, with commas between.")] = "",
    as_json: JsonOpt = False,
) -> None:
    """Lay coders side by side and send what they disagree on to somebody to settle.

    Example:  secondcoder review merge my-study --coder carla --to packet
    """
    from pipeline.cli._review_out import merge_coders

    coders = [name.strip() for name in among.split(",") if name.strip()]
    result = merge_coders(study, adjudicator=coder, to=to, coders=coders)
    if as_json:
        emit(result)
    say(
        f"{', '.join(result['coders'])}: they agree on {number_of(result['agree'], 'utterance')}, differ on "
        f"{result['differ']:,}; settled: {result['settled']:,}; judged by one of them only: "
        f"{result['one coder']:,}."
    )
    say(f"Side by side: {result['table']}")
    if result["file"]:
        say(f"To settle: {number_of(result['utterances'], 'utterance')} for {coder} in {result['file']}.")
        say(f"Next, when it is back: secondcoder review import {study} {_comes_back(result, to)}")
    for who, some in result["lying"].items():
        say(f"{number_of(some, 'utterance')} to settle went to {who} before and are not back.")
    if not result["file"]:
        nothing = "Nothing else" if result["lying"] else "Nothing"
        step = "review status" if result["lying"] else "audit"
        say(f"{nothing} is left to settle. Next: secondcoder {step} {study}")


@review.command("status", short_help="Show what went to whom and what is back.")
def status(study: StudyArg, as_json: JsonOpt = False) -> None:
    """Show what went to whom, what is back, and which new codes coders would like.

    Example:  secondcoder review status my-study
    """
    from pipeline.cli._review_in import batches_of

    result = batches_of(study)
    if as_json:
        emit(result)
        return
    if not result["batches"]:
        show("Nothing has been sent to a coder yet.")
        say(f"Next: secondcoder review export {study} --coder NAME")
        return
    rows = [
        [
            one["id"],
            one["coder"],
            ", ".join([one["kind"], *["blind"] * one["blind"], *["sample"] * bool(one["sample"])]),
            one["at"][:10],
            str(one["utterances"] or "all"),
            str(one["back"]) if one["utterances"] else "",
            ", ".join(word for word in ("withdrawn", "released") if one[word]),
        ]
        for one in result["batches"]
    ]
    show(table(rows, ["batch", "coder", "what", "on", "utterances", "back", ""]))
    for line in _wishes(result["new_codes"]):
        show(line)
    if result["waiting"]:
        say(waits(result["waiting"]))
    if result["new_codes"]:
        say("To take a new code up, write it into codebook.yaml and run `secondcoder codes check`.")


@review.command("release", short_help="Let what will not come back be sent to others.")
def release(study: StudyArg, batch: BatchOpt, as_json: JsonOpt = False) -> None:
    """Let what is not back of a batch lie with its coder no longer, so that others can get it.

    Example:  secondcoder review release my-study --batch 1f2e3d4c
    """
    from pipeline.cli._review_in import release_batch

    result = release_batch(study, batch)
    if as_json:
        emit(result)
        return
    say(f"Batch {batch}: {number_of(result['released'], 'utterance')} released; they can be sent out anew.")
    say("Should its file come back all the same, it can still be imported.")
    say(f"Next: secondcoder review export {study} --coder NAME")


@review.command("undo", short_help="Take back what was imported from a batch.")
def undo(study: StudyArg, batch: BatchOpt, as_json: JsonOpt = False) -> None:
    """Take back what was imported from a batch: its decisions stay, marked as withdrawn.

    Example:  secondcoder review undo my-study --batch 1f2e3d4c
    """
    from pipeline.cli._review_in import undo_batch

    result = undo_batch(study, batch)
    if as_json:
        emit(result)
    gone = number_of(result["withdrawn"], "decision")
    say(f"Batch {batch}: {gone} withdrawn. Import its file to take it in again.")


def _wishes(new: list[dict[str, str]]) -> list[str]:
    """A line for each new code that a coder would like, with the first utterances that called for it."""
    where: dict[tuple[str, str, str], list[str]] = {}
    for one in new:
        where.setdefault((one["coder"], one["words"], one["code"]), []).append(one["utterance_id"])
    return [
        f"New code wanted by {coder} at {', '.join(some[:3])}"
        + (f" and {len(some) - 3} more" if len(some) > 3 else "")
        + f": {words} ({code})"
        for (coder, words, code), some in where.items()
    ]


def _comes_back(result: dict[str, object], to: str) -> str:
    return "DECISIONS.json" if to == "packet" else Path(str(result["file"])).name

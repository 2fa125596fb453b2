"""`secondcoder demo`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show

TITLE = "Sample study (invented)"


@app.command()
def demo(
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder to make.")] = Path("secondcoder-demo"),
    as_json: JsonOpt = False,
) -> None:
    """Do the whole job on the sample study: 25 invented interviews at five sites.

    Example:  secondcoder demo --into trial
    """
    result = run_demo(into)
    if as_json:
        emit(result)
        return
    for line in _summary(into, result):
        show(line)


def run_demo(into: Path) -> dict[str, Any]:
    """Make the sample study in a folder and take it from raw interviews to the report."""
    from pipeline import resources
    from pipeline.cli._audit_study import audit_study
    from pipeline.cli._codes_in import import_codes
    from pipeline.cli._review_out import export_batch
    from pipeline.cli.check import correct
    from pipeline.cli.compare import compare_study, save
    from pipeline.cli.ingest import ingest_files
    from pipeline.cli.report import report_study
    from pipeline.cli.suggest import suggest_study

    gold = resources.path("sample_transcripts", "gold")
    if not (into / "study.toml").is_file():
        make(into, gold)
    say("1. Reading and pseudonymising the sample interviews")
    correct(into, gold / "speakers.csv")
    ingested = ingest_files(into, [str(resources.path("sample_transcripts"))])
    say("2. Suggesting codes before anybody has coded (cold start)")
    cold = suggest_study(into)
    say("3. Taking in two readers' codes and their adjudication")
    imported = [import_codes(into, gold / f"codes_coder_{letter}.csv")["added"] for letter in ("a", "b")]
    imported.append(import_codes(into, gold / "adjudicated.csv", adjudicated=True)["added"])
    say("4. Learning from them and suggesting again")
    learned = suggest_study(into)
    say("5. Auditing agreement, comparing the cases, writing the report")
    audited = audit_study(into)
    compared = compare_study(into)
    matrix, patterns = save(into, compared)
    page = report_study(into, audited=audited, compared=compared)
    sheet = export_batch(into, coder="you", limit=100)
    return {
        "ingested": ingested,
        "cold_start": cold,
        "decisions": sum(imported),
        "suggested": learned["suggested"],
        "agreement": _agreement(audited.as_json()),
        "review_sheet": sheet["file"],
        "matrix": matrix,
        "patterns": patterns,
        "report": str(page),
    }


def make(into: Path, gold: Path) -> None:
    """Make the empty study of the sample, with its cases."""
    from pipeline import resources
    from pipeline.study import Study

    settings = resources.path("configs", "study.toml").read_text(encoding="utf-8")
    book = resources.codebooks()["parihs-peer-support"].read_text(encoding="utf-8")
    study = Study.create(
        into,
        settings_text=settings.replace('title = "My study"', f'title = "{TITLE}"').replace(
            "invented = false", "invented = true"
        ),
        codebook_text=book,
    )
    study.write_cases((gold / "cases.csv").read_bytes())


def _agreement(audit: dict[str, Any]) -> dict[str, float | None]:
    return {f"{pair['a']} with {pair['b']}": pair["overall"]["kappa"] for pair in audit["pairs"]}


def _summary(into: Path, result: dict[str, Any]) -> list[str]:
    ingested = result["ingested"]
    lines = [
        "",
        "The sample study (every interview is invented)",
        f"  read            {ingested['transcripts']} transcripts, {ingested['turns']} turns, "
        f"{ingested['utterances']} utterances to code",
        f"  pseudonymised   {ingested['identifiers']} identifiers replaced",
        f"  suggested       {result['cold_start']['suggested']} codes at the cold start, "
        f"{result['suggested']} after learning from two readers",
    ]
    lines += [
        f"  agreement       {pair}: kappa {value:.2f}"
        if value is not None
        else f"  agreement       {pair}: undefined"
        for pair, value in result["agreement"].items()
    ]
    lines += [
        f"  review sheet    {result['review_sheet']}",
        f"  comparison      {result['patterns']}",
        f"  report          {result['report']}",
        "",
        f"Next: open the report, then try  secondcoder status {into}",
    ]
    return lines

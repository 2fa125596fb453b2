"""Builds the starter suggester from the sample study: `python -m pipeline.cli.models [FOLDER]`."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pipeline import embed, resources
from pipeline.cli import _learning
from pipeline.cli._base import say
from pipeline.cli._codebook import of_study
from pipeline.cli._codes_in import import_codes
from pipeline.cli.check import correct
from pipeline.cli.demo import make
from pipeline.cli.ingest import ingest_files
from pipeline.exchange.table import read_table
from pipeline.study import Study, judgements
from pipeline.suggest import saved
from pipeline.suggest.coded import Coded, from_rows
from pipeline.suggest.cold import Cold, definitions
from pipeline.suggest.evaluate import evaluate
from pipeline.suggest.examples import joined
from pipeline.suggest.starter import card, starter

CODEBOOK = "parihs-peer-support"
SEED = 1
TRAINED_ON = "the sample study and further quotations, all of it invented, none of it from real interviews"
LEFT_OUT: dict[str, Literal["transcript", "case"]] = {
    "whole interviews and sets of quotations": "transcript",
    "whole sites, and all quotations at once": "case",
}
QUOTATIONS = "quotations.csv"
"""What workers and coordinators might say, beside the model: each a passage by itself, with its code."""


def build(into: Path) -> None:
    """Train on the adjudicated sample and write the model with its card into a folder."""
    with tempfile.TemporaryDirectory(prefix="secondcoder-") as folder:
        study = _sample(Path(folder) / "study")
        book = of_study(study)
        embedder = embed.load(exact=True)  # the same on every processor
        with study.store() as store:
            utterances = store.utterances(study.case_of())
            decisions = judgements.decisions(store)
        own, previous = _learning.vectors(study, embedder, utterances)
    sample, _ = _learning.examples(decisions, utterances, own, previous, book)
    file = resources.path("models", CODEBOOK, QUOTATIONS)
    rows = read_table(file.read_bytes(), QUOTATIONS, needs=("transcript_id", "text", "codes"))
    coded = joined(sample, from_rows(rows, embedder).examples)
    say("Training the starter model ...")
    model = starter(coded, book, embedder, seed=SEED)
    seen = sorted(_learning.fingerprints(sample.utterances))
    saved.save(replace(model, facts={**model.facts, "seen": seen}), into)
    say("Holding out interviews, then sites ...")
    before = Cold(definitions(book, embedder))
    figures = {
        left_out: evaluate(Coded(coded), by=by, codebook=book, cold=before, seed=SEED)
        for left_out, by in LEFT_OUT.items()
    }
    text = card(model, figures, title=f"Starter suggester: {CODEBOOK}", trained_on=TRAINED_ON)
    (into / "README.md").write_text(text, encoding="utf-8", newline="\n")
    say(f"Written: {into}")


def _sample(folder: Path) -> Study:
    gold = resources.path("sample_transcripts", "gold")
    make(folder, gold)
    correct(folder, gold / "speakers.csv")
    ingest_files(folder, [str(gold.parent)])
    import_codes(folder, gold / "adjudicated.csv", adjudicated=True)
    return Study.open(folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else resources.root() / "models" / CODEBOOK)

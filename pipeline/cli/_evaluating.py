"""Coded utterances for `evaluate`, from a table or from a study's decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipeline import embed
from pipeline.cli import _later_codes, _learning
from pipeline.cli._base import say
from pipeline.cli._codebook import of_study
from pipeline.errors import StudyError
from pipeline.exchange.odd import odd_codes
from pipeline.exchange.table import read_table
from pipeline.records import Codebook
from pipeline.review.state import in_force
from pipeline.study import Study, judgements
from pipeline.suggest.coded import Coded, from_rows, spoken_by
from pipeline.suggest.cold import Cold
from pipeline.suggest.examples import answers_from


def coded_table(file: Path, level: int | None, coder: str, speaker: str) -> tuple[Coded, Codebook, Cold]:
    """A table's utterances with their vectors; there are no definitions to go by."""
    try:
        data = file.read_bytes()
    except OSError:
        raise StudyError("cannot be read", where=str(file), hint="Check the name of the file.") from None
    rows = read_table(data, file.name, needs=("transcript_id", "text", "codes"), levels=level)
    if not rows:
        raise StudyError("holds no coded utterance", where=file.name, hint="Add rows below its header.")
    for line in odd_codes(rows):
        say(f"{file.name}: {line}.")
    coded = from_rows(rows, embed.load(), coder=coder, speaker=speaker)
    return coded, Codebook("", "", "", ()), Cold()


def coded_study(folder: Path, coder: str, speaker: str) -> tuple[Coded, Codebook, Cold]:
    """A study's coded utterances, with what its codebook says beforehand."""
    study = Study.open(folder)
    book = of_study(study)
    embedder: Any = _learning.embedder_of(study)
    with study.store() as store:
        utterances = store.utterances(study.case_of())
        decisions = in_force(judgements.decisions(store))
        later = _later_codes.since(store)
    if coder:
        decisions = [one for one in decisions if one.coder == coder]
    if not decisions:
        raise StudyError(
            "holds no decisions to compare with", where=str(folder), hint="Code some utterances first."
        )
    own, previous = _learning.vectors(study, embedder, utterances)
    examples, _ = _learning.examples(decisions, utterances, own, previous, book, later)
    people = sorted({one.coder for one in decisions if one.kind == "coded"})
    by_coder = {
        name: answers_from(
            [one for one in decisions if one.coder == name and one.kind == "coded"],
            examples.utterances,
            examples.codes,
            since=later,
        ).values
        for name in people
    }
    kept = np.flatnonzero(spoken_by(examples.utterances, speaker))
    return Coded(examples, by_coder).at(kept), book, _learning.cold(book, embedder, utterances)

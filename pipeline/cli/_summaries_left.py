"""What of the analyst's summaries outlives the withdrawal of a transcript."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pipeline.cli import _notes
from pipeline.cli._matrix_files import WORKBOOK
from pipeline.compare.matrix import Chart
from pipeline.compare.returned import read_workbook
from pipeline.compare.workbook import write_charts
from pipeline.errors import StudyError
from pipeline.risk import Sweep
from pipeline.study import Register, Store, Study
from pipeline.study.vault import write_safely

_RUN = 5
"""So many words in a row are a quotation."""
_WORD = re.compile(r"\w+")


def keep(
    study: Study, store: Store, kept: Register, made: Sweep, transcript: str
) -> tuple[list[Path], tuple[int, int]]:
    """Put in the place of the matrix a workbook that holds only what neither names nor quotes a transcript,
    masked by the register as it still is; returns the file to keep, and how many entries stay and go.

    What was written on the transcript's case as a whole sums it up too, and goes.
    """
    file = study.folder / "reports" / WORKBOOK
    try:
        charts = read_workbook(file.read_bytes(), file.name)
    except (OSError, StudyError):
        return [], (0, 0)
    left = outliving(
        charts,
        transcript,
        [(one.case, one.participant) for one in study.people() if one.transcript == transcript],
        [one.text for one in store.utterances(context=True) if one.transcript_id == transcript],
    )
    if not left:
        return [], (0, len(charts))
    clean = _notes.mask(study, kept, made, [("", one.summary) for one in left])
    left = [replace(one, summary=text) for one, text in zip(left, clean, strict=True)]
    write_safely(file, write_charts(left))
    return [file], (len(left), len(charts) - len(left))


def outliving(
    charts: Iterable[Chart], transcript: str, people: Iterable[tuple[str, str]], said: Iterable[str]
) -> list[Chart]:
    """The entries that stay when a transcript goes; `people` are its (case, participant), `said` its words.

    >>> one, other = Chart("S3", "x", summary="Warm."), Chart("S4", "x", summary="As in S3PW1.")
    >>> outliving([one, other, Chart("S4", "x", "S4PW1", "not_asked")], "S3PW1", [("S3", "S3PW1")], [])
    [Chart(case='S4', code='x', participant='S4PW1', status='not_asked', summary='')]
    """
    people = list(people)
    cases, names = {case for case, _ in people}, {transcript, *(name for _, name in people if name)}
    quoted = {run for text in said for run in _runs(text)}
    return [
        one
        for one in charts
        if not (one.case in cases and one.participant in ("", *names))
        and not any(name in one.summary for name in names)
        and quoted.isdisjoint(_runs(one.summary))
    ]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    return {tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}

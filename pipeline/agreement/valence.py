"""Do two coders who give the same code see it point the same way: facilitator, barrier, or both?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.agreement import tables
from pipeline.agreement.figure import number
from pipeline.agreement.units import Unit
from pipeline.records import VALENCES, CodedRow


def valences(
    first: Mapping[Unit, CodedRow], second: Mapping[Unit, CodedRow]
) -> dict[str, dict[str, float | None]]:
    """By code: `n` utterances on which both gave the code and said how it points, share alike, and kappa.

    >>> from pipeline.records import Given
    >>> one = {("T1", "u1"): CodedRow("T1", (Given("context", "barrier"),), "u1")}
    >>> valences(one, one)["context"]["percent"]
    1.0
    """
    counts: dict[str, np.ndarray] = {}
    for unit in first.keys() & second.keys():
        mine = {given.code: given.valence for given in first[unit].codes}
        theirs = {given.code: given.valence for given in second[unit].codes}
        for code in mine.keys() & theirs.keys():
            one, other = mine[code], theirs[code]
            if one is not None and other is not None:
                table = counts.setdefault(code, np.zeros((3, 3)))
                table[VALENCES.index(one), VALENCES.index(other)] += 1
    return {
        code: {
            "n": float(table.sum()),
            "percent": number(float(tables.percent(table))),
            "kappa": number(float(tables.cohen_kappa(table))),
        }
        for code, table in sorted(counts.items())
    }

"""An audit on a drawn sample: only its utterances count, each weighted to speak for those not drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.agreement.figure import Floats
from pipeline.agreement.units import Sheet, Unit
from pipeline.errors import StudyError

WEIGHTING = "1 / inclusion probability (Horvitz-Thompson)"


@dataclass(frozen=True, slots=True)
class Sampling:
    """A drawn sample: its `name`, and with which probability (above 0, at most 1) each unit was drawn."""

    name: str
    chances: Mapping[Unit, float]


def sampled(sheet: Sheet, sampling: Sampling | None) -> tuple[Sheet, Floats, dict[str, object]]:
    """The units of a drawn sample with their weights, or all units with weight 1, and the design in words.

    The effective size is Kish's, (sum of w)^2/(sum of w^2), over the utterances that two people coded (one,
    where there is one only). Raises `StudyError` where nothing of the sample was coded, and for a
    probability that is none.
    """
    if sampling is None:
        return sheet, np.ones(len(sheet.units)), {"weighted": False, "sample": None, "effective_n": None}
    chances = sampling.chances
    drawn = np.array([unit in chances for unit in sheet.units], dtype=bool)
    looked = (
        np.sum([sheet.looked(coder) for coder in sheet.people], axis=0)
        if sheet.people
        else np.zeros(len(drawn))
    )
    if not (drawn & (looked > 0)).any():
        raise StudyError("none of the coded utterances belongs to the drawn sample")
    chance = np.array([chances[unit] for unit in sheet.units if unit in chances], float)
    if ((chance <= 0) | (chance > 1) | np.isnan(chance)).any():
        raise StudyError("an inclusion probability must lie above 0 and not above 1")
    weight = 1 / chance
    counted = looked[drawn] >= min(2, len(sheet.people))
    own = weight[counted]
    effective = float(own.sum() ** 2 / (own**2).sum()) if len(own) else 0.0
    design: dict[str, object] = {
        "weighted": True,
        "sample": sampling.name,
        "weighting": WEIGHTING,
        "drawn": len(chances),
        "sampled": int(counted.sum()),
        "left_out": int((~drawn & (looked > 0)).sum()),
        "speaks_for": float(own.sum()),
        "population": float(sum(1 / one for one in chances.values())),
        "effective_n": effective,
        "design_effect": float(len(own) / effective) if effective else None,
    }
    kept = replace(
        sheet,
        units=tuple(unit for unit, there in zip(sheet.units, drawn, strict=True) if there),
        said=sheet.said[:, drawn],
        rows=tuple(row for row, there in zip(sheet.rows, drawn, strict=True) if there),
    )
    return kept, weight / weight.mean(), design

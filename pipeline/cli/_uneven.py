"""Whether a contrast between cases may be the model's own: its errors by case, from `evaluate --checks`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.study import Store, Study

NOTE = "errors by case"
"""Under this key the store keeps the cases in which the model errs more, or less, than in the others."""


def keep(folder: Path, found: Mapping[str, Any]) -> None:
    """Note the cases whose errors differ beyond chance, by how much, and record the run."""
    cases = found["bias"].get("case", {})
    uneven = {case: one["difference"] for case, one in cases.items() if one["uneven"]}
    study = Study.open(folder)
    with study.store() as store, study.run(store, "evaluate") as run:
        run.result = {"macro_f1": found["macro_f1"], "uneven": uneven}
        store.set_note(NOTE, json.dumps(uneven))


def of_study(store: Store) -> dict[str, float]:
    """The cases in which the model was found to err more (above 0) or less, with the difference."""
    kept = store.note(NOTE)
    return {str(case): float(difference) for case, difference in json.loads(kept).items()} if kept else {}


def warned(comparison: Any, uneven: Mapping[str, float]) -> Any:
    """The comparison, with a warning on each contrast that rests on suggestions and on uneven errors."""
    compared = {case for cases in comparison.groups.values() for case in cases}
    there = [f"{case} ({uneven[case]:+.3f})" for case in sorted(compared & set(uneven))]
    if not there:
        return comparison
    line = (
        f"It rests on suggestions, whose errors differ in {', '.join(there)}: it may be the model's contrast."
    )
    patterns = [
        replace(one, warnings=(*one.warnings, line)) if one.marks and one.unreviewed else one
        for one in comparison.patterns
    ]
    return replace(comparison, patterns=tuple(patterns))

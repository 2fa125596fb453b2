"""What an audit found, as plain values for tables, plots and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.agreement.alt_test import AltTest
from pipeline.agreement.anchoring import Anchoring
from pipeline.agreement.everyone import Ceiling
from pipeline.agreement.pairs import CodeFigures
from pipeline.agreement.where import Confusion, Disagreement, Place
from pipeline.records import Notice

Kind = Literal["human-human", "model-human", "model-adjudicated", "self"]
SHOWN = 50
"""How many disagreements JSON shows of each pair; the rest is in the values."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two coders (one of them may be the model) on the `units` that both looked at, in `interviews`."""

    a: str
    b: str
    kind: Kind
    units: int
    interviews: int
    per_code: tuple[CodeFigures, ...]
    overall: CodeFigures
    confusion: Confusion
    places: tuple[Place, ...]
    disagreements: tuple[Disagreement, ...]

    def as_json(self) -> dict[str, object]:
        """The pair as `--json` shows it."""
        return {
            "a": self.a,
            "b": self.b,
            "kind": self.kind,
            "units": self.units,
            "interviews": self.interviews,
            "per_code": [one.as_json() for one in self.per_code],
            "overall": self.overall.as_json(),
            "confusion": self.confusion.as_json(),
            "where": [place.as_json() for place in self.places],
            "disagreements": [one.as_json() for one in self.disagreements[:SHOWN]],
            "disagreements_in_all": len(self.disagreements),
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit found. Shares and coefficients run from 0 or -1 to 1."""

    heading: str
    pairs: tuple[Pair, ...]
    human_ceiling: Ceiling
    alt_test: Mapping[str, AltTest]
    design: Mapping[str, object]
    anchoring: tuple[Anchoring, ...] = ()
    self_agreement: tuple[Pair, ...] = ()
    methods: str = ""
    checklist: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The audit as `secondcoder audit --json` prints it."""
        design = dict(self.design) | {
            "heading": self.heading,
            "anchoring": [one.as_json() for one in self.anchoring],
            "self_agreement": [pair.as_json() for pair in self.self_agreement],
            "methods": self.methods,
            "checklist": [{"item": item, "text": text} for item, text in self.checklist],
            "warnings": list(self.warnings),
            "notices": [f"{notice.place}: {notice.message}" for notice in self.notices],
        }
        by_transcript = self.alt_test["transcripts"].as_json()
        per_code = {
            name.removeprefix("code:"): test.as_json()
            for name, test in self.alt_test.items()
            if name.startswith("code:")
        }
        return {
            "pairs": [pair.as_json() for pair in self.pairs],
            "human_ceiling": self.human_ceiling.as_json(),
            "alt_test": self.alt_test["utterances"].as_json()
            | {"by_transcript": by_transcript, "per_code": per_code},
            "design": design,
        }

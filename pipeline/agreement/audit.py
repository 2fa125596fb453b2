"""The audit: how well coders and model agree, how sure that is, and where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from pipeline.agreement import units as laid
from pipeline.agreement.alt_test import AltTest, alt_test
from pipeline.agreement.everyone import Ceiling, ceiling
from pipeline.agreement.figure import Floats
from pipeline.agreement.pairs import CodeFigures, Settings, count, overall, per_code, warn_few
from pipeline.agreement.units import Sheet, Unit, Unsaid
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Notice

Kind = Literal["human-human", "model-human", "model-adjudicated"]
MODEL, ADJUDICATED = "model", "adjudicated"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two coders (one of them may be the model) on the `units` that both looked at."""

    a: str
    b: str
    kind: Kind
    units: int
    interviews: int
    per_code: tuple[CodeFigures, ...]
    overall: CodeFigures

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
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit found. Shares and coefficients run from 0 or -1 to 1."""

    heading: str
    pairs: tuple[Pair, ...]
    human_ceiling: Ceiling
    alt_test: Mapping[str, AltTest]
    design: Mapping[str, object]
    notices: tuple[Notice, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The audit as `secondcoder audit --json` prints it."""
        design = dict(self.design) | {
            "heading": self.heading,
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


def audit(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    codes: Sequence[str] | None = None,
    *,
    model: Sequence[CodedRow] | None = None,
    adjudicated: Sequence[CodedRow] | None = None,
    inclusion: Mapping[Unit, float] | None = None,
    unsaid: Unsaid | None = None,
    anchored: bool = False,
    model_basis: str = "",
    epsilon: float = 0.15,
    draws: int = 2000,
    seed: int = 1,
    level: float = 0.95,
    width: float = 0.2,
) -> Audit:
    """Agreement of coders with each other and with the model, on utterances that both of a pair looked at.

    `rows_by_coder` holds each person's rows; empty `codes` in a row means looked at, nothing applies. `codes`
    are the codebook's (None: those that occur). `inclusion` gives the probability (0 to 1) with which each
    unit, (transcript id, utterance id), was drawn: then only these units count, weighted. `unsaid` names
    codes that a coder left open on a unit. `model_basis` says what the model had learned from; it is shown.
    Raises `StudyError` if there is nothing to compare, if decisions were made with suggestions in view and
    `anchored` is not set, and for tables with duplicates or unknown codes.

    >>> rows = [CodedRow("T001", (), "T001.t0001.u01"), CodedRow("T002", (), "T002.t0001.u01")]
    >>> audit({"ann": rows, "ben": rows}, ["context"], draws=10).pairs[0].overall.figures["percent"]
    1.0
    """
    pages = dict(rows_by_coder)
    for name, rows in ((MODEL, model), (ADJUDICATED, adjudicated)):
        if name in pages:
            raise StudyError(f"a coder cannot be called {name}", where=name, hint="Rename that coder.")
        if rows is not None:
            pages[name] = [_as_blind(row) for row in rows]
    humans = tuple(sorted(rows_by_coder))
    sheet = laid.lay_out(pages, codes, anchored=anchored, unsaid=unsaid)
    sheet, weight, sampling = _sampled(sheet, inclusion)
    settings = Settings(draws, seed, level, width)
    pairs, notices = _pairs(sheet, humans, weight, settings)
    said = np.stack([sheet.of(coder) for coder in humans])
    machine = sheet.of(MODEL) if model is not None else None
    interviews = max(pair.interviews for pair in pairs)
    return Audit(
        heading=_heading(anchored, model_basis if model is not None else ""),
        pairs=pairs,
        human_ceiling=ceiling(said, machine, sheet.codes, sheet.interviews(), weight, settings),
        alt_test=_alt_tests(sheet, humans, epsilon),
        design=_design(sheet, humans, settings, sampling) | {"independent": not anchored},
        notices=(*sheet.notices, *notices),
        warnings=tuple(filter(None, (warn_few(interviews),))),
    )


def _as_blind(row: CodedRow) -> CodedRow:
    """Model and adjudicated rows are no independent decisions anyway: what was in view does not matter."""
    return CodedRow(
        row.transcript_id,
        row.codes,
        row.utterance_id,
        row.turn_index,
        row.case,
        row.speaker,
        row.role,
        row.text,
        row.coder,
        "blind",
        row.note,
    )


def _sampled(sheet: Sheet, inclusion: Mapping[Unit, float] | None) -> tuple[Sheet, Floats, dict[str, object]]:
    """The units of a drawn sample with their weights, or all units with weight 1, and how that was."""
    if inclusion is None:
        return sheet, np.ones(len(sheet.units)), {"weighted": False, "effective_n": None}
    drawn = np.array([unit in inclusion for unit in sheet.units])
    if not drawn.any():
        raise StudyError("none of the coded utterances belongs to the drawn sample")
    chance = np.array([inclusion[unit] for unit in sheet.units if unit in inclusion], float)
    if ((chance <= 0) | (chance > 1) | np.isnan(chance)).any():
        raise StudyError("an inclusion probability must lie above 0 and not above 1")
    weight = 1 / chance
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    found: dict[str, object] = {
        "weighted": True,
        "sampled": int(drawn.sum()),
        "left_out": int((~drawn).sum()),
        "speaks_for": float(weight.sum()),
        "effective_n": effective,
        "design_effect": float(drawn.sum() / effective),
    }
    kept = Sheet(
        sheet.coders,
        sheet.codes,
        tuple(unit for unit, there in zip(sheet.units, drawn, strict=True) if there),
        sheet.said[:, drawn],
        tuple(row for row, there in zip(sheet.rows, drawn, strict=True) if there),
        sheet.notices,
        sheet.by_coder,
    )
    return kept, weight / weight.mean(), found


def _pairs(
    sheet: Sheet, humans: tuple[str, ...], weight: Floats, settings: Settings
) -> tuple[tuple[Pair, ...], list[Notice]]:
    """Every pair that shares utterances; a notice for those that share none or not all."""
    wanted: list[tuple[str, str, Kind]] = [(a, b, "human-human") for a, b in combinations(humans, 2)]
    if MODEL in sheet.coders:
        wanted += [(MODEL, human, "model-human") for human in humans]
        if ADJUDICATED in sheet.coders:
            wanted.append((MODEL, ADJUDICATED, "model-adjudicated"))
    if not wanted:
        raise StudyError(
            "an audit needs two coders, or a coder and the model",
            hint="Let a second person code some of the same utterances without seeing the suggestions.",
        )
    pairs, notices = [], []
    for a, b, kind in wanted:
        notices += _uneven(sheet, a, b)
        counted = count(sheet.of(a), sheet.of(b), sheet.codes, sheet.interviews(), weight)
        if len(counted.units):
            figures = per_code(counted, settings), overall(counted, settings)
            pairs.append(Pair(a, b, kind, len(counted.units), len(counted.transcripts), *figures))
    if not pairs:
        raise StudyError(
            "no two coders looked at the same utterance",
            where=", ".join(sheet.coders),
            hint="Check that the tables come from the same transcripts and use the same utterance ids.",
        )
    return tuple(pairs), notices


def _uneven(sheet: Sheet, a: str, b: str) -> list[Notice]:
    """A word where two coders did not look at the same utterances."""
    first, second = sheet.looked(a), sheet.looked(b)
    place, common = f"{a}, {b}", int((first & second).sum())
    if not common:
        return [Notice(place, "have no utterance in common, so this pair is left out")]
    alone = int((first & ~second).sum()), int((second & ~first).sum())
    if not any(alone):
        return []
    return [
        Notice(
            place,
            f"{common} utterances in common; {alone[0]} only of {a} and {alone[1]} only of {b} left out",
        )
    ]


def _alt_tests(sheet: Sheet, humans: tuple[str, ...], epsilon: float) -> dict[str, AltTest]:
    """The test over sets by utterance and by transcript, and for each code."""
    if MODEL not in sheet.coders:
        missing = AltTest("utterances", epsilon, 0.05, undefined="no model was audited")
        return {"utterances": missing, "transcripts": missing}
    said, model = np.stack([sheet.of(coder) for coder in humans]), sheet.of(MODEL)
    found = {
        "utterances": alt_test(said, model, humans, epsilon=epsilon),
        "transcripts": alt_test(said, model, humans, epsilon=epsilon, transcripts=sheet.interviews()),
    }
    for at, code in enumerate(sheet.codes):
        one = slice(at, at + 1)
        found[f"code:{code}"] = alt_test(said[:, :, one], model[:, one], humans, epsilon=epsilon)
    return found


def _heading(anchored: bool, model_basis: str) -> str:
    first = (
        "Agreement with suggestions in view (anchored): not independent"
        if anchored
        else "Agreement of independent coding"
    )
    return f"{first}. Model: {model_basis}." if model_basis else f"{first}."


def _design(
    sheet: Sheet, humans: tuple[str, ...], settings: Settings, sampling: dict[str, object]
) -> dict[str, object]:
    looked = {coder: sheet.looked(coder) for coder in sheet.coders}
    transcripts = sheet.interviews()
    twice = np.sum([looked[coder] for coder in humans], axis=0) >= 2
    return {
        "coders": [
            {
                "coder": coder,
                "units": int(looked[coder].sum()),
                "interviews": len(set(transcripts[looked[coder]].tolist())),
            }
            for coder in sheet.coders
        ],
        "codes": len(sheet.codes),
        "double_coded": int(twice.sum()),
        "interviews": len(set(transcripts[twice].tolist())),
        "draws": settings.draws,
        "seed": settings.seed,
        "level": settings.level,
        "interval": "BCa, interviews resampled",
        "width_wanted": settings.width,
        "alpha_distance": "masi",
        **sampling,
    }

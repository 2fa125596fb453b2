"""The audit: how well coders and model agree, how sure that is, and where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from pipeline.agreement import units as laid
from pipeline.agreement import where
from pipeline.agreement.alt_test import AltTest, alt_test
from pipeline.agreement.anchoring import anchoring
from pipeline.agreement.bootstrap import FEW
from pipeline.agreement.everyone import Ceiling, ceiling
from pipeline.agreement.figure import Floats
from pipeline.agreement.methods import paragraph
from pipeline.agreement.pairs import Settings, count, overall, per_code
from pipeline.agreement.result import Audit, Kind, Pair
from pipeline.agreement.units import Sheet, Unit, Unsaid
from pipeline.agreement.valence import valences
from pipeline.agreement.where import Scores
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Notice

MODEL, ADJUDICATED = "model", "adjudicated"
EARLIER = " (earlier)"


def audit(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    codes: Sequence[str] | None = None,
    *,
    model: Sequence[CodedRow] | None = None,
    adjudicated: Sequence[CodedRow] | None = None,
    earlier: Mapping[str, Sequence[CodedRow]] | None = None,
    shown: Sequence[CodedRow] | None = None,
    inclusion: Mapping[Unit, float] | None = None,
    unsaid: Unsaid | None = None,
    unsaid_seen: Unsaid | None = None,
    scores: Scores | None = None,
    anchored: bool = False,
    model_basis: str = "",
    epsilon: float = 0.15,
    draws: int = 2000,
    seed: int = 1,
    width: float = 0.2,
) -> Audit:
    """Agreement of coders with each other and with the model, on utterances that both of a pair looked at.

    `rows_by_coder` holds each person's rows; empty `codes` in a row means looked at, nothing applies. `codes`
    are the codebook's (None: those that occur). A unit is (transcript id, utterance id). More to hand in:

    - `model`, `adjudicated`: what the model suggests, what was settled on, as rows; `model_basis` says what
      the model had learned from, and `scores` (0 to 1, by unit and code) how sure it was.
    - `earlier`: a coder's first round, for agreement with oneself; `shown`: the suggestions that were in
      view (default `model`), for anchoring.
    - `inclusion`: with which probability (0 to 1) each unit was drawn: then only these units count, weighted.
    - `unsaid`: by coder and unit, codes left open (unsure, or not offered) in blind decisions;
      `unsaid_seen` likewise in decisions with suggestions in view.

    Intervals are of 95 %, from `draws` resamplings of interviews; `needed` aims at an interval of `width`.
    Raises `StudyError` if there is nothing to compare, if all decisions were made with suggestions in view
    and `anchored` is not set, and for units coded twice in two ways and unknown codes.

    >>> rows = [CodedRow("T001", (), "T001.t0001.u01"), CodedRow("T002", (), "T002.t0001.u01")]
    >>> audit({"ann": rows, "ben": rows}, ["context"], draws=10).pairs[0].overall.figures["percent"]
    1.0
    """
    humans, settings = tuple(sorted(rows_by_coder)), Settings(draws, seed, width=width)
    pages = _pages(rows_by_coder, model, adjudicated)
    sheet = laid.lay_out(pages, codes, anchored=anchored, unsaid=unsaid, unsaid_seen=unsaid_seen)
    sheet, weight, sampling = _sampled(sheet, inclusion)
    pairs, notices = _pairs(sheet, humans, weight, scores, settings)
    top, tests = _ceiling(sheet, humans, weight, settings), _alt_tests(sheet, humans, epsilon)
    design = _design(sheet, humans, settings) | sampling | {"independent": not anchored}
    seen = model if shown is None else shown
    return Audit(
        heading=_heading(anchored, model is not None, model_basis),
        pairs=pairs,
        human_ceiling=top,
        alt_test=tests,
        design=design,
        anchoring=anchoring(rows_by_coder, seen, sheet.codes, settings, unsaid or {}, unsaid_seen or {}),
        self_agreement=_over_time(rows_by_coder, earlier or {}, sheet.codes, anchored, settings),
        methods=paragraph(pairs, top, tests["utterances"], design, model_basis),
        notices=(*sheet.notices, *notices),
        warnings=_warnings(pairs),
    )


def _pages(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    model: Sequence[CodedRow] | None,
    adjudicated: Sequence[CodedRow] | None,
) -> dict[str, Sequence[CodedRow]]:
    """Everybody's rows. Model and adjudicated ones are no decisions that a suggestion could have swayed."""
    pages: dict[str, Sequence[CodedRow]] = dict(rows_by_coder)
    for name, rows in ((MODEL, model), (ADJUDICATED, adjudicated)):
        if name in pages:
            raise StudyError(f"a coder cannot be called {name}", where=name, hint="Rename that coder.")
        if rows is not None:
            pages[name] = [replace(row, seen="blind") for row in rows]
    return pages


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
    sheet: Sheet, humans: tuple[str, ...], weight: Floats, scores: Scores | None, settings: Settings
) -> tuple[tuple[Pair, ...], list[Notice]]:
    """Every pair that shares utterances; a notice for those that share none or not all."""
    pairs: list[Pair] = []
    notices: list[Notice] = []
    for a, b, kind in _wanted(sheet, humans):
        notices += _uneven(sheet, a, b)
        pair = _pair(sheet, a, b, kind, weight, scores, settings)
        pairs += [pair] if pair else []
    if not pairs:
        raise StudyError(
            "no two coders looked at the same utterance",
            where=", ".join(sheet.coders),
            hint="Check that the tables come from the same transcripts and use the same utterance ids.",
        )
    return tuple(pairs), notices


def _wanted(sheet: Sheet, humans: tuple[str, ...]) -> list[tuple[str, str, Kind]]:
    """Human with human, model with each human, model with adjudicated."""
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
    return wanted


def _pair(
    sheet: Sheet,
    a: str,
    b: str,
    kind: Kind,
    weight: Floats,
    scores: Scores | None,
    settings: Settings,
) -> Pair | None:
    """One pair, or None if they have no utterance in common."""
    counted = count(sheet.of(a), sheet.of(b), sheet.codes, sheet.interviews(), weight)
    if not len(counted.units):
        return None
    rows = [sheet.rows[at] for at in counted.units.tolist()]
    units = {sheet.units[at] for at in counted.units.tolist()}
    signs = valences(
        *({unit: row for unit, row in sheet.by_coder[one].items() if unit in units} for one in (a, b))
    )
    figures = tuple(
        replace(one, extra={"valence": signs[one.code]}) if one.code in signs else one
        for one in per_code(counted, settings)
    )
    known = scores if MODEL in (a, b) else None
    return Pair(
        a,
        b,
        kind,
        len(counted.units),
        len(counted.transcripts),
        figures,
        overall(counted, settings),
        where.confusion(counted),
        where.places(counted, rows, known),
        where.disagreements(counted, rows, known),
    )


def _over_time(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    earlier: Mapping[str, Sequence[CodedRow]],
    codes: tuple[str, ...],
    anchored: bool,
    settings: Settings,
) -> tuple[Pair, ...]:
    """Each coder's first round with the later one."""
    found = []
    for coder, rows in sorted(earlier.items()):
        if coder not in rows_by_coder:
            raise StudyError("has an earlier round but no later one", where=coder)
        pages = {coder: rows_by_coder[coder], coder + EARLIER: rows}
        sheet = laid.lay_out(pages, codes, anchored=anchored)
        pair = _pair(sheet, coder + EARLIER, coder, "self", np.ones(len(sheet.units)), None, settings)
        found += [pair] if pair else []
    return tuple(found)


def _warnings(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Where intervals rest on too few interviews."""
    return tuple(
        f"{pair.a} and {pair.b}: intervals rest on {pair.interviews} interview"
        f"{'s' if pair.interviews > 1 else ''}; below {FEW} they are not to be relied on"
        for pair in pairs
        if pair.interviews < FEW
    )


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


def _ceiling(sheet: Sheet, humans: tuple[str, ...], weight: Floats, settings: Settings) -> Ceiling:
    said = np.stack([sheet.of(coder) for coder in humans])
    machine = sheet.of(MODEL) if MODEL in sheet.coders else None
    return ceiling(said, machine, sheet.codes, sheet.interviews(), weight, settings)


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


def _heading(anchored: bool, with_model: bool, model_basis: str) -> str:
    first = (
        "Agreement with suggestions in view (anchored): not independent"
        if anchored
        else "Agreement of independent coding"
    )
    if not with_model:
        return f"{first}."
    return f"{first}. Model: {model_basis or 'what it had learned from is not stated'}."


def _design(sheet: Sheet, humans: tuple[str, ...], settings: Settings) -> dict[str, object]:
    """Who coded how much, and how intervals were made."""
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
    }

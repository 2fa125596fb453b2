"""The audit: how well coders and model agree, how sure that is, and where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import TypedDict, Unpack

import numpy as np

from pipeline.agreement import units as laid
from pipeline.agreement import where
from pipeline.agreement.alt_test import NEEDS_THREE, AltTest, alt_test
from pipeline.agreement.anchoring import Answers, anchoring, from_rows
from pipeline.agreement.bootstrap import FEW
from pipeline.agreement.decided import Judged
from pipeline.agreement.everyone import NO_MODEL, Ceiling, ceiling
from pipeline.agreement.figure import Floats
from pipeline.agreement.methods import checklist, headed, paragraph, summed_up
from pipeline.agreement.pairs import CodeFigures, Pages, Settings, count, overall, per_code
from pipeline.agreement.result import Audit, Kind, Pair
from pipeline.agreement.rho import shaffer_rho
from pipeline.agreement.sampling import Sampling, sampled
from pipeline.agreement.units import ADJUDICATED, MODEL, Sheet, Unsaid
from pipeline.agreement.valence import valences
from pipeline.agreement.where import Scores
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Notice

EARLIER = " (earlier)"


WEIGHTED = "rho takes utterances drawn with equal chances, and these were not"
NOBODY = "nobody gave this code"


class Options(TypedDict, total=False):
    """What may be asked of an audit besides what was said.

    `anchored` takes decisions made with suggestions in view, too (default: no). `epsilon` is the grace that
    the alternative annotator test grants the model (.15). Intervals come from `draws` (2000) resamplings of
    interviews with `seed` (1); `needed` aims at an interval of kappa of `width` (.2). With `rho`, each code
    gets Shaffer's rho for that threshold of kappa (default: none).
    """

    anchored: bool
    epsilon: float
    draws: int
    seed: int
    width: float
    rho: float | None


DEFAULTS: Options = {
    "anchored": False,
    "epsilon": 0.15,
    "draws": 2000,
    "seed": 1,
    "width": 0.2,
    "rho": None,
}


def audit(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    codes: Sequence[str] | None = None,
    *,
    model: Sequence[CodedRow] | None = None,
    adjudicated: Sequence[CodedRow] | None = None,
    rounds: tuple[Judged, Judged] | None = None,
    answers: Mapping[str, tuple[Answers, Answers]] | None = None,
    sampling: Sampling | None = None,
    unsaid: Unsaid | None = None,
    unsaid_seen: Unsaid | None = None,
    scores: Scores | None = None,
    model_basis: str = "",
    notices: Sequence[Notice] = (),
    **options: Unpack[Options],
) -> Audit:
    """Agreement of coders with each other and with the model, on utterances that both of a pair looked at.

    `rows_by_coder` holds each person's rows; empty `codes` in a row means looked at, nothing applies. `codes`
    are the codebook's (None: those that occur). A unit is (transcript id, utterance id). More to hand in:

    - `model`, `adjudicated`: what the model suggests, what was settled on, as rows; `model_basis` says what
      the model had learned from, and `scores` (0 to 1, by unit and code) how sure it was.
    - `rounds`: first and last round of coders who coded twice; `answers`: by coder, answers given blind and
      with suggestions in view, for anchoring (default: from the rows, held against `model`).
    - `sampling`: the drawn sample; then only its units count, weighted. `unsaid`, `unsaid_seen`: by coder and
      unit, codes left open (unsure, not offered) in blind decisions and in those with suggestions in view.

    Intervals are of 95 %; for `options` see there. Raises `StudyError` if there is nothing to compare, if too
    few decisions were made blind and `anchored` is not set, for units coded twice in two ways, unknown codes.

    >>> rows = [CodedRow("T001", (), "T001.t0001.u01"), CodedRow("T002", (), "T002.t0001.u01")]
    >>> audit({"ann": rows, "ben": rows}, ["context"], draws=10).pairs[0].overall.figures["percent"]
    1.0
    """
    asked = DEFAULTS | options
    settings = Settings(asked["draws"], asked["seed"], width=asked["width"], rho=asked["rho"])
    pages = _pages(rows_by_coder, model, adjudicated)
    whole = laid.lay_out(pages, codes, anchored=asked["anchored"], unsaid=unsaid, unsaid_seen=unsaid_seen)
    sheet, weight, sample = sampled(whole, sampling)
    pairs, uneven = _pairs(sheet, weight, scores, settings)
    top, tests = _ceiling(sheet, weight, settings), _alt_tests(sheet, weight, asked["epsilon"])
    design = _design(sheet, settings) | sample | {"independent": not asked["anchored"]}
    moved = anchoring(answers or from_rows(rows_by_coder, model, sheet.codes), settings)
    own, more = _over_time(rounds, sheet.codes, settings)
    return Audit(
        heading=headed(design, model is not None, model_basis),
        pairs=pairs,
        human_ceiling=top,
        alt_test=tests,
        design=design | {"summary": summed_up(design)},
        anchoring=moved,
        self_agreement=own,
        methods=paragraph(pairs, top, tests, design, model_basis, own, moved),
        checklist=checklist(pairs, design),
        notices=(*notices, *sheet.notices, *uneven, *more),
        warnings=_warnings((*pairs, *own), design),
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


def _pairs(
    sheet: Sheet, weight: Floats, scores: Scores | None, settings: Settings
) -> tuple[tuple[Pair, ...], list[Notice]]:
    """Every pair that shares utterances; a notice for those that share none or not all."""
    pairs: list[Pair] = []
    notices: list[Notice] = []
    for a, b, kind in _wanted(sheet):
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


def _wanted(sheet: Sheet) -> list[tuple[str, str, Kind]]:
    """Human with human, model with each human, model with adjudicated."""
    wanted: list[tuple[str, str, Kind]] = [(a, b, "human-human") for a, b in combinations(sheet.people, 2)]
    if MODEL in sheet.coders:
        wanted += [(MODEL, human, "model-human") for human in sheet.people]
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
    even = bool(np.ptp(counted.weight) <= 1e-12)
    figures = tuple(
        replace(one, extra=_extra(one, signs.get(one.code), even, settings))
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


def _extra(
    one: CodeFigures, signs: Mapping[str, float | None] | None, even: bool, settings: Settings
) -> dict[str, object]:
    """What stands beside a code's figures where there is any: valences compared, and Shaffer's rho."""
    found: dict[str, object] = {} if signs is None else {"valence": signs}
    share, threshold = one.figures["prevalence"], settings.rho
    if threshold is None:
        return found
    why = one.undefined or (None if even else WEIGHTED) or (None if share and share < 1 else NOBODY)
    value = None
    if why is None:
        tested = shaffer_rho(
            *(one.figures["kappa"], share or 0.0, one.n),
            threshold=threshold,
            length=max(10_000, one.n),
            seed=settings.seed,
        )
        value, why = tested.value, tested.undefined
    return found | {"rho": {"threshold": threshold, "value": value, "undefined": why}}


def _over_time(
    rounds: tuple[Judged, Judged] | None, codes: tuple[str, ...], settings: Settings
) -> tuple[tuple[Pair, ...], list[Notice]]:
    """Each coder's first round with the last one, and a word on what was left open in them."""
    found: list[Pair] = []
    notices: list[Notice] = []
    first, last = rounds or (Judged(), Judged())
    for coder in sorted(first.pages.keys() & last.pages.keys()):
        earlier = coder + EARLIER
        sheet = laid.lay_out(
            {coder: last.pages[coder], earlier: first.pages[coder]},
            codes,
            unsaid={coder: last.open.get(coder, {}), earlier: first.open.get(coder, {})},
        )
        notices += sheet.notices
        pair = _pair(sheet, earlier, coder, "self", np.ones(len(sheet.units)), None, settings)
        found += [pair] if pair else []
    return tuple(found), notices


def _warnings(pairs: Sequence[Pair], design: Mapping[str, object]) -> tuple[str, ...]:
    """Where intervals rest on too few interviews, and where a drawn sample is not coded to its end."""
    few = [
        f"{pair.a} and {pair.b}: intervals rest on {pair.interviews} interview"
        f"{'s' if pair.interviews > 1 else ''}; below {FEW} they are not to be relied on"
        for pair in pairs
        if pair.interviews < FEW
    ]
    if design["weighted"] and design["sampled"] != design["drawn"]:
        few.append(
            f"{design['sampled']} of the {design['drawn']} drawn utterances are coded: figures speak for the "
            "study only if those that are not differ by chance alone"
        )
    return tuple(few)


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


def _people(sheet: Sheet) -> Pages:
    """The pages of all people, shape (coders, units, codes)."""
    return np.asarray(sheet.said[[sheet.coders.index(coder) for coder in sheet.people]])


def _ceiling(sheet: Sheet, weight: Floats, settings: Settings) -> Ceiling:
    machine = sheet.of(MODEL) if MODEL in sheet.coders else None
    return ceiling(_people(sheet), machine, sheet.codes, sheet.interviews(), weight, settings)


def _alt_tests(sheet: Sheet, weight: Floats, epsilon: float) -> dict[str, AltTest]:
    """The test over sets by utterance and by transcript, and for each code."""
    if MODEL not in sheet.coders:
        kinds = ("utterances", "transcripts")
        few = f", and {NEEDS_THREE}; there are {len(sheet.people)}" if len(sheet.people) < 3 else ""
        why = f"{NO_MODEL}{few}"
        return {units: AltTest(units, epsilon, 0.05, undefined=why) for units in kinds}
    said, model = _people(sheet), sheet.of(MODEL)
    test = partial(alt_test, coders=sheet.people, epsilon=epsilon, weight=weight)
    found = {
        "utterances": test(said, model),
        "transcripts": test(said, model, transcripts=sheet.interviews()),
    }
    for at, code in enumerate(sheet.codes):
        one = slice(at, at + 1)
        found[f"code:{code}"] = test(said[:, :, one], model[:, one])
    return found


def _design(sheet: Sheet, settings: Settings) -> dict[str, object]:
    """Who coded how much, and how intervals were made."""
    looked = {coder: sheet.looked(coder) for coder in sheet.coders}
    transcripts = sheet.interviews()
    people = np.array([looked[coder] for coder in sheet.people]).reshape(len(sheet.people), -1).sum(axis=0)
    twice = people >= 2
    beside = (people >= 1) & looked[MODEL] if MODEL in looked else np.zeros(len(people), dtype=bool)
    return {
        "coders": [
            {
                "coder": coder,
                "units": int(looked[coder].sum()),
                "interviews": len(set(transcripts[looked[coder]].tolist())),
            }
            for coder in sheet.coders
        ],
        "people": len(sheet.people),
        "codes": len(sheet.codes),
        "taken_as_blind": sum(
            row.seen == "" for coder in sheet.people for row in sheet.by_coder[coder].values()
        ),
        "double_coded": int(twice.sum()),
        "interviews": len(set(transcripts[twice].tolist())),
        "beside_model": int(beside.sum()),
        "interviews_beside_model": len(set(transcripts[beside].tolist())),
        "draws": settings.draws,
        "seed": settings.seed,
        "level": settings.level,
        "interval": "BCa, interviews resampled",
        "width_wanted": settings.width,
        "alpha_distance": "masi",
    }

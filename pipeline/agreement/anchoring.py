"""Did seeing the suggestions move people? A coder's blind decisions beside those with suggestions in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.agreement.bootstrap import Interval, intervals, over_plan, plan
from pipeline.agreement.figure import Floats, number
from pipeline.agreement.pairs import Settings, pooled, tally
from pipeline.agreement.units import Unit, codes_of, unit_of
from pipeline.records import CodedRow

NO_SUGGESTED = "no decision was made with suggestions in view"
NO_BLIND = "no decision was made blind"
NOT_SHOWN = "what was suggested is not known"


@dataclass(frozen=True, slots=True)
class Anchoring:
    """One coder with and without suggestions in view.

    `kappa_blind` and `kappa_suggested` are agreement with the suggestions over all codes, on `units_blind`
    and `units_suggested`; `difference` is by how much seeing them raised it, with its interval `ci`. Where
    the same utterances were coded both ways (`units_both`), `towards` and `away` count decisions on a code
    that changed to or from what was suggested; `p` tests whether both are equally likely (sign test).
    """

    coder: str
    units_blind: int
    units_suggested: int
    kappa_blind: float | None
    kappa_suggested: float | None
    difference: float | None
    ci: Interval
    units_both: int
    towards: int
    away: int
    p: float | None
    undefined: str | None = None

    def as_json(self) -> dict[str, object]:
        """The comparison as `--json` shows it."""
        return asdict(self) | {"ci": [self.ci.low, self.ci.high]}


def anchoring(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    shown: Sequence[CodedRow] | None,
    codes: Sequence[str],
    settings: Settings,
) -> tuple[Anchoring, ...]:
    """For each coder with decisions of both kinds, how far suggestions in view went with agreeing to them.

    `shown` are the suggestions that were in view, as rows. Different utterances may differ in how hard they
    are, so a difference shows anchoring for certain only where the same ones were coded both ways.
    """
    offered = None if shown is None else {unit_of(row): codes_of(row) for row in shown}
    found = []
    for coder, rows in sorted(rows_by_coder.items()):
        blind = {unit_of(row): codes_of(row) for row in rows if row.seen != "suggested"}
        suggested = {unit_of(row): codes_of(row) for row in rows if row.seen == "suggested"}
        why = NO_SUGGESTED if not suggested else NO_BLIND if not blind else NOT_SHOWN
        if offered is None or not suggested or not blind:
            found.append(_unknown(coder, len(blind), len(suggested), why))
        else:
            found.append(_compared(coder, blind, suggested, offered, tuple(codes), settings))
    return tuple(found)


Sets = Mapping[Unit, frozenset[str]]


def _unknown(coder: str, blind: int, suggested: int, why: str) -> Anchoring:
    nothing = Interval(None, None, 0, why)
    return Anchoring(coder, blind, suggested, None, None, None, nothing, 0, 0, 0, None, why)


def _compared(
    coder: str, blind: Sets, suggested: Sets, offered: Sets, codes: tuple[str, ...], settings: Settings
) -> Anchoring:
    blind = {unit: given for unit, given in blind.items() if unit in offered}
    suggested = {unit: given for unit, given in suggested.items() if unit in offered}
    if not blind or not suggested:
        return _unknown(coder, len(blind), len(suggested), NOT_SHOWN)
    names = sorted({unit[0] for unit in (*blind, *suggested)})
    rows = plan(len(names), settings.draws, settings.seed)
    kappas = [
        pooled(over_plan(rows, _tables(own, offered, codes, names)))["kappa"] for own in (blind, suggested)
    ]
    difference = kappas[1] - kappas[0]
    towards, away, both = _changes(blind, suggested, offered, set(codes))
    return Anchoring(
        coder,
        len(blind),
        len(suggested),
        number(kappas[0][0]),
        number(kappas[1][0]),
        number(difference[0]),
        intervals(difference[:, None], len(names), settings.level)[0],
        both,
        towards,
        away,
        float(stats.binomtest(towards, towards + away).pvalue) if towards + away else None,
    )


def _tables(own: Sets, offered: Sets, codes: tuple[str, ...], transcripts: list[str]) -> Floats:
    units = sorted(own)
    place = {name: at for at, name in enumerate(transcripts)}
    interview = np.array([place[unit[0]] for unit in units], dtype=np.intp)
    return tally(
        _page([own[unit] for unit in units], codes),
        _page([offered[unit] for unit in units], codes),
        interview,
        len(transcripts),
        np.ones(len(units)),
    )


def _page(sets: Sequence[frozenset[str]], codes: tuple[str, ...]) -> NDArray[np.int8]:
    return np.array([[code in given for code in codes] for given in sets], dtype=np.int8)


def _changes(blind: Sets, suggested: Sets, offered: Sets, codes: set[str]) -> tuple[int, int, int]:
    """Decisions on a code that changed to what was suggested, away from it, and the utterances compared."""
    towards = away = 0
    both = sorted(blind.keys() & suggested.keys())
    for unit in both:
        changed = (blind[unit] ^ suggested[unit]) & codes
        now_alike = changed - (suggested[unit] ^ offered[unit])
        towards += len(now_alike)
        away += len(changed) - len(now_alike)
    return towards, away, len(both)

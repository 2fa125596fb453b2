"""Did seeing the suggestions move people? A coder's blind decisions beside those with suggestions in view."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from pipeline.agreement.bootstrap import Interval, intervals, over_plan, plan
from pipeline.agreement.figure import Floats, number
from pipeline.agreement.pairs import Settings, pooled, tally
from pipeline.agreement.units import Unit, Unsaid, codes_of, unit_of
from pipeline.records import CodedRow

NO_SUGGESTED = "no decision was made with suggestions in view"
NO_BLIND = "no decision was made blind"
NOT_SHOWN = "what was suggested is not known"


Sets = Mapping[Unit, frozenset[str]]
Said = Mapping[Unit, tuple[frozenset[str], frozenset[str]]]


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
    unsaid: Unsaid,
    unsaid_seen: Unsaid,
) -> tuple[Anchoring, ...]:
    """For each coder with decisions of both kinds, how far suggestions in view went with agreeing to them.

    `shown` are the suggestions that were in view, as rows; what a coder left open (`unsaid` blind,
    `unsaid_seen` with suggestions in view) counts neither way. Different utterances may differ in how hard
    they are, so a difference shows anchoring for certain only where the same ones were coded both ways.
    """
    offered = None if shown is None else {unit_of(row): codes_of(row) for row in shown}
    found = []
    for coder, rows in sorted(rows_by_coder.items()):
        blind = _said(rows, False, unsaid.get(coder) or {})
        seen = _said(rows, True, unsaid_seen.get(coder) or {})
        why = NO_SUGGESTED if not seen else NO_BLIND if not blind else NOT_SHOWN
        if offered is None or not seen or not blind:
            found.append(_unknown(coder, len(blind), len(seen), why))
        else:
            found.append(_compared(coder, blind, seen, offered, tuple(codes), settings))
    return tuple(found)


def _said(rows: Sequence[CodedRow], seen: bool, silent: Mapping[Unit, Collection[str]]) -> Said:
    """By unit, the codes given and those left open, of the rows with or without suggestions in view."""
    own = [row for row in rows if (row.seen == "suggested") is seen]
    return {unit_of(row): (codes_of(row), frozenset(silent.get(unit_of(row), ()))) for row in own}


def _unknown(coder: str, blind: int, suggested: int, why: str) -> Anchoring:
    nothing = Interval(None, None, 0, why)
    return Anchoring(coder, blind, suggested, None, None, None, nothing, 0, 0, 0, None, why)


def _compared(
    coder: str, blind: Said, seen: Said, offered: Sets, codes: tuple[str, ...], settings: Settings
) -> Anchoring:
    blind = {unit: said for unit, said in blind.items() if unit in offered}
    seen = {unit: said for unit, said in seen.items() if unit in offered}
    if not blind or not seen:
        return _unknown(coder, len(blind), len(seen), NOT_SHOWN)
    names = sorted({unit[0] for unit in (*blind, *seen)})
    rows = plan(len(names), settings.draws, settings.seed)
    kappas = [pooled(over_plan(rows, _tables(own, offered, codes, names)))["kappa"] for own in (blind, seen)]
    difference = kappas[1] - kappas[0]
    towards, away, both = _changes(blind, seen, offered, frozenset(codes))
    return Anchoring(
        coder,
        len(blind),
        len(seen),
        number(kappas[0][0]),
        number(kappas[1][0]),
        number(difference[0]),
        intervals(difference[:, None], len(names), settings.level)[0],
        both,
        towards,
        away,
        float(stats.binomtest(towards, towards + away).pvalue) if towards + away else None,
    )


def _tables(own: Said, offered: Sets, codes: tuple[str, ...], transcripts: list[str]) -> Floats:
    units = sorted(own)
    place = {name: at for at, name in enumerate(transcripts)}
    interview = np.array([place[unit[0]] for unit in units], dtype=np.intp)
    mine = [[-1 if code in own[u][1] else code in own[u][0] for code in codes] for u in units]
    theirs = [[code in offered[u] for code in codes] for u in units]
    pages = np.array(mine, dtype=np.int8), np.array(theirs, dtype=np.int8)
    return tally(*pages, interview, len(transcripts), np.ones(len(units)))


def _changes(blind: Said, seen: Said, offered: Sets, codes: frozenset[str]) -> tuple[int, int, int]:
    """Decisions on a code that changed to what was suggested, away from it, and the utterances compared."""
    towards = away = 0
    both = sorted(blind.keys() & seen.keys())
    for unit in both:
        settled = codes - blind[unit][1] - seen[unit][1]
        changed = (blind[unit][0] ^ seen[unit][0]) & settled
        now_alike = changed - (seen[unit][0] ^ offered[unit])
        towards += len(now_alike)
        away += len(changed) - len(now_alike)
    return towards, away, len(both)

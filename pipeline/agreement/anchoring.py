"""Did seeing the suggestions move people? A coder's blind decisions beside those with suggestions in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from pipeline.agreement.bootstrap import Interval, intervals, over_plan, plan
from pipeline.agreement.figure import Floats, number, ratio
from pipeline.agreement.pairs import Settings
from pipeline.agreement.units import Unit, codes_of, unit_of
from pipeline.records import CodedRow

NO_SUGGESTED = "no decision was made with suggestions in view"
NO_BLIND = "no decision was made blind"
NOT_SHOWN = "what was suggested is not known"


@dataclass(frozen=True, slots=True)
class Answer:
    """A coder's yes and no on one unit, and the codes that were suggested for it (None: not known).

    Codes that are in neither were left open: unsure, or not asked about.
    """

    yes: frozenset[str]
    no: frozenset[str]
    suggested: frozenset[str] | None


Answers = Mapping[Unit, Answer]


@dataclass(frozen=True, slots=True)
class Anchoring:
    """One coder with and without suggestions in view.

    Of `suggestions_blind` suggestions that were hidden when the coder decided, and `suggestions_seen` that
    were in view, the coder gave the shares `followed_blind` and `followed_seen` (0 to 1); `difference` is by
    how much seeing them raised that, with its interval `ci`. They were made for `units_blind` and
    `units_seen` utterances; of `units_unknown` more it is not known what was suggested. Where the same
    utterances were decided both ways (`units_both`), `towards` and `away` count decisions on a code that
    changed to or from what was suggested; `p` tests whether both are equally likely (exact sign test).
    """

    coder: str
    units_blind: int
    units_seen: int
    units_unknown: int
    suggestions_blind: int
    suggestions_seen: int
    followed_blind: float | None
    followed_seen: float | None
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


def from_rows(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    suggested: Sequence[CodedRow] | None,
    codes: Sequence[str],
) -> dict[str, tuple[Answers, Answers]]:
    """By coder, answers given blind and with suggestions in view, of rows in which silence is a no.

    `suggested` are the suggestions that were in view or hidden, as rows of the same units.
    """
    offered = {} if suggested is None else {unit_of(row): codes_of(row) for row in suggested}
    found: dict[str, tuple[Answers, Answers]] = {}
    for coder, rows in rows_by_coder.items():
        ways: tuple[dict[Unit, Answer], dict[Unit, Answer]] = ({}, {})
        for row in rows:
            unit, yes = unit_of(row), codes_of(row)
            answer = Answer(yes, frozenset(codes) - yes, offered.get(unit))
            ways[row.seen == "suggested"][unit] = answer
        found[coder] = ways
    return found


def anchoring(by_coder: Mapping[str, tuple[Answers, Answers]], settings: Settings) -> tuple[Anchoring, ...]:
    """For each coder, how far suggestions were followed where they were hidden and where they were in view.

    `by_coder` holds answers given blind and answers given with suggestions in view. Different utterances may
    differ in how hard they are, so a difference shows anchoring for certain only where the same ones were
    decided both ways.
    """
    return tuple(_one(coder, *both, settings) for coder, both in sorted(by_coder.items()))


def _one(coder: str, blind: Answers, seen: Answers, settings: Settings) -> Anchoring:
    sides = [{unit: one for unit, one in side.items() if one.suggested is not None} for side in (blind, seen)]
    names = sorted({unit[0] for side in sides for unit in side})
    sums = [_sums(side, names) for side in sides]
    judged = [int(some[:, 1].sum()) for some in sums]
    why = NO_SUGGESTED if not seen else NO_BLIND if not blind else None if all(judged) else NOT_SHOWN
    followed: tuple[float | None, float | None] = (None, None)
    moved, ends = None, Interval(None, None, 0, why)
    if why is None:
        rows = plan(len(names), settings.draws, settings.seed)
        shares = [ratio(drawn[:, 0], drawn[:, 1]) for drawn in (over_plan(rows, some) for some in sums)]
        followed = number(shares[0][0]), number(shares[1][0])
        moved = number(shares[1][0] - shares[0][0])
        ends = intervals((shares[1] - shares[0])[:, None], len(names), settings.level)[0]
    both, towards, away = _changes(*sides)
    return Anchoring(
        coder=coder,
        units_blind=len(sides[0]),
        units_seen=len(sides[1]),
        units_unknown=len(blind) + len(seen) - len(sides[0]) - len(sides[1]),
        suggestions_blind=judged[0],
        suggestions_seen=judged[1],
        followed_blind=followed[0],
        followed_seen=followed[1],
        difference=moved,
        ci=ends,
        units_both=both,
        towards=towards,
        away=away,
        p=float(stats.binomtest(towards, towards + away).pvalue) if towards + away else None,
        undefined=why,
    )


def _sums(answers: Answers, transcripts: Sequence[str]) -> Floats:
    """By interview, the suggestions given and the suggestions judged: shape (interviews, 2)."""
    place = {name: at for at, name in enumerate(transcripts)}
    out = np.zeros((len(transcripts), 2))
    for unit, one in answers.items():
        suggested = one.suggested or frozenset()
        out[place[unit[0]]] += len(suggested & one.yes), len(suggested & (one.yes | one.no))
    return out


def _changes(blind: Answers, seen: Answers) -> tuple[int, int, int]:
    """Utterances decided both ways, and decisions on a code that changed to and from what was suggested."""
    towards = away = 0
    both = blind.keys() & seen.keys()
    for unit in both:
        before, after = blind[unit], seen[unit]
        suggested = after.suggested or frozenset()
        gained, lost = before.no & after.yes, before.yes & after.no
        towards += len(gained & suggested) + len(lost - suggested)
        away += len(gained - suggested) + len(lost & suggested)
    return len(both), towards, away

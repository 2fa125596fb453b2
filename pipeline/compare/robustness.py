"""Does a pattern stand if a case, a participant or a coder is left out, or if coding errs a little?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.compare.evidence import Evidence, gather
from pipeline.compare.matrix import Matrix
from pipeline.compare.rules import Rules, classify, names, presence
from pipeline.compare.settle import SETTLED, UNNAMED
from pipeline.errors import StudyError
from pipeline.records import CodedRow

_BLOCK = 4_000_000
"""Numbers counted at once, so that memory stays flat."""


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """How often another reading of the same utterances would differ, for one code.

    `dropped`: the chance that an utterance with the code would not get it; `added`: that one without it
    would; `turned`: that one which keeps it would point the other way. Between two coders these are 1 - P+
    and 1 - P- (positive and negative agreement, Cicchetti & Feinstein 1990), and the share of differing
    directions where both gave the code.
    """

    dropped: float
    added: float
    turned: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= rate <= 1 for rate in (self.dropped, self.added, self.turned)):
            raise StudyError("an error rate lies outside 0 to 1", hint="Hand in 1 - P+ and 1 - P-.")


def rates_of(pairs: Iterable[Mapping[str, Any]]) -> dict[str, ErrorRate]:
    """Error rates by code from the `"pairs"` of an audit, as its JSON shows them.

    Only pairs of people count; several are averaged by the utterances that both looked at (directions: that
    both gave the code). A code whose positive or negative agreement is undefined has no rate; one whose
    direction nobody shares is taken never to turn.

    >>> pair = {"kind": "human-human", "units": 90, "per_code": [{"code": "x", "p_pos": .7, "p_neg": .95}]}
    >>> rates_of([pair])["x"].dropped
    0.3
    """
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    turned: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for pair in pairs:
        for one in pair["per_code"] if pair["kind"] == "human-human" else ():
            if one["p_pos"] is not None and one["p_neg"] is not None:
                found[one["code"]].append((pair["units"], 1 - one["p_pos"], 1 - one["p_neg"]))
            way = one.get("valence") or {}
            if way.get("percent") is not None:
                turned[one["code"]].append((way["n"], 1 - way["percent"]))
    out = {}
    for code, rates in found.items():
        dropped, added = (_averaged([(rate[0], rate[at]) for rate in rates]) for at in (1, 2))
        out[code] = ErrorRate(dropped, added, _averaged(turned[code]))
    return out


def _averaged(weighted: Sequence[tuple[float, float]]) -> float:
    """The mean of (weight, value) pairs, 0 where there are none."""
    whole = sum(weight for weight, _ in weighted)
    return round(sum(weight * value for weight, value in weighted) / whole, 12) if whole else 0.0


@dataclass(frozen=True, slots=True)
class Robust:
    """How sure a pattern is.

    `holds`: the share of `runs` with plausible coding errors in which it came out the same (None without
    error rates), `became` what it came out as in the others; `falls_without_*`: it comes out different
    without that one, `falls_at_shares` if presence asks for that share of a case's participants;
    `untestable_without`: without that case a group is too small to say anything. `coders_tried`: whether
    leaving a coder out could have changed anything.
    """

    holds: float | None
    runs: int
    became: Mapping[str, float]
    falls_without_cases: tuple[str, ...]
    falls_without_participants: tuple[str, ...]
    falls_without_coders: tuple[str, ...]
    falls_at_shares: tuple[str, ...]
    untestable_without: tuple[str, ...]
    coders_tried: bool = False

    def as_json(self, unreviewed: bool) -> dict[str, object]:
        """What `"robust"` holds in `compare --json`."""
        return {
            "holds": self.holds,
            "runs": self.runs,
            "became": dict(self.became),
            "falls_without": {
                "cases": list(self.falls_without_cases),
                "participants": list(self.falls_without_participants),
                "coders": list(self.falls_without_coders),
            },
            "falls_at_shares": list(self.falls_at_shares),
            "untestable_without": list(self.untestable_without),
            "rests_on_unreviewed": unreviewed,
        }


@dataclass(frozen=True)
class Setting:
    """What every re-run of a comparison needs: presence by case and theme, and the counts behind it.

    `member[case]` is the place of the case's group, -1 for cases that are not compared; themes are codes
    and directions flattened.
    """

    evidence: Evidence
    groups: tuple[str, ...]
    member: np.ndarray
    present: np.ndarray
    said: np.ndarray
    asked: np.ndarray
    rules: Rules

    def counted(self, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cases with the theme and cases known, by group; `present` is (..., cases, themes)."""
        picks = [self.member == group for group in range(len(self.groups))]
        k = np.stack([(present[..., pick, :] == 1).sum(axis=-2) for pick in picks], axis=-2)
        n = np.stack([(present[..., pick, :] >= 0).sum(axis=-2) for pick in picks], axis=-2)
        return k, n


def setting(
    evidence: Evidence, groups: Sequence[str], member: np.ndarray, denied: np.ndarray, rules: Rules
) -> Setting:
    """Presence of every theme in every case.

    `denied` (cases x codes) is True where the analyst says that the case was asked: there an absence is
    known even if nobody's utterances were reviewed.
    """
    themes = evidence.count.shape[1] * evidence.count.shape[2]
    said = evidence.by_case(evidence.count > 0).reshape(len(evidence.cases), themes)
    asked = np.repeat(evidence.by_case(evidence.asked), evidence.count.shape[2], axis=1)
    present = presence(said, asked, rules.present_share)
    present[(present < 0) & np.repeat(denied, evidence.count.shape[2], axis=1)] = 0
    return Setting(evidence, tuple(groups), member, present, said, asked, rules)


def without_each_case(one: Setting) -> Iterator[tuple[str, np.ndarray]]:
    """For each compared case, the patterns without it."""
    k, n = one.counted(one.present)
    for case in np.flatnonzero(one.member >= 0):
        less_k, less_n = k.copy(), n.copy()
        group = one.member[case]
        less_k[group] -= one.present[case] == 1
        less_n[group] -= one.present[case] >= 0
        yield one.evidence.cases[case], classify(less_k, less_n, one.rules)


def without_each_participant(one: Setting) -> Iterator[tuple[str, np.ndarray]]:
    """For each participant of a compared case, the patterns without that participant.

    A label that several cases share ("Ben", "unnamed") is told with its case.
    """
    k, n = one.counted(one.present)
    evidence = one.evidence
    sharing = Counter(evidence.people)
    people = np.flatnonzero(one.member[evidence.home] >= 0)
    block = max(1, _BLOCK // max(1, k.size))
    for start in range(0, len(people), block):
        some = people[start : start + block]
        home = evidence.home[some]
        said = one.said[home] - (evidence.count[some] > 0).reshape(len(some), -1)
        asked = one.asked[home] - np.repeat(evidence.asked[some], evidence.count.shape[2], axis=1)
        after = presence(said, asked, one.rules.present_share)
        before, group = one.present[home], one.member[home]
        less_k, less_n = np.repeat(k[None], len(some), 0), np.repeat(n[None], len(some), 0)
        at = np.arange(len(some))
        less_k[at, group] += (after == 1).astype(int) - (before == 1)
        less_n[at, group] += (after >= 0).astype(int) - (before >= 0)
        found = classify(less_k, less_n, one.rules)
        for row, person in enumerate(some):
            name = evidence.people[person]
            case = evidence.cases[evidence.home[person]]
            shared = name == UNNAMED or sharing[name] > 1
            yield f"{name} of {case}" if shared else name, found[row]


def at_other_shares(one: Setting, denied: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The patterns if a code needed a tenth fewer, or a tenth more, of a case's participants."""
    for step in (-0.1, 0.1):
        share = round(one.rules.present_share + step, 6)
        if 0 < share <= 1:
            rules = replace(one.rules, present_share=share)
            again = setting(one.evidence, one.groups, one.member, denied, rules)
            yield f"{share * 100:g} %", classify(*again.counted(again.present), rules)


def without_each_coder(one: Setting, whole: Matrix, denied: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """For each coder, the patterns from the others' rows.

    Nothing where there is only one coder, nor for a coder whose every utterance was settled: the settled
    reading counts with or without.
    """
    if len(one.evidence.coders) < 2:
        return
    for coder in one.evidence.coders:
        rows = [row for row in whole.rows if row.coder != coder]
        rest = gather(
            rows,
            whole.codes,
            cases=whole.cases,
            participants=whole.people,
            charts=whole.charts,
            leave_out=whole.leave_out,
        )
        same = np.array_equal(rest.count, one.evidence.count)
        if same and np.array_equal(rest.looked, one.evidence.looked) and _settled(whole, coder):
            continue
        again = setting(rest, one.groups, one.member, denied, one.rules)
        yield coder or "unnamed", classify(*again.counted(again.present), one.rules)


def _settled(whole: Matrix, coder: str) -> bool:
    """Whether every utterance that the coder read was settled."""
    settled = {_place(row) for row in whole.rows if row.coder == SETTLED}
    return all(_place(row) in settled for row in whole.rows if row.coder == coder)


def _place(row: CodedRow) -> tuple[object, ...]:
    place = row.utterance_id or (row.turn_index, row.text)
    return row.case, row.speaker, row.transcript_id, place


def under_error(
    one: Setting, rates: Mapping[str, ErrorRate], draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """How often each pattern came out for each theme, (patterns, themes), and which themes had rates.

    In each draw every decision on an utterance is read again: a code given is dropped or turned round, and
    one not given added, at the code's rates; an added code points as the code's utterances do. A
    participant's chance to show a theme is computed from the utterances' chances, which are independent,
    and then drawn.
    """
    evidence = one.evidence
    chance, rated = _chances(evidence, rates)
    random = np.random.default_rng(seed)
    tally = np.zeros((len(names(one.groups)), chance.shape[1]), dtype=np.int64)
    asked = np.repeat(evidence.asked, evidence.count.shape[2], axis=1)
    for _ in range(draws):
        said = evidence.by_case((random.random(chance.shape) < chance) & asked)
        present = presence(said, one.asked, one.rules.present_share)
        present[(present < 0) & (one.present == 0)] = 0
        found = classify(*one.counted(present), one.rules)
        tally[found, np.arange(found.size)] += 1
    return tally, rated


def _chances(evidence: Evidence, rates: Mapping[str, ErrorRate]) -> tuple[np.ndarray, np.ndarray]:
    """Each participant's chance to show each theme in another reading, (people, themes)."""
    known = [rates.get(code) for code in evidence.codes]
    dropped, added, turned = (
        np.array([getattr(rate, name) if rate else 0.0 for rate in known])[None, :, None]
        for name in ("dropped", "added", "turned")
    )
    count = evidence.count
    total = count.sum(axis=0)
    ways = total / np.maximum(total[:, :1], 1)
    ways[:, 0] = 1.0
    free = np.maximum(evidence.looked[:, None, None] - count[:, :, :1], 0)
    # An utterance that points one way may come to point the other; "however it points" cannot turn.
    turned = turned * np.array([0.0, 1.0, 1.0])
    other = np.minimum(count[:, :, [0, 2, 1]], count[:, :, :1] - count)
    kept = 1 - dropped
    none = (1 - kept * (1 - turned)) ** count
    none = none * (1 - kept * turned) ** other * (1 - added * ways[None]) ** free
    rated = np.repeat(np.array([rate is not None for rate in known]), count.shape[2])
    return (1 - none).reshape(len(evidence.people), -1), rated


def judge(
    found: np.ndarray, one: Setting, reruns: Mapping[str, Iterable[tuple[str, np.ndarray]]]
) -> list[Robust]:
    """Every theme's `Robust`, without error rates; `found` are the patterns as they stand.

    `reruns` hold, by `cases`, `participants` and `coders`, who was left out and the patterns without them,
    and by `shares` other shares of participants and the patterns with them.
    """
    falls: list[dict[str, list[str]]] = [defaultdict(list) for _ in found]
    tried: set[str] = set()
    for kind, runs in reruns.items():
        for name, again in runs:
            tried.add(kind)
            for theme in np.flatnonzero(again != found):
                falls[theme]["untestable" if again[theme] == 0 else kind].append(name)
    return [
        Robust(
            holds=None,
            runs=0,
            became={},
            falls_without_cases=tuple(fell["cases"]),
            falls_without_participants=tuple(fell["participants"]),
            falls_without_coders=tuple(fell["coders"]),
            falls_at_shares=tuple(fell["shares"]),
            untestable_without=tuple(fell["untestable"]),
            coders_tried="coders" in tried,
        )
        for fell in falls
    ]


def with_error(
    judged: Sequence[Robust],
    found: np.ndarray,
    one: Setting,
    rates: Mapping[str, ErrorRate],
    draws: int,
    seed: int,
) -> list[Robust]:
    """The same with the share of runs that gave the pattern again, for codes that have a rate."""
    every = names(one.groups)
    tally, rated = under_error(one, rates, draws, seed)
    out = []
    for theme, plain in enumerate(judged):
        if not rated[theme]:
            out.append(plain)
            continue
        shares = {every[at]: int(times) / draws for at, times in enumerate(tally[:, theme]) if times}
        holds = shares.pop(every[found[theme]], 0.0)
        out.append(replace(plain, holds=holds, runs=draws, became=shares))
    return out

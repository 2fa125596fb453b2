"""Which cases are compared with which: the groups of a comparison, and the cases set aside as outliers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import StudyError

OUTLIER = "outlier"


@dataclass(frozen=True, slots=True)
class Grouped:
    """Cases by group ("high" first, "low" second, others as they appear), those set aside, what to say.

    `aside` holds the outlier group's cases under its name as the table writes it; it may be empty.
    """

    compared: Mapping[str, tuple[str, ...]]
    aside: Mapping[str, tuple[str, ...]]
    notices: tuple[str, ...]


def grouped(cases: Mapping[str, bool], groups: Mapping[str, str], *, outlier: str, minimum: int) -> Grouped:
    """Sort cases into their groups; capitals and spaces make no difference between names of groups.

    `cases` tells of each case whether any of its talk was reviewed, `groups` its group. Raises `StudyError`
    for cases without a group's entry, and if fewer than two groups remain.

    >>> cases = {"A": True, "B": True, "C": True}
    >>> grouped(cases, {"A": "Low", "B": "high", "C": "Outlier"}, outlier="outlier", minimum=1)
    Grouped(compared={'high': ('B',), 'Low': ('A',)}, aside={'Outlier': ('C',)}, notices=())
    """
    lacking = [case for case in cases if case not in groups]
    if lacking:
        raise StudyError(
            f"{listed(lacking, 'has', 'have')} no attributes",
            where="cases.csv",
            hint="Add a row for each; leave the grouping column empty to keep a case out of the patterns.",
        )
    piles, spelling = _piles(cases, groups)
    notices = [_left_out(piles.pop("", []))]
    apart = _key(outlier)
    aside = {spelling[apart]: tuple(piles.pop(apart))} if apart and apart in piles else {}
    order = sorted(piles, key=lambda group: {"high": -2, "low": -1}.get(group, 0))
    if len(order) < 2:
        raise StudyError(
            "a comparison needs two groups of cases; the grouping has "
            + (f"only {spelling[order[0]]!r}" if order else "none")
            + (f" beside the outliers, {next(iter(aside))!r}" if aside else ""),
            where="cases.csv",
            hint="Choose another column with --group, or fill this one in.",
        )
    if outlier and not aside and _key(outlier) != OUTLIER:
        notices.append(f"No case belongs to the group {outlier}: no outlier was set aside.")
    known = {group: sum(cases[case] for case in piles[group]) for group in order}
    notices.append(_too_few({spelling[group]: known[group] for group in order}, minimum))
    notices.append(_unseen([case for case in groups if not cases.get(case)]))
    compared = {spelling[group]: tuple(piles[group]) for group in order}
    return Grouped(compared, aside, tuple(line for line in notices if line))


def in_order(groups: Mapping[str, str], *, outlier: str = OUTLIER) -> tuple[str, ...]:
    """The cases as they stand best side by side: group by group, outliers and cases without a group last.

    >>> in_order({"S10": "low", "S2": "Outlier", "S3": "high", "S9": "low"})
    ('S3', 'S9', 'S10', 'S2')
    """
    seen = {group: at for at, group in enumerate(dict.fromkeys(map(_key, groups.values())))}
    last = len(seen)
    rank = {**seen, "high": -2, "low": -1, _key(outlier): last, "": last + 1}
    return tuple(sorted(groups, key=lambda case: (rank[_key(groups[case])], _natural(case))))


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Digits count as numbers, so that S9 stands before S10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts]


def _piles(cases: Iterable[str], groups: Mapping[str, str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Cases by the group's name without regard to capitals, and how the table first writes each name."""
    spelling: dict[str, str] = {}
    for name in groups.values():
        spelling.setdefault(_key(name), " ".join(name.split()))
    piles: dict[str, list[str]] = {key: [] for key in spelling}
    for case in cases:
        piles[_key(groups[case])].append(case)
    return {key: some for key, some in piles.items() if some}, spelling


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def listed(cases: Sequence[str], one: str, many: str) -> str:
    """Cases with their verb; of more than eight only the first.

    >>> listed(["S3"], "is", "are"), listed(["S3", "S4"], "is", "are")
    ('S3 is', 'S3, S4 are')
    """
    more = f" and {len(cases) - 8} more" if len(cases) > 8 else ""
    return f"{', '.join(cases[:8])}{more} {one if len(cases) == 1 else many}"


def _left_out(cases: Sequence[str]) -> str:
    has, have = ("has no value in the grouping and is", "have no value in the grouping and are")
    return f"{listed(cases, has, have)} left out of the patterns." if cases else ""


def _too_few(known: Mapping[str, int], minimum: int) -> str:
    small = [f"{group} has {number or 'none'}" for group, number in known.items() if number < minimum]
    if not small:
        return ""
    more = f" and {len(small) - 8} more groups" if len(small) > 8 else ""
    need = "one reviewed case" if minimum == 1 else f"{minimum} reviewed cases"
    return f"Insufficient: to name a pattern each group needs {need}; {', '.join(small[:8])}{more}."


def _unseen(cases: Sequence[str]) -> str:
    return f"No utterance of {', '.join(cases)} has been reviewed." if cases else ""

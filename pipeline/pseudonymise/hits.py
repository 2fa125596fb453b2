"""One reason to think that a place in a text names somebody; and how several become one identifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pipeline import resources
from pipeline.records import Identifier

_RANK = {
    label: rank
    for rank, label in enumerate(
        [
            "EMAIL",
            "URL",
            "POSTCODE",
            "ADDRESS",
            "DATE",
            "PHONE",
            "ID",
            "AGE",
            "PERSON",
            "ORGANISATION",
            "LOCATION",
            "OTHER",
        ]
    )
}
_WEAK = frozenset(("several capitals", "capital after a preposition", "word of no dictionary"))
"""Reasons that say that something is named and not what: any other reason decides the label."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One finder's word: offsets, label and the reason."""

    start: int
    end: int
    label: str
    reason: str


def combine(hits: Iterable[Hit]) -> tuple[Identifier, ...]:
    """Overlapping hits become one identifier: their union, every reason, the label of the strongest kind.

    A contact detail swallows the names and numbers inside it; between names the longest hit gives the label.
    """
    ordered = sorted(hits, key=lambda hit: (hit.start, -hit.end))
    groups: list[list[Hit]] = []
    end = -1
    for hit in ordered:
        if groups and hit.start < end:
            groups[-1].append(hit)
            end = max(end, hit.end)
        else:
            groups.append([hit])
            end = hit.end
    return tuple(_one(group) for group in groups)


def _one(group: list[Hit]) -> Identifier:
    chosen = min(group, key=lambda hit: _strength(hit))
    reasons = tuple(sorted({hit.reason for hit in group}))
    return Identifier(
        min(hit.start for hit in group),
        max(hit.end for hit in group),
        chosen.label,
        reasons,
        score(chosen.label, reasons),
    )


def _strength(hit: Hit) -> tuple[int, int, int, int]:
    rank = _RANK.get(hit.label, len(_RANK))
    of_names = hit.label in ("PERSON", "ORGANISATION", "LOCATION")
    stated = 0 if hit.reason in ("always list", "known", "speaker label") else 1
    return (
        _RANK["PERSON"] if of_names else rank,
        stated if of_names else 0,
        int(hit.reason in _WEAK),
        hit.start - hit.end if of_names else 0,
    )


@cache
def _measured() -> Mapping[tuple[str, str], float]:
    path = resources.path("configs", "names", "reasons.csv")
    table: dict[tuple[str, str], float] = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#") and not line.startswith("label,"):
            label, reasons, _, _, share = line.rsplit(",", 4)
            table[label, reasons] = float(share)
    return table


def score(label: str, reasons: tuple[str, ...]) -> float:
    """How often this combination of reasons was right on the development data (`configs/names/reasons.csv`).

    A combination never seen there gets its best single reason's share; reasons never seen get one half.
    """
    table = _measured()
    together = table.get((label, "; ".join(reasons)))
    if together is not None:
        return together
    return max((table.get((label, reason), 0.5) for reason in reasons), default=0.5)

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


Counts = Mapping[tuple[str, str], tuple[int, int]]
"""By label and reasons ("; " between them): how many finds were right, and how many there were."""
_STATED = frozenset(("always list", "speaker label"))
_PRIOR = 4
"""How many finds the best single reason weighs beside those of the combination itself."""


@cache
def _measured() -> Counts:
    path = resources.path("configs", "names", "reasons.csv")
    table: dict[tuple[str, str], tuple[int, int]] = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith(("#", "label,")):
            label, reasons, right, found = line.rsplit(",", 3)
            table[label, reasons] = int(right), int(found)
    return table


def score(label: str, reasons: tuple[str, ...], counts: Counts | None = None) -> float:
    """How often finds for these reasons were right on the development data (`configs/names/reasons.csv`).

    The share of the combination, drawn towards that of its best single reason the less it was seen; a single
    reason's share follows Laplace's rule of succession, one never seen gets one half. What people stated
    themselves counts as right.

    >>> score("PERSON", ("speaker label",)), score("PERSON", ("never heard of",))
    (0.99, 0.5)
    """
    if _STATED.intersection(reasons):
        return 0.99
    table = _measured() if counts is None else counts
    seen = [table[label, reason] for reason in reasons if (label, reason) in table]
    best = max(((right + 1) / (found + 2) for right, found in seen), default=0.5)
    right, found = table.get((label, "; ".join(reasons)), (0, 0)) if len(reasons) > 1 else (0, 0)
    return round((right + _PRIOR * best) / (found + _PRIOR), 3)

"""From the framework matrix to conditions for QCA, and from rows of the truth table back to quotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.compare.evidence import Direction
from pipeline.compare.matrix import Matrix
from pipeline.compare.quotes import Quote
from pipeline.compare.truth_table import Row
from pipeline.errors import StudyError


@dataclass(frozen=True, slots=True)
class Link:
    """The construct and direction that a condition was made from."""

    code: str
    valence: Direction | None = None


def shares(matrix: Matrix, link: Link, cases: Sequence[str] | None = None) -> dict[str, float]:
    """For each case (None: every one) the share of its participants who show the construct, to be calibrated.

    Raises `StudyError` for a case of which nothing is known: it has no place in a truth table.
    """
    out = {}
    for case in matrix.cases if cases is None else cases:
        cell = matrix.cell(case, link.code, link.valence)
        if cell.status in ("asked_denied", "asked_no_view"):
            out[case] = 0.0
            continue
        if cell.status in ("not_asked", "not_reviewed") or not cell.of:
            raise StudyError(
                f"{case} has no value for {link.code}: {cell.status}",
                hint="Review or chart that case first, or leave it out of the analysis.",
            )
        out[case] = cell.participants / cell.of
    return out


def quotes_of(row: Row, matrix: Matrix, links: Mapping[str, Link]) -> dict[str, dict[str, tuple[Quote, ...]]]:
    """The quotes behind a row of the truth table: case -> condition -> quotations.

    `links` name the constructs from which conditions were made; conditions from attributes have none.
    """
    return {
        case: {name: matrix.cell(case, link.code, link.valence).quotes for name, link in links.items()}
        for case in row.cases
    }


def circular(links: Mapping[str, Link], outcome: str) -> str:
    """A warning if condition and outcome were made from the same construct, else "".

    >>> circular({"CULTURE": Link("context.culture"), "WORKS": Link("context.culture")}, "WORKS")
    'WORKS and CULTURE come from the same construct: the analysis would explain a thing by itself.'
    """
    if outcome not in links:
        return ""
    same = [name for name, link in links.items() if name != outcome and link.code == links[outcome].code]
    if not same:
        return ""
    return (
        f"{outcome} and {', '.join(same)} come from the same construct: "
        "the analysis would explain a thing by itself."
    )

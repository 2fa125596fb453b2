"""What the analyst asks of QCA, written in one line a condition, turned into memberships.

CULTURE=context.culture:facilitator            1 where present in the case, else 0
CULTURE=context.culture:facilitator@.2,.55,.8  the share of participants, calibrated by three anchors
FIDELITY=fidelity@5,8,11                       a column of cases.csv, calibrated by three anchors
STABLE=cabinets@<10                            a column, in where the value is under 10 (or @>=10)
URBAN=urban                                    a column that holds memberships from 0 to 1
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.compare.calibrate import Anchors, column, crisp, direct
from pipeline.compare.evidence import DIRECTIONS, Direction
from pipeline.compare.linked import Link, shares
from pipeline.compare.matrix import Matrix
from pipeline.compare.sensitivity import Measure
from pipeline.compare.sets import Sets, sets
from pipeline.errors import StudyError

_FORM = "NAME=column, NAME=column@out,crossover,in, NAME=column@>=10 or NAME=code:facilitator"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_CUT = re.compile(rf"(>=|<)\s*({_NUMBER})")


@dataclass(frozen=True, slots=True)
class Asked:
    """One condition or the outcome: its name, where it comes from, and how it is calibrated.

    `calibration` is "" (as it is), ">=10", "<10", or three anchors "5,8,11".
    """

    name: str
    source: str
    calibration: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that the analysis needs: the sets, and where each came from."""

    data: Sets
    links: Mapping[str, Link]
    measures: Mapping[str, Measure]


def parse(text: str) -> Asked:
    """One condition from its line; raises `StudyError` for a line that says none.

    >>> parse("FIDELITY=fidelity@5,8,11")
    Asked(name='FIDELITY', source='fidelity', calibration='5,8,11')
    """
    name, equals, rest = text.partition("=")
    source, _, calibration = rest.partition("@")
    if not equals or not name.strip() or not source.strip():
        raise StudyError(f"{text!r} names no condition", hint=f"Write {_FORM}.")
    return Asked(name.strip(), source.strip(), calibration.strip())


def question(
    conditions: Sequence[Asked],
    outcome: Asked,
    matrix: Matrix,
    attributes: Mapping[str, Mapping[str, str]],
    *,
    present_share: float = 0.5,
) -> Question:
    """Memberships of every case of the matrix in each condition and in the outcome.

    A source is a code of the matrix (with `:facilitator` or `:barrier`) or a column of `attributes`.
    Raises `StudyError` for an unknown source, a missing value, and all that `sets` refuses.
    """
    lacking = [case for case in matrix.cases if case not in attributes]
    if lacking:
        raise StudyError(
            f"the case {lacking[0]} has no attributes", where="cases.csv", hint="Add a row for it."
        )
    ours = {case: attributes[case] for case in matrix.cases}
    members: dict[str, dict[str, float]] = {}
    links: dict[str, Link] = {}
    measures: dict[str, Measure] = {}
    for asked in (*conditions, outcome):
        link = _link(asked.source, matrix)
        if link is not None:
            links[asked.name] = link
            values = shares(matrix, link)
        else:
            values = _column(asked.source, ours, matrix)
        cut = f">={present_share}" if link is not None and not asked.calibration else asked.calibration
        members[asked.name] = _calibrated(values, cut, asked.name)
        if "," in cut:
            measures[asked.name] = Measure(values, _anchors(cut, asked.name))
    by_case = {case: {name: values[case] for name, values in members.items()} for case in matrix.cases}
    data = sets(by_case, [asked.name for asked in conditions], outcome.name)
    return Question(data, links, measures)


def _link(source: str, matrix: Matrix) -> Link | None:
    """The construct that a source names, if it is one."""
    code, colon, way = source.rpartition(":")
    directions: dict[str, Direction | None] = {one: one for one in DIRECTIONS if one is not None}
    if colon and way in directions and code in matrix.codes:
        return Link(code, directions[way])
    return Link(source) if source in matrix.codes else None


def _column(source: str, attributes: Mapping[str, Mapping[str, str]], matrix: Matrix) -> dict[str, float]:
    known = {name for values in attributes.values() for name in values}
    if source not in known:
        raise StudyError(
            f"{source!r} is neither a code nor a column of cases.csv",
            hint=f"Columns: {', '.join(sorted(known)) or 'none'}; codes: {', '.join(matrix.codes)}.",
        )
    return column(attributes, source)


def _calibrated(values: Mapping[str, float], how: str, name: str) -> dict[str, float]:
    if not how:
        return dict(values)
    cut = _CUT.fullmatch(how)
    if cut:
        # A share such as 2/3 must not miss its own cut by a rounding error.
        return crisp(values, float(cut[2]) - 1e-9, below=cut[1] == "<")
    return direct(values, _anchors(how, name))


def _anchors(text: str, name: str) -> Anchors:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(re.fullmatch(_NUMBER, part) for part in parts):
        raise StudyError(
            f"{name}: {text!r} is no calibration",
            hint="Write @out,crossover,in, such as @5,8,11, or @>=10, @<10.",
        )
    return Anchors(*map(float, parts))

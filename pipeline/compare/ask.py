"""What the analyst asks of QCA, turned into memberships. A condition is written in one line:

CULTURE=context.culture:facilitator            1 where present in the case, else 0
CULTURE=context.culture:facilitator@.2,.55,.8  the share of participants, calibrated by three anchors
FIDELITY=fidelity@5,8,11                       a column of cases.csv, calibrated by three anchors
STABLE=cabinets@<10                            a column, in where the value is under 10 (or @>=10)
URBAN=urban                                    a column that holds memberships from 0 to 1

A scale whose levels are written in words needs more room; `plan` reads it from a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.compare.calibrate import Anchors, Cut, Level, column, qualitative, texts
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

    `calibration` is "" (as it is), ">=10", "<10", or three anchors "5,8,11"; `levels` are those of a scale
    in words. `about` names the construct whose quotations show what was judged, `why` the reason for the
    anchors.
    """

    name: str
    source: str
    calibration: str = ""
    levels: tuple[Level, ...] = ()
    about: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How a condition or the outcome came to its memberships: in words, values before, memberships after."""

    name: str
    source: str
    how: str
    why: str
    before: Mapping[str, str]
    members: Mapping[str, float]

    def as_json(self) -> dict[str, object]:
        """A row of `"calibration"` in the `"qca"` of `compare --json`."""
        return {
            "name": self.name,
            "source": self.source,
            "how": self.how,
            "why": self.why,
            "values": dict(self.before),
            "memberships": dict(self.members),
        }


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that the analysis needs: the sets, and where each came from."""

    data: Sets
    links: Mapping[str, Link]
    measures: Mapping[str, Measure]
    calibrated: tuple[Calibrated, ...] = field(default=())


def parse(text: str) -> Asked:
    """One condition from its line; raises `StudyError` for a line that says none.

    >>> asked = parse("FIDELITY=fidelity@5,8,11")
    >>> asked.name, asked.source, asked.calibration
    ('FIDELITY', 'fidelity', '5,8,11')
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
    leave_out: Sequence[str] = (),
) -> Question:
    """Memberships of every case of the matrix in each condition and in the outcome.

    A source is a code of the matrix (with `:facilitator` or `:barrier`) or a column of `attributes`;
    `leave_out` names cases that are not analysed. Raises `StudyError` for an unknown source, a missing value,
    and all that `sets` refuses.
    """
    cases = _cases(matrix, attributes, leave_out)
    ours = {case: attributes[case] for case in cases}
    links: dict[str, Link] = {}
    measures: dict[str, Measure] = {}
    made = []
    for asked in (*conditions, outcome):
        source = _link(asked.source, matrix)
        link = source or _link(asked.about, matrix)
        if asked.about and link is None:
            raise StudyError(f"{asked.name}: {asked.about!r} is no code", hint=_known(ours, matrix))
        if link is not None:
            links[asked.name] = link
        one = _made(asked, source, matrix, ours, present_share)
        measures |= {asked.name: one[1]} if one[1] is not None else {}
        made.append(one[0])
    by_case = {case: {one.name: one.members[case] for one in made} for case in cases}
    data = sets(by_case, [asked.name for asked in conditions], outcome.name)
    return Question(data, links, measures, tuple(made))


def _cases(
    matrix: Matrix, attributes: Mapping[str, Mapping[str, str]], leave_out: Sequence[str]
) -> list[str]:
    for case in leave_out:
        if case not in matrix.cases:
            raise StudyError(f"no case is called {case!r}", hint=f"Known: {', '.join(matrix.cases)}.")
    cases = [case for case in matrix.cases if case not in leave_out]
    lacking = [case for case in cases if case not in attributes]
    if lacking:
        raise StudyError(
            f"the case {lacking[0]} has no attributes", where="cases.csv", hint="Add a row for it."
        )
    return cases


def _made(
    asked: Asked,
    link: Link | None,
    matrix: Matrix,
    attributes: Mapping[str, Mapping[str, str]],
    present_share: float,
) -> tuple[Calibrated, Measure | None]:
    """Memberships in one set, with what can be moved to try how firm they are."""
    if link is None and not _has(attributes, asked.source):
        raise StudyError(
            f"{asked.source!r} is neither a code nor a column of cases.csv", hint=_known(attributes, matrix)
        )
    if asked.levels:
        if link is not None:
            raise StudyError(
                f"{asked.name}: its levels are read from a column of cases.csv; {asked.source} is a code",
                hint="Judge each case in a column of its own, and name the code under `about`.",
            )
        words = texts(attributes, asked.source)
        members = qualitative(words, asked.levels)
        return Calibrated(asked.name, asked.source, _scale(asked.levels), asked.why, words, members), None
    values = shares(matrix, link, list(attributes)) if link else column(attributes, asked.source)
    how = f">={present_share}" if link is not None and not asked.calibration else asked.calibration
    before = _before(values, link, matrix)
    if not how:
        word = "as it stands: memberships from 0 to 1"
        return Calibrated(asked.name, asked.source, word, asked.why, before, values), None
    measure = Measure(values, _parsed(how, asked.name))
    members = measure.members()
    said = in_words(measure.by, share=link is not None)
    return Calibrated(asked.name, asked.source, said, asked.why, before, members), measure


def _before(values: Mapping[str, float], link: Link | None, matrix: Matrix) -> dict[str, str]:
    """Each case's value as it is read: a number, or so many of its participants."""
    if link is None:
        return {case: f"{value:.4g}" for case, value in values.items()}
    cells = (matrix.cell(case, link.code, link.valence) for case in values)
    return {cell.case: f"{cell.participants} of {cell.of}" for cell in cells}


def in_words(by: Anchors | Cut, *, share: bool = False) -> str:
    """How a measure is calibrated; `share` says that it is a share of participants.

    >>> in_words(Cut(10, below=True)), in_words(Anchors(5, 8, 11))
    ('crisp: in where under 10', 'direct method: fully out at 5, crossover at 8, fully in at 11')
    """

    def said(value: float) -> str:
        return f"{value * 100:g} %" if share else f"{value:g}"

    of, say = (" of its participants", " say so") if share else ("", "")
    if isinstance(by, Cut):
        return f"crisp: in where {'under' if by.below else 'at least'} {said(by.value)}{of}{say}"
    anchors = f"fully out at {said(by.out)}, crossover at {said(by.crossover)}, fully in at {said(by.full)}"
    return f"direct method: {anchors}{of}"


def _scale(levels: Sequence[Level]) -> str:
    ordered = sorted(levels, key=lambda level: level.membership)
    return "; ".join(f"{level.membership:g} {level.word}: {level.anchor}" for level in ordered)


def _link(source: str, matrix: Matrix) -> Link | None:
    """The construct that a source names, if it is one."""
    code, colon, way = source.rpartition(":")
    directions: dict[str, Direction | None] = {one: one for one in DIRECTIONS if one is not None}
    if colon and way in directions and code in matrix.codes:
        return Link(code, directions[way])
    return Link(source) if source in matrix.codes else None


def _has(attributes: Mapping[str, Mapping[str, str]], source: str) -> bool:
    return any(source in values for values in attributes.values())


def _known(attributes: Mapping[str, Mapping[str, str]], matrix: Matrix) -> str:
    columns = sorted({name for values in attributes.values() for name in values})
    return f"Columns: {', '.join(columns) or 'none'}; codes: {', '.join(matrix.codes)}."


def _parsed(how: str, name: str) -> Anchors | Cut:
    cut = _CUT.fullmatch(how)
    if cut:
        return Cut(float(cut[2]), below=cut[1] == "<")
    parts = [part.strip() for part in how.split(",")]
    if len(parts) != 3 or not all(re.fullmatch(_NUMBER, part) for part in parts):
        raise StudyError(
            f"{name}: {how!r} is no calibration",
            hint="Write @out,crossover,in, such as @5,8,11, or @>=10, @<10.",
        )
    return Anchors(*map(float, parts))

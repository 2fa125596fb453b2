"""A QCA written down in a file: conditions, outcome, anchors in numbers or in words, and the cuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.compare.ask import Asked
from pipeline.compare.calibrate import Level
from pipeline.errors import StudyError

_HINT = "docs/COMPARING.md, section 3, shows a file that works."


@dataclass(frozen=True, slots=True)
class Plan:
    """A QCA to be made: what is asked, which way conditions are expected to point (1 or 0), and the cuts.

    A row of the truth table needs consistency `incl_cut`, PRI `pri_cut` and `n_cut` cases.
    """

    conditions: tuple[Asked, ...]
    outcome: Asked
    expectations: Mapping[str, int] = field(default_factory=dict)
    incl_cut: float = 0.8
    n_cut: int = 1
    pri_cut: float = 0.0
    leave_out: tuple[str, ...] = ()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, populate_by_name=True)


class _Level(_Strict):
    word: Annotated[str, Field(min_length=1)]
    membership: float
    anchor: str


class _Set(_Strict):
    name: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(alias="from", min_length=1)]
    anchors: Annotated[list[float], Field(min_length=3, max_length=3)] | None = None
    at_least: float | None = None
    below: float | None = None
    levels: list[_Level] = []
    about: str = ""
    why: str = ""


class _Condition(_Set):
    expect: Literal["", "present", "absent"] = ""


class _Plan(_Strict):
    outcome: _Set
    conditions: Annotated[list[_Condition], Field(min_length=1)]
    consistency: float = 0.8
    pri: float = 0.0
    cases: int = 1
    leave_out: list[str] = []


def read_plan(text: str, where: str) -> Plan:
    """A plan from YAML text; raises `StudyError` that names each key that is wrong, missing or unknown.

    >>> text = "outcome: {name: GOOD, from: engagement, below: 5}\\nconditions: [{name: BIG, from: beds}]"
    >>> plan = read_plan(text, "qca.yaml")
    >>> plan.outcome.calibration, plan.conditions[0].source
    ('<5.0', 'beds')
    """
    try:
        # Everything is text first: a level called "no" must not become a truth value.
        raw = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise StudyError("is no YAML", where=f"{where}{line}", hint=_HINT) from None
    try:
        plan = _Plan.model_validate(raw)
    except ValidationError as error:
        raise StudyError(_problems(error), where=where, hint=_HINT) from None
    return Plan(
        conditions=tuple(_asked(one, where) for one in plan.conditions),
        outcome=_asked(plan.outcome, where),
        expectations={one.name: int(one.expect == "present") for one in plan.conditions if one.expect},
        incl_cut=plan.consistency,
        n_cut=plan.cases,
        pri_cut=plan.pri,
        leave_out=tuple(plan.leave_out),
    )


def expectations(lines: Sequence[str]) -> dict[str, int]:
    """Directional expectations from `NAME` or `~NAME`.

    >>> expectations(["FIDELITY", "~DISTANCE"])
    {'FIDELITY': 1, 'DISTANCE': 0}
    """
    return {line.lstrip("~").strip(): 0 if line.startswith("~") else 1 for line in lines}


def _asked(one: _Set, where: str) -> Asked:
    ways = {
        "anchors": ",".join(f"{value!r}" for value in one.anchors or ()),
        "at_least": "" if one.at_least is None else f">={one.at_least!r}",
        "below": "" if one.below is None else f"<{one.below!r}",
    }
    given = [key for key, text in ways.items() if text] + (["levels"] if one.levels else [])
    if len(given) > 1:
        raise StudyError(
            f"{one.name} is calibrated in {len(given)} ways: {', '.join(given)}",
            where=where,
            hint="Keep one of them.",
        )
    levels = tuple(Level(level.word, level.membership, level.anchor) for level in one.levels)
    return Asked(one.name, one.source, "".join(ways.values()), levels, one.about, one.why)


def _problems(error: ValidationError) -> str:
    """Every problem with its place, one after another."""
    found: list[str] = []
    for one in error.errors(include_input=False, include_url=False):
        place = ".".join(_step(part) for part in one["loc"])
        found.append(f"{place}: {one['msg']}" if place else str(one["msg"]))
    return "; ".join(dict.fromkeys(found))


def _step(part: Any) -> str:
    return str(part + 1) if isinstance(part, int) else str(part)

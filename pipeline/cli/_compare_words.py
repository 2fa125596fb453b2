"""The comparison as it is read on the screen: families of patterns, then QCA."""

from __future__ import annotations

import re
from typing import Any

from pipeline.cli._base import table

_LONG_QUOTE = re.compile(r"“([^”]{140})[^”]{20,}”")
_TIES = 8
"""Solutions of one kind that the screen shows."""


def families(comparison: Any) -> list[str]:
    """Patterns by family: shared, marking a group, the outlier; what goes against one before it."""
    from pipeline.compare.words import in_words, opposed, rules_in_words

    lines = [rules_in_words(comparison.rules), ""]
    told: set[int] = set()
    headings = [
        ("shared", "Shared by all groups"),
        *((group, f"Marks {group}") for group in comparison.groups),
    ]
    for key, heading in headings:
        some = [one for one in comparison.patterns if one.main and (one.marks or one.pattern) == key]
        lines += _block(heading, [in_words(one) for one in some])
        told |= {id(one) for one in some}
    rest = [
        one for one in comparison.patterns if one.main and id(one) not in told and one.pattern != "absent"
    ]
    lines += _block("Tells no group apart", [in_words(one) for one in rest])
    absent = [one for one in comparison.patterns if one.main and one.pattern == "absent"]
    if absent:
        names = (f"{one.code} ({one.valence})" if one.valence else one.code for one in absent)
        lines += [f"Present in no case: {', '.join(names)}.", ""]
    if opposed(comparison):
        lines.append(f"Same construct, opposite signs: {', '.join(opposed(comparison))}.")
    lines += [outlier(one) for one in comparison.outliers]
    return lines


def _block(heading: str, paragraphs: list[tuple[str, ...]]) -> list[str]:
    if not paragraphs:
        return []
    lines = [heading, "=" * len(heading)]
    for paragraph in paragraphs:
        lines += [paragraph[0], *(f"  {_cut(line)}" for line in paragraph[1:]), ""]
    return lines


def _cut(line: str) -> str:
    """Long quotations shortened, their references kept; in full they stand in the workbook."""
    return _LONG_QUOTE.sub(r"“\1 […]”", line)


def outlier(one: Any) -> str:
    """Where an outlier case stands, as a sentence."""
    like = ", ".join(f"like {group} on {number}" for group, number in one.like)
    if one.declared:
        return f"Outlier {one.case}: of {one.themes} themes that tell groups apart, {like}."
    return (
        f"{one.case} goes against its group {one.group} on {len(one.against)} of {one.themes} themes: "
        f"{', '.join(one.against)}."
    )


def qca_lines(found: Any, behind: dict[str, Any]) -> list[str]:
    """Necessity, truth table, solutions and re-runs of both outcomes."""
    lines: list[str] = []
    for side in (found.outcome, found.negation):
        title = f"QCA of {side.data.outcome}"
        lines += ["", title, "=" * len(title)]
        lines += [table(_necessity(side), ["necessary?", "consistency", "coverage", "RoN", ""]), ""]
        lines += [
            table(_rows(side), ["combination", "out", "n", "consistency", "PRI", "cases", "against"]),
            "",
        ]
        for kind in ("conservative", "intermediate", "parsimonious"):
            ties = side.analysis.of(kind)
            for one in ties[:_TIES]:
                lines += [f"{kind}: {one.formula} -> {one.outcome}", f"  {_fit(one)}"]
            if len(ties) > _TIES:
                lines.append(f"  and {len(ties) - _TIES} more that fit as well; --json has all of them")
        lines += [_variation(one) for one in side.variations]
        lines += list(side.analysis.notices)
    return [*lines, *found.notices, *_quotes(behind)]


def _quotes(behind: dict[str, Any]) -> list[str]:
    """The first quotation of each case and condition, so that a row can be checked."""
    lines = [
        f"  {case}, {name}: “{quotes[0]['text']}” {quotes[0]['ref']}"
        for case, by_name in behind.items()
        for name, quotes in by_name.items()
        if quotes
    ]
    return ["", "What lies behind the rows:", *map(_cut, lines)] if lines else []


def _fit(one: Any) -> str:
    text = f"consistency {_two(one.consistency)}, PRI {_two(one.pri)}, coverage {_two(one.coverage)}"
    if one.uncovered:
        text += f"; not covered: {', '.join(one.uncovered)}"
    return f"{text}; against: {', '.join(one.against)}" if one.against else text


def _variation(one: Any) -> str:
    if one.problem:
        return f"With {one.what}: cannot be run, {one.problem}."
    outcome = f"other {', '.join(one.changed)} solution" if one.changed else "the same"
    return f"With {one.what}: {outcome}."


def _necessity(side: Any) -> list[list[str]]:
    rows = []
    for one in side.necessity:
        figures = (one.fit.consistency, one.fit.coverage, one.fit.ron)
        rows.append([one.name, *map(_two, figures), "trivial" if one.trivial else ""])
    return rows


def _rows(side: Any) -> list[list[str]]:
    return [
        [
            row.name,
            row.out,
            str(row.n),
            _two(row.consistency),
            _two(row.pri),
            " ".join(row.cases),
            " ".join(row.against),
        ]
        for row in side.analysis.table.rows
        if row.n
    ]


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

"""The report's sections on cases: the matrix, the patterns with what goes against them, QCA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.report.case_pictures import WAYS, heat_map, pattern_plot, xy_plot
from pipeline.report.drawing import Picture
from pipeline.report.page import Block, Cell, Quote, Section, Text, image, table

_UNSEEN = ("not_reviewed", "not_asked")
_SYMBOLS = {"not_reviewed": "not reviewed", "not_asked": "not asked"}
_QUOTES = 3
_ROWS = 16
"""Cases up to which the matrix stands as a table too; more are in `matrix.csv`."""


@dataclass(frozen=True, slots=True)
class Against:
    """A case that goes against a pattern: what is so, and what was said there."""

    text: str
    quotes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A pattern in words, in the order in which it is to be read; quotations are (text, reference).

    `row` is the pattern as in `"patterns"` of `compare --json`.
    """

    title: str
    counts: str
    against: tuple[Against, ...]
    says: str
    after: tuple[str, ...]
    quotes: tuple[tuple[str, str], ...]
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """Patterns of one kind under one heading, such as "A. Shared by all groups"."""

    title: str
    patterns: tuple[Told, ...]


def matrix(cells: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Section:
    """Case by construct: how many participants say that it helps, and that it hinders."""
    cases = list(dict.fromkeys(cell["case"] for cell in cells))
    picture = heat_map(cells, names)
    caption = (
        "Participants who say so, of those whose talk was reviewed; darker is a larger share, hatched is "
        "what nobody "
        "reviewed or asked."
    )
    blocks: list[Block] = [image(picture, caption)]
    if len(cases) <= _ROWS:
        blocks.append(_matrix_table(cells, cases, names))
    else:
        blocks.append(Text(f"{len(cases)} cases are too many for a table here; matrix.xlsx has them all."))
    return Section("matrix", "Case by construct", tuple(blocks))


def _matrix_table(
    cells: Sequence[Mapping[str, Any]], cases: Sequence[str], names: Mapping[str, str]
) -> Block:
    place = {(cell["case"], cell["code"], cell["valence"]): cell for cell in cells}
    rows: list[list[str | Cell]] = []
    for code in dict.fromkeys(cell["code"] for cell in cells):
        for way, word in WAYS.items():
            row: list[str | Cell] = [names.get(code, code) if way == "facilitator" else "", word]
            rows.append([*row, *(_cell(place.get((case, code, way))) for case in cases)])
    return table(("Code", "", *cases), rows)


def _cell(cell: Mapping[str, Any] | None) -> Cell:
    if cell is None or cell["status"] in _UNSEEN:
        return Cell(_SYMBOLS.get(cell["status"], "–") if cell else "–")
    return Cell(
        f"{cell['participants']} of {cell['of']}", cell["participants"] / cell["of"] if cell["of"] else 0.0
    )


def plotted(families: Sequence[Family], names: Mapping[str, str]) -> Picture | None:
    """The pattern plot in the order of the families; None where there is no pattern."""
    rows = [one.row for family in families for one in family.patterns]
    return pattern_plot(rows, names) if rows else None


def patterns(
    rules: str,
    families: Sequence[Family],
    *,
    rest: Sequence[tuple[str, str, str]] = (),
    lines: Sequence[str] = (),
    outliers: Sequence[str] = (),
    notices: Sequence[str] = (),
    names: Mapping[str, str],
) -> Section:
    """Patterns family by family: counts, what goes against it, then the sentence, then how sure it is.

    `rest` are themes that tell no group apart: (theme, pattern, counts). `outliers` say where cases stand
    that were set aside or go against their group; `lines` come last.
    """
    blocks: list[Block] = [Text(line, "notice") for line in notices]
    blocks.append(Text(rules, "soft"))
    picture = plotted(families, names)
    if picture:
        blocks.append(image(picture, "Share of each group's cases that show a theme, and its pattern."))
    else:
        blocks.append(Text("No pattern yet: too little has been reviewed, or too few cases are known."))
    for family in families:
        blocks.append(Text(family.title, "heading"))
        for one in family.patterns:
            blocks += _pattern(one)
        if not family.patterns:
            blocks.append(Text("None."))
    if outliers:
        letter = chr(ord("A") + len(families))
        blocks += [Text(f"{letter}. Outliers", "heading"), *(Text(line) for line in outliers)]
    if rest:
        blocks.append(Text("Tells no group apart", "heading"))
        blocks.append(table(("Theme", "Pattern", "Cases that show it"), rest))
    blocks += [Text(line) for line in lines]
    return Section("patterns", "Patterns across cases", tuple(blocks))


def _pattern(one: Told) -> list[Block]:
    blocks: list[Block] = [Text(one.title, "theme"), Text(one.counts)]
    for negative in one.against:
        blocks.append(Text(negative.text))
        blocks += [Quote(text, ref, against=True) for text, ref in negative.quotes[:_QUOTES]]
    blocks.append(Text(one.says, "says"))
    blocks += [Text(line, "soft") for line in one.after]
    return [*blocks, *(Quote(text, ref) for text, ref in one.quotes[:_QUOTES])]


def qca(found: Mapping[str, Any], memberships: Mapping[str, Mapping[str, float]]) -> Section:
    """QCA of the outcome and of its negation, from `"qca"` of `compare --json`.

    `memberships` holds each case's membership (0 to 1) in the outcome, by the outcome's name.
    """
    blocks: list[Block] = [
        Text("Formulas describe these cases; they give no probability for others and show no cause."),
        *(Text(line, "notice") for line in found["notices"]),
    ]
    for side in (found["outcome"], found["negation"]):
        blocks += _side(side, memberships.get(side["outcome"], {}))
    blocks += _behind(found.get("quotes", {}))
    return Section("qca", "QCA", tuple(blocks))


def not_asked() -> Section:
    """In the place of QCA where it was not asked for."""
    text = "Qualitative comparative analysis was not asked for: no condition and no outcome were named."
    return Section("qca", "QCA", (Text(text),))


def xy_plots(found: Mapping[str, Any], memberships: Mapping[str, Mapping[str, float]]) -> list[Picture]:
    """An XY plot of the first solution of each side: its intermediate one where there is any."""
    sides = ((found["outcome"], "xy.png"), (found["negation"], "xy_negation.png"))
    drawn = [_xy(side, memberships.get(side["outcome"], {}), name) for side, name in sides]
    return [one for one in drawn if one]


def _xy(side: Mapping[str, Any], y: Mapping[str, float], name: str) -> Picture | None:
    one = _first(side)
    if one is None or not y:
        return None
    x = {case: max(term["xy"][case] for term in one["terms"]) for case in y}
    return xy_plot(x, y, condition=one["formula"], outcome=side["outcome"], name=name)


def _first(side: Mapping[str, Any]) -> Mapping[str, Any] | None:
    by_kind = {one["kind"]: one for one in reversed(side["solutions"]) if one["terms"]}
    return by_kind.get("intermediate") or by_kind.get("conservative")


def _side(side: Mapping[str, Any], y: Mapping[str, float]) -> list[Block]:
    need = [
        [
            one["condition"],
            *(_three(one[key]) for key in ("consistency", "coverage", "ron")),
            "nearly everywhere" if one["trivial"] else "",
        ]
        for one in side["necessity"]
    ]
    truth = [
        [
            row["combination"],
            row["out"],
            str(row["n"]),
            _three(row["consistency"]),
            _three(row["pri"]),
            ", ".join(row["cases"]),
            ", ".join(row["against"]),
        ]
        for row in side["truth_table"]
        if row["n"]
    ]
    solved = [
        [
            one["kind"],
            one["formula"],
            *(_three(one[key]) for key in ("consistency", "pri", "coverage")),
            ", ".join(one["uncovered"]),
            ", ".join(one["against"]),
        ]
        for one in side["solutions"]
    ]
    blocks: list[Block] = [Text(f"Outcome {side['outcome']}", "heading")]
    blocks.append(table(("Necessary?", "Consistency", "Coverage", "RoN", ""), need))
    blocks.append(table(("Combination", "Out", "Cases", "Consistency", "PRI", "Which", "Against"), truth))
    header = ("Solution", "Formula", "Consistency", "PRI", "Coverage", "Not covered", "Against")
    blocks.append(table(header, solved) if solved else Text("No combination is sufficient."))
    picture = _xy(side, y, "xy.png")
    blocks += [image(picture, picture.alt)] if picture else []
    moved = [one["what"] for one in side["sensitivity"] if one["changed"]]
    same = len(side["sensitivity"]) - len(moved)
    text = f"Of {len(side['sensitivity'])} re-runs with cuts and anchors moved, {same} change nothing"
    blocks.append(Text(f"{text}; it changes with {'; '.join(moved)}." if moved else f"{text}."))
    return [*blocks, *(Text(line, "soft") for line in side["notices"])]


def _behind(quotes: Mapping[str, Mapping[str, Sequence[Mapping[str, str]]]]) -> list[Block]:
    found: list[Block] = [
        Quote(said[0]["text"], f"{case}, {name} {said[0]['ref']}")
        for case, by_name in quotes.items()
        for name, said in by_name.items()
        if said
    ]
    return [Text("What lies behind the rows", "heading"), *found] if found else []


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

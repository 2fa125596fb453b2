"""The report's sections on cases: the matrix, and the patterns with what goes against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.report.case_pictures import WAYS, heat_map, pattern_plot
from pipeline.report.drawing import Picture
from pipeline.report.page import Block, Cell, Presence, Quote, Quotes, Section, Seen, Text, image, table

_UNSEEN = ("not_reviewed", "not_asked")
_SYMBOLS = {"not_reviewed": "not reviewed", "not_asked": "not asked"}
_QUOTES = 4
_ROWS = 16
"""Cases up to which the matrix stands as a table too; more are in `matrix.csv`."""
_CHIPS = 30
"""Cases up to which each is shown beside a pattern; of more there are only numbers."""

Said = tuple[str, str]
"""A quotation and its reference."""


@dataclass(frozen=True, slots=True)
class Against:
    """A case that goes against a pattern: what is so, and what was said there."""

    text: str
    quotes: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A pattern in words, in the order in which it is to be read.

    `shown` tells for each group how many ("2 of 3") and which cases show it; `row` is the pattern as in
    `"patterns"` of `compare --json`.
    """

    title: str
    shown: tuple[tuple[str, str, tuple[tuple[str, Seen], ...]], ...]
    against: tuple[Against, ...]
    says: str
    after: tuple[str, ...]
    quotes: tuple[Said, ...]
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """Patterns of one kind under one heading, such as "A. Shared by all groups"."""

    title: str
    patterns: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the analyst wrote on one code and case (or participant)."""

    code: str
    who: str
    text: str


def matrix(
    cells: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    *,
    groups: Mapping[str, str] | None = None,
    summaries: Sequence[Summary] = (),
) -> Section:
    """Case by construct: how many participants see it as a facilitator, and how many as a barrier.

    `groups` names each case's group, by which the cases are held together.
    """
    cases = list(dict.fromkeys(cell["case"] for cell in cells))
    caption = (
        "Participants who say so, of those whose talk was reviewed. Darker is a larger share; hatched is "
        "what nobody reviewed or asked."
    )
    blocks: list[Block] = [image(heat_map(cells, names, groups), caption)]
    if len(cases) <= _ROWS:
        blocks.append(_matrix_table(cells, cases, names))
    else:
        blocks.append(Text(f"{len(cases)} cases are too many for a table here; matrix.xlsx has them all."))
    return Section("matrix", "Case by construct", (*blocks, *_summaries(summaries, names)))


def _summaries(summaries: Sequence[Summary], names: Mapping[str, str]) -> list[Block]:
    if not summaries:
        return [Text("No summary has been written yet; the workbook matrix.xlsx has room for them.", "soft")]
    blocks: list[Block] = [Text("In the analyst's words", "heading")]
    for code in dict.fromkeys(one.code for one in summaries):
        rows = [(one.who, one.text) for one in summaries if one.code == code]
        blocks += [Text(names.get(code, code), "theme"), table(("Case", "Summary"), rows)]
    return blocks


def _matrix_table(
    cells: Sequence[Mapping[str, Any]], cases: Sequence[str], names: Mapping[str, str]
) -> Block:
    place = {(cell["case"], cell["code"], cell["valence"]): cell for cell in cells}
    rows: list[list[str | Cell]] = []
    for code in dict.fromkeys(cell["code"] for cell in cells):
        for way, word in WAYS.items():
            row: list[str | Cell] = [names.get(code, code) if way == "facilitator" else "", word]
            rows.append([*row, *(_cell(place.get((case, code, way))) for case in cases)])
    return table(("Code", "", *cases), rows, folded="The same as a table")


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
    rules: Sequence[str],
    families: Sequence[Family],
    *,
    rest: Sequence[Sequence[str]] = (),
    lines: Sequence[str] = (),
    outliers: Sequence[str] = (),
    notices: Sequence[str] = (),
    names: Mapping[str, str],
) -> Section:
    """Patterns family by family: counts, what goes against it, then the sentence, then how sure it is.

    `rest` are themes that tell no group apart, the first row naming the columns. `outliers` say where cases
    stand that were set aside or go against their group; `lines` come last.
    """
    blocks: list[Block] = [Text(line, "notice") for line in notices]
    blocks += [Text(rule, "soft") for rule in rules]
    picture = plotted(families, names)
    if picture:
        caption = "Share of each group's cases that show a theme, and the pattern that this makes."
        blocks.append(image(picture, caption))
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
    if len(rest) > 1:
        blocks += [Text("Tells no group apart", "heading"), table(rest[0], rest[1:])]
    blocks += [Text(line) for line in lines]
    return Section("patterns", "Patterns across cases", tuple(blocks))


def _pattern(one: Told) -> list[Block]:
    blocks: list[Block] = [Text(one.title, "theme", tag=one.row["pattern"])]
    every = sum(len(cases) for _, _, cases in one.shown)
    blocks.append(
        Presence(one.shown if every <= _CHIPS else tuple((group, words, ()) for group, words, _ in one.shown))
    )
    for negative in one.against:
        blocks.append(Text(negative.text))
        blocks += _quoted(negative.quotes, against=True)
    blocks.append(Text(one.says, "says"))
    blocks.append(Text(" ".join(one.after), "soft"))
    return [*blocks, *_quoted(one.quotes)]


def _quoted(said: Sequence[Said], *, against: bool = False) -> list[Block]:
    some = tuple(Quote(text, ref, against=against) for text, ref in said[:_QUOTES])
    return [Quotes(some)] if some else []

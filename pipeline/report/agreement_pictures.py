"""Agreement, drawn: kappas with their intervals, and which codes are taken for which."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from pipeline.report.drawing import (
    COLOURS,
    INK,
    LINE,
    MARKERS,
    SHADES,
    SOFT,
    TEXT,
    Picture,
    drawing,
    known,
    listed,
    on,
    wrapped,
)

MOST_PAIRS = len(COLOURS)
"""Pairs that one forest plot shows; more would not be told apart."""

_TALLEST = 14.0
"""Inches: taller pictures would be shrunk on a page until nobody could read them."""
OVERALL = "overall"
_WORDS = {OVERALL: "All codes together", "none": "no code"}


def forests(pairs: Sequence[Mapping[str, Any]], names: Mapping[str, str] | None = None) -> list[Picture]:
    """The forest plot in as many pictures as fit a page each; the overall figure is in the last."""
    codes = _codes(list(pairs[:MOST_PAIRS]))
    shown = min(len(pairs), MOST_PAIRS)
    room = max(4, int((_TALLEST - _frame(shown)) / _row_height(shown)))
    parts = max(1, math.ceil(len(codes) / room))
    each = math.ceil(len(codes) / parts)
    return [
        forest(pairs, names, codes=codes[at * each : (at + 1) * each], part=(at + 1, parts))
        for at in range(parts)
    ]


def forest(
    pairs: Sequence[Mapping[str, Any]],
    names: Mapping[str, str] | None = None,
    *,
    codes: Sequence[str] | None = None,
    part: tuple[int, int] = (1, 1),
) -> Picture:
    """Cohen's kappa by code (-1 to 1) with its 95 % interval, a mark for each pair of coders.

    `pairs` are those of `audit --json`; at most six are drawn. `names` are the codes' names by id, `codes`
    the ones to draw (all), `part` which picture of how many this is. A kappa that is undefined is written as
    such.
    """
    shown = list(pairs[:MOST_PAIRS])
    drawn = _codes(shown) if codes is None else list(codes)
    step = 0.8 / max(len(shown), 1)
    with drawing(8.0, _frame(len(shown)) + len(drawn) * _row_height(len(shown))) as sheet:
        axes = sheet.figure.add_subplot()
        for number, pair in enumerate(shown):
            _kappas(axes, pair, drawn, number, step)
        labels = [wrapped(_name(code, names)) for code in drawn]
        axes.set_yticks(range(len(drawn)), labels, fontsize=TEXT)
        axes.set_ylim(len(drawn) - 0.5, -0.6)
        _scale(axes, shown, drawn)
        if shown:
            axes.legend(
                loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, fontsize=TEXT, borderaxespad=0.3
            )
    number, parts = part
    name = "forest.png" if number == 1 else f"forest-{number}.png"
    words = _forest_words(shown, len(pairs), names)
    return Picture(name, sheet.png, words if parts == 1 else f"Part {number} of {parts}. {words}")


def _frame(pairs: int) -> float:
    """Inches for the legend and the axis."""
    return 1.5 + 0.3 * pairs


def _row_height(pairs: int) -> float:
    """Inches for one code."""
    return max(0.42, 0.18 * pairs)


def _codes(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The codes of all pairs in order, the overall figure last."""
    found = dict.fromkeys(one["code"] for pair in pairs for one in pair["per_code"])
    return [*found, OVERALL]


def _rows(pair: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {one["code"]: one for one in [*pair["per_code"], pair["overall"]]}


def _kappas(axes: Axes, pair: Mapping[str, Any], codes: Sequence[str], number: int, step: float) -> None:
    colour, marker, rows = COLOURS[number], MARKERS[number], _rows(pair)
    label = known(f" {pair['a']} with {pair['b']}")  # the blank: a label that begins with _ would be left out
    axes.plot([], [], color=colour, marker=marker, linestyle="-", label=label)
    for place, code in enumerate(codes):
        one = rows.get(code)
        at = place - 0.4 + step * (number + 0.5)
        if one is None:
            continue
        if one["kappa"] is None:
            axes.text(0.0, at, " undefined", color=colour, fontsize=TEXT - 2, va="center")
            continue
        low, high = one["ci"].get("kappa") or (None, None)
        if low is not None and high is not None:
            axes.plot([low, high], [at, at], color=colour, linewidth=1.8, marker="|", markersize=6)
        size = 9 if code == OVERALL else 7
        axes.plot(
            [one["kappa"]], [at], color=colour, marker=marker, markersize=size, markeredgecolor="#ffffff"
        )


def _scale(axes: Axes, pairs: Sequence[Mapping[str, Any]], codes: Sequence[str]) -> None:
    lows = [0.0]
    for pair in pairs:
        for one in _rows(pair).values():
            lows += [
                value for value in (one["kappa"], (one["ci"].get("kappa") or (None,))[0]) if value is not None
            ]
    axes.set_xlim(max(-1.05, min(-0.05, min(lows) - 0.05)), 1.02)
    for value in (0.2, 0.4, 0.6, 0.8):
        axes.axvline(value, color=LINE, linewidth=1, zorder=0)
    axes.axvline(0, color=SOFT, linewidth=1.2, zorder=0)
    if OVERALL in codes:
        axes.axhline(len(codes) - 1.5, color=SOFT, linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=TEXT)
    axes.set_xlabel("Cohen's kappa, 95 % interval by interview", fontsize=TEXT, color=INK)


def _forest_words(pairs: Sequence[Mapping[str, Any]], every: int, names: Mapping[str, str] | None) -> str:
    parts = []
    for pair in pairs:
        values = [(one["kappa"], one["code"]) for one in pair["per_code"] if one["kappa"] is not None]
        part = f"{pair['a']} with {pair['b']}: overall {_two(pair['overall']['kappa'])}"
        if values:
            low, high = min(values), max(values)
            part += (
                f", from {_two(low[0])} ({_name(low[1], names)}) to {_two(high[0])} ({_name(high[1], names)})"
            )
        parts.append(part)
    more = f" {every - len(pairs)} more pairs are in the tables." if every > len(pairs) else ""
    return f"Kappa by code with intervals. {'; '.join(parts)}.{more}"


def confusion(pair: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Picture:
    """Which code one coder gave where the other gave another: counts of utterances, darker where more.

    `pair` is one of `audit --json`. The framed diagonal counts agreement and stays white; the row and the
    column "no code" hold codes that stand against nothing. Codes that neither gave are left out.
    """
    labels, matrix = _used(pair["confusion"]["labels"], np.array(pair["confusion"]["matrix"]))
    side = len(labels)
    cell = 0.62 if side <= 14 else 0.46
    apart = np.where(np.eye(side, dtype=bool), 0, matrix).astype(float)
    shade = apart / max(apart.max(initial=0.0), 1.0)
    with drawing(3.4 + cell * side, 3.0 + cell * side) as sheet:
        axes = sheet.figure.add_subplot()
        axes.imshow(shade, cmap=SHADES, vmin=0, vmax=1)
        for (x, y), count in np.ndenumerate(matrix):
            if x == y:
                box = Rectangle((y - 0.48, x - 0.48), 0.96, 0.96, fill=False, edgecolor=SOFT, linewidth=1.4)
                axes.add_patch(box)
            if count:
                weight = "bold" if x == y else "normal"
                axes.text(
                    y,
                    x,
                    str(count),
                    ha="center",
                    va="center",
                    color=on(shade[x, y]),
                    fontsize=TEXT - 1,
                    weight=weight,
                )
        words = [wrapped(_name(label, names), 28) for label in labels]
        axes.set_yticks(range(side), words, fontsize=TEXT)
        axes.set_xticks(range(side), words, fontsize=TEXT, rotation=55, ha="right", rotation_mode="anchor")
        axes.set_ylabel(known(str(pair["a"])), fontsize=TEXT + 1)
        axes.set_xlabel(known(str(pair["b"])), fontsize=TEXT + 1)
        axes.tick_params(length=0)
        axes.spines[:].set_color(LINE)
    return Picture("confusion.png", sheet.png, _confusion_words(pair, labels, matrix, names))


def _used(labels: Sequence[str], matrix: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Without codes that nobody gave; "no code" stays."""
    kept = [
        at for at in range(len(labels)) if matrix[at].any() or matrix[:, at].any() or at == len(labels) - 1
    ]
    return [labels[at] for at in kept], matrix[np.ix_(kept, kept)]


def _confusion_words(
    pair: Mapping[str, Any], labels: Sequence[str], matrix: np.ndarray, names: Mapping[str, str] | None
) -> str:
    cells = [(int(n), x, y) for (x, y), n in np.ndenumerate(matrix) if x != y and n]
    most = sorted(cells, key=lambda cell: (-cell[0], cell[1], cell[2]))[:3]
    said = [f"{_name(labels[x], names)} against {_name(labels[y], names)} ({n})" for n, x, y in most]
    what = f"Most often {listed(said)}" if said else "They never differ"
    return f"Codes given by {pair['a']} (rows) and {pair['b']} (columns). {what}."


def _name(code: str, names: Mapping[str, str] | None) -> str:
    return _WORDS.get(code) or (names or {}).get(code, code)


def _two(value: float | None) -> str:
    return "undefined" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00")

"""Cases compared, drawn: the matrix as shades, patterns as distances between groups, QCA as XY plots."""

from __future__ import annotations

from collections import defaultdict
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
    UNKNOWN,
    Picture,
    drawing,
    known,
    on,
    wrapped,
)

WAYS = {"facilitator": "as a facilitator", "barrier": "as a barrier"}
NUMBERED = 40
"""Cases up to which a cell of the heat map carries its numbers."""
_WIDEST = 30.0
"""Inches; with more cases their columns are narrower. At full width 500 would take a hundred megapixels."""
_UNSEEN = ("not_reviewed", "not_asked")


def heat_map(
    cells: Sequence[Mapping[str, Any]],
    names: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
) -> Picture:
    """Case by construct: the share of participants (0 to 1) who see a facilitator, and who see a barrier.

    `cells` are those of `"matrix"` in `compare --json`, `groups` names each case's group: cases of one group
    that follow each other stand under its name. Darker is more; hatched is what nobody reviewed or asked; in
    each cell stands "of how many". Where no utterance points either way, one panel shows the code however it
    points.
    """
    cases = list(dict.fromkeys(cell["case"] for cell in cells))
    codes = list(dict.fromkeys(cell["code"] for cell in cells))
    place = {(cell["case"], cell["code"], cell["valence"]): cell for cell in cells}
    directed = any(cell["utterances"] for cell in cells if cell["valence"])
    panels: list[tuple[str | None, str]] = list(WAYS.items()) if directed else [(None, "speaks of it")]
    beside = len(cases) <= 12
    wide = min(_WIDEST, min(0.66, max(0.16, 26.0 / max(len(cases), 1))) * max(len(cases), 3))
    width, height = wide * (len(panels) if beside else 1) + 3.4, 0.44 * len(codes) + (1.3 if groups else 1.0)
    with drawing(width, height if beside else height * len(panels)) as sheet:
        shape = (1, len(panels)) if beside else (len(panels), 1)
        every = np.atleast_1d(sheet.figure.subplots(*shape, sharey=True)).ravel()
        for axes, (way, word) in zip(every, panels, strict=True):
            _panel(axes, [[place.get((case, code, way)) for case in cases] for code in codes], len(cases))
            _group_names(axes, [(groups or {}).get(case, "") for case in cases])
            axes.set_title(word, fontsize=TEXT + 1, color=INK, pad=24 if groups else 6)
            _case_names(axes, cases)
            axes.set_yticks(range(len(codes)), [wrapped(_name(code, names)) for code in codes], fontsize=TEXT)
    return Picture("matrix.png", sheet.png, _heat_words(len(cases), codes, place, cases, names))


def _group_names(axes: Axes, groups: Sequence[str]) -> None:
    """The name of each run of cases of one group above it, and a line between two runs."""
    start = 0
    for at in range(1, len(groups) + 1):
        if at < len(groups) and groups[at] == groups[start]:
            continue
        if groups[start]:
            room = max(4, int(7 * (at - start)))
            text = wrapped(groups[start], room).split("\n")[0]
            axes.text(
                (start + at - 1) / 2, -0.62, text, ha="center", va="bottom", fontsize=TEXT - 1, color=SOFT
            )
        if at < len(groups) and any(groups):
            axes.axvline(at - 0.5, color=INK, linewidth=1.4, zorder=3)
        start = at


def _panel(axes: Axes, rows: Sequence[Sequence[Mapping[str, Any] | None]], cases: int) -> None:
    shares = np.array([[_share(cell) for cell in row] for row in rows], dtype=float).reshape(len(rows), cases)
    axes.imshow(np.ma.masked_invalid(shares), cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    for (y, x), share in np.ndenumerate(shares):
        cell = rows[y][x]
        if np.isnan(share) or cell is None:
            box = Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, hatch=UNKNOWN, edgecolor=LINE, linewidth=0)
            axes.add_patch(box)
        elif cases <= NUMBERED:
            text = f"{cell['participants']}/{cell['of']}"
            axes.text(x, y, text, ha="center", va="center", fontsize=TEXT - 1.5, color=on(float(share)))
    axes.set_xticks(np.arange(-0.5, cases), minor=True)
    axes.set_yticks(np.arange(-0.5, len(rows)), minor=True)
    axes.grid(which="minor", color="#ffffff", linewidth=1.5 if cases <= _WIDEST / 0.16 else 0.3)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_color(LINE)


def _share(cell: Mapping[str, Any] | None) -> float:
    if cell is None or cell["status"] in _UNSEEN or not cell["of"]:
        return float("nan")
    return float(cell["participants"] / cell["of"])


def _case_names(axes: Axes, cases: Sequence[str]) -> None:
    every = max(1, -(-len(cases) // 60))
    at = range(0, len(cases), every)
    turned = 0 if max(map(len, cases), default=0) <= 4 and len(cases) <= 20 else 90
    axes.set_xticks(at, [wrapped(cases[one], 14) for one in at], fontsize=TEXT, rotation=turned)


def _heat_words(
    number: int,
    codes: Sequence[str],
    place: Mapping[tuple[str, str, str | None], Mapping[str, Any]],
    cases: Sequence[str],
    names: Mapping[str, str] | None,
) -> str:
    said = []
    for way, word in WAYS.items():
        shown = {code: [_share(place.get((case, code, way))) >= 0.5 for case in cases] for code in codes}
        most = max(codes, key=lambda code: sum(shown[code]), default="")
        if most and any(shown[most]):
            said.append(f"{_name(most, names)} {word} in the most cases ({sum(shown[most])} of {number})")
    tail = f" By half of the participants or more: {'; '.join(said)}." if said else ""
    return f"{len(codes)} constructs in {number} cases, shaded by the share of participants.{tail}"


def pattern_plot(patterns: Sequence[Mapping[str, Any]], names: Mapping[str, str] | None = None) -> Picture:
    """Each theme's share of cases (0 to 1) in each group, a mark a group, joined by a line.

    `patterns` are rows of `"patterns"` in `compare --json`, in the order in which they are to stand; groups
    are those of the counts. A group of which no case is known has no mark. To the right stands the name.
    """
    groups = list(dict.fromkeys(group for one in patterns for group in one["counts"]))
    with drawing(9.0, 1.5 + 0.46 * max(len(patterns), 1)) as sheet:
        axes = sheet.figure.add_subplot()
        for row, one in enumerate(patterns):
            _theme(axes, row, one, groups)
        labels = [wrapped(_theme_name(one, names), 36) for one in patterns]
        axes.set_yticks(range(len(patterns)), labels, fontsize=TEXT)
        axes.set_ylim(max(len(patterns), 1) - 0.5, -0.6)
        axes.set_xlim(-0.04, 1.04)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["none", "", "half", "", "all"], fontsize=TEXT)
        axes.set_xlabel("of the group's cases show it", fontsize=TEXT)
        axes.grid(axis="x", color=LINE)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
        for number, group in enumerate(groups):
            axes.plot([], [], linestyle="", label=f" {known(group)}", **_mark(number))
        if groups:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, fontsize=TEXT)
    said = "; ".join(f"{_theme_name(one, names)}: {one['pattern']}" for one in patterns)
    return Picture("patterns.png", sheet.png, f"Share of each group's cases that show a theme. {said}.")


def _mark(number: int) -> dict[str, Any]:
    """The mark of a group; those after the sixth repeat, hollow."""
    at, hollow = number % len(COLOURS), number >= len(COLOURS)
    colour = COLOURS[at]
    face = "#ffffff" if hollow else colour
    return {"color": colour, "marker": MARKERS[at], "markersize": 8.5, "markerfacecolor": face}


def _theme(axes: Axes, row: int, one: Mapping[str, Any], groups: Sequence[str]) -> None:
    counts = {name: count for name, count in one["counts"].items() if count["of"]}
    shares = {name: count["present"] / count["of"] for name, count in counts.items()}
    if shares:
        axes.plot(
            [min(shares.values()), max(shares.values())], [row, row], color=SOFT, linewidth=1.5, zorder=1
        )
    for number, name in enumerate(groups):
        if name in shares:
            alike = [other for other in groups if shares.get(other) == shares[name]]
            shift = (alike.index(name) - (len(alike) - 1) / 2) * 0.3
            axes.plot([shares[name]], [row + shift], linestyle="", zorder=2, **_mark(number))
    axes.annotate(
        known(one["pattern"]),
        (1.0, row),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=TEXT,
        color=INK,
        annotation_clip=False,
    )


def xy_plot(
    x: Mapping[str, float], y: Mapping[str, float], *, condition: str, outcome: str, name: str = "xy.png"
) -> Picture:
    """Membership (0 to 1) in a combination against membership in the outcome, case by case.

    Cases above the diagonal go with "the combination is sufficient"; those below it and right of the middle,
    with the outcome under one half, contradict it, and are drawn as crosses.
    """
    spots: dict[tuple[float, float], list[str]] = defaultdict(list)
    for case in x:
        spots[(round(x[case], 3), round(y[case], 3))].append(case)
    against = [case for case in x if x[case] > 0.5 >= y[case]]
    with drawing(5.0, 4.8) as sheet:
        axes = sheet.figure.add_subplot()
        axes.fill_between([0, 1], [0, 1], [1, 1], color="#eef3f5", zorder=0)
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1.2, zorder=1)
        axes.axvline(0.5, color=LINE, linewidth=1, linestyle="--")
        axes.axhline(0.5, color=LINE, linewidth=1, linestyle="--")
        for at, height in spots:
            wrong = at > 0.5 >= height
            axes.plot(
                [at], [height], marker="X" if wrong else "o", color=COLOURS[1 if wrong else 0], markersize=8
            )
        for (at, height), cases in _together(spots).items():
            _label(axes, at, height, cases)
        axes.set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.08), aspect="equal")
        axes.set_xlabel(wrapped(condition, 60), fontsize=TEXT)
        axes.set_ylabel(known(outcome), fontsize=TEXT)
        axes.tick_params(labelsize=TEXT)
        axes.spines[["top", "right"]].set_visible(False)
    said = f"Contradicted by {', '.join(against)}." if against else "No case contradicts it."
    return Picture(name, sheet.png, f"{len(x)} cases: membership in {condition} against {outcome}. {said}")


def _together(spots: Mapping[tuple[float, float], list[str]]) -> dict[tuple[float, float], list[str]]:
    """Spots so near each other that their names would overlap share a label, at the first of them."""
    out: dict[tuple[float, float], list[str]] = {}
    for (at, height), cases in sorted(spots.items(), reverse=True):
        near = (one for one in out if abs(one[0] - at) < 0.12 and abs(one[1] - height) < 0.05)
        out.setdefault(next(near, (at, height)), []).extend(cases)
    return out


def _label(axes: Axes, at: float, height: float, cases: Sequence[str]) -> None:
    shown = ", ".join(cases[:4]) + (f" and {len(cases) - 4} more" if len(cases) > 4 else "")
    left = at > 0.6
    axes.annotate(
        known(shown),
        (at, height),
        xytext=(-7 if left else 7, 6),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=TEXT - 1,
        color=INK,
    )


def _theme_name(one: Mapping[str, Any], names: Mapping[str, str] | None) -> str:
    way = WAYS.get(one["valence"] or "", "")
    return f"{_name(one['code'], names)} {way}".strip()


def _name(code: str, names: Mapping[str, str] | None) -> str:
    return (names or {}).get(code, code)

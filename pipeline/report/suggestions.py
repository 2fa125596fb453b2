"""How good suggestions are, drawn: reliability, figures by code, learning curve."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_BLUE, _GREY = "#1f5a85", "#8a8a8a"


def figures(found: Mapping[str, Any]) -> dict[str, bytes]:
    """PNG files by name from what `evaluate` found; the learning curve only if it was asked for."""
    drawn = {
        "reliability.png": _png(lambda axes: _reliability(axes, found)),
        "codes.png": _png(lambda axes: _codes(axes, found), height=1.2 + 0.35 * len(found["per_code"])),
    }
    if "learning_curve" in found:
        drawn["learning_curve.png"] = _png(lambda axes: _curve(axes, found))
    return drawn


def _png(draw: Callable[[Axes], None], height: float = 4.5) -> bytes:
    figure = Figure(figsize=(6.5, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=150, metadata={"Software": None})
    return out.getvalue()


def _reliability(axes: Axes, found: Mapping[str, Any]) -> None:
    said, share, _ = zip(*found["reliability"], strict=True)
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle="--")
    axes.plot(said, share, color=_BLUE, marker="o")
    edge = min(1.0, 1.1 * max(*said, *share))
    axes.set(xlim=(0, edge), ylim=(0, edge), xlabel="probability shown", ylabel="share that people gave")
    axes.set_title(f"Ten bins of equally many pairs; calibration error {found['ece']:.3f}", fontsize=10)


def _codes(axes: Axes, found: Mapping[str, Any]) -> None:
    """Each code's F1 with its interval, beside what plain guessing at its share would reach."""
    rows = sorted(found["per_code"].items(), key=lambda row: float(row[1]["f1"]))
    for place, (_, one) in enumerate(rows):
        if one["f1_interval"]:
            axes.plot(one["f1_interval"], [place, place], color=_BLUE, linewidth=1.5)
        axes.plot([one["f1"]], [place], color=_BLUE, marker="o")
        axes.plot([one["prevalence"]], [place], color=_GREY, marker="|", markersize=10)
    axes.set_yticks(range(len(rows)), [f"{code} ({one['given']})" for code, one in rows], fontsize=8)
    axes.set(xlim=(0, 1), xlabel="F1 on held-out talk (95 % interval)\ngrey: share of the code")


def _curve(axes: Axes, found: Mapping[str, Any]) -> None:
    sizes = [one["examples"] for one in found["learning_curve"]]
    axes.plot(sizes, [one["macro_f1"] for one in found["learning_curve"]], color=_BLUE, marker="o")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    highest = max(one["macro_f1"] for one in found["learning_curve"])
    axes.set(ylim=(0, 1.1 * highest or 1), xlabel="coded examples a code", ylabel="macro-F1 on held-out talk")

"""Does triage keep its word, and how much reading does it save? 200 rehearsals on coded studies.

    python benchmarks/triage.py sample_transcripts/gold/adjudicated.csv [--level N] [--recall 0.95]
        [--runs 200] [--min 30] [--max N] [--out figures.json]
    python benchmarks/triage.py --plot docs/triage.png FIGURES.json...

The table says for all codes together (unless `--max` is given), and for each code given `--min` to `--max`
times, in how many runs the promised share was found, how much was read until the promise, and what reading in
the order of the interviews would have taken until the same share was found (which nobody would have known).
"""

from __future__ import annotations

import argparse
import json
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import embed
from pipeline.exchange.table import read_table
from pipeline.suggest.coded import from_rows
from pipeline.triage.simulate import Study, in_order, rehearse

COMPONENTS = 150
ALL = 10**9


def study_of(file: Path, level: int | None) -> Study:
    """A coded table as arrays: own vector, half the turn before, four surface numbers, turned to 150 axes."""
    rows = read_table(file.read_bytes(), file.name, needs=("transcript_id", "text", "codes"), levels=level)
    coded = from_rows(rows, embed.load()).examples
    surface = np.array(
        [
            (np.log1p(len(one.text.split())), "?" in one.text, "?" in one.previous, one.role == "interviewer")
            for one in coded.utterances
        ],
        dtype=float,
    )
    surface = (surface - surface.mean(axis=0)) / np.maximum(surface.std(axis=0), 1e-9)
    features = np.concatenate([coded.vectors, 0.5 * coded.previous, 0.1 * surface], axis=1)
    features = features - features.mean(axis=0)
    left, sizes, _ = np.linalg.svd(features, full_matrices=False)
    return Study(
        coded.vectors,
        (left * sizes)[:, :COMPONENTS],
        tuple(coded.groups.tolist()),
        coded.answers == 1,
        coded.codes,
    )


def figures(study: Study, code: str, runs: int, batch: int, target: Fraction) -> dict[str, Any]:
    """The figures of one code, "" for all together."""
    found = [
        rehearse(study, code=code, target=target, seed=seed, batch=batch, explore=not code)
        for seed in range(runs)
    ]
    recall, read = np.array([one.recall for one in found]), np.array([one.read for one in found])
    return {
        "code": code or "any code",
        "utterances": int(study.carries(code).sum()),
        "runs": runs,
        "kept": int((recall >= float(target)).sum()),
        "promised": int(sum(one.promised for one in found)),
        "least": float(recall.min()),
        "recall": float(recall.mean()),
        "read": float(read.mean()),
        "read_low": float(np.quantile(read, 0.05)),
        "read_high": float(np.quantile(read, 0.95)),
        "drawn": float(np.mean([one.drawn for one in found])),
        "looks": float(np.mean([one.looks for one in found])),
        "in_order": in_order(study, code=code, target=target),
    }


def line(one: dict[str, Any]) -> str:
    """A row of the table in docs/TRIAGE.md."""
    return (
        f"| {one['code']} | {one['utterances']} | {one['kept']} of {one['runs']} | {one['recall']:.3f} | "
        f"{one['least']:.3f} | {100 * one['read']:.0f} % | {100 * one['in_order']:.0f} % | "
        f"{one['drawn']:.0f} | {one['looks']:.1f} |"
    )


def plot(files: list[Path], out: Path) -> None:
    """Draw what was read against reading in order, and how often the word was kept."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    studies = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    rows = [(study["name"], one) for study in studies for one in study["figures"]]
    places = np.arange(len(rows))[::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 0.27 * len(rows) + 1.1), sharey=True)
    left.axvline(184, color="#b33", linewidth=1, linestyle="--")
    left.plot([one["kept"] for _, one in rows], places, "o", color="#1f4e5f")
    left.set(xlim=(175, 201.5), xlabel="runs of 200 that kept it (asked: 184)")
    left.set_yticks(
        places, [f"{name}: {one['code']} ({one['utterances']})" for name, one in rows], fontsize=7
    )
    for place, (_, one) in zip(places, rows, strict=True):
        right.plot([100 * one["read_low"], 100 * one["read_high"]], [place] * 2, color="#1f4e5f", linewidth=2)
    right.plot([100 * one["read"] for _, one in rows], places, "o", color="#1f4e5f", label="triage")
    right.plot(
        [100 * one["in_order"] for _, one in rows],
        places,
        "x",
        color="#b33",
        label="in order, with hindsight",
    )
    right.set(xlabel="% read (bar: nine runs in ten)")
    right.legend(fontsize=7, loc="lower left")
    for axes in (left, right):
        axes.grid(axis="x", alpha=0.3)
    figure.tight_layout()
    figure.savefig(out, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--level", type=int)
    parser.add_argument("--name", default="")
    parser.add_argument("--recall", default="0.95", help="The share to be found.")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plot", type=Path)
    for name, value in (("runs", 200), ("min", 30), ("max", ALL), ("batch", 100)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    if options.plot:
        plot(options.files, options.plot)
        return
    study = study_of(options.files[0], options.level)
    codes = [code for code in study.codes if options.min <= study.carries(code).sum() <= options.max]
    done = []
    together = [""] if options.max == ALL else []
    for code in [*together, *sorted(codes, key=lambda code: -int(study.carries(code).sum()))]:
        started = time.perf_counter()
        done.append(figures(study, code, options.runs, options.batch, Fraction(options.recall)))
        print(line(done[-1]), f"  ({time.perf_counter() - started:.0f} s)", flush=True)
        if options.out:
            options.out.write_text(json.dumps({"name": options.name, "figures": done}), encoding="utf-8")


if __name__ == "__main__":
    main()

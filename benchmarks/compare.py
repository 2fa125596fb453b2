"""Time of a comparison: 500 cases x 60 constructs x 100,000 coded utterances, to be under 30 s.

Run `python benchmarks/compare.py [--rounds N] [--workbook FILE]`; it prints each stage's seconds
of the processor, which do not depend on what else the machine does, and of the clock. With `--workbook` the
framework matrix is written there as well.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from pathlib import Path

from pipeline.compare.matrix import Matrix, matrix
from pipeline.compare.patterns import ErrorRate, patterns
from pipeline.compare.workbook import write_workbook
from pipeline.records import CodedRow, Given, Valence

WAYS: tuple[Valence | None, ...] = ("facilitator", "barrier", "both", None)
WORDS = ("we", "they", "staff", "ward", "time", "team", "story", "people", "training", "money", "support")


def coded(cases: int, codes: int, utterances: int, seed: int = 1) -> list[CodedRow]:
    """Invented coded utterances: five participants a case, one to three codes each, two coders."""
    rng = random.Random(seed)
    rows = []
    for number in range(utterances):
        case = number % cases
        person = rng.randrange(5)
        given = tuple(
            Given(f"theme.c{code:02}", rng.choices(WAYS, (5, 4, 1, 1))[0])
            for code in rng.sample(range(codes), rng.randint(1, 3))
        )
        name = f"C{case:03}P{person}"
        rows.append(
            CodedRow(
                name,
                given,
                utterance_id=f"{name}.t{number // cases + 1:04}.u01",
                case=f"C{case:03}",
                speaker=name,
                text=" ".join(rng.choices(WORDS, k=20)),
                coder=rng.choice(("ann", "ben")),
            )
        )
    return rows


def main() -> None:
    """Run the rounds and print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workbook", type=Path, default=None)
    asked = parser.parse_args()
    rounds = asked.rounds
    rows = coded(500, 60, 100_000)
    groups = {row.case: "high" if int(row.case[1:]) % 2 else "low" for row in rows}
    rates = {f"theme.c{code:02}": ErrorRate(0.3, 0.03, 0.05) for code in range(60)}
    totals = []
    for _ in range(rounds):
        clock, start = time.perf_counter(), time.process_time()
        laid_out = matrix(rows)
        middle = time.process_time()
        found = patterns(laid_out, groups, error_rates=rates)
        end = time.process_time()
        totals.append(end - start)
        print(
            f"matrix {middle - start:.1f} s ({len(laid_out.cells)} cells), "
            f"patterns with all re-runs {end - middle:.1f} s ({len(found.patterns)} patterns); "
            f"by the clock {time.perf_counter() - clock:.1f} s"
        )
    totals.sort()
    median = totals[len(totals) // 2]
    print(f"processor: min {totals[0]:.1f}, median {median:.1f}, max {totals[-1]:.1f} s; asked < 30 s")
    if asked.workbook:
        _workbook(laid_out, found.group_of, asked.workbook)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _workbook(laid_out: Matrix, groups: dict[str, str], file: Path) -> None:
    """Write the workbook and say how long it took and how large it is."""
    start = time.process_time()
    file.write_bytes(write_workbook(laid_out, groups=groups))
    size = file.stat().st_size / 1e6
    print(f"workbook {time.process_time() - start:.0f} s of the processor, {size:.1f} MB")


if __name__ == "__main__":
    main()

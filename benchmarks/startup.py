"""CPU seconds that the front door costs: `python benchmarks/startup.py [STUDY]`."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 7


def seconds(words: list[str]) -> list[float]:
    """User and system time of a command, several times."""
    out = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        program = f"from pipeline.cli import main; raise SystemExit(main({words!r}))"
        subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        out.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return out


if __name__ == "__main__":
    commands = [["--help"]] + ([["status", sys.argv[1]]] if len(sys.argv) > 1 else [])
    for command in commands:
        took = seconds(command)
        low, middle, high = min(took), statistics.median(took), max(took)
        print(f"{' '.join(command):<30} min {low:.2f}  median {middle:.2f}  max {high:.2f}")

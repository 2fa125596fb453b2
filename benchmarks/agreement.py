"""How long an audit takes: 30 codes x 20,000 utterances x 3 coders and the model, 2,000 draws.

    python benchmarks/agreement.py [--codes 30] [--utterances 20000] [--interviews 100] [--draws 2000]

Two studies: one where coders draw on a few hundred combinations of codes, as people do, and the worst case,
where nearly every utterance has a combination of its own.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from pipeline.agreement.audit import audit
from pipeline.records import CodedRow, Given


def study(
    codes: list[str], utterances: int, interviews: int, prevalence: float, seed: int
) -> dict[str, list[CodedRow]]:
    """Rows of three coders and the model who see the same truth, each with errors of their own."""
    rng = np.random.default_rng(seed)
    truth = rng.random((utterances, len(codes))) < prevalence
    pages = {}
    for coder in ("ann", "ben", "cat", "model"):
        wrong = rng.random(truth.shape) < 0.2 * prevalence
        said = truth ^ wrong
        pages[coder] = [
            CodedRow(
                f"T{unit % interviews:03}",
                tuple(Given(codes[at]) for at in np.flatnonzero(said[unit])),
                utterance_id=f"T{unit % interviews:03}.t{unit // interviews + 1:04}.u01",
                turn_index=unit // interviews + 1,
                seen="blind",
            )
            for unit in range(utterances)
        ]
    return pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, value in (("codes", 30), ("utterances", 20_000), ("interviews", 100), ("draws", 2000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    codes = [f"code.{number:02}" for number in range(options.codes)]
    for label, prevalence in (("as people code", 0.03), ("worst case", 0.12)):
        pages = study(codes, options.utterances, options.interviews, prevalence, 1)
        sets = len({row.codes for rows in pages.values() for row in rows})
        for who in ("three coders", "three coders and the model"):
            humans = {coder: rows for coder, rows in pages.items() if coder != "model"}
            model = pages["model"] if "model" in who else None
            started, used = time.perf_counter(), time.process_time()
            audit(humans, codes, model=model, draws=options.draws)
            took, cpu = time.perf_counter() - started, time.process_time() - used
            print(f"{label} ({sets} sets), {who}: {took:.1f} s, {cpu:.1f} s of CPU", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()

"""How long training, scoring and evaluating take, on made-up talk, and in how much memory.

Run: python benchmarks/suggest.py [utterances to train on] [codes] [utterances to score] [to evaluate]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from pipeline.records import Codebook, Utterance
from pipeline.suggest.coded import Coded
from pipeline.suggest.evaluate import evaluate
from pipeline.suggest.examples import Examples
from pipeline.suggest.train import train

WORDS = 38
SIZE = 384
BLOCK = 10_000


def talk(number: int, random: np.random.Generator, first: int = 0) -> list[Utterance]:
    """Utterances of 38 words whose frequencies fall as in real talk (Zipf)."""
    words = np.minimum(random.zipf(1.3, size=(number, WORDS)), 20_000)
    return [
        Utterance(
            f"u{first + at}",
            f"T{(first + at) // 200}",
            at,
            " ".join(f"w{word}" for word in row),
            position=0.5,
        )
        for at, row in enumerate(words)
    ]


def unit(number: int, random: np.random.Generator) -> np.ndarray:
    """Random directions in place of cached vectors."""
    vectors = random.normal(size=(number, SIZE)).astype(np.float32)
    out: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return out


def peak() -> int:
    """The most memory used so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long something took, by the clock and on the processors, and the most memory used so far."""
    clock, busy = time.perf_counter(), time.process_time()
    yield
    clock, busy = time.perf_counter() - clock, time.process_time() - busy
    print(f"{what}: {clock:.0f} s, {busy:.0f} s of CPU, {peak()} MiB", flush=True)


def coded(number: int, codes: int, random: np.random.Generator) -> Examples:
    """Utterances whose vectors say which codes they have, a few in a hundred each."""
    vectors, previous = unit(number, random), unit(number, random)
    truth = vectors @ unit(codes, random).T > 0.08
    return Examples(
        tuple(talk(number, random)),
        vectors,
        previous,
        tuple(f"code_{column:02d}" for column in range(codes)),
        truth.astype(float),
        np.full(truth.shape, -1, dtype=np.int8),
    )


def main(learn: int = 20_000, codes: int = 30, score: int = 100_000, measured: int = 10_000) -> None:
    """Train once, score in blocks as the command does, and evaluate."""
    random = np.random.default_rng(0)
    with timed(f"training on {learn} utterances with {codes} codes"):
        model = train(coded(learn, codes, random), Codebook("", "", "", ()))
    spent = 0.0
    for first in range(0, score, BLOCK):
        block = talk(BLOCK, random, first)
        own, before = unit(BLOCK, random), unit(BLOCK, random)
        start = time.process_time()
        model.suggest(block, own, before)
        spent += time.process_time() - start
        print(f"scored {first + BLOCK} with cached vectors: {spent:.0f} s of CPU, {peak()} MiB", flush=True)
    with timed(f"evaluating {measured} utterances with {codes} codes"):
        evaluate(Coded(coded(measured, codes, random)))


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))

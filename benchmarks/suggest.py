"""How long training and scoring take, on made-up talk of the size that the issue names.

Run: python benchmarks/suggest.py [utterances to train on] [codes] [utterances to score]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from pipeline.records import Codebook, Utterance
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
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def peak() -> int:
    """The most memory used so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(learn: int = 20_000, codes: int = 30, score: int = 100_000) -> None:
    """Train once, then score in blocks as the command does."""
    random = np.random.default_rng(0)
    vectors, previous = unit(learn, random), unit(learn, random)
    truth = vectors @ unit(codes, random).T > 0.08
    examples = Examples(
        tuple(talk(learn, random)),
        vectors,
        previous,
        tuple(f"code_{number:02d}" for number in range(codes)),
        truth.astype(float),
        np.full(truth.shape, -1, dtype=np.int8),
    )
    start = time.perf_counter()
    model = train(examples, Codebook("", "", "", ()))
    took = time.perf_counter() - start
    print(f"training on {learn} utterances with {codes} codes: {took:.0f} s, {peak()} MiB", flush=True)
    spent = 0.0
    for first in range(0, score, BLOCK):
        block = talk(BLOCK, random, first)
        own, before = unit(BLOCK, random), unit(BLOCK, random)
        start = time.perf_counter()
        model.suggest(block, own, before)
        spent += time.perf_counter() - start
    print(f"scoring {score} utterances with cached vectors: {spent:.0f} s, {peak()} MiB")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))

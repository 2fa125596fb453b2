"""What looks like an identifier in pseudonymised text and was left."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_PSEUDONYM = re.compile(r"\[[^\[\]\n]*\]")


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that looks like an identifier and was left: its wording, how often, why, how likely (0
    to 1)."""

    surface: str
    count: int
    reason: str
    weight: float


_SHAPES = (
    (re.compile(r"\S+@\S+\.\S+"), "looks like an e-mail address", 1.0),
    (re.compile(r"\b[A-Z]{1,2}\d[\dA-Z]?\s?\d[A-Z]{2}\b"), "looks like a postcode", 1.0),
    (re.compile(r"(?<!\w)\+?\d(?:[\s().\-]?\d){5,}(?!\w)"), "a long number", 0.9),
    (re.compile(r"\b(?:https?://|www\.)\S+"), "a web address", 0.9),
    (re.compile(r"\b(?:1[89]|20)\d\d\b"), "a year", 0.3),
)
_CAPITALISED = re.compile(r"(?<![.?!:;…\n\"“‘'(])(?<!^)[ \t]([A-Z][a-zà-ÿ]+(?:[ '’\-][A-Z][a-zà-ÿ]+)*)")


def leftovers(texts: Sequence[str], *, dismissed: Iterable[str] = ()) -> list[Leftover]:
    """What looks like an identifier in pseudonymised texts, the likeliest first.

    Shapes of contact details, long numbers and years; and words that stand capitalised inside sentences
    but never in small letters anywhere. `dismissed` are wordings that people have already looked at.

    >>> [one.surface for one in leftovers(["we met Zorblatt there", "a table"])]
    ['Zorblatt']
    """
    small: set[str] = set()
    shapes: dict[tuple[str, str, float], int] = Counter()
    names: Counter[str] = Counter()
    for text in texts:
        plain = _PSEUDONYM.sub(lambda match: " " * len(match.group()), text)
        small.update(word for word in _WORD.findall(plain) if word.islower())
        for pattern, reason, weight in _SHAPES:
            for match in pattern.finditer(plain):
                shapes[match.group(), reason, weight] += 1
        names.update(match.group(1) for match in _CAPITALISED.finditer(plain))
    passed = {word.casefold() for word in dismissed}
    out = [Leftover(surface, count, reason, weight) for (surface, reason, weight), count in shapes.items()]
    for surface, count in names.items():
        words = surface.split()
        ordinary = sum(word.casefold() in small for word in words)
        if ordinary == len(words):
            continue
        weight = (0.8 if len(words) > 1 else 0.6) * (1 - ordinary / len(words))
        out.append(Leftover(surface, count, "capitalised inside a sentence", round(weight, 2)))
    kept = [one for one in out if one.surface.casefold() not in passed]
    return sorted(kept, key=lambda one: (-one.weight, -one.count, one.surface))

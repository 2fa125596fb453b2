"""The model's slips, outvoted by the rest of the talk: a word that is ordinary elsewhere is no name here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.text import WORD, bare
from pipeline.pseudonymise.wordlists import first_names

_ENOUGH = 0.34
"""The share of a word's capitalised places that the model must have called a name."""


def outvoted(texts: Sequence[str], hits: Sequence[Sequence[Hit]], ordinary: frozenset[str]) -> set[Hit]:
    """One-word finds of the model alone, on a word that these texts mostly use for something else.

    That is a word they also write in small letters, or whose other capitalised places the model passed over.
    """
    called: Counter[str] = Counter()
    backed: set[str] = set()
    places: dict[str, list[Hit]] = defaultdict(list)
    for text, found in zip(texts, hits, strict=True):
        for hit in found:
            surface = text[hit.start : hit.end]
            if hit.reason != "model":
                backed.update(match.group().casefold() for match in WORD.finditer(surface))
            elif WORD.fullmatch(surface):
                called[surface] += 1
                places[surface].append(hit)
    written = Counter(
        bare(match.group()) for text in texts for match in WORD.finditer(text) if match.group()[0].isupper()
    )
    out: set[Hit] = set()
    for surface, found in places.items():
        low = surface.casefold()
        if low in backed or (low in first_names() and low not in ordinary):
            continue
        if low in ordinary or called[surface] < _ENOUGH * written[surface]:
            out.update(found)
    return out

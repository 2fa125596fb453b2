"""The model checked against the rest of the talk: slips outvoted, capitalised words that it left
unexplained."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.text import SMALL, WORD, bare, opens_as_word, starts_sentence
from pipeline.pseudonymise.wordlists import capitals, english, first_names, places, words

EXPLAINED = "no name"
"""The label of a find that names a people, a language, a law: capitalised for a good reason, and no
identifier."""
_MEASURED = re.compile(r"[a-z]{1,2}\d{1,2}[a-z]?|h\dn\d|covid-?\d*")
"""Values and places of the body: "T4", "L5", "H1N1"."""
_EMPLOYED = re.compile(
    r"\b(?:work(?:s|ed|ing)? (?:at|for|with|in)|joined|job (?:at|with)|employed by)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_ENOUGH = 0.34
"""The share of a word's capitalised places that the model must have called a name."""


def outvoted(
    texts: Sequence[str], hits: Sequence[Sequence[Hit]], ordinary: frozenset[str]
) -> set[tuple[int, Hit]]:
    """One-word finds of the model alone, on a word that these texts mostly use for something else, by
    text.

    That is a word they write in small letters, or whose other capitalised places the model passed over;
    or a word that opens a sentence as a verb would ("Mark it"). Where `ordinary` is empty the talk has
    no capitals, and all places of a word count.
    """
    lower = not ordinary
    alone: dict[str, list[tuple[int, Hit]]] = defaultdict(list)
    backed: set[str] = set()
    out: set[tuple[int, Hit]] = set()
    for place, (text, found) in enumerate(zip(texts, hits, strict=True)):
        for hit in found:
            surface = text[hit.start : hit.end]
            if hit.label != EXPLAINED and _everybodys(text, hit):
                out.add((place, hit))
                continue
            if hit.reason not in ("model", "second model") and hit.label != EXPLAINED:
                backed.update(match.group().casefold() for match in WORD.finditer(surface))
            elif WORD.fullmatch(surface) and hit.label != EXPLAINED:
                alone[surface.casefold() if lower else surface].append((place, hit))
    written, small = _counts(texts, lower)
    for surface, finds in alone.items():
        low = surface.casefold()
        out.update((place, hit) for place, hit in finds if opens_as_word(texts[place], hit.start, low))
        if low in english() and low not in first_names() and low not in places():
            out.update(
                (place, hit) for place, hit in finds if lower or starts_sentence(texts[place], hit.start)
            )
        if low in backed or (low in first_names() and low not in ordinary):
            continue
        if low in ordinary or len({(place, hit.start) for place, hit in finds}) < _ENOUGH * written[surface]:
            out.update(finds)
        elif not lower and small[low]:
            out.update(find for find in finds if find[1].label != "PERSON")
    return out


def _everybodys(text: str, hit: Hit) -> bool:
    """Whether a find is only what everybody uses ("Zoom", "Medicare", "T4"), and nobody works there."""
    said = [bare(match.group()).casefold() for match in WORD.finditer(text, hit.start, hit.end)]
    if hit.label not in ("ORGANISATION", "LOCATION", "PERSON") or not said:
        return False
    if hit.label == "PERSON" and not text[hit.start : hit.end].isupper() and first_names().keys() & set(said):
        return False  # "Pip", not "PIP"
    known = words("used by everybody")
    tells_nothing = all(word in known or _MEASURED.fullmatch(word) for word in said)
    return tells_nothing and not _EMPLOYED.search(text, max(0, hit.start - 20), hit.start)


def _counts(texts: Iterable[str], lower: bool) -> tuple[Counter[str], Counter[str]]:
    """How often each word is written with a capital (with `lower`: at all), and how often in small
    letters."""
    written: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for said, number in Counter(said for text in texts for said in WORD.findall(text)).items():
        word = bare(said)
        if lower:
            written[word.casefold()] += number
        else:
            (written if word[0].isupper() else small)[word] += number
    return written, small


def unexplained(
    text: str, hits: Sequence[Hit], ordinary: frozenset[str]
) -> Iterator[tuple[int, str, list[int]]]:
    """Lines with capitalised words that no find covers: where the line starts, the line, where the words
    start."""
    inside = bytearray(len(text))
    for hit in hits:
        inside[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
    start = 0
    for line in text.split("\n"):
        left = []
        for match in WORD.finditer(line):
            at = start + match.start()
            if inside[at] or not match.group()[0].isupper():
                continue
            low = bare(match.group()).casefold()
            if len(low) < 3 or low in ordinary or _explained(low, starts_sentence(text, at)):
                continue
            left.append(at)
        if left:
            yield start, line, left
        start += len(line) + 1


def _explained(low: str, opens: bool) -> bool:
    """Whether a capital needs no second opinion: a small word, a role, a word that opens a sentence."""
    if low in SMALL or low in words("titles") or low in words("roles") or low in words("calls"):
        return True
    return low in capitals() or (opens and low in english() and low not in first_names())

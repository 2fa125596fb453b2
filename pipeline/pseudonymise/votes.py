"""The model checked against the rest of the talk: slips outvoted, capitalised words that it left unexplained."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.text import SMALL, WORD, bare, starts_sentence
from pipeline.pseudonymise.wordlists import also_words, first_names, words

EXPLAINED = "no name"
"""The label of a find that names a people, a language, a law: capitalised for a good reason, and no identifier."""
_ENOUGH = 0.34
"""The share of a word's capitalised places that the model must have called a name."""
_VERB_LIKE = re.compile(
    r"\s+(?:i|you|he|she|it|we|they|this|that|there|the|a|an|my|your|his|her|its|our|their|to|of|for|in|me|him|us|them)\b",
    re.IGNORECASE,
)


def outvoted(texts: Sequence[str], hits: Sequence[Sequence[Hit]], ordinary: frozenset[str]) -> set[Hit]:
    """One-word finds of the model alone, on a word that these texts mostly use for something else.

    That is a word they write in small letters, or whose other capitalised places the model passed over; or a word
    that opens a sentence as a verb would ("Mark it").
    """
    called: Counter[str] = Counter()
    backed: set[str] = set()
    places: dict[str, list[tuple[str, Hit]]] = defaultdict(list)
    for text, found in zip(texts, hits, strict=True):
        for hit in found:
            surface = text[hit.start : hit.end]
            if hit.reason not in ("model", "second model") and hit.label != EXPLAINED:
                backed.update(match.group().casefold() for match in WORD.finditer(surface))
            elif WORD.fullmatch(surface) and hit.label != EXPLAINED:
                called[surface] += 1
                places[surface].append((text, hit))
    written, small = _counts(texts)
    out: set[Hit] = set()
    for surface, found_places in places.items():
        low = surface.casefold()
        out.update(hit for text, hit in found_places if opens_as_word(text, hit.start, low))
        if low in backed or (low in first_names() and low not in ordinary):
            continue
        things = {hit for _, hit in found_places if ordinary and hit.label != "PERSON" and small[low]}
        out.update(things)
        if low in ordinary or called[surface] < _ENOUGH * written[surface]:
            out.update(hit for _, hit in found_places)
    return out


def _counts(texts: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    written: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for text in texts:
        for match in WORD.finditer(text):
            word = bare(match.group())
            (written if word[0].isupper() else small)[word] += 1
    return written, small


def opens_as_word(text: str, start: int, low: str) -> bool:
    """Whether a name that is also a word opens a sentence the way the word would: "Will you", "Mark it".

    >>> opens_as_word("Will you come?", 0, "will"), opens_as_word("Will came.", 0, "will")
    (True, False)
    """
    if low not in also_words() and low not in SMALL:
        return False
    return bool(_VERB_LIKE.match(text, start + len(low))) and starts_sentence(text, start)


def unexplained(
    text: str, hits: Sequence[Hit], ordinary: frozenset[str]
) -> Iterator[tuple[int, str, list[int]]]:
    """Lines with capitalised words inside a sentence that no find covers: where the line starts, the line, the words."""
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
            if (
                len(low) < 3
                or low in SMALL
                or low in ordinary
                or low in words("titles")
                or low in words("roles")
            ):
                continue
            if not starts_sentence(text, at):
                left.append(at)
        if left:
            yield start, line, left
        start += len(line) + 1

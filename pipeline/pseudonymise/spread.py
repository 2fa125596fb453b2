"""What was found once is found everywhere: names, their parts, capitals, possessives and near spellings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import DamerauLevenshtein

from pipeline.pseudonymise.hits import Hit, combine
from pipeline.pseudonymise.persons import _ROLES
from pipeline.pseudonymise.text import SMALL, WORD, bare, blank_remarks, starts_sentence, without_capitals
from pipeline.pseudonymise.wordlists import first_names, never_alone, only_in_the_middle
from pipeline.records import Identifier

Known = Mapping[str, str]
"""Surfaces that are known to name somebody, with their labels."""


@dataclass
class _Table:
    """Known surfaces as words in small letters, looked up by their first word."""

    phrases: dict[str, list[tuple[tuple[str, ...], str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    parts: set[str] = field(default_factory=set)

    def add(self, words: tuple[str, ...], label: str, reason: str) -> None:
        entry = (words, label, reason)
        if words and entry not in self.phrases[words[0]]:
            self.phrases[words[0]].append(entry)


def spread(
    texts: Sequence[str],
    found: Sequence[Iterable[Identifier]],
    known: Known | Iterable[tuple[str, str]] = (),
    *,
    ordinary: frozenset[str] | None = None,
) -> list[tuple[Identifier, ...]]:
    """Adds to `found` every place in `texts` where a `known` surface stands, whole or in part.

    `known` maps surfaces to labels (or gives pairs). A person's full name also spreads by its parts. Words in
    brackets, remarks and pseudonyms alike, are never found; nor is a part of a longer word.

    >>> [place] = spread(["Sarah's bag, SARAH"], [()], {"Sarah Thompson": "PERSON"})
    >>> [(one.start, one.end) for one in place]
    [(0, 5), (13, 18)]
    """
    pairs = list(known.items() if isinstance(known, Mapping) else known)
    small = small_words(texts) if ordinary is None else ordinary
    lower = without_capitals(texts)
    table = _table(pairs)
    spellings = _near_spellings(texts, table.parts, small)
    out: list[tuple[Identifier, ...]] = []
    for text, before in zip(texts, found, strict=True):
        hits = [
            Hit(one.start, one.end, one.label, reason)
            for one in before
            for reason in one.reasons or ("known",)
        ]
        blank = blank_remarks(text)
        hits.extend(_places(blank, table, small, lower))
        hits.extend(_respelled(blank, spellings))
        out.append(combine(hits))
    return out


def small_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that stand in small letters somewhere in these texts: ordinary words of this talk."""
    return frozenset(
        match.group() for text in texts for match in WORD.finditer(text) if match.group().islower()
    )


def _table(pairs: Iterable[tuple[str, str]]) -> _Table:
    table = _Table()
    for surface, label in pairs:
        words = tuple(bare(match.group()).casefold() for match in WORD.finditer(surface))
        if not words:
            continue
        if len(words) > 1 or label != "PERSON":
            table.add(words, label, "known")
        if label != "PERSON":
            continue
        for word in words:
            if len(word) >= 2 and word not in SMALL and word not in _ROLES:
                table.add((word,), label, "known" if len(words) == 1 else "part of a known name")
                table.parts.add(word)
    return table


def _places(text: str, table: _Table, small: frozenset[str], lower: bool) -> Iterable[Hit]:
    words = [(match.start(), bare(match.group())) for match in WORD.finditer(text)]
    folded = [word.casefold() for _, word in words]
    for place, (start, word) in enumerate(words):
        for phrase, label, reason in table.phrases.get(folded[place], ()):
            size = len(phrase)
            if tuple(folded[place : place + size]) != phrase:
                continue
            last_start, last = words[place + size - 1]
            if "\n\n" in text[start:last_start] or not _stands(text, start, word, phrase, small, lower):
                continue
            yield Hit(start, last_start + len(last), label, reason)


def _stands(
    text: str, start: int, word: str, phrase: tuple[str, ...], small: frozenset[str], lower: bool
) -> bool:
    """Whether these words are the name here and no ordinary words that look like it."""
    low = phrase[0]
    doubtful = (
        low in never_alone() or low in only_in_the_middle() or (low in small and low not in first_names())
    )
    if len(phrase) > 1:
        return word[0].isupper() or lower or not doubtful
    if not word[0].isupper():
        return lower and not doubtful
    if word.isupper() and len(word) <= 3 and doubtful:
        return False
    return not (doubtful and low in small and starts_sentence(text, start))


def _near_spellings(texts: Sequence[str], parts: set[str], small: frozenset[str]) -> dict[str, str]:
    """Capitalised words of the texts that are one slip away from a known name, and are no word themselves."""
    long = sorted(part for part in parts if len(part) >= 5 and part not in never_alone())
    if not long:
        return {}
    seen: Counter[str] = Counter()
    for text in texts:
        for match in WORD.finditer(blank_remarks(text)):
            word = bare(match.group())
            if len(word) >= 4 and word[0].isupper():
                seen[word.casefold()] += 1
    out: dict[str, str] = {}
    for word in seen:
        if word in parts or word in small or word in SMALL or word in never_alone() or word in _ROLES:
            continue
        near = (
            part
            for part in long
            if part[0] == word[0] and DamerauLevenshtein.distance(word, part, score_cutoff=1) <= 1
        )
        match_ = next(near, None)
        if match_ and not match_.startswith(word + "s") and word != match_ + "s":
            out[word] = match_
    return out


def _respelled(text: str, spellings: Mapping[str, str]) -> Iterable[Hit]:
    if not spellings:
        return
    for match in WORD.finditer(text):
        word = bare(match.group())
        if word[0].isupper() and word.casefold() in spellings:
            yield Hit(match.start(), match.start() + len(word), "PERSON", "near spelling of a known name")

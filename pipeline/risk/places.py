"""Which words of a talk's vocabulary could stand where a wording is said, so that an index leads there.

Rather too many words are told than too few: whoever follows the index still has to look at what is there.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from pipeline.risk.compact import compact, ending, opening
from pipeline.risk.sweep import NUMBERS, Sought, bare_words, forms

_SLIPPED = 4
"""Letters that a word must have before it counts as a slip of another."""
_PARTS = re.compile(r"[^\W_]+")

Groups = Sequence[Sequence[str]]
"""A text that holds the wording holds a word of each group."""


class Vocabulary:
    """The words of all texts, in small letters and without accents."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(words)
        self._known = frozenset(self._words)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in self._words:
            self._by_length[len(word)].append(word)

    def leads(self, one: Sought) -> Iterator[Groups]:
        """Ways to a wording: sets of groups of words, each way perhaps leading to other texts."""
        if one.label in NUMBERS:
            for key in forms(_plain(compact(one.surface).text), one.label):
                first = [word for at in range(len(key) + 1) for word in self._openings.get(key[:at], ())]
                last = [word for at in range(len(key)) for word in self._endings.get(key[at:], ())]
                if first and last:
                    yield [first, last]
        said = [[_plain(part) for part in _PARTS.findall(word)] for word in bare_words(one.surface)]
        exact = [[part] for parts in said for part in parts]
        if exact and all(part in self._known for (part,) in exact):
            yield exact
        yield from self._slipped(said)

    @cached_property
    def _openings(self) -> Mapping[str, Sequence[str]]:
        return self._by(opening)

    @cached_property
    def _endings(self) -> Mapping[str, Sequence[str]]:
        return self._by(ending)

    def _by(self, comes_to: Callable[[str], str | None]) -> Mapping[str, Sequence[str]]:
        """The words by what they come to in a number."""
        out: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            part = comes_to(word)
            if part is not None:
                out[part].append(word)
        return out

    def _slipped(self, said: Sequence[Sequence[str]]) -> Iterator[Groups]:
        """One of the words a slip away, all others as they are; a slip may take an apostrophe away or in."""
        for place, parts in enumerate(said):
            others = [[part] for at, each in enumerate(said) if at != place for part in each]
            if not all(part in self._known for (part,) in others):
                continue
            whole = "".join(parts)
            near = self._near(whole) if len(whole) >= _SLIPPED else []
            if near:
                yield [near, *others]
            for two in self._parted(whole) if len(whole) >= _SLIPPED else ():
                yield [*two, *others]
            for part in parts if len(parts) > 1 else ():
                if len(part) >= _SLIPPED:
                    yield [self._near(part) or [part], *others]

    def _parted(self, word: str) -> Iterator[Groups]:
        """The halves of a word into which an apostrophe was put, or in the place of one of its letters."""
        for at in range(1, len(word)):
            for rest in (word[at:], word[at + 1 :]):
                if word[:at] in self._known and rest in self._known:
                    yield [[word[:at]], [rest]]

    def _near(self, word: str) -> list[str]:
        alike = [each for size in (-1, 0, 1) for each in self._by_length.get(len(word) + size, ())]
        found = process.extract_iter(word, alike, scorer=DamerauLevenshtein.distance, score_cutoff=1)
        return [each for each, _, _ in found]


def _plain(word: str) -> str:
    """A word in small letters, without accents."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))

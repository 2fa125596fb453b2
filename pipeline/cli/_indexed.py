"""The words of a study's full-text index, asked for in one spelling and given as they stand there.

SQLite takes single accents off and makes letters small, but leaves "ß", "ﬁ" and letters with two accents as
they are. Names are told in one spelling for all of these (`folded`), or one with such a letter would lead
nowhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

_WORD = re.compile(r"[^\W_]+")


def folded(word: str) -> str:
    """A word in small letters, without accents, its ligatures as letters.

    >>> folded("Großkopp"), folded("Nguyễn"), folded("Duﬀy")
    ('grosskopp', 'nguyen', 'duffy')
    """
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


class Indexed:
    """The words of an index: `words` are their folded spellings, each once."""

    def __init__(self, words: Iterable[str]) -> None:
        self._others: dict[str, list[str]] = defaultdict(list)
        found: dict[str, None] = {}
        for word in words:
            plain = folded(word)
            found[plain] = None
            if plain != word:
                self._others[plain].append(word)
        self.words: Sequence[str] = tuple(found)

    def spellings(self, phrase: str) -> Iterator[str]:
        """The ways in which the index may have a phrase, as it is given first.

        >>> list(Indexed(["anna", "großkopp"]).spellings("anna grosskopp"))
        ['anna grosskopp', 'anna großkopp']
        """
        yield phrase
        parts = _WORD.findall(folded(phrase))
        if any(part in self._others for part in parts):
            for said in product(*([part, *self._others.get(part, ())] for part in parts)):
                if (whole := " ".join(said)) != phrase:
                    yield whole

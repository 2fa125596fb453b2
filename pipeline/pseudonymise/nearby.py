"""Which of very many known wordings could stand in a little talk: the others need not be looked for there.

Whatever finds a wording finds it by a word of it: to the letter, with an s behind it, shortened, begun, or
one slip away with the same first letter. A slip leaves the first three letters or the last two as they are,
unless it swaps two letters in the middle of five.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from pipeline.pseudonymise.text import WORD, bare, without_capitals

_PLAIN = re.compile(r"[^\W_]+")
_HEAD = 3
_TAIL = 2
_SWAPPED = 5


class Nearby:
    """The words of some texts, by their beginnings and ends.

    >>> nearby = Nearby(["So Sarha and the Bakers met J, A, N, E."])
    >>> [nearby.could_stand(name) for name in ("Sarah Thompson", "Ann Baker", "Jane", "Tom Webb")]
    [True, True, True, False]
    """

    def __init__(self, texts: Iterable[str]) -> None:
        texts = list(texts)
        said: set[str] = set()
        slips: set[str] = set()  # words that can be a name misspelt: with a capital, where the talk has any
        lower = without_capitals(texts)
        for text in texts:
            parts, words = _PLAIN.findall(text), WORD.findall(text)
            forms = {*parts, *words, *map(bare, words)}
            said.update(map(str.casefold, forms), _spelt(parts))
            slips.update(word.casefold() for word in forms if lower or word[0].isupper())
        self._heads = {word[:_HEAD] for word in said}
        self._tails = {tail for word in slips for tail in _tails(word)}

    def could_stand(self, wording: str) -> bool:
        """Whether a wording could stand in the texts; True where its spelling is no plain one."""
        low = wording.casefold()
        words = _PLAIN.findall(low)
        for word in words:
            if word[:_HEAD] in self._heads or (word[0], word[-_TAIL:]) in self._tails:
                return True
            if len(word) == _SWAPPED and (word[0], word[-1]) in self._tails:
                return True
        return len(words) != low.count(" ") + 1


def _tails(word: str) -> list[tuple[str, str]]:
    ends = [word[-_TAIL:], word[-1]] if len(word) == _SWAPPED else [word[-_TAIL:]]
    return [(word[0], end) for end in ends]


def _spelt(words: list[str]) -> set[str]:
    """What single letters in a row come to, from whichever of them it begins."""
    ends = [-1, *(at for at, word in enumerate(words) if len(word) > 1), len(words)]
    runs = ["".join(words[start + 1 : end]).casefold() for start, end in pairwise(ends)]
    return {run[at:] for run in runs for at in range(len(run) - _HEAD + 1)}

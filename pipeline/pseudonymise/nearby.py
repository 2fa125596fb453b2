"""Which of very many known wordings could stand in a little talk: the others need not be looked for there.

Whatever finds a wording finds it by a word of it: to the letter, with an s behind it, shortened, begun, or
one slip away with the same first letter. A slip leaves the first three letters or the last two as they are,
unless it swaps two letters in the middle of five.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from pipeline.pseudonymise.text import WORD, bare, blank_pseudonyms

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
        said: set[str] = set()
        for text in texts:
            low = text.casefold()
            words = WORD.findall(low)
            said.update(_PLAIN.findall(low), words, map(bare, words))
            said.update(_spelt(_PLAIN.findall(blank_pseudonyms(text).casefold())))
        self._heads = {word[:_HEAD] for word in said}
        self._tails = {tail for word in said for tail in _tails(word)}

    def could_stand(self, wording: str) -> bool:
        """Whether a wording could stand in the texts; True where it holds more than letters and blanks."""
        low = wording.casefold()
        if not low.replace(" ", "").isalpha():
            return True
        for word in low.split():
            if word[:_HEAD] in self._heads or (word[0], word[-_TAIL:]) in self._tails:
                return True
            if len(word) == _SWAPPED and (word[0], word[-1]) in self._tails:
                return True
        return False


def _tails(word: str) -> list[tuple[str, str]]:
    ends = [word[-_TAIL:], word[-1]] if len(word) == _SWAPPED else [word[-_TAIL:]]
    return [(word[0], end) for end in ends]


def _spelt(words: list[str]) -> set[str]:
    """What single letters in a row come to, from whichever of them it begins."""
    ends = [-1, *(at for at, word in enumerate(words) if len(word) > 1), len(words)]
    runs = ["".join(words[start + 1 : end]) for start, end in pairwise(ends)]
    return {run[at:] for run in runs for at in range(len(run) - _HEAD + 1)}

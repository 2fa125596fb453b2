"""What in a full-text index leads to wherever `spread` finds a name.

The words of the index are given in small letters, without accents, parted by whatever is no letter or digit.
Rather too much is told than too little; but an ordinary word leads nowhere by itself, or most talk would be
read again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from rapidfuzz.distance import DamerauLevenshtein

from pipeline.pseudonymise.spread import ACTING, Wordings

_PIECE = re.compile(r"[^\W_]+")
_TELLING = 3
"""Letters of a piece of a name ("Marie" in "Anne-Marie") that lead to it by themselves."""


def leads(known: Wordings, vocabulary: Collection[str]) -> set[str]:
    """Words and phrases that an index of these words is to be asked for.

    >>> from pipeline.pseudonymise.spread import wordings
    >>> sorted(leads(wordings({"Harding": "PERSON"}), {"hard", "hardng", "ing", "said"}))
    ['h a r', 'hard ing', 'harding', 'hardng']
    """
    there = set(vocabulary)
    out = {form for phrase in known.phrases for form in _owning(phrase)}
    out |= {word for word in vocabulary if known.slip(word) or known.of_family(word)}
    out |= {f"{word} {verb}" for word in vocabulary if known.pet_form(word) for verb in ACTING}
    for part in known.parts:
        plain = _plain(part)
        pieces = _PIECE.findall(plain)
        whole = ["".join(pieces)] if len(pieces) > 1 else []  # "OD'owd"
        out.update(_of_pieces(pieces, vocabulary), _parted(pieces + whole, there), _spelt(pieces))
        if plain != part:  # the index has another spelling than the one that slips are told by
            out.update(_near(plain, vocabulary))
            out.update(word for word in vocabulary if len(word) > _TELLING and plain.startswith(word))
            out.update((plain, f"{plain}s", f"{plain}es"))
    return out


def _owning(phrase: Sequence[str]) -> Iterator[str]:
    """A phrase, also where a word of it owns the next one ("Mead's House"), which an index has as a word."""
    yield " ".join(phrase)
    for at in range(1, len(phrase)):
        yield " ".join([*phrase[:at], "s", *phrase[at:]])


def _of_pieces(pieces: list[str], vocabulary: Collection[str]) -> Iterator[str]:
    """What leads to a name that an index has in pieces, one of them misspelt or the end left off."""
    for at, piece in enumerate(pieces) if len(pieces) > 1 else ():
        if len(piece) >= _TELLING:
            yield piece
        if all(len(other) < _TELLING for other in pieces[:at] + pieces[at + 1 :]):
            for word in _near(piece, vocabulary):
                yield " ".join([*pieces[:at], word, *pieces[at + 1 :]])
            if at:
                yield from (" ".join([*pieces[:at], word]) for word in vocabulary if piece.startswith(word))


def _parted(pieces: list[str], vocabulary: set[str]) -> Iterator[str]:
    """The halves of a name where a hyphen or an apostrophe was put in, or in the place of a letter."""
    for piece in pieces:
        for at in range(1, len(piece)):
            for rest in (piece[at:], piece[at + 1 :]):
                if piece[:at] in vocabulary and rest in vocabulary:
                    yield f"{piece[:at]} {rest}"


def _spelt(pieces: list[str]) -> Iterator[str]:
    """The first letters of a name that is spelt letter by letter; the very first may be masked already."""
    letters = "".join(pieces)
    for three in (letters[:3], letters[1:4]):
        if len(three) == 3:
            yield " ".join(three)


def _near(word: str, vocabulary: Collection[str]) -> Iterator[str]:
    for each in vocabulary:
        if DamerauLevenshtein.distance(word, each, score_cutoff=1) <= 1:
            yield each


def _plain(word: str) -> str:
    """A word in small letters, without accents."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))

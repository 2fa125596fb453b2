"""The search of pseudonymised text for everything that is known to name somebody or something."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from pipeline.risk.compact import TOKEN, alone, compact

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"(?:['’](?:s|ll|d|ve|re)|(?<=s)['’])$", re.IGNORECASE)
_BRACKETED = re.compile(r"\[[^\[\]\n]*\]")
_NUMBERED = re.compile(r"\[[^\[\]\n]*(?:\s(?:\d+|[A-Z]{1,2}))\]")
NUMBERS = frozenset(("PHONE", "EMAIL", "ID", "POSTCODE", "URL", "ADDRESS", "DATE"))
"""Kinds that are looked for by what was said, whether in digits or in words."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = 5
"""Letters that a name must have before a spelling one slip away counts as the same."""
_SEVERAL = 2
_WALL, _LINE = "\x00", "\x1e"
"""What stands in the place of a pseudonym and of a line's end: no wording reaches across."""
_APART = 4
"""Characters that may lie between two words of one wording."""


class Sought(NamedTuple):
    """A wording to look for, and what it names."""

    surface: str
    label: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A wording that is still there: which text (its index), where, which one, whether to the letter."""

    text: int
    start: int
    end: int
    surface: str
    label: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many wordings are looked for in any letters, how many only with a capital inside a sentence, and
    how many not at all, by kind."""

    anywhere: int
    capitalised: int
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text: where, as it stands there, in small letters."""

    start: int
    text: str
    low: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class _Phrase(NamedTuple):
    """A wording as words in small letters; `common` where every one of them is an ordinary word."""

    words: tuple[str, ...]
    sought: Sought
    common: bool


class Sweep:
    """A search for given wordings, ready to be run over any number of texts.

    `ordinary` are words (in small letters) that the talk uses as words: a wording made of such words alone
    counts only where it is capitalised inside a sentence. `english` are words that are no misspelling of a
    name. Text inside one of the pseudonyms `own` is the tool's and is passed over (without any: brackets that
    end in a number or a letter); remarks in brackets are not.
    """

    def __init__(
        self,
        sought: Iterable[Sought],
        *,
        ordinary: Iterable[str] = (),
        english: Iterable[str] = (),
        own: Iterable[str] = (),
    ) -> None:
        self.ordinary = frozenset(ordinary)
        self._english = frozenset(english)
        self._own = frozenset(own)
        self._known: dict[tuple[str, ...], _Phrase] = {}
        self._first: dict[str, list[_Phrase]] = defaultdict(list)
        self._second: dict[str, list[_Phrase]] = defaultdict(list)
        self._by_length: dict[int, list[_Phrase]] = defaultdict(list)
        self._keys: dict[str, dict[str, Sought]] = defaultdict(dict)
        self._spelt: dict[str, _Phrase | None] = {}
        self._single: dict[str, bool] = {}
        self._pairs: dict[tuple[str, str], bool] = {}
        left_out: dict[str, int] = defaultdict(int)
        for one in sorted(set(sought)):
            if not (self._add_key(one) if one.label in NUMBERS else self._add_phrase(one)):
                left_out[one.label] += 1
        self._heads = {head[:size] for head in self._keys for size in range(_LONG + 1)}
        common = sum(phrase.common for phrase in self._known.values())
        keys = sum(map(len, self._keys.values()))
        self.coverage = Coverage(len(self._known) - common + keys, common, dict(left_out))

    def _add_key(self, one: Sought) -> bool:
        key = _compacted(one.surface)
        digits = sum(character.isdigit() for character in key)
        dated = one.label != "DATE" or any(month in key for month in _MONTHS) or digits >= _LONG
        if len(key) < _LONG or not dated or (one.label != "EMAIL" and one.label != "URL" and not digits):
            return self._add_phrase(one) if one.label in ("ADDRESS", "URL") else False
        for form in forms(key, one.label):
            self._keys[form[:_LONG]].setdefault(form, one)
        return True

    def _add_phrase(self, one: Sought) -> bool:
        words = words_of(one.surface)
        if not words or one.label == "AGE" or (len(words) == 1 and len(words[0]) < 3):
            return False
        if words[0].isdigit() and all(map(str.isdigit, words)):  # a bare number
            return False
        if words not in self._known:
            self._known[words] = _Phrase(words, one, self.ordinary.issuperset(words))
        return True

    def _lay_out(self) -> None:
        """Make the wordings ready to be found by their words; a search may be made only to be counted."""
        for words, phrase in self._known.items():
            self._first[words[0]].append(phrase)
            if not phrase.common:
                if len(words) > 1:
                    self._second[words[1]].append(phrase)
                elif len(words[0]) >= _LONG and words[0].isalpha():
                    self._by_length[len(words[0])].append(phrase)

    def hits(self, texts: Sequence[str], *, lower: bool = False) -> list[Hit]:
        """Every place where one of the wordings stands; with `lower` the texts have no capitals at all."""
        if self._known and not self._first:
            self._lay_out()
        out: list[Hit] = []
        for index, text in enumerate(texts):
            read = _BRACKETED.sub(self._blank, text).replace("\n", _LINE)
            found = [*self._phrases(read, lower), *self._numbers(read, lower)]
            out += [
                Hit(index, start, end, one.surface, one.label, exact)
                for start, end, one, exact in sorted(found, key=lambda hit: hit[:2])
            ]
        return out

    def _blank(self, match: re.Match[str]) -> str:
        """A pseudonym as a wall that no wording reaches across, any other bracket as it is."""
        said = match.group()
        own = said in self._own if self._own else _NUMBERED.fullmatch(said)
        return _WALL * len(said) if own else said

    def _phrases(self, text: str, lower: bool) -> Iterator[tuple[int, int, Sought, bool]]:
        telling = self._telling(text)
        words = [_word(match) for match in _WORD.finditer(text)] if telling else []
        for place in telling:
            word, longest = words[place], 0
            for phrase in self._first.get(word.low, ()):
                stretch = words[place : place + len(phrase.words)]
                same = _together(text, stretch) and tuple(each.low for each in stretch) == phrase.words
                if same and (not phrase.common or _like_a_name(text, stretch)):
                    longest = max(longest, len(stretch))
                    yield word.start, stretch[-1].end, phrase.sought, True
            near = None
            if not longest and (word.text[0].isupper() or lower) and not self._is_word(word.low):
                near = self._misspelt(word.low)
            if near and (word.text[0].isupper() or len(word.low) > _LONG):
                yield word.start, word.end, near.sought, False
            elif longest < _SEVERAL:
                yield from self._nearly(text, words, place, lower)

    def _telling(self, text: str) -> list[int]:
        """The numbers of the words where a wording can begin: most talk has none, and is read no closer."""
        lows = [_low(said) for said in _WORD.findall(text)]
        pairs = zip(lows, [*lows[1:], ""], strict=False)
        return [at for at, (low, after) in enumerate(pairs) if self._is_one(low) or self._begins(low, after)]

    def _is_one(self, low: str) -> bool:
        """Whether a word by itself is a wording or misspells one."""
        known = self._single.get(low)
        if known is None:
            known = any(len(phrase.words) == 1 for phrase in self._first.get(low, ()))
            known = known or (not self._is_word(low) and self._misspelt(low) is not None)
            self._single[low] = known
        return known

    def _begins(self, low: str, after: str) -> bool:
        """Whether two words can be the first of a longer wording, one of them perhaps a slip away."""
        if low not in self._first and after not in self._second:
            return False
        known = self._pairs.get((low, after))
        if known is None:
            first, second = self._first.get(low, ()), self._second.get(after, ())
            known = self._pairs[low, after] = any(
                len(phrase.words) > 1 and _is_or_nearly(phrase.words[1], after) for phrase in first
            ) or any(_is_or_nearly(phrase.words[0], low) for phrase in second)
        return known

    def _nearly(
        self, text: str, words: Sequence[_Word], place: int, lower: bool
    ) -> Iterator[tuple[int, int, Sought, bool]]:
        """A wording of several words of which one is a slip away from what stands here."""
        candidates = [*self._first.get(words[place].low, ())]
        if place + 1 < len(words):
            candidates += self._second.get(words[place + 1].low, ())
        for phrase in candidates:
            stretch = words[place : place + len(phrase.words)]
            if len(phrase.words) > 1 and not phrase.common and _together(text, stretch):
                capital = lower or any(each.text[0].isupper() for each in stretch)
                if capital and self._one_slip(stretch, phrase.words):
                    yield words[place].start, stretch[-1].end, phrase.sought, False
                    return

    def _one_slip(self, stretch: Sequence[_Word], wanted: Sequence[str]) -> bool:
        if len(stretch) != len(wanted):
            return False
        differ = [(each.low, word) for each, word in zip(stretch, wanted, strict=True) if each.low != word]
        return len(differ) == 1 and len(differ[0][1]) >= _LONG and _slip(*differ[0])

    def _is_word(self, low: str) -> bool:
        return low in self.ordinary or low in self._english

    def _misspelt(self, low: str) -> _Phrase | None:
        """The one-word wording that a word misspells, if any."""
        if low not in self._spelt:
            near = [one for size in (-1, 0, 1) for one in self._by_length.get(len(low) + size, ())]
            fits = (one for one in near if low[0] == one.words[0][0] and _slip(low, one.words[0]))
            self._spelt[low] = next(fits, None) if len(low) >= _LONG - 1 else None
        return self._spelt[low]

    def _numbers(self, text: str, lower: bool) -> Iterator[tuple[int, int, Sought, bool]]:
        if not self._keys or not self._may_hold_a_number(text):
            return
        read = compact(text)
        for place in read.starts:
            for key, one in self._keys.get(read.text[place : place + _LONG], {}).items():
                where = read.at(place, key)
                if where is None:
                    continue
                said = text[slice(*where)]
                if (
                    _WALL not in said
                    and _LINE not in said
                    and (one.label != "DATE" or lower or not _only_words(said))
                ):
                    yield *where, one, said == one.surface

    def _may_hold_a_number(self, text: str) -> bool:
        """Whether two words that follow each other can begin one of the numbers."""
        said = [come for word in TOKEN.findall(text) if (come := _comes_to(word)) != ""]
        return any(
            first is None
            or (first[:_LONG] in self._heads and (then is None or (first + then)[:_LONG] in self._heads))
            for first, then in zip(said, [*said[1:], ""], strict=False)
        )


def sweep(
    texts: Sequence[str],
    surfaces: Iterable[str],
    *,
    label: str = "PERSON",
    ordinary: Iterable[str] = (),
    pseudonyms: Iterable[str] = (),
) -> list[Hit]:
    """Every place in `texts` where one of `surfaces` (all of one kind) stands, or a spelling one slip away.

    >>> [(hit.start, hit.surface) for hit in sweep(["So Sarha left, [Person 1] says"], ["Sarah"])]
    [(3, 'Sarah')]
    """
    plain = map(str.casefold, ordinary)
    made = Sweep([Sought(one, label) for one in surfaces], ordinary=plain, own=pseudonyms)
    return made.hits(texts)


def bare_words(surface: str) -> list[str]:
    """The words of a wording without possessive endings."""
    return [_bare(word) for word in _WORD.findall(surface)]


@cache
def words_of(surface: str) -> tuple[str, ...]:
    """The words of a wording in small letters."""
    return tuple(map(str.casefold, bare_words(surface)))


@cache
def _low(word: str) -> str:
    """A word as it stands in a text, in small letters and without a possessive ending."""
    return _bare(word).casefold()


@cache
def _comes_to(word: str) -> str | None:
    """What a word as it stands in a text comes to in a number (see `compact.alone`)."""
    return alone(word.casefold())


@cache
def _compacted(surface: str) -> str:
    return compact(surface).text


def _word(match: re.Match[str]) -> _Word:
    said = match.group()
    return _Word(match.start(), _bare(said), _low(said))


@cache
def _bare(word: str) -> str:
    return _POSSESSIVE.sub("", word) or word


def _together(text: str, stretch: Sequence[_Word]) -> bool:
    """Whether words follow each other as those of one wording do."""
    gaps = [(before.end, after.start) for before, after in pairwise(stretch)]
    return all(end - start <= _APART and _LINE not in text[start:end] for start, end in gaps)


def _like_a_name(text: str, stretch: Sequence[_Word]) -> bool:
    """Whether ordinary words are written as a name: one of them is capitalised inside a sentence."""
    return any(word.text[0].isupper() and _inside_a_sentence(text, word.start) for word in stretch)


def _inside_a_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"'“‘(")
    return bool(before) and before[-1] not in f".?!:;…-–—{_LINE}"


def _slip(word: str, known: str) -> bool:
    """Whether a word is a known one with one letter changed, left out, put in, or two swapped; no plural."""
    if word in (known, known + "s") or known == word + "s":
        return False
    return DamerauLevenshtein.distance(word, known, score_cutoff=1) == 1


def _is_or_nearly(known: str, word: str) -> bool:
    return known == word or (len(known) >= _LONG and _slip(word, known))


def forms(key: str, label: str) -> Iterator[str]:
    """What was said, and for a telephone number how else it may begin."""
    yield key
    if label == "PHONE":
        core = re.sub(r"^(?:00440?|440?|0)(?=\d{9})", "", key)
        if core != key:
            yield from (f"{start}{core}" for start in ("0", "44", "440", "0044", "00440"))


def _only_words(text: str) -> bool:
    """Whether what could be a date is words in small letters: "eleven may have come"."""
    return bool(re.search(r"\b(?:may|march)\b", text))

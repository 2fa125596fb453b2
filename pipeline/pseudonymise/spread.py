"""What was found once is found everywhere: names, their parts, capitals, possessives and near spellings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from pipeline.pseudonymise.alike import short_for
from pipeline.pseudonymise.hits import Hit, combine
from pipeline.pseudonymise.text import (
    SMALL,
    WORD,
    bare,
    blank_pseudonyms,
    blank_remarks,
    followed_as_word,
    opens_as_word,
    starts_sentence,
    without_capitals,
)
from pipeline.pseudonymise.vocabulary import no_word
from pipeline.pseudonymise.wordlists import (
    also_word,
    also_words,
    english,
    first_names,
    places,
    plain_names,
    surnames,
    uk_first_names,
    words,
)
from pipeline.records import Identifier

ELSEWHERE = "named elsewhere"
_PART = "part of a name"
_NEAR = "near spelling of a known name"
_GUESSED = (ELSEWHERE, _PART, _NEAR)
"""Reasons that add nothing where something was found already; what people stated adds its label."""
_LETTERS = re.compile(r"(?<![\w'’])[A-Z](?:[,.\s\-]+[A-Z](?![\w'’])){2,}", re.IGNORECASE)
_PLURAL = re.compile(
    r"\b(?:the|them|those|these|all|both|two|three|young|old|other)\s+(?P<name>[^\W\d_]{3,}s)\b",
    re.IGNORECASE,
)
_STATED = frozenset(("introduction", "answer to a name question", "kin or friend", "nickname", "title"))
"""Reasons by which a word is a name although it is also a word."""
ACTING = ("is", "was", "has", "says", "said", "does", "goes", "went", "came", "comes", "gets", "got")
"""Verbs that one person does things by."""
_ACTING = re.compile(rf"\b(?P<name>[A-Z][a-z]{{3,}}s)\s+(?:{'|'.join(ACTING)})\b")
"""A word with an s at its end and a verb for one person behind it: no plural."""
_DETERMINER = re.compile(
    r"\b(?:the|an?|my|your|his|her|our|their|this|that|these|no|any|some|every|each|of|in|at|have|has|had|got|by|more|much|"
    r"very|so|i|you|we|they|to|will|would|can|could|should|don't|didn't)\s+$",
    re.IGNORECASE,
)
_LONG_ENOUGH = 5
"""Letters that a name must have before a spelling one slip away counts as the same."""


_Word = tuple[int, str, str]
"""A word of a text: where it begins, as it is said there, and that in small letters."""


class _Phrase(NamedTuple):
    """A known wording in small letters, with its label and why it is known."""

    words: tuple[str, ...]
    label: str
    reason: str


@dataclass
class Wordings:
    """Known wordings, ready to be looked for in any number of texts: made by `wordings`.

    `phrases` are looked up by all their words, `sizes` tells how many words those have that begin with one;
    `parts` are the single words of people's names.
    """

    phrases: dict[tuple[str, ...], _Phrase] = field(default_factory=dict)
    sizes: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    parts: set[str] = field(default_factory=set)
    _alike: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    _begun: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _slips: dict[str, bool] = field(default_factory=dict)

    def add(self, phrase: _Phrase) -> None:
        """Add one wording; what is there already stays as it is."""
        self.phrases.setdefault(phrase.words, phrase)
        self.sizes[phrase.words[0]].add(len(phrase.words))

    def add_part(self, word: str) -> None:
        """Add a single word of a name, by whose spelling slips of the pen are told."""
        if word in self.parts:
            return
        self.parts.add(word)
        if len(word) >= _LONG_ENOUGH and not also_word(word):
            for more in (-1, 0, 1):
                self._alike[word[0], len(word) + more].append(word)
            self._begun[word[: _LONG_ENOUGH - 1]].append(word)

    def _shortened(self, word: str) -> bool:
        """Whether a word, in small letters, is made from a part of a name as pet forms are."""
        begins = {word, word.rstrip("s"), word[:-1]}
        return len(word) > _LONG_ENOUGH - 1 and any(
            short_for(word, part)
            for start in begins
            for part in self._begun.get(start[: _LONG_ENOUGH - 1], ())
        )

    def _misspelt(self, word: str) -> bool:
        """Whether a word, in small letters, is one slip away from a part of a name, or begins one."""
        if word not in self._slips:
            names = first_names()
            near = [
                *self._alike.get((word[0], len(word)), ()),
                *self._begun.get(word[: _LONG_ENOUGH - 1], ()),
            ]
            self._slips[word] = any(_slip(word, part, word in names and part in names) for part in near)
        return self._slips[word]

    def pet_form(self, word: str) -> bool:
        """Whether a word of English with an s at its end is made from a part of a name as pet forms are."""
        return (
            word.endswith("s")
            and word in english()
            and word not in self.parts
            and word not in SMALL
            and self._shortened(word)
        )

    def slip(self, word: str) -> bool:
        """Whether a word, in small letters, can only be meant for a part of a name: it is misspelt, and no
        word or name itself."""
        return (
            len(word) >= _LONG_ENOUGH - 1
            and ((word[0], len(word)) in self._alike or word[: _LONG_ENOUGH - 1] in self._begun)
            and word not in self.parts
            and word not in SMALL
            and not also_word(word)
            and word not in words("roles")
            and self._misspelt(word)
        )

    def of_family(self, word: str) -> str:
        """The part of a name of which a word is the plural ("bakers", "joneses"), or ""."""
        if not word.endswith("s"):
            return ""
        stems = (word[:-2] if word.endswith("es") else "", word[:-1])
        return next((stem for stem in stems if len(stem) > 2 and stem in self.parts), "")


@dataclass(frozen=True, slots=True)
class _Talk:
    """How these texts are written: the words they use in small letters, whether they have no capitals
    at all, and then the parts of full names they tell ("dawn" and "rusnak" of "dawn rusnak")."""

    small: frozenset[str]
    lower: bool
    told: frozenset[str] = frozenset()


def spread(
    texts: Sequence[str],
    found: Sequence[Iterable[Identifier]],
    known: Mapping[str, str] | Wordings,
    *,
    reasons: Mapping[str, str] | None = None,
    remarks: bool = False,
) -> list[tuple[Identifier, ...]]:
    """Adds to `found` every place in `texts` where a `known` surface stands, whole or in part.

    `known` maps surfaces to labels, `reasons` says of some why they are known; for many sets of texts, hand
    in the `wordings` of both. A person's full name also
    spreads by its parts. A part of a longer word is never found, nor anything inside brackets; with
    `remarks` bracketed remarks are looked at too ("[Sarah laughs]"), pseudonyms ("[Peer worker 3]")
    never.

    >>> [place] = spread(["Sarah's bag, SARAH"], [()], {"Sarah Thompson": "PERSON"})
    >>> [(one.start, one.end) for one in place]
    [(0, 5), (13, 18)]
    """
    blank = blank_pseudonyms if remarks else blank_remarks
    read = [blank(text) for text in texts]
    lower = without_capitals(map(blank_remarks, texts) if remarks else read)  # a remark may have capitals
    table = known if isinstance(known, Wordings) else wordings(known, reasons)
    said = [[(match.start(), *_read(match.group())) for match in WORD.finditer(text)] for text in read]
    told = _told(said, table) | _introduced(read, found) if lower else frozenset()
    small = frozenset() if lower else _small(Counter(word for some in said for _, word, _ in some).items())
    talk = _Talk(small, lower, told)
    spellings = _near_spellings(said, table, talk.small)
    out: list[tuple[Identifier, ...]] = []
    for text, spoken, before in zip(read, said, found, strict=True):
        kept = list(before)
        hits = [
            Hit(one.start, one.end, one.label, reason)
            for one in kept
            for reason in one.reasons or (ELSEWHERE,)
        ]
        inside = _coverage(len(text), kept)
        for hit in (
            *_places(text, spoken, table, talk),
            *_families(text, table, talk),
            *_respelled(spoken, spellings),
            *_pet_forms(text, table),
            *_spelled_out(text, table.parts),
        ):
            if hit.reason not in _GUESSED or not all(inside[hit.start : hit.end]):
                hits.append(hit)
        out.append(combine(hits))
    return out


def _coverage(size: int, found: Iterable[Identifier]) -> bytearray:
    inside = bytearray(size)
    for one in found:
        inside[one.start : one.end] = b"\1" * (min(one.end, size) - one.start)
    return inside


def small_words(texts: Iterable[str]) -> frozenset[str]:
    """Words that these texts write in small letters more often than with a capital: ordinary words of
    this talk."""
    said = Counter(chain.from_iterable(map(WORD.findall, texts)))
    return _small((bare(word), number) for word, number in said.items())


def _small(counted: Iterable[tuple[str, int]]) -> frozenset[str]:
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for word, number in counted:
        (small if word.islower() else capital)[word.casefold()] += number
    return frozenset(word for word, count in small.items() if count > capital[word])


@cache
def _read(said: str) -> tuple[str, str]:
    """A word as it stands in a text: without its possessive ending, and that in small letters."""
    return bare(said), bare(said).casefold()


def ordinary_words(texts: Iterable[str]) -> frozenset[str]:
    """Words that a sweep for names must not take for one: words of English talk, and words of these texts.

    Registered first names and surnames that are no words are not among them, in whatever letters they stand.
    """
    return also_words() | SMALL | (small_words(texts) - plain_names())


def wordings(known: Mapping[str, str], reasons: Mapping[str, str] | None = None) -> Wordings:
    """Surfaces with their labels, and why some are known, ready to be looked for."""
    table = Wordings()
    parts: dict[str, str] = {}
    for surface, label in known.items():
        phrase = tuple([_read(said)[1] for said in WORD.findall(surface)])
        reason = (reasons or {}).get(surface, ELSEWHERE)
        if not phrase or (len(phrase) == 1 and len(phrase[0]) < 2):
            continue
        table.add(_Phrase(phrase, label, reason))
        if label == "ORGANISATION" and len(phrase) > 3 and "and" in phrase and phrase[-1] in words("heads"):
            table.add(_Phrase(phrase[:-1], label, _PART))  # "Quenby and Coastal" of "... Partnership"
        if label == "PERSON":
            for word in phrase:
                parts.setdefault(word, reason)
    for word, reason in parts.items():
        if not _can_stand_alone(word):
            continue
        table.add(_Phrase((word,), "PERSON", _PART if reason == ELSEWHERE else reason))
        table.add_part(word)
    return table


def _can_stand_alone(word: str) -> bool:
    if word in words("titles") or word in words("roles") or len(word) < 2:
        return False
    return word not in SMALL or word in first_names()


def _places(text: str, spoken: Sequence[_Word], table: Wordings, talk: _Talk) -> Iterator[Hit]:
    folded = [low for _, _, low in spoken]
    for place, (start, word, low) in enumerate(spoken):
        for size in table.sizes.get(low, ()):
            phrase = table.phrases.get(tuple(folded[place : place + size]))
            if phrase is None or len(phrase.words) != size:
                continue
            last_start, last, _ = spoken[place + size - 1]
            if "\n" not in text[start:last_start] and _stands(text, start, word, phrase, talk):
                yield Hit(start, last_start + len(last), phrase.label, phrase.reason)


def _stands(text: str, start: int, word: str, phrase: _Phrase, talk: _Talk) -> bool:
    """Whether these words are the name here and no ordinary words that look like it."""
    if len(phrase.words) > 1:
        return word[0].isupper() or any(not also_word(part) and part not in SMALL for part in phrase.words)
    low = phrase.words[0]
    a_word = also_word(low) or low in SMALL
    if word[0].isupper():
        if a_word and word.isupper() and len(word) <= 3:
            return False
        opens = low in talk.small and starts_sentence(text, start)
        return not opens and not opens_as_word(text, start, low)
    if a_word:
        speaks = talk.lower and (phrase.reason == "speaker label" or low in talk.told) and low not in SMALL
        return speaks and not followed_as_word(text, start + len(low)) and not _after_determiner(text, start)
    if talk.lower:
        return True
    if phrase.label != "PERSON":
        return low in places() and low not in talk.small
    return (low in first_names() or low in surnames()) and (low in uk_first_names() or no_word(low))


def _after_determiner(text: str, start: int) -> bool:
    """Whether before a word stands what leads up to a noun or a verb rather than a name: "the", "I"."""
    return _DETERMINER.search(text, max(0, start - 14), start) is not None


def _told(talk: Iterable[Sequence[_Word]], table: Wordings) -> frozenset[str]:
    """Parts of people's full names that stand in these texts in full, where another part is no word."""
    said = [low for spoken in talk for _, _, low in spoken]
    out: set[str] = set()
    for place, word in enumerate(said):
        for size in table.sizes.get(word, ()):
            phrase = table.phrases.get(tuple(said[place : place + size]))
            if phrase is None or phrase.label != "PERSON" or not 1 < size == len(phrase.words):
                continue
            if any(no_word(each) for each in phrase.words):
                out.update(phrase.words)
    return frozenset(out)


def _introduced(texts: Sequence[str], found: Sequence[Iterable[Identifier]]) -> frozenset[str]:
    """Single words that somebody was introduced by, though they may be words: "his name was chip"."""
    return frozenset(
        text[one.start : one.end].casefold()
        for text, some in zip(texts, found, strict=True)
        for one in some
        if one.label == "PERSON" and _STATED.intersection(one.reasons)
    )


def _near_spellings(
    talk: Iterable[Sequence[_Word]], table: Wordings, small: frozenset[str]
) -> frozenset[str]:
    """Capitalised words that are one slip away from a known name, and no word or other name themselves."""
    seen = {low for spoken in talk for _, word, low in spoken if word[0].isupper()}
    return frozenset(word for word in seen if word not in small and table.slip(word))


def _slip(word: str, part: str, both_listed: bool) -> bool:
    """One letter away, or a short form that the name begins with ("Venkat" for Venkataraman)."""
    if both_listed or word == part + "s" or part == word + "s":
        return False
    return part.startswith(word) or DamerauLevenshtein.distance(word, part, score_cutoff=1) == 1


def _families(text: str, table: Wordings, talk: _Talk) -> Iterator[Hit]:
    """A known surname said of a whole family: "the Bakers"."""
    for match in _PLURAL.finditer(text):
        name = match.group("name")
        stem = table.of_family(name.casefold())
        if stem and (name[0].isupper() or (talk.lower and not also_word(stem))):
            yield Hit(*match.span("name"), "PERSON", _PART)


def _pet_forms(text: str, table: Wordings) -> Iterator[Hit]:
    """A short form of a known name that is also a word, where it acts like a person: "Keels is here"."""
    for match in _ACTING.finditer(text):
        if table.pet_form(match.group("name").casefold()):
            yield Hit(*match.span("name"), "PERSON", _NEAR)


def _respelled(spoken: Sequence[_Word], spellings: frozenset[str]) -> Iterator[Hit]:
    for start, word, low in spoken:
        if low in spellings and word[0].isupper():
            yield Hit(start, start + len(word), "PERSON", _NEAR)


def _spelled_out(text: str, parts: set[str]) -> Iterator[Hit]:
    """Known names spelled letter by letter, to the end or not: "P, A, S, K", "it's L-Y-N-D"."""
    for match in _LETTERS.finditer(text):
        names = [part for part in parts if len(part) > 2]
        said = [(place.start(), place.group()) for place in re.finditer(r"[^\W\d_]", match.group())]
        letters = "".join(letter for _, letter in said).casefold()
        for skip in range(len(letters) - 2):
            rest = letters[skip:]
            if any(name.startswith(rest) or rest.startswith(name) for name in names):
                yield Hit(match.start() + said[skip][0], match.end(), "PERSON", _NEAR)
                break

"""What may be left in pseudonymised text, and how sure one can be.

Nothing here knows the register: the surfaces to look for are handed in by whoever holds the key.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz.distance import DamerauLevenshtein
from scipy import stats

from pipeline.errors import StudyError

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$", re.IGNORECASE)
_PSEUDONYM = re.compile(r"\[[^\[\]\n]*\]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A surface that is still there: which text (its index), where, which surface, and whether it is
    spelt alike."""

    text: int
    start: int
    end: int
    surface: str
    exact: bool


def sweep(
    texts: Sequence[str],
    surfaces: Iterable[str],
    *,
    ordinary: Iterable[str] = (),
    pseudonyms: Iterable[str] = (),
) -> list[Hit]:
    """Every place in `texts` where one of `surfaces` stands, whatever its capitals, or is one slip away.

    A surface that is also a word of English talk (given in `ordinary`) counts only where it is
    capitalised inside a sentence. Text inside one of the `pseudonyms` is the tool's own and is passed
    over; remarks in brackets are not. The gate is open when this list is empty.

    >>> [(hit.start, hit.surface) for hit in sweep(["So Sarha left, [Person 1] says"], ["Sarah"])]
    [(3, 'Sarah')]
    """
    phrases = _phrases(surfaces)
    common = {word.casefold() for word in ordinary}
    own = set(pseudonyms)
    near = _near(phrases, common)
    out: list[Hit] = []
    for index, text in enumerate(texts):
        skipped = _own_stretches(text, own)
        words = [(match.start(), _POSSESSIVE.sub("", match.group())) for match in _WORD.finditer(text)]
        for place, (start, _) in enumerate(words):
            if any(a <= start < b for a, b in skipped):
                continue
            out.extend(_at(index, text, words, place, phrases, common, near))
    return out


def _own_stretches(text: str, own: set[str]) -> list[tuple[int, int]]:
    """Bracketed pseudonyms: those handed in, or where none were, all of the form `[Words 3]` and `[Ward
    A]`."""
    shape = re.compile(r"\[[^\[\]\n]*(?:\s(?:\d+|[A-Z]{1,2}))\]")
    return [
        match.span()
        for match in _PSEUDONYM.finditer(text)
        if match.group() in own or (not own and shape.fullmatch(match.group()))
    ]


def _phrases(surfaces: Iterable[str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    out: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for surface in sorted(set(surfaces)):
        words = tuple(_POSSESSIVE.sub("", word).casefold() for word in _WORD.findall(surface))
        if words and (words, surface) not in out[words[0]]:
            out[words[0]].append((words, surface))
    return out


def _near(
    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], str]]], common: set[str]
) -> dict[int, dict[str, list[str]]]:
    """One-word surfaces of five letters and more that are no ordinary words, by length and first letter."""
    out: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for held in phrases.values():
        for words, _ in held:
            if len(words) == 1 and len(words[0]) >= 5 and words[0].isalpha() and words[0] not in common:
                out[len(words[0])][words[0][0]].append(words[0])
    return out


def _at(
    index: int,
    text: str,
    words: Sequence[tuple[int, str]],
    place: int,
    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], str]]],
    common: set[str],
    near: Mapping[int, Mapping[str, Sequence[str]]],
) -> list[Hit]:
    start, word = words[place]
    low = word.casefold()
    out: list[Hit] = []
    for phrase, surface in phrases.get(low, ()):
        stretch = words[place : place + len(phrase)]
        if tuple(each.casefold() for _, each in stretch) != phrase:
            continue
        if len(phrase) == 1 and low in common and not _name_like(text, start, word):
            continue
        out.append(Hit(index, start, stretch[-1][0] + len(stretch[-1][1]), surface, True))
    if out or not word[0].isupper() or low in common or len(word) < 4:
        return out
    for size in (len(low) - 1, len(low), len(low) + 1):
        for known in near.get(size, {}).get(low[0], ()):
            if (
                low not in (known + "s", known)
                and DamerauLevenshtein.distance(low, known, score_cutoff=1) == 1
            ):
                return [Hit(index, start, start + len(word), phrases[known][0][1], False)]
    return out


def _name_like(text: str, start: int, word: str) -> bool:
    """Whether an ordinary word is capitalised inside a sentence."""
    before = text[:start].rstrip(" \t\"'“‘(")
    return word[0].isupper() and bool(before) and before[-1] not in ".?!:;…\n-–—"


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that looks like an identifier and was left: its wording, how often, why, how likely (0
    to 1)."""

    surface: str
    count: int
    reason: str
    weight: float


_SHAPES = (
    (re.compile(r"\S+@\S+\.\S+"), "looks like an e-mail address", 1.0),
    (re.compile(r"\b[A-Z]{1,2}\d[\dA-Z]?\s?\d[A-Z]{2}\b"), "looks like a postcode", 1.0),
    (re.compile(r"(?<!\w)\+?\d(?:[\s().\-]?\d){5,}(?!\w)"), "a long number", 0.9),
    (re.compile(r"\b(?:https?://|www\.)\S+"), "a web address", 0.9),
    (re.compile(r"\b(?:1[89]|20)\d\d\b"), "a year", 0.3),
)
_CAPITALISED = re.compile(r"(?<![.?!:;…\n\"“‘'(])(?<!^)[ \t]([A-Z][a-zà-ÿ]+(?:[ '’\-][A-Z][a-zà-ÿ]+)*)")


def leftovers(texts: Sequence[str], *, dismissed: Iterable[str] = ()) -> list[Leftover]:
    """What looks like an identifier in pseudonymised texts, the likeliest first.

    Shapes of contact details, long numbers and years; and words that stand capitalised inside sentences
    but never in small letters anywhere. `dismissed` are wordings that people have already looked at.

    >>> [one.surface for one in leftovers(["we met Zorblatt there", "a table"])]
    ['Zorblatt']
    """
    small: set[str] = set()
    shapes: dict[tuple[str, str, float], int] = Counter()
    names: Counter[str] = Counter()
    for text in texts:
        plain = _PSEUDONYM.sub(lambda match: " " * len(match.group()), text)
        small.update(word for word in _WORD.findall(plain) if word.islower())
        for pattern, reason, weight in _SHAPES:
            for match in pattern.finditer(plain):
                shapes[match.group(), reason, weight] += 1
        names.update(match.group(1) for match in _CAPITALISED.finditer(plain))
    passed = {word.casefold() for word in dismissed}
    out = [Leftover(surface, count, reason, weight) for (surface, reason, weight), count in shapes.items()]
    for surface, count in names.items():
        words = surface.split()
        ordinary = sum(word.casefold() in small for word in words)
        if ordinary == len(words):
            continue
        weight = (0.8 if len(words) > 1 else 0.6) * (1 - ordinary / len(words))
        out.append(Leftover(surface, count, "capitalised inside a sentence", round(weight, 2)))
    kept = [one for one in out if one.surface.casefold() not in passed]
    return sorted(kept, key=lambda one: (-one.weight, -one.count, one.surface))


@dataclass(frozen=True, slots=True)
class Combination:
    """Attributes that few participants share: which, with what values, and who shares them."""

    attributes: tuple[tuple[str, str], ...]
    participants: tuple[str, ...]

    @property
    def shared_by(self) -> int:
        """How many participants share the combination."""
        return len(self.participants)


def rare_combinations(
    participants: Mapping[str, Mapping[str, str]], *, fewer_than: int = 3, most: int = 3
) -> list[Combination]:
    """Combinations of up to `most` attributes that fewer than `fewer_than` participants share, the
    rarest first.

    `participants` gives each one's attributes, such as role, case and age band. A combination is listed
    only where no smaller part of it is already as rare (a minimal sample unique, as in statistical
    disclosure control).

    >>> found = rare_combinations({"P1": {"role": "GP", "site": "A"}, "P2": {"role": "GP", "site": "A"},
    ...                            "P3": {"role": "GP", "site": "B"}}, fewer_than=2)
    >>> [(one.attributes, one.participants) for one in found]
    [((('site', 'B'),), ('P3',))]
    """
    sharing: dict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for participant, attributes in sorted(participants.items()):
        pairs = sorted((name, value) for name, value in attributes.items() if value)
        for size in range(1, most + 1):
            for chosen in combinations(pairs, size):
                sharing[chosen].append(participant)
    rare = {pairs: who for pairs, who in sharing.items() if len(who) < fewer_than}
    minimal = [
        Combination(pairs, tuple(who))
        for pairs, who in rare.items()
        if not any(
            len(rare.get(part, ())) == len(who)
            for size in range(1, len(pairs))
            for part in combinations(pairs, size)
        )
    ]
    return sorted(minimal, key=lambda one: (one.shared_by, len(one.attributes), one.attributes))


def rare_words(
    texts_of: Mapping[str, Sequence[str]], *, at_most: int = 2
) -> dict[str, list[tuple[str, int]]]:
    """For each participant the words that only they use, and at most `at_most` times: a rare job, a rare
    illness.

    >>> rare_words({"P1": ["my falconry"], "P2": ["my job"]}, at_most=1)["P1"]
    [('falconry', 1)]
    """
    counts: dict[str, Counter[str]] = {}
    users: Counter[str] = Counter()
    for participant, texts in texts_of.items():
        plain = (_PSEUDONYM.sub(" ", text) for text in texts)
        counts[participant] = Counter(word.casefold() for text in plain for word in _WORD.findall(text))
        users.update(counts[participant].keys())
    return {
        participant: sorted(
            (word, count)
            for word, count in own.items()
            if users[word] == 1 and count <= at_most and len(word) > 5 and word.isalpha()
        )
        for participant, own in counts.items()
    }


def missed_per_10000_words(
    sampled_words: int, missed: int, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Identifiers missed per 10,000 words, estimated from a blind random sample that a person read.

    Returns estimate, lower and upper limit: the exact binomial interval of Clopper and Pearson
    (Biometrika 1934). With none found the upper limit is one-sided: 1 - (1 - confidence) ** (1 / n),
    which the rule of three (3 / n at 95 %) approximates. Raises `StudyError` for a sample without words
    or with more misses than words.

    >>> missed_per_10000_words(3000, 0)
    (0.0, 0.0, 9.98...)
    """
    if sampled_words < 1 or not 0 <= missed <= sampled_words:
        raise StudyError(
            f"a sample of {sampled_words} words with {missed} missed identifiers cannot be",
            hint="Give the number of words read and of identifiers found in them.",
        )
    if not 0 < confidence < 1:
        raise StudyError(
            f"a confidence of {confidence} cannot be", hint="Give a number between 0 and 1, such as 0.95."
        )
    tail = (1 - confidence) / 2
    if missed == 0:
        low, high = 0.0, 1 - (1 - confidence) ** (1 / sampled_words)
    else:
        low = float(stats.beta.ppf(tail, missed, sampled_words - missed + 1))
        high = (
            float(stats.beta.ppf(1 - tail, missed + 1, sampled_words - missed))
            if missed < sampled_words
            else 1.0
        )
    return 10_000 * missed / sampled_words, 10_000 * low, 10_000 * high

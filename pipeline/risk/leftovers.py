"""What looks like an identifier in pseudonymised text and was left, the likeliest first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline import resources

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_BRACKETED = re.compile(r"\[[^\[\]\n]*\]")
_OWN = re.compile(r"\[[^\[\]\n]*(?:\s(?:\d+|[A-Z]{1,2}))\]")
_WALL = "\x00"
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that looks like an identifier and was left: its wording, how often it stands there, why it is
    listed, and how often such a thing was one where it was measured (0 to 1)."""

    surface: str
    count: int
    reason: str
    weight: float


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of words, in small letters: English ones, those that are capitalised and name nobody, and
    registered names of people and places."""

    english: frozenset[str] = frozenset()
    capitals: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()


_THINGS = (
    "number|letter|order|paper|computer|matter|other|answer|summer|winter|dinner|corner|shoulder|weather|water|"
    "chapter|quarter|danger|power|floor|door|colour|calendar|collar|sugar|car|bar|list"
)
_SOMEBODY = (
    rf"(?!(?:{_THINGS})\b)(?:man|woman|bloke|fella|fellow|chap|lady|guy|lad|lass|girl|boy|gentleman|nurse|clerk|cook|vet|priest|vicar|"
    r"[a-z]{3,}(?:man|woman|ist|ian|eer|[^thevp]er|or|ar))\b"
)
"""Nouns for people, and endings that most names of trades and offices have."""
_SHAPES = {
    "looks like an e-mail address": re.compile(r"\S+@\S+\.\S+"),
    "a web address": re.compile(r"\b(?:https?://|www\.)\S+"),
    "looks like a postcode": re.compile(r"\b[A-Z]{1,2}\d[\dA-Z]?\s?\d[A-Z]{2}\b"),
    "a long number": re.compile(r"(?<![\w.,£$€])\+?\d(?:[\s().\-]?\d){4,}(?![\w%])"),
    "letters and digits": re.compile(r"\b(?=\w*\d)(?=\w*[A-Z])[A-Z\d]{4,}\b"),
    "a year": re.compile(r"\b(?:1[89]|20)\d\d\b"),
    "says that there is only one": re.compile(
        rf"\bthe (?:only|last|first|oldest|youngest|sole)(?: [\w\-]+){{0,2}} {_SOMEBODY}"
        r"(?: (?:that|who|to|in|at|on|of|for|left|\w+ing)\b)?(?: [\w'’\-]+){0,7}",
        re.IGNORECASE,
    ),
    "says who somebody is by what they do": re.compile(
        rf"\bthe {_SOMEBODY} (?:who|that|what)(?: [\w'’\-]+){{2,8}}", re.IGNORECASE
    ),
}
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ][\w'’]*"
_RUN = re.compile(rf"{_CAPITAL}(?:[ \-](?:of |the |de |von )?{_CAPITAL})*")
_NUMBER_BESIDE = re.compile(rf"{_WALL},? ?(\d{{1,5}}\b)|(?<![\w£$€])(\d{{1,5}}) ?(?={_WALL})")
_SENTENCE_END = '.?!:;…\n"“‘-–—'


def leftovers(
    texts: Sequence[str], lexicon: Lexicon | None = None, *, dismissed: Iterable[str] = ()
) -> list[Leftover]:
    """What looks like an identifier in pseudonymised texts, the likeliest first.

    The weights are measured (`configs/names/leftovers.csv`). `dismissed` are wordings that people have
    already looked at, or that are no identifiers.

    >>> [one.surface for one in leftovers(["we met Zorblatt there", "a table"])]
    ['Zorblatt']
    """
    known = lexicon or Lexicon()
    small = _written_small(texts)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        read = _BRACKETED.sub(lambda match: _WALL * len(match.group()), text)
        for surface, reason in (
            *_shaped(read),
            *_capitalised(read, small, known),
            *_small_names(read, known),
        ):
            reasons[surface][reason] += 1
    passed = {word.casefold() for word in dismissed}
    out = []
    for surface, found in reasons.items():
        reason = max(found, key=lambda one: (weight_of(one), one))
        if surface.casefold() not in passed:
            out.append(Leftover(surface, found.total(), reason, weight_of(reason)))
    return sorted(out, key=lambda one: (-one.weight, -one.count, one.surface))


def _written_small(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(
        word for text in texts for word in _WORD.findall(_BRACKETED.sub(" ", text)) if word.islower()
    )


def _shaped(text: str) -> Iterator[tuple[str, str]]:
    for reason, pattern in _SHAPES.items():
        for match in pattern.finditer(text):
            yield match.group().strip(), reason
    for match in _NUMBER_BESIDE.finditer(text):
        yield match.group(1) or match.group(2), "a number beside a pseudonym"


def _capitalised(text: str, small: frozenset[str], known: Lexicon) -> Iterator[tuple[str, str]]:
    """Runs of capitalised words that do not owe their capital to a sentence's beginning."""
    for match in _RUN.finditer(text):
        words = [
            (match.start() + word.start(), _bare(word.group())) for word in _WORD.finditer(match.group())
        ]
        if not _inside_a_sentence(text, match.start()):
            words = words[1:]
        while words and _falls_off(words[0][1], small):
            words = words[1:]
        while words and _falls_off(words[-1][1], small):
            words = words[:-1]
        telling = [word for _, word in words if not _plain(word, small, known)]
        if not telling or max(map(len, telling)) < _SHORTEST:
            continue
        start, end = words[0][0], words[-1][0] + len(words[-1][1])
        beside = text[end : end + 2] == f" {_WALL}" or text[max(0, start - 2) : start] == f"{_WALL} "
        yield text[start:end], _reason(telling, len(words), beside, known)


def _falls_off(word: str, small: frozenset[str]) -> bool:
    low = word.casefold().replace("’", "'")
    return low in small or low == "i" or low.startswith("i'")


def _plain(word: str, small: frozenset[str], known: Lexicon) -> bool:
    """Whether this talk writes a capitalised word in small letters too, or the word names nobody."""
    low = word.casefold().replace("’", "'")
    return low in small or low in known.capitals or (low.endswith("s") and low[:-1] in known.capitals)


def _reason(telling: Sequence[str], words: int, beside: bool, known: Lexicon) -> str:
    lows = [word.casefold() for word in telling]
    if beside:
        return "a capitalised word beside a pseudonym"
    if any(low not in known.english for low in lows):
        if any(low in known.names for low in lows):
            return "a registered name"
        if any(low in known.places for low in lows):
            return "a place of the lists"
        return "in capitals throughout" if all(word.isupper() for word in telling) else "in no dictionary"
    if all(word.isupper() and len(word) > 1 for word in telling):
        return "in capitals throughout"
    return "capitalised inside a sentence" if words == 1 else "several capitalised words"


def _small_names(text: str, known: Lexicon) -> Iterator[tuple[str, str]]:
    """Words in small letters that are registered names and in no dictionary."""
    for match in _WORD.finditer(text):
        word = _bare(match.group())
        if word.islower() and len(word) > 3 and word in known.names and word not in known.english:
            yield word, "a registered name in small letters"


def _bare(word: str) -> str:
    return re.sub(r"['’](?:s|S|ll|d|ve|re)$", "", word)


def _inside_a_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t'‘(")
    return bool(before) and before[-1] not in _SENTENCE_END


@cache
def _measured() -> Mapping[str, float]:
    path = resources.path("configs", "names", "leftovers.csv")
    table = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith(("#", "reason,")):
            reason, _, _, share = line.rsplit(",", 3)
            table[reason] = float(share)
    return table


def weight_of(reason: str) -> float:
    """How often what is listed for this reason was an identifier where it was measured; else 0.5."""
    return _measured().get(reason, 0.5)

"""When two personal names are one: short forms, spellings that sound the same, slips of the pen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import DamerauLevenshtein

from pipeline.pseudonymise.text import WORD, bare
from pipeline.pseudonymise.wordlists import first_names, formal_names, uk_first_names, words

_SOUNDS = (
    (r"^kn", "n"), (r"^wr", "r"), (r"^ph|ph", "f"), (r"v", "f"), (r"gh", "g"), (r"th", "t"), (r"sh", "s"),
    (r"ck|q|x|c(?=[aoulrhk]|$)", "k"), (r"kh", "k"), (r"c", "s"), (r"z", "s"), (r"y|ie|ei|ee|ey|ea", "i"),
    (r"j|dg", "g"), (r"(?<=.)h", ""), (r"(.)\1", r"\1"), (r"(?<=..)e$", ""), (r"(?<=..)[aei](?=[rnl]$)", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A personal name taken apart: what comes first, what comes last, whether a title stood before it."""

    first: str
    last: str
    title: str

    @property
    def alone(self) -> bool:
        """One word without a title: most often a first name, perhaps a surname."""
        return bool(self.first) and not self.last and not self.title

    @property
    def full(self) -> bool:
        """A first name with a last name."""
        return bool(self.first and self.last)


@cache
def taken_apart(surface: str) -> Name:
    """A wording as a name in small letters; one word alone counts as first name unless a title stands
    before it.

    >>> taken_apart("Mrs Thompson")
    Name(first='', last='thompson', title='mrs')
    >>> taken_apart("our Saz").first, taken_apart("L, E, E").first
    ('saz', 'lee')
    """
    parts = [bare(match.group()).casefold() for match in WORD.finditer(surface)]
    title = ""
    while parts and (parts[0] in words("titles") or parts[0] in ("our", "my")):
        word = parts.pop(0)
        title = word if word in words("titles") else title
    spelled = len(parts) > 2 and all(len(part) == 1 for part in parts)
    parts = ["".join(parts)] if spelled else [part for part in parts if len(part) > 1] or parts
    if not parts:
        return Name("", "", title)
    if len(parts) > 1:
        return Name(parts[0], parts[-1], title)
    alone_is_first = parts[0] in first_names() and title in words("given-name titles")
    return Name("", parts[0], title) if title and not alone_is_first else Name(parts[0], "", title)


@cache
def sound(name: str) -> str:
    """A key that spellings of one sound share.

    >>> sound("Stephen") == sound("Steven"), sound("Sarah") == sound("Sara"), sound("Dan") == sound("Ian")
    (True, True, False)
    """
    key = name.casefold()
    for pattern, to in _SOUNDS:
        key = re.sub(pattern, to, key)
    return key


def same_first(one: str, other: str) -> bool:
    """Whether two first names may be one person's: equal, short for the same, of one sound, or a slip
    apart."""
    if one == other:
        return True
    formals = formal_names()
    if formals.get(one, frozenset((one,))) & formals.get(other, frozenset((other,))):
        return True
    return short_for(one, other) or short_for(other, one) or same_spelling(one, other)


def short_for(short: str, name: str) -> bool:
    """Whether a form is made from a name as English makes pet forms: Trev, Debs, Kully, Daz, Beth, Kerry.

    >>> [short_for(*pair) for pair in (("trev", "trevor"), ("daz", "darren"), ("beth", "elizabeth"))]
    [True, True, True]
    >>> short_for("dan", "diana")
    False
    """
    if "-" in name and short == name.split("-")[0]:
        return True
    if len(short) >= len(name) or len(short) < 3:
        return False
    cut = re.fullmatch(r"(\w{2})zz?a?", short)
    if cut and name.startswith(cut.group(1)) and name[2] in "rs":
        return True
    base = re.sub(r"(?:ie|ey|y|i|s)$", "", short)
    base = base[:-1] if len(base) > 3 and base[-1] == base[-2] else base
    base = short if len(base) < 3 else base
    return (len(base) >= 3 and name.startswith(base)) or (len(short) >= 4 and name.endswith(short))


def same_spelling(one: str, other: str) -> bool:
    """Whether two names differ only as spellings do: one sound, or one slip in a word that is no listed
    name."""
    if one == other:
        return True
    if one[0] != other[0] and sound(one)[:1] != sound(other)[:1]:
        return False
    if sound(one) == sound(other) and min(len(one), len(other)) > 2:
        return True
    listed = one in uk_first_names() and other in uk_first_names()
    long = min(len(one), len(other)) >= 4
    return long and not listed and DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1


def compatible(one: Name, other: Name) -> bool:
    """Whether two names can belong to one person: no part contradicts, and at least one part agrees.

    >>> compatible(taken_apart("Mrs Thompson"), taken_apart("Sarah Thompson"))
    True
    >>> compatible(taken_apart("Sarah Jones"), taken_apart("Sarah Thompson"))
    False
    """
    if titles_clash(one.title, other.title):
        return False
    if one.alone or other.alone:
        single, whole = (one.first, other) if one.alone else (other.first, one)
        return bool(
            (whole.first and same_first(single, whole.first))
            or (whole.last and same_spelling(single, whole.last))
        )
    firsts = bool(one.first and other.first)
    lasts = bool(one.last and other.last)
    if (firsts and not same_first(one.first, other.first)) or (
        lasts and not same_spelling(one.last, other.last)
    ):
        return False
    return firsts or lasts


def titles_clash(one: str, other: str) -> bool:
    """Whether one title is a man's and the other a woman's."""
    men, women = words("titles of men"), words("titles of women")
    return (one in men and other in women) or (one in women and other in men)

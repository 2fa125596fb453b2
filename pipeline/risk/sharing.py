"""By what participants can be recognised although no name is left: attributes and words that few share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_SHORT = 5
_PSEUDONYM = re.compile(r"\[[^\[\]\n]*\]")


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


def banded(participants: Mapping[str, Mapping[str, str]], width: int = 10) -> dict[str, dict[str, str]]:
    """The attributes with numbers, such as ages, put into bands: by themselves they would all be rare.

    An attribute is one of numbers if all its values are whole numbers.

    >>> banded({"P1": {"age": "42", "role": "GP"}, "P2": {"age": "58", "role": "GP"}})["P1"]
    {'age': '40-49', 'role': 'GP'}
    """
    values: dict[str, list[str]] = defaultdict(list)
    for attributes in participants.values():
        for name, value in attributes.items():
            if value:
                values[name].append(value)
    numbers = {name for name, some in values.items() if all(re.fullmatch(r"\d{1,4}", one) for one in some)}
    return {
        who: {
            name: _band(int(value), width) if name in numbers and value else value
            for name, value in attributes.items()
        }
        for who, attributes in participants.items()
    }


def _band(value: int, width: int) -> str:
    low = value // width * width
    return f"{low}-{low + width - 1}"


def rare_words(
    texts_of: Mapping[str, Sequence[str]], is_common: Callable[[str], bool] = lambda word: False
) -> dict[str, list[tuple[str, int]]]:
    """For each participant the uncommon words that only they use, with how often: a rare job, a rare illness.

    `is_common` tells whether a word in small letters is an everyday one. Words of less than six letters are
    left out.

    >>> rare_words({"P1": ["my falconry"], "P2": ["my kitchen"]}, lambda word: word == "kitchen")
    {'P1': [('falconry', 1)], 'P2': []}
    """
    counts: dict[str, Counter[str]] = {}
    users: Counter[str] = Counter()
    for participant, texts in texts_of.items():
        plain = (_PSEUDONYM.sub(" ", text) for text in texts)
        counts[participant] = Counter(word.casefold() for text in plain for word in _WORD.findall(text))
        users.update(counts[participant].keys())
    return {
        participant: sorted(
            (
                (word, count)
                for word, count in own.items()
                if users[word] == 1 and len(word) > _SHORT and word.isalpha() and not is_common(word)
            ),
            key=lambda pair: (-pair[1], pair[0]),
        )
        for participant, own in counts.items()
    }

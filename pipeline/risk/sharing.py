"""By what participants can be recognised although no name is left: attributes and words that few share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
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

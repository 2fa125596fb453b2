"""What to read next, and the named reason for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.triage.neighbours import Neighbours

Reason = Literal[
    "likely", "uncertain", "unlike anything coded", "models disagree", "code is rare", "random control"
]
TURNS: tuple[Reason, ...] = (
    "likely", "code is rare", "likely", "uncertain", "likely",
    "models disagree", "likely", "unlike anything coded", "likely", "likely",
)  # fmt: skip
"""Of ten utterances six are the likeliest; one each goes to the reasons that teach the model something."""
RARE = 10
"""A code found fewer times is rare."""
_OF_EACH = 20
_NARROW = float(np.log(2))


@dataclass(frozen=True, slots=True)
class Next:
    """One utterance to read: its row, why, the code this is about ("" if none), and that code's score.

    For "unlike anything coded" the score is the likeness to the nearest read utterance; for "random
    control" it is None.
    """

    row: int
    reason: Reason
    code: str = ""
    score: float | None = None


def next_to_read(
    unread: np.ndarray,
    scores: np.ndarray,
    suggested: np.ndarray,
    codes: Sequence[str],
    found: Mapping[str, int],
    near: Neighbours | None = None,
    *,
    limit: int | None = None,
) -> list[Next]:
    """The unread utterances in the order in which to read them, each once, with its reason.

    `scores` (n, k) lie between 0 and 1, `suggested` (n, k) are booleans, `found` counts the utterances
    that carry each code so far, `near` speaks of the rows in `unread`. The reasons take turns as in
    `TURNS`; a reason that has no utterance left gives its turn to the likeliest of the rest. `limit` ends
    the list early.
    """
    own, offered = scores[unread], suggested[unread]
    queues: dict[Reason, Iterator[Next]] = {
        "likely": _likely(unread, own, codes),
        "uncertain": _uncertain(unread, own, offered, codes, found),
        "code is rare": _rare(unread, own, codes, found),
    }
    if near is not None:
        queues["models disagree"] = _disagree(unread, own, offered, codes, near)
        queues["unlike anything coded"] = _unlike(unread, near)
    taken: set[int] = set()
    out: list[Next] = []
    while len(out) < min(len(unread), len(unread) if limit is None else limit):
        wanted = TURNS[len(out) % len(TURNS)]
        one = _first(queues.get(wanted, iter(())), taken) or _first(queues["likely"], taken)
        if one is None:
            break
        taken.add(one.row)
        out.append(one)
    return out


def chance_of_any(scores: np.ndarray) -> np.ndarray:
    """How likely each utterance is to carry any code, (n,) from 0 to 1, codes taken as independent."""
    return np.asarray(1.0 - np.prod(1.0 - np.clip(scores, 0.0, 1.0), axis=1))


def cuts(scores: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """Where each code's suggestions begin, (k,): half-way from the least one to the next below."""
    high = np.where(suggested, -np.inf, scores).max(axis=0, initial=-np.inf)
    least = np.where(suggested, scores, np.inf).min(axis=0, initial=np.inf)
    return np.where(np.isfinite(least) & np.isfinite(high), (least + high) / 2, 0.5)


def _first(queue: Iterator[Next], taken: set[int]) -> Next | None:
    return next((one for one in queue if one.row not in taken), None)


def _likely(unread: np.ndarray, own: np.ndarray, codes: Sequence[str]) -> Iterator[Next]:
    best = own.argmax(axis=1) if own.shape[1] else np.zeros(len(unread), dtype=int)
    for place in np.argsort(-chance_of_any(own), kind="stable"):
        column = int(best[place])
        yield Next(int(unread[place]), "likely", codes[column], float(own[place, column]))


def _uncertain(
    unread: np.ndarray,
    own: np.ndarray,
    offered: np.ndarray,
    codes: Sequence[str],
    found: Mapping[str, int],
) -> Iterator[Next]:
    """Utterances on which a code's odds are within a factor of two of where its suggestions begin.

    Rare codes are left out: where their suggestions begin says little, and they have a turn of their own.
    """
    apart = np.abs(_log_odds(own) - _log_odds(cuts(own, offered)))
    apart[:, [found.get(code, 0) < RARE for code in codes]] = np.inf
    column = apart.argmin(axis=1)
    margin = apart.min(axis=1)
    for place in np.argsort(margin, kind="stable"):
        if margin[place] > _NARROW:
            return
        code = int(column[place])
        yield Next(int(unread[place]), "uncertain", codes[code], float(own[place, code]))


def _rare(
    unread: np.ndarray, own: np.ndarray, codes: Sequence[str], found: Mapping[str, int]
) -> Iterator[Next]:
    """The likeliest of each code that was found fewer than ten times, the codes in turn."""
    columns = [column for column, code in enumerate(codes) if found.get(code, 0) < RARE]
    order = np.argsort(-own[:, columns], axis=0, kind="stable")[:_OF_EACH]
    for places in order:
        for column, place in zip(columns, places.tolist(), strict=True):
            yield Next(int(unread[place]), "code is rare", codes[column], float(own[place, column]))


def _disagree(
    unread: np.ndarray, own: np.ndarray, offered: np.ndarray, codes: Sequence[str], near: Neighbours
) -> Iterator[Next]:
    """The model suggests a code that none of the nearest carries, or passes over one that half of them do."""
    against = (offered & (near.opinion == 0)) | (~offered & (near.opinion >= 0.5))
    gap = np.where(against, np.abs(own - near.opinion), -1.0)
    column = gap.argmax(axis=1)
    widest = gap.max(axis=1)
    for place in np.argsort(-widest, kind="stable"):
        if widest[place] < 0:
            return
        code = int(column[place])
        yield Next(int(unread[place]), "models disagree", codes[code], float(own[place, code]))


def _unlike(unread: np.ndarray, near: Neighbours) -> Iterator[Next]:
    for place in np.argsort(near.likeness, kind="stable"):
        if near.unlike[place]:
            yield Next(int(unread[place]), "unlike anything coded", "", float(near.likeness[place]))


def _log_odds(scores: np.ndarray) -> np.ndarray:
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))

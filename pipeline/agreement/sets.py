"""Agreement on whole sets of codes, resampled by interview: alpha with MASI, Jaccard and exact distance.

The expected disagreement compares every set with every other; it is kept as a matrix of interviews, so that
a draw costs the square of the number of interviews and not of the number of sets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement.figure import Floats, ratio

DISTANCES = ("masi", "jaccard", "exact")
_BLOCK = 256
Pages = NDArray[np.int8]


def set_alphas(said: Pages, interview: NDArray[np.intp], weight: Floats, rows: Floats) -> dict[str, Floats]:
    """Alpha over sets for each row of a plan, by distance; NaN where undefined.

    `said` has shape (coders, units, codes) with 1, 0 and -1; a unit with any -1 is missing for that coder.
    `interview` numbers the interview of each unit from 0, `weight` is how much each unit counts.
    """
    there = np.asarray((said >= 0).all(axis=2))
    pairable = there.sum(axis=0) >= 2
    said, there = said[:, pairable], there[:, pairable]
    interview, weight = interview[pairable], weight[pairable]
    interviews = rows.shape[1]
    members, number = _distinct(said)
    each = there.sum(axis=0)
    values = np.zeros((interviews, len(members)))
    for page, looked in zip(number, there, strict=True):
        np.add.at(values, (interview[looked], page[looked]), weight[looked])
    total = rows @ np.bincount(interview, weight * each, interviews)
    observed = _observed(members, number, there, weight / np.maximum(each - 1, 1), interview, interviews)
    expected = _expected(members, values)
    found = {}
    for name in DISTANCES:
        above = ratio(rows @ observed[name], total)
        below = ratio(np.einsum("dg,gh,dh->d", rows, expected[name], rows), total * (total - 1))
        found[name] = 1 - ratio(above, below)
    return found


def identical(first: Pages, second: Pages) -> NDArray[np.bool_]:
    """On which units two coders gave exactly the same codes."""
    return np.asarray((first == second).all(axis=1))


def distances(members: Floats, others: Floats) -> dict[str, Floats]:
    """The three distances between rows of 0/1 memberships, each of shape (members, others).

    Two empty sets are alike (0), an empty and a filled one are not (1).
    """
    shared = members @ others.T
    sizes, other_sizes = members.sum(axis=1)[:, None], others.sum(axis=1)
    union = sizes + other_sizes - shared
    alike = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
    same = shared == union
    nested = shared == np.minimum(sizes, other_sizes)
    weight = np.where(same, 1.0, np.where(nested, 2 / 3, 1 / 3))
    return {"masi": 1 - alike * weight, "jaccard": 1 - alike, "exact": 1.0 - same}


def _distinct(said: Pages) -> tuple[Floats, NDArray[np.intp]]:
    """The distinct sets as 0/1 rows, and which of them each coder gave to each unit."""
    flat = (said == 1).reshape(-1, said.shape[2])
    packed = np.ascontiguousarray(np.packbits(flat, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    return flat[first].astype(float), number.reshape(said.shape[:2])


def _observed(
    members: Floats,
    number: NDArray[np.intp],
    there: NDArray[np.bool_],
    weight: Floats,
    interview: NDArray[np.intp],
    interviews: int,
) -> dict[str, Floats]:
    """Disagreement within units, summed by interview."""
    found = {name: np.zeros(interviews) for name in DISTANCES}
    for one in range(len(number)):
        for other in range(one + 1, len(number)):
            both = np.flatnonzero(there[one] & there[other])
            for start in range(0, len(both), 50_000):
                at = both[start : start + 50_000]
                apart = _paired(members[number[one, at]], members[number[other, at]])
                for name in DISTANCES:
                    found[name] += np.bincount(interview[at], 2 * weight[at] * apart[name], interviews)
    return found


def _paired(members: Floats, others: Floats) -> dict[str, Floats]:
    """The three distances row by row."""
    shared = (members * others).sum(axis=1)
    sizes, other_sizes = members.sum(axis=1), others.sum(axis=1)
    union = sizes + other_sizes - shared
    alike = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
    same = shared == union
    weight = np.where(same, 1.0, np.where(shared == np.minimum(sizes, other_sizes), 2 / 3, 1 / 3))
    return {"masi": 1 - alike * weight, "jaccard": 1 - alike, "exact": 1.0 - same}


def _expected(members: Floats, values: Floats) -> dict[str, Floats]:
    """Distances of all pairs of values, summed by the two interviews they come from, shape (G, G) each."""
    found = {name: np.zeros((len(values), len(values))) for name in DISTANCES}
    for start in range(0, len(members), _BLOCK):
        block = slice(start, start + _BLOCK)
        for name, apart in distances(members[block], members).items():
            found[name] += values[:, block] @ (apart @ values.T)
    return found

"""Agreement on whole sets of codes, resampled by interview: alpha with MASI, Jaccard and exact distance.

The expected disagreement compares every set with every other; it is kept as a matrix of interviews, so that
a draw costs the square of the number of interviews and not of the number of sets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.agreement.apart import DISTANCES, distances, summed_distances
from pipeline.agreement.figure import Floats, ratio

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
    values = _values(number, there, interview, weight, (interviews, len(members)))
    total = rows @ np.bincount(interview, weight * each, interviews)
    observed = _observed(members, number, there, weight / np.maximum(each - 1, 1), interview, interviews)
    expected = summed_distances(members, values)
    found = {}
    for name in DISTANCES:
        above = ratio(rows @ observed[name], total)
        below = ratio(np.einsum("dg,gh,dh->d", rows, expected[name], rows), total * (total - 1))
        found[name] = 1 - ratio(above, below)
    return found


def expected(said: Pages, weight: Floats) -> dict[str, Floats]:
    """The mean distance of two sets drawn from all of two pages, for each distance: what is met by chance."""
    there = np.asarray((said >= 0).all(axis=2))
    pairable = there.all(axis=0)
    members, number = _distinct(said[:, pairable])
    there, weight = there[:, pairable], weight[pairable]
    nowhere = np.zeros(len(weight), dtype=np.intp)
    values = _values(number, there, nowhere, weight, (1, len(members)))
    total = len(said) * weight.sum()
    apart = summed_distances(members, values)
    return {name: ratio(apart[name].sum(), total * (total - 1)) for name in DISTANCES}


def identical(first: Pages, second: Pages) -> NDArray[np.bool_]:
    """On which units two coders gave exactly the same codes."""
    return np.asarray((first == second).all(axis=1))


def _distinct(said: Pages) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """The distinct sets as 0/1 rows, and which of them each coder gave to each unit."""
    flat = (said == 1).reshape(-1, said.shape[2])
    packed = np.ascontiguousarray(np.packbits(flat, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    return flat[first], number.reshape(said.shape[:2])


def _values(
    number: NDArray[np.intp],
    there: NDArray[np.bool_],
    interview: NDArray[np.intp],
    weight: Floats,
    shape: tuple[int, int],
) -> sparse.csr_array:
    """How often each set occurs in each interview."""
    at = [(interview[looked], page[looked]) for page, looked in zip(number, there, strict=True)]
    rows, columns = (np.concatenate(part) for part in zip(*at, strict=True))
    data = np.concatenate([weight[looked] for looked in there])
    return sparse.coo_array((data, (rows, columns)), shape=shape).tocsr()


def _observed(
    members: NDArray[np.bool_],
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
                first, second = members[number[one, at]], members[number[other, at]]
                apart = distances((first & second).sum(1), first.sum(1), second.sum(1))
                for name in DISTANCES:
                    found[name] += np.bincount(interview[at], 2 * weight[at] * apart[name], interviews)
    return found

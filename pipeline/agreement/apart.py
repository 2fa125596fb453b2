"""How far sets of codes lie apart: MASI, Jaccard and exact distances, of many pairs at once."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.agreement.figure import Floats

DISTANCES = ("masi", "jaccard", "exact")
_BLOCK = 256
_FEW_SETS = 1500
_LARGEST_SET = 20
_MOST_SUBSETS = 8_000_000
_BITS = 64


def distances(shared: Floats, sizes: Floats, other_sizes: Floats) -> dict[str, Floats]:
    """The three distances of sets from what they share and their sizes, which broadcast against each other.

    Two empty sets are alike (0), an empty and a filled one are not (1).
    """
    union = sizes + other_sizes - shared
    alike = np.divide(shared, union, out=np.ones(union.shape), where=union > 0)
    same = shared == union
    nested = shared == np.minimum(sizes, other_sizes)
    weight = np.where(same, 1.0, np.where(nested, 2 / 3, 1 / 3))
    return {"masi": 1 - alike * weight, "jaccard": 1 - alike, "exact": 1.0 - same}


def summed_distances(members: NDArray[np.bool_], values: sparse.csr_array) -> dict[str, Floats]:
    """The distances between all pairs of sets, summed by the two interviews they come from.

    `members` has shape (sets, codes); `values` (interviews, sets) says how often each set occurs in each
    interview. The sums have shape (interviews, interviews).
    """
    sizes = members.sum(axis=1)
    many = len(members) > _FEW_SETS and members.shape[1] <= _BITS and sizes.max() <= _LARGEST_SET
    if many and (np.diff(values.tocsc().indptr) * 2.0**sizes).sum() <= _MOST_SUBSETS:
        return _by_subsets(members, values)
    return _one_by_one(members.astype(float), values)


def _one_by_one(members: Floats, values: sparse.csr_array) -> dict[str, Floats]:
    """Every set with every other, block by block."""
    sizes = members.sum(axis=1)
    turned, columns = values.T.tocsr(), values.tocsc()
    found = {name: np.zeros((values.shape[0],) * 2) for name in DISTANCES}
    for start in range(0, len(members), _BLOCK):
        block = slice(start, start + _BLOCK)
        shared = members[block] @ members.T
        for name, apart in distances(shared, sizes[block, None], sizes).items():
            found[name] += columns[:, block] @ (apart @ turned)
    return found


def _by_subsets(members: NDArray[np.bool_], values: sparse.csr_array) -> dict[str, Floats]:
    """The same sums from counts of common subsets, much faster where nearly every set is a different one.

    Two sets that share i codes share (i over k) subsets of k codes. A distance f(i) of sets of sizes a and b
    is the sum over k of (i over k) times the k-th difference of f at 0 (Newton's series), so the sum over
    all pairs follows from how many sets of each size contain each subset.
    """
    sizes = members.sum(axis=1)
    interviews, largest = values.shape[0], int(sizes.max())
    entries = values.tocoo()
    row = entries.row * (largest + 1) + sizes[entries.col]
    found = {name: np.zeros((interviews, interviews)) for name in DISTANCES}
    differences = _differences(largest)
    for k in range(largest + 1):
        common = _common(members, sizes, row, entries, k, interviews * (largest + 1))
        by_size = common.reshape(interviews, largest + 1, interviews, largest + 1)
        for name in DISTANCES:
            found[name] += np.einsum("gahb,ab->gh", by_size, differences[name][k])
    return found


def _common(
    members: NDArray[np.bool_],
    sizes: NDArray[np.intp],
    row: NDArray[np.intp],
    entries: sparse.coo_array,
    k: int,
    rows: int,
) -> Floats:
    """How many subsets of k codes the sets of two rows (interview and size) have in common."""
    subsets, at, weight = [], [], []
    for size in range(max(k, 0), int(sizes.max()) + 1):
        here = sizes[entries.col] == size
        codes = np.nonzero(members[entries.col[here]])[1].reshape(int(here.sum()), size).astype(np.uint64)
        bits = np.uint64(1) << codes
        for chosen in combinations(range(size), k):
            subsets.append(np.bitwise_or.reduce(bits[:, chosen], axis=1))
            at.append(row[here])
            weight.append(entries.data[here])
    names, column = np.unique(np.concatenate(subsets), return_inverse=True)
    cells = (np.concatenate(weight), (np.concatenate(at), column))
    counts = sparse.coo_array(cells, shape=(rows, len(names))).tocsr()
    return np.asarray((counts @ counts.T).toarray())


def _differences(largest: int) -> dict[str, Floats]:
    """The k-th difference at 0 of each distance, as a function of what is shared; shape (k, size, size)."""
    size = np.arange(largest + 1.0)
    shared = np.minimum(size[:, None, None], np.minimum(size[:, None], size))
    apart = distances(shared, size[:, None], size)
    signs = np.array([[(-1) ** (k - i) * comb(k, i) for i in range(largest + 1)] for k in range(largest + 1)])
    return {name: np.einsum("ki,iab->kab", signs.astype(float), apart[name]) for name in DISTANCES}

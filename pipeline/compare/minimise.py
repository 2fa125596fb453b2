"""Boolean minimisation: prime implicants and every smallest cover (Quine 1952; McCluskey 1956; Petrick 1956).

A cube is a tuple with one entry a condition: 1 present, 0 absent, None either. With at most six conditions
there are at most 729 cubes, so that primes are found by looking at every one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

Cube = tuple[int | None, ...]
Corner = tuple[int, ...]


def covers(cube: Cube, corner: Sequence[int]) -> bool:
    """Whether a corner lies in a cube.

    >>> covers((1, None, 0), (1, 1, 0)), covers((1, None, 0), (0, 1, 0))
    (True, False)
    """
    return all(want is None or want == have for want, have in zip(cube, corner, strict=True))


def corners(cube: Cube) -> list[Corner]:
    """The corners of a cube, in counting order.

    >>> corners((1, None))
    [(1, 0), (1, 1)]
    """
    return [tuple(one) for one in product(*[(0, 1) if want is None else (want,) for want in cube])]


def primes(positive: Collection[Corner], allowed: Collection[Corner], width: int) -> list[Cube]:
    """The largest cubes that hold a positive corner and nothing but positive or allowed ones.

    >>> primes({(1, 0), (1, 1)}, set(), 2)
    [(1, None)]
    """
    inside, hits = set(allowed) | set(positive), set(positive)
    valid = {
        cube
        for cube in product((0, 1, None), repeat=width)
        if all(corner in inside for corner in corners(cube))
    }
    return [
        cube
        for cube in sorted(valid, key=_order)
        if any(corner in hits for corner in corners(cube))
        and not any(wider in valid for wider in _wider(cube))
    ]


def _wider(cube: Cube) -> list[Cube]:
    return [(*cube[:at], None, *cube[at + 1 :]) for at, want in enumerate(cube) if want is not None]


def _order(cube: Cube) -> tuple[int, ...]:
    """Present before absent before either, condition by condition."""
    return tuple({1: 0, 0: 1, None: 2}[want] for want in cube)


def smallest_covers(cubes: Sequence[Cube], positive: Collection[Corner]) -> list[tuple[Cube, ...]]:
    """Every cover of the positive corners with the fewest cubes: all ties, none preferred.

    >>> smallest_covers([(1, None), (None, 1)], {(1, 0), (1, 1)})
    [((1, None),)]
    """
    points = sorted(positive)
    if not points:
        return []
    masks = [sum(1 << at for at, point in enumerate(points) if covers(cube, point)) for cube in cubes]
    whole = (1 << len(points)) - 1
    by_point = [[at for at, mask in enumerate(masks) if mask >> point & 1] for point in range(len(points))]
    for size in range(1, len(points) + 1):
        found: set[frozenset[int]] = set()
        _extend(frozenset(), 0, size, whole, masks, by_point, found)
        if found:
            return [tuple(cubes[at] for at in one) for one in sorted(sorted(cover) for cover in found)]
    return []


def _extend(
    chosen: frozenset[int],
    covered: int,
    left: int,
    whole: int,
    masks: Sequence[int],
    by_point: Sequence[Sequence[int]],
    found: set[frozenset[int]],
) -> None:
    """Adds to `found` every completion of `chosen` by `left` cubes that covers all points."""
    if covered == whole:
        found.add(chosen)
        return
    missing = whole & ~covered
    most = max((mask & missing).bit_count() for mask in masks)
    if left * most < missing.bit_count():
        return
    open_points = [point for point in range(len(by_point)) if missing >> point & 1]
    hardest = min(open_points, key=lambda point: len(by_point[point]))
    for at in by_point[hardest]:
        _extend(chosen | {at}, covered | masks[at], left - 1, whole, masks, by_point, found)

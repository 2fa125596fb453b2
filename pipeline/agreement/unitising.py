"""Agreement where coders mark stretches of text themselves: Krippendorff's unitising alpha family.

Krippendorff (2019), "Content Analysis", section 12.6; Krippendorff, Mathet, Bouvry and Widlöcher (2016).
Lengths are in characters, positions half-open. Within one coder stretches may not overlap: codes that
co-occur are to be looked at one code at a time, with `binary_by_code`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement.figure import Figure, Floats
from pipeline.errors import StudyError

GAP = 0
"""The value of what a coder left unmarked."""
ONE_VALUE = "all of the text has one value, so nothing could differ"
ALL_ALIKE = "only one code occurs, so nothing could differ"
NO_COMMON_TEXT = "no text was marked by two coders"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, [start, end) in characters, with its code."""

    start: int
    end: int
    code: str


@dataclass(frozen=True, slots=True)
class Unitised:
    """The unitising family.

    `u`: where and how coders marked; `binary`: whether they marked the same text; `cu`: whether they used the
    same code where both marked; `by_code`: one code against the others there, with `coverage`, the share of
    the code's marked text that others marked, too.
    """

    u: Figure
    binary: Figure
    cu: Figure
    by_code: Mapping[str, Figure]
    coverage: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class _Continuum:
    """Stretches with constant values: `length` of each, `value` of each coder there, and the segments."""

    total: float
    length: Floats
    value: NDArray[np.intp]
    segments: tuple[tuple[tuple[int, int, int], ...], ...]
    codes: tuple[str, ...]


def unitising_alphas(coders: Sequence[Iterable[Segment]], length: int) -> Unitised:
    """The unitising alphas of two or more coders over a text of `length` characters.

    Raises `StudyError` if there are fewer than two coders, if a segment is empty or lies outside the text,
    and if two segments of one coder overlap.

    >>> ann = [Segment(0, 4, "x"), Segment(6, 10, "y")]
    >>> ben = [Segment(0, 3, "x"), Segment(5, 10, "y")]
    >>> round(unitising_alphas([ann, ben], 12).u.value, 6)
    0.780977
    """
    whole = _continuum(coders, length)
    merged = _continuum(
        [[Segment(s.start, s.end, "marked") for s in one] for one in map(list, coders)], length
    )
    together = _coincidence(whole)[1:, 1:]
    chance, by_code = _coded_expectation(whole, together), {}
    for at, code in enumerate(whole.codes):
        by_code[code] = _one_code(together, chance, at)
    every = _coincidence(whole)
    covered = {
        code: float(together[:, at].sum() / every[:, at + 1].sum()) if every[:, at + 1].sum() else None
        for at, code in enumerate(whole.codes)
    }
    return Unitised(
        _from(every, _expectation(whole), ONE_VALUE),
        _from(_coincidence(merged), _expectation(merged), ONE_VALUE),
        _from(together, chance, ALL_ALIKE if together.sum() else NO_COMMON_TEXT),
        by_code,
        covered,
    )


def binary_by_code(coders: Sequence[Iterable[Segment]], length: int) -> dict[str, Figure]:
    """Unitising alpha of each code against everything else: well defined where codes co-occur."""
    pages = [list(one) for one in coders]
    codes = sorted({segment.code for page in pages for segment in page})
    return {
        code: unitising_alphas([[s for s in page if s.code == code] for page in pages], length).binary
        for code in codes
    }


def coincidences(coders: Sequence[Iterable[Segment]], length: int) -> Floats:
    """Observed coincidences in characters; row and column 0 are gaps, then codes in alphabetical order."""
    return _coincidence(_continuum(coders, length))


def _continuum(coders: Sequence[Iterable[Segment]], length: int) -> _Continuum:
    pages = [sorted(one, key=lambda segment: segment.start) for one in coders]
    if len(pages) < 2:
        raise StudyError("agreement needs at least two coders")
    for number, page in enumerate(pages, start=1):
        _check(page, length, f"coder {number}")
    codes = tuple(sorted({segment.code for page in pages for segment in page}))
    place = {code: at + 1 for at, code in enumerate(codes)}
    segments = tuple(tuple((s.start, s.end, place[s.code]) for s in page) for page in pages)
    edges = np.array(sorted({0, length} | {edge for page in segments for s in page for edge in s[:2]}))
    value = np.full((len(pages), len(edges) - 1), GAP, dtype=np.intp)
    for number, own in enumerate(segments):
        for start, end, code in own:
            value[number, np.searchsorted(edges, start) : np.searchsorted(edges, end)] = code
    return _Continuum(float(length), np.diff(edges).astype(float), value, segments, codes)


def _check(page: Sequence[Segment], length: int, where: str) -> None:
    end = 0
    for segment in page:
        if not 0 <= segment.start < segment.end <= length:
            raise StudyError(f"a segment [{segment.start}, {segment.end}) does not fit the text", where=where)
        if segment.start < end:
            raise StudyError(
                f"two segments overlap at {segment.start}",
                where=where,
                hint="Look at one code at a time where codes overlap.",
            )
        end = segment.end


def _coincidence(whole: _Continuum) -> Floats:
    """O_ck: common length of one coder's c with another's k, over ordered pairs, divided by m - 1."""
    q = len(whole.codes) + 1
    out = np.zeros((q, q))
    for one in range(len(whole.value)):
        for other in range(len(whole.value)):
            if one != other:
                np.add.at(out, (whole.value[one], whole.value[other]), whole.length)
    return out / (len(whole.value) - 1)


def _expectation(whole: _Continuum) -> Floats:
    """E_ck = (l_c l_k - [c = k] S_c)/(mL - S/(mL)), S_c squared lengths of segments, plain ones of gaps."""
    own = np.zeros(len(whole.codes) + 1)
    lengths = np.zeros_like(own)
    for page, value in zip(whole.segments, whole.value, strict=True):
        np.add.at(lengths, value, whole.length)
        own[GAP] += whole.length[value == GAP].sum()
        for start, end, code in page:
            own[code] += (end - start) ** 2
    total = len(whole.value) * whole.total
    below = total - own.sum() / total
    if below <= 0:
        return np.zeros((len(own), len(own)))
    return np.asarray((np.outer(lengths, lengths) - np.diag(own)) / below)


def _coded_expectation(whole: _Continuum, together: Floats) -> Floats:
    """E*_ck over text that two coders marked; squared is the part of a segment that another marked."""
    own = np.zeros(len(whole.codes))
    edges = np.concatenate([[0.0], np.cumsum(whole.length)])
    for number, page in enumerate(whole.segments):
        others = (np.delete(whole.value, number, axis=0) != GAP).any(axis=0) * whole.length
        for start, end, code in page:
            inside = slice(*np.searchsorted(edges, (start, end)))
            own[code - 1] += others[inside].sum() ** 2
    lengths, total = together.sum(axis=1), together.sum()
    below = total - own.sum() / total if total else 0.0
    if below <= 0:
        return np.zeros_like(together)
    return np.asarray((np.outer(lengths, lengths) - np.diag(own)) / below)


def _from(observed: Floats, expected: Floats, why: str) -> Figure:
    """1 - D_o/D_e from the off-diagonal sums."""
    apart = expected.sum() - np.trace(expected)
    if apart <= 1e-12:
        return Figure(None, why)
    return Figure(float(1 - (observed.sum() - np.trace(observed)) / apart))


def _one_code(together: Floats, expected: Floats, at: int) -> Figure:
    """(k)u alpha: 1 - (E*_.k/O*_.k)(O*_.k - O*_kk)/(E*_.k - E*_kk)."""
    observed, chance = together[:, at].sum(), expected[:, at].sum()
    apart = chance - expected[at, at]
    if not observed:
        return Figure(None, NO_COMMON_TEXT)
    if apart <= 1e-12:
        return Figure(None, ALL_ALIKE)
    return Figure(float(1 - chance / observed * (observed - together[at, at]) / apart))

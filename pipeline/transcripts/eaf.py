"""ELAN: tiers of annotations, put in the order of their times; dependent tiers are left out and told."""

from __future__ import annotations

from typing import Any

from pipeline.containers import Kind, xml
from pipeline.records import Notice, Transcript
from pipeline.transcripts.pieces import Piece, assemble


def read(data: bytes, name: str) -> Transcript:
    """The turns of an ELAN file; a place is counted in annotations, as they stand in the file."""
    root = xml(data, name, Kind("an ELAN file"))
    times = _times(root)
    tiers = list(root.iter("TIER"))
    chosen = [tier for tier in tiers if tier.get("PARENT_REF") is None]
    notices = []
    if not any(_value(annotation) for tier in chosen for annotation in _annotations(tier)):
        chosen = tiers
    left_out = [tier for tier in tiers if tier not in chosen and any(_value(a) for a in _annotations(tier))]
    if left_out:
        told = f"{len(left_out)} tiers that depend on another (translations, codes) were left out"
        notices.append(Notice("file", told))
    spans = _spans(tiers, times)
    pieces = _pieces(chosen, spans)
    speakers = {piece.speaker for piece in pieces}
    if len(speakers) > 6:
        notices.append(Notice("file", f"{len(speakers)} tiers were taken for speakers; check that all are"))
    return assemble(pieces, format="eaf", unit="annotation", name=name, notices=notices)


def _times(root: Any) -> dict[str, float]:
    """Seconds by time slot; slots without a value are not in it."""
    found: dict[str, float] = {}
    for slot in root.iter("TIME_SLOT"):
        value = slot.get("TIME_VALUE", "")
        if value.isascii() and value.isdigit() and len(value) < 12:
            found[slot.get("TIME_SLOT_ID", "")] = int(value) / 1000
    return found


def _annotations(tier: Any) -> list[Any]:
    return list(tier.iter("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"))


def _value(annotation: Any) -> str:
    value = annotation.find("ANNOTATION_VALUE")
    return "".join(value.itertext()).strip() if value is not None else ""


_Span = tuple[float | None, float | None]


def _spans(tiers: list[Any], times: dict[str, float]) -> dict[str, _Span]:
    """Start and end by annotation id; a dependent annotation has those of the one it leans on."""
    found: dict[str, _Span] = {}
    leans: dict[str, str] = {}
    for tier in tiers:
        for a in _annotations(tier):
            own = a.get("ANNOTATION_ID", "")
            if a.tag == "REF_ANNOTATION":
                leans[own] = a.get("ANNOTATION_REF", "")
            else:
                found[own] = times.get(a.get("TIME_SLOT_REF1", "")), times.get(a.get("TIME_SLOT_REF2", ""))
    for own in leans:
        at, steps = own, 0
        while at in leans and steps < 20:
            at, steps = leans[at], steps + 1
        found.setdefault(own, found.get(at, (None, None)))
    return found


def _pieces(tiers: list[Any], spans: dict[str, _Span]) -> list[Piece]:
    """All tiers' annotations by their start; one without a start stays behind the one before it."""
    placed: list[tuple[float, int, Piece]] = []
    number = 0
    for tier in tiers:
        speaker = (tier.get("PARTICIPANT") or tier.get("TIER_ID") or "").strip()
        latest = 0.0
        for annotation in _annotations(tier):
            number += 1
            start, end = spans.get(annotation.get("ANNOTATION_ID", ""), (None, None))
            latest = start if start is not None else latest
            placed.append((latest, number, Piece(speaker, _value(annotation), number, start, end)))
    return [piece for _, _, piece in sorted(placed, key=lambda entry: entry[:2])]

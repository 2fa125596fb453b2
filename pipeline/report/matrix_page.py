"""The framework matrix as a page to read: construct by construct, case by case, with words and references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.page import Block, Quote, Quotes, Section, Text

MOST = 3000
"""Cells that a page may hold; more are for the workbook."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One case on one construct: its group, what was found in words, the analyst's words, quotations, places.

    `quotes` are (text, source).
    """

    case: str
    group: str
    found: str
    summary: str
    quotes: tuple[tuple[str, str], ...]
    refs: str


def sections(constructs: Sequence[tuple[str, str, Sequence[Entry]]]) -> list[Section]:
    """A section for each construct, given as (id, name, its cases)."""
    out = []
    for number, (code, name, entries) in enumerate(constructs, start=1):
        blocks = tuple(block for entry in entries for block in _entry(entry))
        out.append(Section(f"c{number}-{re.sub(r'[^a-z0-9]+', '-', code.lower())}", name, blocks))
    return out


def _entry(one: Entry) -> list[Block]:
    blocks: list[Block] = [Text(one.case, "theme", tag=one.group), Text(one.found, "soft")]
    if one.summary:
        blocks.append(Text(one.summary))
    if one.quotes:
        blocks.append(Quotes(tuple(Quote(text, source) for text, source in one.quotes)))
    if one.refs:
        blocks.append(Text(f"Said at {one.refs}", "soft"))
    return blocks

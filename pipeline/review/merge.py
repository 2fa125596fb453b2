"""Coders side by side, and what they disagree on as a batch to be settled."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.records import NONE, Code, Codebook, Decision, Suggestion, Utterance, Valence
from pipeline.review.batch import Item
from pipeline.review.columns import cell_text, height_for, one_page_across, write_checked
from pipeline.review.state import ADJUDICATED, in_force

State = Literal["agree", "differ", "one coder", "settled"]
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_DIFFER = PatternFill("solid", fgColor="FFF3CD")


@dataclass(slots=True)
class Said:
    """What one coder said of one utterance; `whole` if silence on a code refuses it."""

    given: dict[str, Valence | None] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    whole: bool = False
    unsure: bool = False

    def of(self, code: str) -> bool | None:
        """Whether the coder gave the code (True), refused it (False), or did not say (None)."""
        if code in self.given:
            return True
        return False if code in self.refused or (self.whole and not self.unsure) else None

    def words(self) -> str:
        """The coder's answer in words.

        >>> Said({"context.culture": "barrier"}, {"facilitation.role"}).words()
        'context.culture (barrier); not facilitation.role'
        """
        given = [f"{code} ({valence})" if valence else code for code, valence in sorted(self.given.items())]
        refused = [f"not {code}" for code in sorted(self.refused)]
        if not given and self.whole and not self.unsure:
            refused = ["nothing applies"]
        return "; ".join([*given, *refused, *(["unsure"] if self.unsure else [])])


@dataclass(frozen=True, slots=True)
class Compared:
    """An utterance with what each coder said of it, and the codes on which they differ."""

    utterance: Utterance
    said: Mapping[str, Said]
    differ: tuple[str, ...]
    state: State


def side_by_side(
    decisions: Iterable[Decision], utterances: Sequence[Utterance], coders: Sequence[str] = ()
) -> list[Compared]:
    """Every utterance that somebody judged, with all coders' answers (or those of `coders` only).

    Coders differ on a code that one gave and another refused, or to which they gave different valences.
    What nobody was asked counts as no disagreement.
    """
    told = _told(decisions, utterances, coders)
    out = []
    for utterance in utterances:
        said = told.get(utterance.id, {})
        settled = said.pop(ADJUDICATED, None)
        if said:
            differ = _differ(list(said.values()))
            state: State = "agree" if len(said) > 1 else "one coder"
            if differ:
                state = "settled" if settled is not None and not settled.unsure else "differ"
            out.append(Compared(utterance, said, differ, state))
    return out


def disputes(
    compared: Iterable[Compared], codebook: Codebook, after: Mapping[str, str] | None = None
) -> tuple[Item, ...]:
    """What is left to settle: who said what, the text, and each code that anybody gave with its entry.

    `after` tells what follows each utterance.
    """
    entries = {code.id: code for code in codebook.leaves()}
    out = []
    for one in compared:
        if one.state != "differ":
            continue
        given = {code for said in one.said.values() for code in said.given} - set(one.differ)
        codes = [code for code in (*one.differ, *sorted(given)) if code in entries]
        if codes:
            out.append(_dispute(one, codes, entries, (after or {}).get(one.utterance.id, "")))
    return tuple(out)


def write_side_by_side(compared: Sequence[Compared], checked: str = "") -> bytes:
    """The coders' answers beside each other as an Excel workbook, one column a coder.

    `checked` says how the text was searched for names; it gets a sheet of its own.
    """
    coders = sorted({coder for one in compared for coder in one.said})
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Coders"
    _row(sheet, 1, ["Utterance", "Case", "Speaker", "Text", *coders, "Together", "They differ on"])
    widths = (17, 7, 11, 64, *(34 for _ in coders), 11, 34)
    for number, width in enumerate(widths, start=1):
        head = sheet.cell(1, number)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), _HEAD
        sheet.column_dimensions[get_column_letter(number)].width = width
    for number, one in enumerate(compared, start=2):
        utterance = one.utterance
        words = [one.said[coder].words() if coder in one.said else "" for coder in coders]
        facts = [utterance.id, utterance.case, utterance.speaker, utterance.text]
        cells = [*facts, *words, one.state, "; ".join(one.differ)]
        _row(sheet, number, cells)
        sheet.row_dimensions[number].height = height_for(zip(cells, widths, strict=True))
        if one.state == "differ":
            sheet.cell(number, len(coders) + 5).fill = _DIFFER
    sheet.freeze_panes = "E2"
    sheet.auto_filter.ref = sheet.dimensions
    one_page_across(sheet)
    if checked:
        write_checked(workbook, checked)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _told(
    decisions: Iterable[Decision], utterances: Sequence[Utterance], coders: Sequence[str]
) -> dict[str, dict[str, Said]]:
    hashes = {utterance.id: utterance.text_hash for utterance in utterances}
    out: dict[str, dict[str, Said]] = {}
    for one in in_force(decisions):
        if hashes.get(one.utterance_id) != one.text_hash:
            continue
        if coders and one.coder not in (*coders, ADJUDICATED):
            continue
        said = out.setdefault(one.utterance_id, {}).setdefault(one.coder, Said())
        said.whole = said.whole or one.scope == "all_codes"
        if one.answer == "accept":
            said.given[one.code] = one.valence
        elif one.answer == "reject" and one.code != NONE:
            said.refused.add(one.code)
        elif one.answer == "unsure" and one.code == NONE:
            said.unsure = True
    return out


def _differ(said: Sequence[Said]) -> tuple[str, ...]:
    codes = sorted({code for one in said for code in one.given})
    out = []
    for code in codes:
        valences = {one.given[code] for one in said if one.given.get(code)}
        if any(one.of(code) is False for one in said) or len(valences) > 1:
            out.append(code)
    return tuple(out)


def _dispute(one: Compared, codes: Sequence[str], entries: Mapping[str, Code], after: str) -> Item:
    offered, reasons = [], {}
    for code in codes:
        share = sum(said.of(code) is True for said in one.said.values()) / len(one.said)
        offered.append(Suggestion(one.utterance.id, code, share, "score", True))
        who = "; ".join(f"{coder}: {_answer(said, code)}" for coder, said in sorted(one.said.items()))
        reasons[code] = f"{who}\n{_entry(entries[code])}"
    said = tuple((coder, said.words()) for coder, said in sorted(one.said.items()))
    return Item(one.utterance, tuple(offered), reasons, said, after)


def _answer(said: Said, code: str) -> str:
    if code in said.given:
        return f"yes ({said.given[code]})" if said.given[code] else "yes"
    return "no" if said.of(code) is False else "did not say"


def _entry(code: Code) -> str:
    parts = [f"{code.name}: {code.definition}"]
    parts += [f"Include: {'; '.join(code.include)}."] if code.include else []
    parts += [f"Do not include: {'; '.join(code.exclude)}."] if code.exclude else []
    return "\n".join(parts)


def _row(sheet: Worksheet, row: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(row, column, cell_text(text) or None)
        if text:
            cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")

"""The names workbook on its return: what people answered, and every row that is not as it can be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.containers import Kind
from pipeline.errors import Problem, StudyError
from pipeline.review.names import ABOUT, ADD, COLUMNS, LEFT, NAMES, SENT, WORDINGS, seal
from pipeline.workbooks import sheets_of

_KIND = Kind("a names workbook", "Write one with `secondcoder names export STUDY`.")
_YES = frozenset(("x", "yes", "y", "1", "true", "✓", "✔"))
_GREEN = "is not as it was sent; only the green columns are read"


@dataclass(frozen=True, slots=True)
class NameAnswer:
    """What a row of the sheet Names says anew; `place` is where it stands.

    `label`, `pseudonym` and `description` are None where they are as they were sent.
    """

    place: str
    id: str
    label: str | None = None
    pseudonym: str | None = None
    same_as: str = ""
    unmask: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class WordingAnswer:
    """A wording of a transcript that belongs to another entity: its id, or "new" with any mark behind it."""

    place: str
    entity: str
    wording: str
    transcript: str
    belongs: str


@dataclass(frozen=True, slots=True)
class NamesReturned:
    """A names workbook on its return: the study it belongs to, what was filled in, what cannot be taken.

    `added` holds place, wording and kind; `lost` counts the rows that were sent and are not in it.
    """

    study: str
    names: tuple[NameAnswer, ...] = ()
    wordings: tuple[WordingAnswer, ...] = ()
    added: tuple[tuple[str, str, str], ...] = ()
    dismissed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    lost: int = 0


Row = dict[str, str]


def read_names(data: bytes, *, where: str) -> NamesReturned:
    """Read a workbook on its return; raises `StudyError` for a file that is none."""
    sheets = sheets_of(data, where, _KIND, only=(*COLUMNS, ABOUT))
    about = [str(row[0]) for row in sheets.get(ABOUT, ()) if row]
    if len(about) < 3 or not all(title in sheets for title in COLUMNS):
        raise StudyError("is no names workbook", where=where, hint=_KIND.mend)
    rows = {title: _rows(sheets[title], title, where) for title in COLUMNS}
    problems: list[Problem] = []
    names = _names(rows[NAMES], problems)
    wordings = _wordings(rows[WORDINGS], problems)
    added, dismissed = _left(rows[LEFT], problems)
    added += [
        (place, row["Wording"], row["Kind"].upper())
        for place, row in rows[ADD]
        if row["Wording"] or row["Kind"]
    ]
    sent = int(about[1]) + int(about[2])
    here = {row["Id"] for _, row in rows[NAMES]} - {""}
    pairs = {(row["Id"], row["Wording"], row["Transcript"]) for _, row in rows[WORDINGS]} - {("", "", "")}
    lost = max(0, sent - len(here) - len(pairs))
    return NamesReturned(about[0], names, wordings, tuple(added), dismissed, tuple(problems), lost)


def _rows(rows: Sequence[tuple[object, ...]], title: str, where: str) -> list[tuple[str, Row]]:
    """Each row with its place, by heading: a sheet with its columns moved reads alike."""
    headings = [_cell(value) for value in (rows[0] if rows else ())]
    missing = [heading for heading, _ in COLUMNS[title] if heading not in headings]
    if missing:
        raise StudyError(
            f"the sheet {title} has lost its column {missing[0]!r}",
            where=where,
            hint="Put the heading back as it was.",
        )
    out = []
    for number, row in enumerate(rows[1:], start=2):
        cells = [_cell(value) for value in (*row, *[None] * (len(headings) - len(row)))]
        if any(cells):
            out.append((f"{title} row {number}", dict(zip(headings, cells, strict=False))))
    return out


def _cell(value: object) -> str:
    return " ".join(str(value if value is not None else "").split())


def _names(rows: Iterable[tuple[str, Row]], problems: list[Problem]) -> tuple[NameAnswer, ...]:
    found: dict[str, NameAnswer] = {}
    for place, row in rows:
        sent = _sent(row[SENT])
        if sent is None or sent[0] != seal(row["Id"], row["Wordings"]):
            what = "Id or Wordings" if sent else "the row was not sent; what to add goes on the sheet Add: it"
            problems.append(Problem(place, f"{what} {_GREEN}"))
            continue
        _, label, pseudonym, description = sent
        kind = row["Kind"].upper()
        one = NameAnswer(
            place,
            row["Id"],
            None if kind in ("", label) else kind,
            None if row["Pseudonym"] in ("", " ".join(pseudonym.split())) else row["Pseudonym"],
            row["Same as"],
            _marked(row["Un-mask"], place, "Un-mask", problems),
            None if row["Description"] == " ".join(description.split()) else row["Description"],
        )
        former = found.setdefault(one.id, one)
        if replace(one, place=former.place) != former:
            problems.append(Problem(place, f"{one.id} stands here and in {former.place}, and they differ"))
    return tuple(found.values())


def _sent(cell: str) -> tuple[str, str, str, str] | None:
    try:
        key, label, pseudonym, description = json.loads(cell)
    except ValueError:
        return None
    return str(key), str(label), str(pseudonym), str(description)


def _wordings(rows: Iterable[tuple[str, Row]], problems: list[Problem]) -> tuple[WordingAnswer, ...]:
    found: dict[tuple[str, str, str], WordingAnswer] = {}
    for place, row in rows:
        key = (row["Id"], row["Wording"], row["Transcript"])
        if row[SENT] != seal(*key):
            problems.append(Problem(place, f"Id, Wording or Transcript {_GREEN}"))
            continue
        if row["Belongs to"]:
            one = WordingAnswer(place, *key, row["Belongs to"])
            former = found.setdefault(key, one)
            if former.belongs != one.belongs:
                problems.append(Problem(place, f"stands in {former.place} too, and they differ"))
    return tuple(found.values())


def _left(
    rows: Iterable[tuple[str, Row]], problems: list[Problem]
) -> tuple[list[tuple[str, str, str]], tuple[str, ...]]:
    """What to mask after all, and what names nobody."""
    added, dismissed = [], []
    for place, row in rows:
        nobody = _marked(row["Names nobody"], place, "Names nobody", problems)
        if not row["Mask as"] and not nobody:
            continue
        if row[SENT] != seal(row["Wording"]):
            problems.append(Problem(place, f"Wording {_GREEN}"))
        elif row["Mask as"] and nobody:
            problems.append(Problem(place, "is to be masked, and names nobody: choose one"))
        elif nobody:
            dismissed.append(row["Wording"])
        else:
            added.append((place, row["Wording"], row["Mask as"].upper()))
    return added, tuple(dismissed)


def _marked(cell: str, place: str, heading: str, problems: list[Problem]) -> bool:
    if cell and cell.lower() not in _YES:
        problems.append(Problem(place, f"{heading} takes an x, or stays empty"))
    return cell.lower() in _YES

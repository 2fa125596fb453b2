"""The analyst's summaries in the framework matrix: words of people too, kept in a workbook of their own."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.cli import _notes
from pipeline.cli._matrix_files import BEFORE, LONG, WORKBOOK
from pipeline.cli._names import reference
from pipeline.cli._search import search, written
from pipeline.compare.returned import read_workbook
from pipeline.errors import StudyError
from pipeline.pseudonymise import find_identifiers
from pipeline.risk import Sweep
from pipeline.study import Register, Store, Study, register
from pipeline.study.vault import write_safely
from pipeline.workbooks import to_change

_BRACKETED = re.compile(r"\[([^\[\]\n]*)\]")
_SWEPT = "summaries swept"


def masked(study: Study, summaries: Sequence[str]) -> list[str]:
    """New summaries with the names in them masked: by the register where the key is at hand, else by the name
    finder alone, which `unswept` says until a sweep has seen them."""
    if not summaries:
        return []
    if not study.vault.at_hand():
        with study.store() as store:
            known = {name for (name,) in store.db.execute("SELECT id FROM transcripts")}
            return _found(summaries, known)
    kept = register.load(study.vault)
    with study.store() as store:
        made = search(study, kept, written(store))
        clean = _notes.mask(study, kept, made, [("", text) for text in summaries])
        _remember(store, clean)
    return clean


def mend(study: Study, store: Store, kept: Register, made: Sweep) -> int:
    """Mask by the register what stands in the study's matrix; returns how many summaries were changed."""
    said = _written(study)
    clean = dict(zip(said, _notes.mask(study, kept, made, [("", text) for text in said]), strict=True))
    changed = {old: new for old, new in clean.items() if old != new}
    if changed:
        _rewrite(study, changed)
    store.set_note(_SWEPT, json.dumps(sorted(map(_hash, clean.values()))))
    return len(changed)


def unswept(store: Store, summaries: Iterable[str]) -> str:
    """What an export of summaries has to say of those that no sweep has seen; "" where there is none."""
    known = set(json.loads(store.note(_SWEPT) or "[]"))
    new = sum(_hash(text) not in known for text in {text for text in summaries if text})
    if not new:
        return ""
    return (
        f"{new} of the analyst's summaries were searched by the name finder alone; `secondcoder risk`, run "
        "by whoever holds the key, searches them for every known name."
    )


def _found(texts: Sequence[str], transcripts: Container[str]) -> list[str]:
    """Summaries masked by the name finder; references to turns stay."""
    out = []
    for text, found in zip(texts, find_identifiers(texts), strict=True):
        leads = [m.span() for m in _BRACKETED.finditer(text) if reference(m.group(1), transcripts)]
        outside = [one for one in found if not any(a < one.end and one.start < b for a, b in leads)]
        for one in sorted(outside, key=lambda one: one.start, reverse=True):
            text = f"{text[: one.start]}[{one.label.capitalize()}]{text[one.end :]}"
        out.append(text)
    return out


def _written(study: Study) -> list[str]:
    """The summaries in the study's workbook; none where it cannot be read, which `compare` then says."""
    file = study.folder / "reports" / WORKBOOK
    try:
        charts = read_workbook(file.read_bytes(), file.name)
    except (OSError, StudyError):
        return []
    return sorted({one.summary for one in charts if one.summary})


def _rewrite(study: Study, changed: Mapping[str, str]) -> None:
    """Put masked summaries in the place of what stood in the workbook and in its table.

    The workbook itself comes last: what is to be masked is read from it, so that after a kill in between it
    is done again. All is made before any of it is written, since a damaged file is refused.
    """
    reports = study.folder / "reports"
    made = {
        file: anew(file, changed)
        for name, anew in ((LONG, _table_anew), (BEFORE, _workbook_anew), (WORKBOOK, _workbook_anew))
        if (file := reports / name).is_file()
    }
    for file, data in made.items():
        write_safely(file, data)


def _table_anew(file: Path, changed: Mapping[str, str]) -> bytes:
    rows = csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(
        [_exchanged(value, changed) for value in row] for row in rows
    )
    return text.getvalue().encode("utf-8-sig")


def _workbook_anew(file: Path, changed: Mapping[str, str]) -> bytes:
    book = to_change(file.read_bytes(), f"reports/{file.name}")
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = _exchanged(cell.value, changed)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _exchanged(text: str, changed: Mapping[str, str]) -> str:
    for old, new in changed.items():
        text = text.replace(old, new)
    return text


def _remember(store: Store, clean: Iterable[str]) -> None:
    known = set(json.loads(store.note(_SWEPT) or "[]"))
    store.set_note(_SWEPT, json.dumps(sorted(known | set(map(_hash, clean)))))


def _hash(masked: str) -> str:
    return hashlib.sha256(masked.encode("utf-8")).hexdigest()[:16]

"""Excel: one row a turn, columns told by their names or by what stands in them."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings

import openpyxl

from pipeline.errors import StudyError
from pipeline.records import Notice, Transcript
from pipeline.transcripts.bounds import (
    MAX_CELLS,
    MAX_PART,
    MAX_ROWS,
    damaged,
    open_zip,
    part,
    refuse_entities,
    too_big,
)
from pipeline.transcripts.table import from_rows

_KIND = "an Excel workbook"
_EPOCH = dt.datetime(1899, 12, 31)


def read(data: bytes, name: str) -> Transcript:
    """The turns of the first sheet that holds anything; a place is counted in rows."""
    _check(data, name)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of drawings and styles that it does not know; they hold no talk.
            warnings.simplefilter("ignore")
            sheets = _sheets(data, name)
    except StudyError:
        raise
    except Exception as error:  # openpyxl meets broken files with whatever comes up inside it
        raise damaged(name, _KIND) from error
    filled = [rows for rows in sheets if any(cell for row in rows for cell in row)]
    if not filled:
        raise StudyError("holds no talk", where=name, hint="Check that the transcript is in this workbook.")
    notices = []
    if len(filled) > 1:
        notices.append(
            Notice("file", f"{len(filled) - 1} further sheets were left out; the first one was read")
        )
    return from_rows(_minutes(filled[0], notices), name, "xlsx", notices)


def _check(data: bytes, name: str) -> None:
    """Refuses what unfolds too far before openpyxl sees it."""
    with open_zip(data, name, _KIND) as parts:
        if sum(info.file_size for info in parts.infolist() if info.filename.startswith("xl/")) > 2 * MAX_PART:
            raise too_big(name, f"unpacks to more than {2 * MAX_PART // 1024 // 1024} MB")
        for path in parts.namelist():
            if path.endswith((".xml", ".rels")):
                refuse_entities(part(parts, path, name, _KIND), name)


def _sheets(data: bytes, name: str) -> list[list[list[str]]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        found: list[list[list[str]]] = []
        cells = 0
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows: list[list[str]] = []
            for values in sheet.iter_rows(values_only=True):
                cells += max(1, len(values))
                if cells > MAX_CELLS or len(rows) > MAX_ROWS:
                    raise too_big(name, "holds millions of cells")
                rows.append([_shown(value) for value in values])
            found.append(rows)
        return found
    finally:
        book.close()


def _shown(value: object) -> str:
    """A cell as text; times of day and durations as H:MM:SS."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return _clock(value - _EPOCH) if value.year < 1901 else value.isoformat(sep=" ")
    if isinstance(value, dt.time):
        return _clock(
            dt.timedelta(
                hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
            )
        )
    if isinstance(value, dt.timedelta):
        return _clock(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _clock(span: dt.timedelta) -> str:
    total = max(0, round(span.total_seconds() * 1000))
    return f"{total // 3600000}:{total // 60000 % 60:02d}:{total // 1000 % 60:02d}.{total % 1000:03d}"


_WHOLE_MINUTE = re.compile(r"(\d+):(\d\d):00\.000")


def _minutes(rows: list[list[str]], notices: list[Notice]) -> list[list[str]]:
    """Excel takes a typed 0:03 for three minutes: a column without any seconds meant minutes and seconds."""
    width = max(len(row) for row in rows)
    for at in range(width):
        clocks = [row[at] for row in rows if at < len(row) and re.fullmatch(r"\d+:\d\d:\d\d\.\d{3}", row[at])]
        if len(set(clocks)) < 2 or not all(_WHOLE_MINUTE.fullmatch(clock) for clock in clocks):
            continue
        for row in rows:
            if at < len(row) and (m := _WHOLE_MINUTE.fullmatch(row[at])):
                row[at] = f"{m[1]}:{m[2]}"
        notices.append(
            Notice(
                f"column {at + 1}",
                "no time has seconds, so hours and minutes were read as minutes and seconds",
            )
        )
    return rows

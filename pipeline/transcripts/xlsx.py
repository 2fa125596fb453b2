"""Excel: one row a turn, columns told by their names or by what stands in them."""

from __future__ import annotations

import datetime as dt
import re

from pipeline.containers import Kind
from pipeline.errors import StudyError
from pipeline.records import Notice, Transcript
from pipeline.transcripts.table import from_rows
from pipeline.workbooks import sheets_of

_KIND = Kind("an Excel workbook")
_EPOCH = dt.datetime(1899, 12, 31)


def read(data: bytes, name: str) -> Transcript:
    """The turns of the first sheet that holds anything; a place is counted in rows."""
    sheets = [
        [[_shown(value) for value in row] for row in rows] for rows in sheets_of(data, name, _KIND).values()
    ]
    filled = [rows for rows in sheets if any(cell for row in rows for cell in row)]
    if not filled:
        raise StudyError("holds no talk", where=name, hint="Check that the transcript is in this workbook.")
    notices = []
    if len(filled) > 1:
        notices.append(
            Notice("file", f"{len(filled) - 1} further sheets were left out; the first one was read")
        )
    return from_rows(_minutes(filled[0], notices), name, "xlsx", notices)


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

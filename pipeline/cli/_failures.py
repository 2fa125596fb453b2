"""What failures of the file system are called: which file, what is the matter, what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from pipeline.errors import StudyError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DOCUMENTS = (".xlsx", ".xlsm", ".csv", ".docx", ".odt", ".rtf", ".html", ".png")
"""Files that people have open in a program beside this one; on Windows nobody else may write them then."""


def in_words(error: OSError) -> StudyError:
    """A failure to read or write as what the user can mend; names the file, not the way to it."""
    file = Path(str(error.filename)) if error.filename else None
    where = file.name if file else "a file"
    if error.errno in _FULL:
        return StudyError("the disk is full", where=where, hint="Make room and run the command again.")
    if error.errno == errno.EROFS:
        return StudyError("lies on a drive that may only be read", where=where)
    if isinstance(error, FileNotFoundError):
        return StudyError("there is no such file", where=where)
    if isinstance(error, IsADirectoryError):
        return StudyError("is a folder, not a file", where=where)
    if isinstance(error, PermissionError) and file and file.suffix.lower() in _DOCUMENTS and file.is_file():
        return StudyError(
            "is open in another program such as Excel, or may not be read or written by you",
            where=where,
            hint="Close it there and run the command again.",
        )
    if isinstance(error, PermissionError):
        return StudyError("may not be read or written by you", where=where)
    return StudyError("cannot be read or written", where=where)


def read_closed(file: Path) -> bytes:
    """The bytes of a file that people fill in; refuses one that is open: its last rows may not be saved."""
    name = file.name.removeprefix("~$")
    signs = (file.with_name(f"~${name}"), file.with_name(f".~lock.{name}#"))
    if any(sign.exists() for sign in signs):
        raise StudyError(
            "is open in Excel or another program",
            where=name,
            hint="Save and close it there, then run the command again. Nothing was changed.",
        )
    return file.read_bytes()

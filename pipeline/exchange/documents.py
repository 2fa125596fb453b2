"""Pseudonymised transcripts as new, clean documents: nothing in them but speakers and talk."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime

from docx import Document
from docx.shared import Cm

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_EPOCH = datetime(2000, 1, 1)
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)

Line = tuple[str, str]
"""A speaker's label and what was said."""


def as_text(lines: Sequence[Line]) -> bytes:
    """Turns as plain text, one a paragraph, `speaker: talk`, UTF-8 with LF line ends."""
    return "".join(f"{speaker}: {talk}\n\n" if speaker else f"{talk}\n\n" for speaker, talk in lines).encode()


def as_docx(lines: Sequence[Line]) -> bytes:
    """Turns as a Word document that carries no author, date, title, header, comment or tracked change.

    The same turns give the same bytes.
    """
    document = Document()
    for speaker, talk in lines:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.left_indent = Cm(2.5)
        paragraph.paragraph_format.first_line_indent = Cm(-2.5)
        if speaker:
            paragraph.add_run(f"{speaker}:").bold = True
            paragraph.add_run("\t")
        paragraph.add_run(_CONTROL.sub(" ", talk))
    properties = document.core_properties
    for name in ("author", "category", "comments", "content_status", "identifier", "keywords"):
        setattr(properties, name, "")
    for name in ("language", "last_modified_by", "subject", "title", "version"):
        setattr(properties, name, "")
    properties.created = properties.modified = properties.last_printed = _EPOCH
    properties.revision = 1
    out = io.BytesIO()
    document.save(out)
    return _timeless(out.getvalue())


def _timeless(data: bytes) -> bytes:
    """The same package with every entry's time set to one day, so that nothing tells when it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if not entry.filename.startswith("docProps/thumbnail"):
                new.writestr(zipfile.ZipInfo(entry.filename, _ZIP_TIME), old.read(entry.filename))
    return out.getvalue()


FORMATS = {"txt": as_text, "docx": as_docx}
"""The writers by the ending of what they write."""

"""The container of a project, opened with care: a hostile or broken file is refused, not unfolded."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

from lxml import etree

from pipeline.errors import StudyError

MAX_FILE = 500 * 1024 * 1024
"""Bytes of a project file as it lies on the disk; it may hold sound and film beside the texts."""
MAX_ENTRIES = 20_000
MAX_PART = 128 * 1024 * 1024
"""Bytes of one text or XML part after unpacking."""
MAX_ALL = 512 * 1024 * 1024
"""Bytes of all texts of a project together after unpacking."""
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.I)
_TIME = (2000, 1, 1, 0, 0, 0)
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)


class Package:
    """A project's ZIP file. Its parts are found whatever the case of their names."""

    def __init__(self, data: bytes, name: str) -> None:
        """Open it; raises `StudyError` for a damaged or hostile file."""
        self.name = name
        self._left = MAX_ALL
        if len(data) > MAX_FILE:
            raise too_big(name, "is larger than 500 MB")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise damaged(name) from error
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise too_big(name, "holds more than 20,000 parts")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            path = entry.filename.replace("\\", "/")
            if path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
                raise StudyError(
                    "holds a part whose name points outside the file",
                    where=name,
                    hint="Do not open it; ask whoever sent it to export it afresh.",
                )
            self._entries.setdefault(path.lower(), entry)

    def names(self) -> list[str]:
        """The paths of its parts, in small letters."""
        return list(self._entries)

    def has(self, path: str) -> bool:
        """Whether it holds a part."""
        return path.lower() in self._entries

    def read(self, path: str) -> bytes:
        """One part, unpacked no further than the bounds; raises `StudyError` beyond them."""
        limit = min(MAX_PART, self._left)
        try:
            with self._zip.open(self._entries[path.lower()]) as stream:
                data = stream.read(limit + 1)
        except KeyError as error:
            raise damaged(self.name) from error
        except _DAMAGE as error:
            raise damaged(self.name) from error
        if len(data) > limit:
            raise too_big(self.name, f"unpacks to more than {MAX_PART // 1024 // 1024} MB a part")
        self._left -= len(data)
        return data


def pack(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Parts as a ZIP file; the same parts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, data in parts:
            entry = zipfile.ZipInfo(path, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, data)
    return out.getvalue()


def xml(data: bytes, name: str) -> Any:
    """The root of an XML document in which no entity can unfold; raises `StudyError` for any other."""
    if _DOCTYPE.search(data) or (b"\0" in data and _DOCTYPE.search(data.replace(b"\0", b""))):
        raise StudyError(
            "declares XML entities, which no project needs",
            where=name,
            hint="Do not open it; ask whoever sent it to export it afresh.",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise damaged(name) from error
    if root is None:
        raise damaged(name)
    return root


def too_big(name: str, what: str) -> StudyError:
    """The refusal of a file that unfolds beyond the bounds."""
    return StudyError(what, where=name, hint="Export the project afresh, without sound and film.")


def damaged(name: str) -> StudyError:
    """The refusal of a file that is no project."""
    return StudyError(
        "is damaged, or no REFI-QDA file",
        where=name,
        hint="Export it once more as REFI-QDA (.qdpx for a project, .qdc for a codebook).",
    )

"""Files that unfold (ZIP packages, XML), opened with care: a hostile or broken one is refused, not eaten."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pipeline.errors import StudyError

MB = 1024 * 1024
MAX_FILE = 200 * MB
"""Bytes of a file as it lies on the disk."""
MAX_ROWS = 200_000
"""Rows of a table."""
MAX_CELLS = 4_000_000
"""Cells of a table, empty ones included."""
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.I)
_OUTSIDE = re.compile(r"/|[A-Za-z]:|(?:.*/)?\.\.(?:/|$)")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    KeyError,
)
"""What `zipfile` meets broken and locked packages with."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file should be: its name in errors, what mends a bad one, and how far one may unfold.

    `file` bounds its bytes as it lies on the disk, `part` those of one unpacked part, `whole` those of all
    parts that are read together, `parts` their number.
    """

    words: str
    mend: str = "Open it in its program and save it afresh, then read that."
    file: int = MAX_FILE
    part: int = 64 * MB
    whole: int = 256 * MB
    parts: int = 5_000


class Container:
    """A ZIP package. Its parts are found whatever the case of their names, and unpacked within bounds."""

    def __init__(self, data: bytes, name: str, kind: Kind) -> None:
        """Open it; raises `StudyError` if it is damaged, too large, or has parts that point outside."""
        self.name, self.kind, self._left = name, kind, kind.whole
        if len(data) > kind.file:
            raise too_big(name, f"is larger than {kind.file // MB} MB", kind)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise damaged(name, kind) from error
        if len(self._zip.infolist()) > kind.parts:
            raise too_big(name, "holds thousands of parts", kind)
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for part in self._zip.infolist():
            path = part.filename.replace("\\", "/")
            if _OUTSIDE.match(path):
                raise StudyError(
                    "holds a part whose name points outside the file",
                    where=name,
                    hint="Do not open it; ask whoever sent it to save it afresh.",
                )
            self._parts.setdefault(path.lower(), part)

    def names(self) -> list[str]:
        """The paths of its parts, in small letters."""
        return list(self._parts)

    def has(self, path: str) -> bool:
        """Whether it holds a part."""
        return path.lower() in self._parts

    def read(self, path: str) -> bytes:
        """One part, unpacked no further than the bounds; raises `StudyError` beyond them."""
        limit = min(self.kind.part, self._left)
        try:
            with self._zip.open(self._parts[path.lower()]) as stream:
                data = stream.read(limit + 1)
        except _DAMAGE as error:
            raise damaged(self.name, self.kind) from error
        if len(data) > limit:
            bound = self.kind.part if limit == self.kind.part else self.kind.whole
            raise too_big(self.name, f"unpacks to more than {bound // MB} MB", self.kind)
        self._left -= len(data)
        return data


def xml(data: bytes, name: str, kind: Kind) -> Any:
    """The root of an XML document without a document type, so that no entity can unfold.

    Raises `StudyError` for a damaged one, one too large, one that declares a type.
    """
    if len(data) > kind.part:
        raise too_big(name, f"is larger than {kind.part // MB} MB", kind)
    refuse_entities(data, name)
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
        raise damaged(name, kind) from error
    if root is None:
        raise damaged(name, kind)
    return root


def unzipped(data: bytes, name: str, kind: Kind) -> bytes:
    """What a gzipped file holds; raises `StudyError` for a damaged one, one that unpacks too far."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            out = stream.read(kind.whole + 1)
    except _DAMAGE as error:
        raise damaged(name, kind) from error
    if len(out) > kind.whole:
        raise too_big(name, f"unpacks to more than {kind.whole // MB} MB", kind)
    return out


def refuse_entities(data: bytes, name: str) -> None:
    """Raises `StudyError` where XML declares a type, and with it entities that unfold or point outside."""
    if _DOCTYPE.search(data) or (b"\0" in data and _DOCTYPE.search(data.replace(b"\0", b""))):
        raise StudyError(
            "declares XML entities, which no such file needs",
            where=name,
            hint="Do not open it; ask whoever sent it to save it afresh.",
        )


def too_big(name: str, what: str, kind: Kind) -> StudyError:
    """The refusal of a file that unfolds beyond the bounds."""
    return StudyError(f"{what}, which is too much for {kind.words}", where=name, hint=kind.mend)


def damaged(name: str, kind: Kind) -> StudyError:
    """The refusal of a file that cannot be read as what it should be."""
    what = f"is damaged or cut short and cannot be read as {kind.words}"
    return StudyError(what, where=name, hint=kind.mend)

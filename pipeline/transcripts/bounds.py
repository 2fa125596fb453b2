"""Limits on what a file may unfold into, so that a hostile or broken one is refused instead of eaten."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import Any

from lxml import etree

from pipeline.errors import StudyError

MAX_FILE = 200 * 1024 * 1024
"""Bytes of a file as it lies on the disk."""
MAX_PART = 64 * 1024 * 1024
"""Bytes of one XML part after unpacking; a four-hour interview in Word has less than a tenth of it."""
MAX_ROWS = 200_000
MAX_PARTS = 5_000
MAX_CELLS = 4_000_000
"""Cells of a sheet, empty ones included."""
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.I)


def too_big(name: str, what: str) -> StudyError:
    """The refusal of a file that unfolds beyond the limits."""
    return StudyError(
        f"{what}, which no interview does",
        where=name,
        hint="Open it in its program and save it afresh, then read that.",
    )


def damaged(name: str, kind: str) -> StudyError:
    """The refusal of a file that cannot be read as what it is."""
    return StudyError(
        f"is damaged or cut short and cannot be read as {kind}",
        where=name,
        hint="Open it in its program and save it afresh, or ask for the file again.",
    )


def open_zip(data: bytes, name: str, kind: str) -> zipfile.ZipFile:
    """An Office or OpenDocument container whose list of parts is harmless.

    Raises `StudyError` for a damaged one, one with parts that point outside, or one that unpacks too far.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
        raise damaged(name, kind) from error
    if len(parts.infolist()) > MAX_PARTS:
        raise too_big(name, "holds thousands of parts")
    for part in parts.infolist():
        path = part.filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
            raise StudyError(
                "holds a part whose name points outside the file",
                where=name,
                hint="Do not open it; ask whoever sent it to save it afresh.",
            )
    return parts


def part(parts: zipfile.ZipFile, path: str, name: str, kind: str, limit: int = MAX_PART) -> bytes:
    """One part of a container, unpacked no further than `limit` bytes; raises `StudyError` beyond it."""
    try:
        with parts.open(path) as stream:
            data = stream.read(limit + 1)
    except KeyError as error:
        raise damaged(name, kind) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise damaged(name, kind) from error
    if len(data) > limit:
        raise too_big(name, f"unpacks to more than {limit // 1024 // 1024} MB")
    return data


def refuse_entities(data: bytes, name: str) -> None:
    """Raises `StudyError` where XML declares a type, and with it entities that unfold or point outside."""
    if _DOCTYPE.search(data) or (b"\0" in data and _DOCTYPE.search(data.replace(b"\0", b""))):
        raise StudyError(
            "declares XML entities, which a transcript never needs",
            where=name,
            hint="Open it in its program and save it afresh, then read that.",
        )


def xml(data: bytes, name: str, kind: str) -> Any:
    """The root of an XML document without a document type, so that no entity can unfold.

    Raises `StudyError` for a damaged one, or one that declares a type.
    """
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

"""What the files of the exchange standard are, how far they may unfold, and how they are packed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

from pipeline.containers import MB, Kind

_AGAIN = "Export it once more as REFI-QDA (.qdpx for a project, .qdc for a codebook), without sound and film."
PROJECT = Kind("a REFI-QDA project", _AGAIN, file=500 * MB, part=128 * MB, whole=512 * MB, parts=20_000)
"""A project may hold sound and film beside its texts, which are not unpacked."""
CODEBOOK = Kind("a REFI-QDA codebook", _AGAIN)
_TIME = (2000, 1, 1, 0, 0, 0)


def pack(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Parts as a ZIP file; the same parts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, data in parts:
            entry = zipfile.ZipInfo(path, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, data)
    return out.getvalue()

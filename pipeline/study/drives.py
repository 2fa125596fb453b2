"""Folders on drives that other computers write to as well."""

from __future__ import annotations

import re
from pathlib import Path

_SYNCED = (
    "onedrive",
    "dropbox",
    "google drive",
    "googledrive",
    "icloud",
    "mobile documents",
    "nextcloud",
    "box sync",
)
_ESCAPED = re.compile(r"\\([0-7]{3})")
"""How /proc/mounts writes a space in a path."""
_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "afpfs", "davfs")


def on_shared_drive(folder: Path) -> bool:
    """Whether a folder lies on a synced or network drive, where SQLite's write-ahead log is unsafe."""
    text = str(folder.resolve())
    if text.startswith("\\\\") or any(name in text.lower() for name in _SYNCED):
        return True
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8")
    except OSError:
        return False
    rows = [
        [_ESCAPED.sub(lambda found: chr(int(found[1], 8)), part) for part in line.split(" ")]
        for line in mounts.split("\n")
        if line.count(" ") >= 3
    ]
    under = [row for row in rows if text == row[1] or text.startswith(row[1].rstrip("/") + "/")]
    best = max(under, key=lambda row: len(row[1]), default=None)
    return best is not None and any(best[2].startswith(kind) for kind in _NETWORK)

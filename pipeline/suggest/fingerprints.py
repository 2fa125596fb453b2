"""A codebook's wording as short hashes, so that a change can be seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from pipeline.records import Codebook


def fingerprints(codebook: Codebook) -> dict[str, str]:
    """A short hash of each code's wording."""
    out = {}
    for code in codebook.codes:
        wording = json.dumps(asdict(code), sort_keys=True, ensure_ascii=False)
        out[code.id] = hashlib.sha256(wording.encode("utf-8")).hexdigest()[:16]
    return out


def changes(before: Mapping[str, str], codebook: Codebook) -> dict[str, list[str]]:
    """The codes that are new, gone or worded anew since these fingerprints were taken."""
    now = fingerprints(codebook)
    return {
        "added": [code for code in now if code not in before],
        "removed": [code for code in before if code not in now],
        "changed": [code for code in now if code in before and before[code] != now[code]],
    }

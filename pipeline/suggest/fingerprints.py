"""A codebook's wording as short hashes, so that a change can be seen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from pipeline.records import Codebook


def fingerprints(codebook: Codebook) -> dict[str, str]:
    """A short hash of each code's wording."""
    out = {}
    for code in codebook.codes:
        wording = json.dumps(asdict(code), sort_keys=True, ensure_ascii=False)
        out[code.id] = hashlib.sha256(wording.encode("utf-8")).hexdigest()[:16]
    return out

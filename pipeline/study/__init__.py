"""The study folder, the only room that writes to a study."""

from pipeline.study.folder import Person, Run, Study
from pipeline.study.register import Known, Register, Source
from pipeline.study.rows import StoredSpan, StoredTranscript, StoredTurn
from pipeline.study.store import Store

__all__ = [
    "Known",
    "Person",
    "Register",
    "Run",
    "Source",
    "Store",
    "StoredSpan",
    "StoredTranscript",
    "StoredTurn",
    "Study",
]

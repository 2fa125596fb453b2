"""The gate before everything that leaves a study."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.errors import StudyError
from pipeline.study import Store, Study

CHECKED = "CHECKED.txt"
"""The file beside exported ones that cannot say themselves how the text was checked."""
NOBODY = "No person has yet read a random sample of the pseudonymised text for names that were missed."


def check_swept(store: Store) -> str:
    """Refuse unless the text in its present state was swept clean of every known identifier.

    Returns what an export has to say of how the text was checked.
    """
    if store.stamp() != store.state():
        raise StudyError(
            "the text has not been swept since it last changed",
            hint="Whoever holds the key runs `secondcoder risk STUDY`, which sweeps it.",
        )
    return (
        "Every known person's name, number and address was searched for and none is left in the talk; "
        f"places and organisations are not part of that search. {read_by_people(store)}"
    )


def of_study(study: Path) -> str:
    """`check_swept` for a study folder."""
    with Study.open(study).store() as store:
        return check_swept(store)


def read_by_people(store: Store) -> str:
    """What came of the last blind sample that a person read, as a sentence."""
    kept = store.note("sample read")
    if not kept:
        return NOBODY
    read = json.loads(kept)
    later = "" if read["state"] == store.state() else " The text was corrected after that."
    return (
        f"A person read {read['utterances']} utterances ({read['words']} words) drawn at random "
        f"({read['at'][:10]}) and found {read['missed']} identifiers that were missed: "
        f"{read['estimate']:.1f} per 10,000 words, 95 % interval {read['low']:.1f} to "
        f"{read['high']:.1f}.{later}"
    )

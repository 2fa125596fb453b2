"""The gate before everything that leaves a study."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.cli._base import say
from pipeline.errors import StudyError
from pipeline.study import Store, Study

CHECKED = "CHECKED.txt"
"""The file beside exported ones that cannot say themselves how the text was checked."""
SEARCHED = "searched for"
"""The note in the store that says what the last sweep looked for."""
INVENTED = "Every interview of this study is invented."
NOBODY = "No person has yet read a random sample of the pseudonymised text for names that were missed."
_KINDS = {
    "PERSON": "names",
    "LOCATION": "places",
    "ORGANISATION": "organisations",
    "DATE": "dates",
    "AGE": "ages",
    "PHONE": "telephone numbers",
    "EMAIL": "e-mail addresses",
    "ID": "numbers that point at one person",
    "POSTCODE": "postcodes",
    "ADDRESS": "addresses",
    "URL": "web addresses",
    "OTHER": "other identifiers",
}


def check_swept(opened: Study, store: Store) -> str:
    """Refuse unless text and notes in their present state were swept clean of every known identifier.

    Returns what an export has to say: of invented interviews that they are, and how the text was checked.
    """
    if not store.is_swept():
        raise StudyError(
            "the text has not been swept since it last changed",
            hint="Whoever holds the key runs `secondcoder risk STUDY`, which sweeps it.",
        )
    return f"{invented(opened)} {searched_for(store)} {read_by_people(store)}".strip()


def invented(opened: Study) -> str:
    """What has to be said of a study whose interviews are invented, "" of any other."""
    return INVENTED if opened.settings.study.invented else ""


def tell_invented(what: Path) -> None:
    """Say on the screen of a study whose interviews are invented that they are; of anything else nothing."""
    told = invented(Study.open(what)) if what.is_dir() else ""
    if told:
        say(told)


def of_study(study: Path) -> str:
    """`check_swept` for a study folder."""
    opened = Study.open(study)
    with opened.store() as store:
        return check_swept(opened, store)


def searched_for(store: Store) -> str:
    """What the last sweep looked for, and what it could not look for, as sentences."""
    kept = json.loads(store.note(SEARCHED) or "{}")
    sure, capital = kept.get("anywhere", 0), kept.get("capitalised", 0)
    said = [
        f"Every known name, place, organisation, number, address and date ({sure + capital} wordings) was "
        "searched for in the talk and in coders' notes, misspellings by one letter included; none is left."
    ]
    if capital:
        said.append(
            f"{capital} of them are ordinary words too: those were searched for only with a capital inside a "
            "sentence."
        )
    left_out = _listed(kept.get("left_out", {}))
    if left_out:
        said.append(
            f"Not searched for, since by themselves they could be anything: {left_out}; that is, bare ages "
            "and years, wordings of one or two letters."
        )
    if kept.get("kept"):
        kinds = ", ".join(_KINDS.get(label, label.lower()) for label in kept["kept"])
        said.append(f"Left as they were said, by the study's settings: {kinds}.")
    if kept.get("never"):
        number = kept["never"]
        wordings = "wording was" if number == 1 else "wordings were"
        said.append(f"{number} {wordings} left because people said that they name nobody.")
    return " ".join(said)


def _listed(counts: dict[str, int]) -> str:
    parts = [f"{_KINDS.get(label, label.lower())} ({number})" for label, number in sorted(counts.items())]
    return ", ".join(parts)


def read_by_people(store: Store) -> str:
    """What came of the last blind sample that a person read, as a sentence."""
    kept = store.note("sample read")
    if not kept:
        return NOBODY
    read = json.loads(kept)
    later = "" if read["state"] == store.state() else " The text was corrected after that."
    identifiers = "identifier that was" if read["missed"] == 1 else "identifiers that were"
    return (
        f"A person read {read['utterances']} utterances ({read['words']} words) drawn at random "
        f"({read['at'][:10]}) and found {read['missed']} {identifiers} missed: "
        f"{read['estimate']:.1f} per 10,000 words, 95 % interval {read['low']:.1f} to "
        f"{read['high']:.1f}.{later}"
    )

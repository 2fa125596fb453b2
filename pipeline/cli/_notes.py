"""Coders' notes with the names in them masked, before they are stored."""

from __future__ import annotations


def masked(notes: list[str]) -> list[str]:
    """Each note with what identifies somebody replaced by its kind in brackets."""
    wanted = sorted({note for note in notes if note.strip()})
    if not wanted:
        return notes
    from pipeline.pseudonymise import find_identifiers

    clean: dict[str, str] = {}
    for note, found in zip(wanted, find_identifiers(wanted), strict=True):
        text = note
        for one in sorted(found, key=lambda one: one.start, reverse=True):
            text = f"{text[: one.start]}[{one.label.lower()}]{text[one.end :]}"
        clean[note] = text
    return [clean.get(note, note) for note in notes]

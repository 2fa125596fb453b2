"""What people gave in a file of any form, gathered by utterance and coder into rows of the one table."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.errors import Problem
from pipeline.records import NONE, CodedRow, Given, Valence


@dataclass(slots=True)
class Read:
    """What the coding in a file comes to: rows, what could not be taken and why, and what is worth saying.

    `wanted` are codes that are not the study's, as (utterance id, coder, the code's name).
    """

    rows: list[CodedRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    wanted: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Said:
    """What one coder said of one utterance; `nothing` is where it was said that nothing applies."""

    transcript_id: str
    codes: dict[str, Valence | None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    seen: str = "blind"
    nothing: str = ""


class Gathering:
    """Codes by utterance and coder: one that a coder gave to several places of an utterance counts once."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], _Said] = {}

    def add(
        self,
        utterance: tuple[str, str],
        coder: str,
        given: Given,
        *,
        place: str,
        note: str = "",
        seen: str = "blind",
    ) -> None:
        """Add a code ("none": nothing applies) given at a place; `utterance` is (transcript id, its own)."""
        transcript_id, name = utterance
        said = self._said.setdefault((name, coder), _Said(transcript_id))
        if given.code == NONE:
            said.nothing = said.nothing or place
        else:
            said.codes[given.code] = both(said.codes.get(given.code), given.valence)
        if note:
            said.notes[note] = None
        if seen == "suggested":
            said.seen = seen

    def into(self, out: Read) -> Read:
        """Add a row for each utterance and coder, in order; none where codes stand beside nothing applies."""
        for (name, coder), said in sorted(self._said.items()):
            if said.nothing and said.codes:
                out.problems.append(
                    Problem(said.nothing, f"{name}: a code is given elsewhere, and nothing applies here")
                )
                continue
            given = tuple([Given(code, way) for code, way in sorted(said.codes.items())])
            notes = "; ".join(said.notes)
            out.rows.append(
                CodedRow(
                    said.transcript_id, given, utterance_id=name, coder=coder, seen=said.seen, note=notes
                )
            )
        return out


def both(one: Valence | None, other: Valence | None) -> Valence | None:
    """Two valences of one code on one utterance as one.

    >>> both("facilitator", None), both("facilitator", "barrier")
    ('facilitator', 'both')
    """
    return (one if one == other else "both") if one and other else one or other


def unknown(code: str, *, above: bool = False) -> str:
    """What is said of a code that the study lacks, or that stands `above` others and cannot be given."""
    return f"{code!r} {'has codes below it; give one of those' if above else 'is no code of the codebook'}"

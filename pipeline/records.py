"""The nouns of Second Coder as frozen values that travel between the rooms.

Offsets are Python code points and half-open, `text[start:end]`. Turn and utterance numbers start at 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Valence = Literal["facilitator", "barrier", "both"]
Answer = Literal["accept", "reject", "unsure", "none"]
VALENCES: tuple[Valence, ...] = ("facilitator", "barrier", "both")
NONE = "none"
"""The code of a decision that says: looked at, nothing applies."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a turn that is no speech: `[inaudible 00:12:03]`, `[laughs]`, `((coughs))`, `(.)`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's uninterrupted talk.

    `index` counts from 1 in the transcript, `speaker` is the label as written ("" if there is none),
    `start` and `end` are seconds, `source` the place in the file ("paragraph 12", "cue 3-5", "row 7"),
    `sentence_starts` the offsets where sentences begin (filled by the one spaCy pass).
    """

    index: int
    speaker: str
    text: str
    start: float | None = None
    end: float | None = None
    source: str = ""
    marks: tuple[Mark, ...] = ()
    sentence_starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader guessed or left out: `place` in the file and `message`, never the words said."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """One interview: its turns, the format it came in, and what was guessed while reading it."""

    turns: tuple[Turn, ...]
    format: str
    notices: tuple[Notice, ...] = ()
    id: str = ""

    @property
    def text(self) -> str:
        """The frozen text: the turns' texts joined by one line feed."""
        return "\n".join(turn.text for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A place in a text that names somebody or something: offsets, label, why it was found, how surely."""

    start: int
    end: int
    label: str
    reasons: tuple[str, ...] = ()
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Span:
    """Where one utterance lies in its turn: `number` counts from 1 within the turn."""

    turn_index: int
    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """The unit that is coded: whole sentences of one turn, pseudonymised.

    `previous` is the text of the turn before, `position` the place in the transcript from 0 to 1,
    `words` the number of spoken words, `context` whether it is kept as context only (interviewer's talk).
    """

    id: str
    transcript_id: str
    turn_index: int
    text: str
    speaker: str = ""
    role: str = ""
    case: str = ""
    previous: str = ""
    position: float = 0.0
    words: int = 0
    context: bool = False
    text_hash: str = ""

    def row(self, codes: Iterable[Given], *, coder: str = "", seen: str = "", note: str = "") -> CodedRow:
        """What somebody gave this utterance, as a row of the one table."""
        return CodedRow(
            transcript_id=self.transcript_id,
            codes=tuple(codes),
            utterance_id=self.id,
            turn_index=self.turn_index,
            case=self.case,
            speaker=self.speaker,
            role=self.role,
            text=self.text,
            coder=coder,
            seen=seen,
            note=note,
        )


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A phrase that looks like a code's but belongs to another one (`instead`)."""

    text: str
    instead: str


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a codebook. `id` is a dotted path that gives the parent."""

    id: str
    name: str
    definition: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    was: tuple[str, ...] = ()

    @property
    def parent(self) -> str:
        """The id of the code above, or "" at the top."""
        return self.id.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Codebook:
    """A framework as a list of codes, in the order in which they are shown."""

    name: str
    title: str
    source: str
    codes: tuple[Code, ...]
    version: str = "1"

    def leaves(self) -> tuple[Code, ...]:
        """The codable codes: those without children."""
        parents = {code.parent for code in self.codes}
        return tuple(code for code in self.codes if code.id not in parents)

    def ids(self) -> frozenset[str]:
        """Every code id."""
        return frozenset(code.id for code in self.codes)


@dataclass(frozen=True, slots=True)
class Given:
    """A code that somebody gave, with the way it points (None: not said)."""

    code: str
    valence: Valence | None = None


@dataclass(frozen=True, slots=True)
class CodedRow:
    """One row of the one table for coded utterances. Empty `codes`: looked at, nothing applies."""

    transcript_id: str
    codes: tuple[Given, ...]
    utterance_id: str = ""
    turn_index: int | None = None
    case: str = ""
    speaker: str = ""
    role: str = ""
    text: str = ""
    coder: str = ""
    seen: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the model says of one utterance and one code. `kind` tells whether the score is calibrated."""

    utterance_id: str
    code: str
    score: float
    kind: Literal["score", "probability"]
    suggested: bool
    valence: Valence | None = None

    def as_json(self) -> dict[str, object]:
        """The suggestion as every `--json` shows it."""
        return {
            "code": self.code,
            "score": round(self.score, 6),
            "kind": self.kind,
            "suggested": self.suggested,
            "valence": self.valence,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided of one utterance and one code. Decisions are only ever added.

    `code` is "none" with answer "none" where nothing applies. `scope` says what silence means:
    `all_codes` (blind coding: a code not given is refused) or `offered` (silence says nothing).
    """

    utterance_id: str
    text_hash: str
    code: str
    answer: Answer
    coder: str
    at: str
    valence: Valence | None = None
    kind: Literal["coded", "adjudicated", "withdrawn"] = "coded"
    scope: Literal["all_codes", "offered"] = "all_codes"
    seen: Literal["blind", "suggested"] = "blind"
    run_id: int | None = None
    batch_id: str | None = None
    sample_id: str | None = None
    inclusion_probability: float | None = None
    note: str = ""
    id: int | None = None

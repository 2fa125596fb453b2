"""A small coded set that was made up for tests: who says what, and what it was coded as."""

from __future__ import annotations

import numpy as np

from pipeline.records import Code, Codebook, CodedRow, Given

_SAID = {
    "context.culture": ["the ward staff were welcoming", "nurses did not know what we were for"],
    "context.leadership": ["my manager had no time", "the director backed us with money"],
    "facilitation.role": ["I wondered what my role was", "a peer worker is not a nurse, the role is to sit"],
}
_ELSE = ["the weather was fine", "we took the bus", "I had tea", "it was on a Tuesday", "my cat sleeps a lot"]
_FILL = ["you know", "well", "I mean", "honestly", "at first", "in the end", "sort of", "and then", "really"]

BOOK = Codebook(
    name="invented",
    title="",
    source="",
    codes=(
        Code("context", "Context"),
        Code(
            "context.culture",
            "Culture",
            "How ward staff and nurses receive us.",
            examples=("The staff were welcoming.",),
        ),
        Code("context.leadership", "Leadership", "Managers, directors, money and time."),
        Code("facilitation", "Facilitation"),
        Code("facilitation.role", "Role", "What a peer worker is and does; the role."),
    ),
)


def rows(transcripts: int = 6, utterances: int = 40, seed: int = 0, coder: str = "one") -> list[CodedRow]:
    """Talk in which each code has its own words, with fillers and some slips of the coder."""
    random = np.random.default_rng(seed)
    codes = list(_SAID)
    out = []
    for transcript in range(transcripts):
        for turn in range(1, utterances + 1):
            code = codes[int(random.integers(3))] if random.random() < 0.5 else ""
            core = str(random.choice(_SAID[code] if code else _ELSE))
            text = f"{random.choice(_FILL)} {core} {random.choice(_FILL)}"
            slip = random.random() < 0.1
            barrier = "no" in text.split() or "not" in text.split()
            given = (Given(code, "barrier" if barrier else "facilitator"),) if code and not slip else ()
            out.append(
                CodedRow(
                    transcript_id=f"S{transcript + 1}PW1",
                    codes=given,
                    utterance_id=f"S{transcript + 1}PW1.t{turn:04d}.u01",
                    turn_index=turn,
                    case=f"S{transcript % 3 + 1}",
                    speaker="P",
                    text=text,
                    coder=coder,
                )
            )
    return out

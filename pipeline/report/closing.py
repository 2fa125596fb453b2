"""The report's last sections: how it was made, and what it does not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.report.page import Block, Section, Tally, Text, table


def methods(
    paragraphs: Sequence[str],
    versions: Mapping[str, str],
    settings: Mapping[str, str],
    runs: Sequence[Sequence[str]],
) -> Section:
    """Paragraphs for a methods section, then what they rest on: versions, settings, and what was run when."""
    blocks: list[Block] = [Text(line) for line in paragraphs]
    blocks += [Text("Settings", "heading"), table(("Setting", "Value"), list(settings.items()))]
    blocks += [Text("Versions", "heading"), Tally(tuple(versions.items()))]
    if runs:
        blocks += [Text("What was run", "heading"), table(("Run", "Command", "When", "Ended"), runs)]
    return Section("methods", "How this was made", tuple(blocks))


def made_with(
    versions: Mapping[str, str], codebook: str, embedding: str, *, suggested: bool, decided: bool
) -> str:
    """The sentences that say what made text and codes what they are, as far as the study has come."""
    lines = [
        "Interviews were pseudonymised and split into utterances with Second Coder "
        f"{versions['secondcoder']} (spaCy {versions['spacy']})."
    ]
    if suggested:
        lines.append(
            f"Codes of the codebook {codebook} were suggested by regularised logistic regression over words "
            f"and sentence embeddings ({embedding}; scikit-learn {versions['scikit-learn']})."
        )
    lines.append(
        "People decided on every code that counts." if decided else "Nobody has decided on a code yet."
    )
    return " ".join(lines)


def limits(*, unread: int = 0, coders: int = 0) -> Section:
    """What the page does not show; `unread` utterances nobody judged, `coders` people coded."""
    lines = [
        "Suggestions are guesses from words; they miss irony, silence and what everybody in the room knew.",
        "Agreement says how alike two readings are, not that either is right; coders may share a blind spot.",
        "Patterns describe these cases. With few cases one participant can make or break a pattern; the "
        "negative "
        "cases stand before each sentence for that reason.",
        "That few spoke of a thing does not mean that it was not there: an interview may not have asked.",
        "Pseudonymised text is still personal data as long as the key exists.",
    ]
    if unread:
        lines.insert(
            0, f"{unread} utterances have been judged by nobody; what they hold is not in the patterns."
        )
    if coders == 1:
        lines.insert(0, "One person coded: no figure here says how another would have read the interviews.")
    return Section("limits", "Limits", tuple(Text(line) for line in lines))

"""The report's first sections: what is in the study, what was replaced, who coded what, what is unread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.report.page import Block, Points, Section, Tally, Text, table

_SEEN = {"blind": "blind", "suggested": "with suggestions in view"}
_KINDS = {"coded": "coded", "adjudicated": "settled differences", "withdrawn": "withdrew"}
_SAMPLES = {"audit": "to speak for the whole study", "control": "to bound what is left unread"}


@dataclass(frozen=True, slots=True)
class Protection:
    """What was done to the text: places replaced, different pseudonyms by kind, what becomes of each kind.

    `checked` says how the text was searched for what is left. `leftovers` are wordings that look like names,
    `combinations` attributes that few participants share, as the last look at the risk counted them (None:
    nobody has looked). `withdrawn` transcripts were deleted at a participant's wish.
    """

    identifiers: int
    kinds: Mapping[str, int]
    policy: Mapping[str, str]
    checked: str
    leftovers: int | None = None
    combinations: int | None = None
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Coding:
    """What one person did in one way: utterances looked at, of so many transcripts, codes given, when."""

    coder: str
    kind: str
    seen: str
    utterances: int
    transcripts: int
    codes: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was sent to whom, when, and how much of it came back."""

    id: str
    coder: str
    blind: bool
    sent: str
    utterances: int
    back: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample drawn at random: what for, when, how many utterances, how many of them were read."""

    kind: str
    at: str
    utterances: int
    read: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How far reading has come: utterances to read, those judged, samples, and what triage last came to."""

    utterances: int
    judged: int
    samples: tuple[Drawn, ...] = ()
    found: Mapping[str, str] = field(default_factory=dict)


def at_a_glance(
    counts: Mapping[str, int],
    codes: Sequence[tuple[str, int, int]],
    points: Sequence[tuple[str, str]] = (),
) -> Section:
    """What is in the study, and in short what came of it.

    `codes` gives each code's name, times suggested, times given by people; `points` are sentences, each with
    the id of the section that tells more.
    """
    if not counts["transcripts"]:
        return Section("glance", "The study at a glance", (Text("No interview has been taken in yet."),))
    rows = [(name, f"{suggested:,}", f"{given:,}") for name, suggested, given in codes]
    text = (
        f"{counts['transcripts']:,} transcripts with {counts['turns']:,} turns, cut into "
        f"{counts['utterances']:,} utterances to code."
    )
    caption = "Utterances that the model suggests a code for, and that people gave it to"
    header = ("Code", "Suggested", "Given by people")
    blocks: list[Block] = [Text(text), *([Points(tuple(points))] if points else [])]
    return Section("glance", "The study at a glance", (*blocks, table(header, rows, caption=caption)))


def privacy(found: Protection) -> Section:
    """What was replaced, and what is known of what is left."""
    blocks: list[Block] = [
        Text(f"{found.identifiers:,} places that could identify somebody were replaced by pseudonyms.")
    ]
    if found.kinds:
        blocks.append(Text("Different pseudonyms in the text, by kind:"))
        blocks.append(Tally(tuple((kind, str(number)) for kind, number in found.kinds.items())))
    kept = [kind for kind, policy in found.policy.items() if policy == "keep"]
    if kept:
        blocks.append(Text(f"Kept as they were, by the study's settings: {', '.join(kept)}.", "notice"))
    if found.withdrawn:
        blocks.append(Text(f"{found.withdrawn} transcripts were withdrawn and deleted; only the date stays."))
    blocks += [Text("What risk is left", "heading"), Text(found.checked), *_risk(found)]
    blocks.append(
        Text(
            "None of this shows that nothing is left: names nobody knew of, and people who can be "
            "recognised by "
            "what they tell, are found only by reading."
        )
    )
    return Section("privacy", "What was replaced, and what risk is left", tuple(blocks))


def _risk(found: Protection) -> list[Block]:
    if found.leftovers is None:
        return [
            Text(
                "Nobody has yet looked at the risk: what looks like a name, and who can be told by "
                "attributes.",
                "notice",
            )
        ]
    text = (
        f"At the last look, {found.leftovers} wordings that look like names had been left in the text, and "
        f"{found.combinations or 0} combinations of attributes were shared by few participants."
    )
    return [Text(text)]


def coding(people: Sequence[Coding], batches: Sequence[Batch]) -> Section:
    """Who coded what, blind or not, and what went out and came back."""
    title = "Who coded what"
    if not people and not batches:
        return Section(
            "coding", title, (Text("Nobody has coded anything yet, and nothing has been sent out."),)
        )
    rows = [
        [
            one.coder,
            _KINDS.get(one.kind, one.kind),
            _SEEN.get(one.seen, one.seen),
            *(str(number) for number in (one.utterances, one.transcripts, one.codes)),
            _span(one.first, one.last),
        ]
        for one in people
    ]
    header = ("Who", "Did what", "How", "Utterances", "Transcripts", "Codes given", "When")
    blocks: list[Block] = [table(header, rows)] if rows else [Text("Nothing has come back yet.")]
    if len({one.coder for one in people if one.kind == "coded"}) == 1:
        blocks.append(
            Text(
                "One person coded. How far another would agree is not known; a second reader would tell.",
                "notice",
            )
        )
    if batches:
        out = [
            [
                one.id,
                one.coder,
                "blind" if one.blind else "with suggestions",
                one.sent[:10],
                str(one.utterances),
                str(one.back),
            ]
            for one in batches
        ]
        blocks += [
            Text("Batches", "heading"),
            table(("Batch", "Sent to", "How", "On", "Utterances", "Back"), out),
        ]
    return Section("coding", title, tuple(blocks))


def triage(found: Reading) -> Section:
    """What was read, in which samples, and what may be said of what was not."""
    unread = found.utterances - found.judged
    told = f"All {found.utterances:,} utterances have been judged."
    if unread or not found.utterances:
        told = f"{found.judged:,} of {found.utterances:,} utterances have been judged; {unread:,} have not."
    blocks: list[Block] = [Text(told)]
    if found.samples:
        rows = [
            [_SAMPLES.get(one.kind, one.kind), one.at[:10], str(one.utterances), str(one.read)]
            for one in found.samples
        ]
        blocks.append(table(("Drawn at random", "On", "Utterances", "Read"), rows))
    blocks += [Text(f"{what}: {said}") for what, said in found.found.items()]
    if not found.found and not unread and found.utterances:
        blocks.append(Text("Triage has not been run; nothing was left for it to choose from."))
    elif not found.found:
        blocks.append(Text("Triage has not been run: nobody has asked what to read next, or when to stop."))
    if unread and not any(one.kind == "control" for one in found.samples):
        blocks.append(
            Text(
                "No control has been drawn at random from what is unread, so nothing can be promised about "
                "it.",
                "notice",
            )
        )
    return Section("triage", "What was read, and what was not", tuple(blocks))


def _span(first: str, last: str) -> str:
    return first[:10] if first[:10] == last[:10] else f"{first[:10]} to {last[:10]}"

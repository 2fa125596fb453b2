"""Words, remarks and capitals: what every finder needs to know of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

WORD = re.compile(r"[^\W\d_](?:[^\W_]|['’\-](?=[^\W_]))*")
"""A word of a text with its apostrophes and hyphens: `Sarah's`, `O'Brien`, `Anne-Marie`."""
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$", re.IGNORECASE)
_REMARK = re.compile(r"\[[^\[\]\n]{0,200}\]|\(\([^()\n]{0,200}\)\)|\(\.+\)|<[^<>\n]{1,60}>")
LABEL = re.compile(r"^[ \t]*([^\W\d_][^:\n\[\](){}?!]{0,40}):(?=\s)", re.MULTILINE)
"""A speaker label at the start of a line: `Doctor:`."""
FILLER = frozenset("um umm uh uhm er erm ah oh hm hmm mm mmm mhm so well like".split())

SMALL = frozenset(
    """a about above after again against all also although always am an and another any anybody anyone anything are
    aren't as at away back be because been before being below between both but by bye came can can't cannot come could
    couldn't did didn't do does doesn't doing don't done down during each either else even ever every everybody everyone
    everything few fine first for from further get gets getting give go goes going gone gonna good got gotta great had
    hadn't has hasn't have haven't having he he'd he'll he's hello her here here's hers herself hey hi him himself his
    how however i i'd i'll i'm i've if in indeed instead into is isn't it it'd it'll it's its itself just kind know last
    later least less let let's like look looks lot made make makes many may maybe me mean might mine more most much must
    my myself near need never next nice no nobody none nor not nothing now of off often oh ok okay old on once one ones
    only or other others our ours out over own perhaps please put quite rather really right said same saw say says see
    seen several shall she she'd she'll she's should shouldn't since so some somebody someone something sometimes sorry
    sort still such sure take takes than thank thanks that that's the their theirs them themselves then there there's
    these they they'd they'll they're they've thing things think this those though through thus till to today together
    told tomorrow tonight too took two under until up upon us use used using usually very was wasn't way we we'd we'll
    we're we've well went were weren't what what's whatever when where which while who who's whole whom whose why will
    with within without won't would wouldn't wow yeah yep yes yesterday yet you you'd you'll you're you've your yours
    yourself um uh er erm ah hmm hm mm mmm mhm huh aha alright cheers god gosh gonna wanna cause cos 'cause bit
    morning afternoon evening night day week month year time people man woman guy boy girl mum mom dad mummy daddy
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december christmas easter born speaking calling talking here good welcome""".split()
)
"""Words that are never a name in themselves."""


def bare(word: str) -> str:
    """The word without its possessive ending.

    >>> bare("Sarah's"), bare("James’")
    ('Sarah', 'James')
    """
    return _POSSESSIVE.sub("", word)


def blank_remarks(text: str) -> str:
    """The text with bracketed remarks and pseudonyms blanked out, each character by one space.

    >>> blank_remarks("so [laughs] yes")
    'so          yes'
    """
    return _REMARK.sub(lambda match: " " * len(match.group()), text)


def remarks(text: str) -> list[tuple[int, int]]:
    """Where bracketed remarks and pseudonyms lie."""
    return [match.span() for match in _REMARK.finditer(text)]


def labels(texts: Iterable[str]) -> set[str]:
    """Speaker labels written at the start of lines, those that stand there at least twice."""
    seen: dict[str, int] = {}
    for text in texts:
        for match in LABEL.finditer(text):
            seen[match.group(1).strip()] = seen.get(match.group(1).strip(), 0) + 1
    return {label for label, count in seen.items() if count >= 2}


def without_capitals(texts: Iterable[str]) -> bool:
    """Whether talk was written without capitals, as automatic captions are (speaker labels apart).

    >>> without_capitals(["so i spoke to sarah about it"]), without_capitals(["So I spoke to Sarah"])
    (True, False)
    """
    words = capitals = 0
    for text in texts:
        talk = LABEL.sub("", text)
        for match in WORD.finditer(talk):
            words += 1
            capitals += match.group()[0].isupper()
    return words > 0 and capitals <= words * 0.01


def starts_sentence(text: str, start: int) -> bool:
    """Whether the word at `start` may owe its capital to standing first in a sentence or after a filler."""
    before = text[max(0, start - 24) : start]
    stripped = before.rstrip(" \t,\"'“‘(–-")
    if not stripped or stripped[-1] in ".?!:;…\n":
        return True
    last = re.search(r"[^\W\d_]+$", stripped)
    return bool(last and last.group().casefold() in FILLER)

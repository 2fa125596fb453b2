"""How other programs count positions in a text, and the way between their numbers and ours.

The REFI-QDA standard (1.5, section 10.2) counts code points. NVivo counts UTF-16 units and a CRLF as two,
ATLAS.ti counts a CRLF as one, and some count the byte-order mark. A reader can only look which way of
counting lets the passages fall on the edges of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

SURE = 0.9
"""Share of passages that must fall on edges of words; below it a document's offsets are uncertain."""
_QUOTE = 5
"""A passage's name of fewer characters is no quotation to check by."""


@dataclass(frozen=True, slots=True)
class Counting:
    """A way of counting: UTF-16 units or code points, CRLF as one or two, the byte-order mark or not."""

    utf16: bool = False
    crlf_as_one: bool = False
    mark_counted: bool = False

    def __str__(self) -> str:
        units = "UTF-16 units" if self.utf16 else "code points"
        ends = ", CRLF as one" if self.crlf_as_one else ""
        return units + ends + (", byte-order mark counted" if self.mark_counted else "")


@dataclass(frozen=True, slots=True)
class Target:
    """What a program expects of a project made for it."""

    crlf: bool = False
    utf16: bool = False
    astral_known: bool = True


TARGETS: dict[str, Target] = {
    "spec": Target(),
    "nvivo": Target(crlf=True, utf16=True),
    "maxqda": Target(crlf=True, astral_known=False),
    "atlasti": Target(astral_known=False),
}
"""The programs that a project can be written for; `astral_known` is whether it is known how the program
counts characters beyond U+FFFF (emoji)."""

Marked = tuple[int, int, str]
"""A passage as stored: first position, position after the last, and the passage's name."""


def lf(text: str) -> str:
    """A text with LF line ends.

    >>> lf("a\\r\\nb\\rc")
    'a\\nb\\nc'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n")


def positions(text: str, target: Target) -> Sequence[int]:
    """Where each offset of an LF text lies as the target counts; one more entry than characters.

    >>> list(positions("a\\n\\U0001f600b", TARGETS["nvivo"]))
    [0, 1, 3, 5, 6]
    """
    if not (target.utf16 and not text.isascii()) and not (target.crlf and "\n" in text):
        return range(len(text) + 1)
    out, at = [0], 0
    for char in text:
        at += 2 if (target.crlf and char == "\n") or (target.utf16 and char > "\uffff") else 1
        out.append(at)
    return out


def offsets(stored: str, counting: Counting) -> Sequence[int]:
    """Which offset of `lf(stored)` each position of a stored text means; one more entry than positions.

    >>> offsets("a\\r\\nb", Counting(crlf_as_one=True)) == range(4)
    True
    >>> list(offsets("a\\r\\nb", Counting()))
    [0, 1, 1, 2, 3]
    """
    mark = 1 if counting.mark_counted else 0
    astral = counting.utf16 and not stored.isascii()
    if not mark and not astral and ("\r\n" not in stored or counting.crlf_as_one):
        return range(len(lf(stored)) + 1)
    out, at, previous = [0] * mark, 0, ""
    for char in stored:
        if char == "\r":
            out.append(at)
            at += 1
        elif char == "\n" and previous == "\r":
            if not counting.crlf_as_one:
                out.append(at - 1)
        else:
            out.extend((at, at) if astral and char > "\uffff" else (at,))
            at += 1
        previous = char
    out.append(at)
    return out


def candidates(stored: str, *, marked: bool, origin: str = "") -> list[Counting]:
    """The ways of counting that differ on this text, the likeliest for the program `origin` first.

    >>> [str(one) for one in candidates("plain", marked=False)]
    ['code points']
    """
    crlf = "\r\n" in stored
    astral = not stored.isascii() and max(stored, default="") > "\uffff"
    ways = [
        Counting(utf16, as_one, mark)
        for mark, utf16, as_one in product(
            (False, True) if marked else (False,),
            (False, True) if astral else (False,),
            (False, True) if crlf else (False,),
        )
    ]
    name = origin.lower()
    if "nvivo" in name:
        ways.sort(key=lambda way: not way.utf16)
    elif "atlas" in name:
        ways.sort(key=lambda way: not way.crlf_as_one)
    return ways


def choose(
    stored: str, passages: Sequence[Marked], *, marked: bool = False, origin: str = ""
) -> tuple[Counting, float]:
    """The way of counting that fits a document's passages best, and the share that it fits.

    `stored` is the text without its byte-order mark, `marked` whether it had one. Passages fit when their
    name, where names are quotations, stands there, else when both edges lie at the edge of a word. The
    likeliest way for the program `origin` is left only where another fits a quotation more, or two edges
    more: a coder's hand may slip once.
    """
    ways = candidates(stored, marked=marked, origin=origin)
    text = lf(stored)
    counts = [_fitting(text, offsets(stored, way), passages) for way in ways]
    quotable = sum(1 for *_, name in passages if len("".join(name.split())) >= _QUOTE)
    by_quote = quotable > 0 and 2 * max(quotes for _, quotes in counts) >= len(passages)
    fitting = [quotes if by_quote else edges for edges, quotes in counts]
    best = max(range(len(ways)), key=lambda place: fitting[place])
    chosen = best if fitting[best] >= fitting[0] + (1 if by_quote else 2) else 0
    return ways[chosen], fitting[chosen] / len(passages) if passages else 1.0


def is_sure(stored: str, share: float, *, marked: bool = False) -> bool:
    """Whether offsets that fit this share of passages can be relied on.

    Where every program counts alike, a passage that cuts a word is a coder's slip.
    """
    return share > (SURE if len(candidates(stored, marked=marked)) > 1 else SURE / 2)


def _fitting(text: str, table: Sequence[int], passages: Sequence[Marked]) -> tuple[int, int]:
    """How many passages have clean edges, and how many have their quotation (or none, and clean edges)."""
    clean = quoted = 0
    for first, last, name in passages:
        if not 0 <= first < last < len(table):
            continue
        start, end = table[first], table[last]
        edges = at_edge(text, start) and at_edge(text, end)
        said = "".join(name.rstrip(".\u2026 ").split())
        clean += edges
        quoted += "".join(text[start:end].split()).startswith(said) if len(said) >= _QUOTE else edges
    return clean, quoted


def at_edge(text: str, offset: int) -> bool:
    """Whether an offset does not cut a word.

    >>> at_edge("we left", 2), at_edge("we left", 4)
    (True, False)
    """
    return not (0 < offset < len(text) and text[offset - 1].isalnum() and text[offset].isalnum())

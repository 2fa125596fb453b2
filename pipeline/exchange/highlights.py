"""Highlights as Taguette exports them (columns id, document, tag, content) as rows of the one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import Problem, StudyError
from pipeline.exchange.align import Piece, transcript_words
from pipeline.exchange.gathered import Gathering, Read, unknown
from pipeline.exchange.laying import which
from pipeline.exchange.project import Document, ProjectCode
from pipeline.exchange.schemes import read_scheme
from pipeline.exchange.spots import Spots
from pipeline.exchange.table import cells_of
from pipeline.records import Codebook, Given

_NEEDS = ("document", "tag", "content")


@dataclass(frozen=True, slots=True)
class Highlight:
    """A marked stretch of a document with one tag; `number` is its row in the table."""

    number: int
    document: str
    tag: str
    content: str


def is_highlights(data: bytes, name: str) -> bool:
    """Whether a table is one of highlights: its first row names document, tag and content."""
    if not name.lower().endswith((".csv", ".xlsx", ".gz")):
        return False
    _, header = next(cells_of(data, name, first=1), (0, []))
    plain = {title.strip().lower() for title in header}
    return plain.issuperset(_NEEDS) and "codes" not in plain


def read_highlights(data: bytes, name: str) -> list[Highlight]:
    """The highlights of a table, CSV or XLSX; raises `StudyError` where it is none.

    >>> read_highlights(b"id,document,tag,content\\n1,S3PW1,Barriers.Cost,too dear\\n", "h.csv")[0].tag
    'Barriers.Cost'
    """
    rows = cells_of(data, name)
    _, header = next(rows, (0, []))
    places = {title.strip().lower(): at for at, title in enumerate(header)}
    if not set(_NEEDS) <= set(places):
        raise StudyError(f"lacks one of the columns {', '.join(_NEEDS)}", where=name)
    width = max(places[column] for column in _NEEDS)
    return [
        Highlight(number, *(cells[places[column]] for column in _NEEDS))
        for number, cells in rows
        if len(cells) > width and any(cells)
    ]


def highlight_codes(
    highlights: Sequence[Highlight],
    book: Codebook,
    talks: Mapping[str, Sequence[Piece]],
    *,
    codable: frozenset[str],
    coder: str = "",
    names: Mapping[str, str] | None = None,
) -> Read:
    """The highlights' tags as codes of utterances, found by the words of each highlight.

    A highlight that stands in several places of its transcript is refused rather than guessed.
    """
    out = Read()
    scheme = read_scheme([ProjectCode(tag, tag) for tag in {one.tag for one in highlights}], book)
    by_document: dict[str, list[str]] = {}
    for one in highlights:
        by_document.setdefault(one.document, []).append(one.content)
    texts = [Document(name, name, "\n".join(dict.fromkeys(said))) for name, said in by_document.items()]
    home = which(texts, talks, names)
    spots = {name: Spots(transcript_words(talks[name])) for name in set(home.values())}
    gathered = Gathering()
    for one in highlights:
        place, code = f"row {one.number}", scheme.ids.get(one.tag, "")
        found = _utterances(one, home, spots, codable)
        if isinstance(found, str):
            out.problems.append(Problem(place, found))
        elif one.tag in scheme.above:
            out.problems.append(Problem(place, unknown(one.tag, above=True)))
        elif not code:
            out.problems.append(Problem(place, unknown(one.tag)))
            out.wanted += [(utterance, coder, one.tag) for utterance in found]
        else:
            for utterance in found:
                gathered.add((home[one.document], utterance), coder, Given(code), place=place)
    return gathered.into(out)


def _utterances(
    one: Highlight, home: Mapping[str, str], spots: Mapping[str, Spots], codable: frozenset[str]
) -> list[str] | str:
    """The utterances that a highlight marks, or why it marks none."""
    if one.document not in home:
        return "its document is no transcript of this study"
    places = spots[home[one.document]].places(one.content)
    if len(places) > 1:
        return f"its words stand in {len(places)} places of the transcript"
    if not places:
        return "its words are not in the transcript"
    return [each for each in places[0] if each in codable] or "it marks no participant's talk"

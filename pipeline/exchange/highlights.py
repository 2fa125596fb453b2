"""Highlights as Taguette exports them (columns id, document, tag, content) as rows of the one table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import StudyError
from pipeline.exchange.align import Aligned, Piece, Word, align, transcript_words, words
from pipeline.exchange.coding import Gathered, Read
from pipeline.exchange.laying import which
from pipeline.exchange.project import Document, ProjectCode
from pipeline.exchange.schemes import read_scheme
from pipeline.exchange.table import cells_of
from pipeline.records import Codebook

_NEEDS = ("document", "tag", "content")
_SHARE = 0.8
"""Share of a highlight's words that must stand together in the transcript."""
_SLACK = 12
"""Words by which a place may be longer than the highlight: names replaced by longer pseudonyms."""


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
    spots = {name: _Spots(transcript_words(talks[name])) for name in set(home.values())}
    gathered: dict[str, Gathered] = {}
    for one in highlights:
        problem = _take(one, scheme.ids, home, spots, codable, gathered)
        if problem:
            out.problems.append(f"row {one.number}: {problem}")
    out.rows = [one.row(utterance, coder, "blind") for utterance, one in sorted(gathered.items())]
    return out


def _take(
    one: Highlight,
    ids: Mapping[str, str],
    home: Mapping[str, str],
    spots: Mapping[str, _Spots],
    codable: frozenset[str],
    gathered: dict[str, Gathered],
) -> str:
    """Put one highlight among what is gathered, or say why it cannot be taken."""
    if one.tag not in ids:
        return f"{one.tag!r} is no code of the codebook"
    if one.document not in home:
        return "its document is no transcript of this study"
    places = spots[home[one.document]].places(one.content)
    if len(places) != 1:
        return f"its words stand in {len(places)} places of the transcript"
    found = [utterance for utterance in places[0] if utterance in codable]
    if not found:
        return "it marks no participant's talk"
    for utterance in found:
        gathered.setdefault(utterance, Gathered(home[one.document])).add(ids[one.tag], None, "")
    return ""


class _Spots:
    """A transcript in which quotations are looked up."""

    def __init__(self, transcript: Sequence[Word]) -> None:
        self.transcript = transcript
        self.where: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(transcript):
            if one.text:
                self.where[one.text].append(place)

    def places(self, quotation: str) -> list[list[str]]:
        """The utterances of each place where the quotation stands as well as anywhere."""
        said = words(quotation)
        laid = {start: self._laid(said, start) for start in self._starts(said)}
        shares = {start: _share(one) for start, one in laid.items()}
        best = max(shares.values(), default=0.0)
        if best < _SHARE:
            return []
        found: list[list[str]] = []
        for start in sorted(laid):
            utterances = laid[start].utterances(0, len(quotation))
            if shares[start] == best and utterances and utterances not in found:
                found.append(utterances)
        return found

    def _starts(self, said: Sequence[Word]) -> list[int]:
        """Where the quotation may begin: where most of its words stand in its order."""
        votes: Counter[int] = Counter()
        for place, one in enumerate(said):
            votes.update(found - place for found in self.where.get(one.text, ()))
        most = max(votes.values(), default=0)
        return [start for start, count in votes.items() if 2 * count >= most][:200]

    def _laid(self, said: Sequence[Word], start: int) -> Aligned:
        first = max(start - _SLACK, 0) if len(said) > _SLACK else max(start, 0)
        return align(said, self.transcript[first : max(start, 0) + len(said) + _SLACK])


def _share(laid: Aligned) -> float:
    return sum(1 for one in laid.partner if one >= 0) / max(len(laid.partner), 1)

"""Where a quotation stands in a transcript, found by its words, with names replaced or not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from pipeline.exchange.align import Aligned, Word, align, words

_SHARE = 0.8
"""Share of a quotation's words that must stand together in the transcript."""
_SLACK = 12
"""Words by which a place may be longer than the quotation: names replaced by longer pseudonyms."""


class Spots:
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

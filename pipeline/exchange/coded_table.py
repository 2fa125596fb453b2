"""People's coding in the one table as rows an utterance, and every row of it that cannot be taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.errors import Problem
from pipeline.exchange.align import Piece
from pipeline.exchange.gathered import Gathering, Read, unknown
from pipeline.exchange.match import Matched, match
from pipeline.exchange.table import Placed
from pipeline.records import NONE, Codebook, Given, Utterance

_SEEN = ("", "blind", "suggested")


def table_codes(
    rows: Iterable[Placed],
    utterances: Sequence[Utterance],
    book: Codebook,
    *,
    coder: str = "",
    talks: Mapping[str, Sequence[Piece]] | None = None,
) -> Read:
    """The codes of a table's rows, gathered by utterance and coder.

    `coder` is the name for rows that name nobody, `talks` the transcripts as they stood before names were
    replaced, where the key holder looks quotations up. A row of which anything cannot be taken gives
    nothing: what it leaves out would count as refused.
    """
    leaves, ids = {code.id for code in book.leaves()}, book.ids()
    today = {old: code.id for code in book.codes for old in code.was}
    out, gathered = Read(), Gathering()
    matched, out.problems = match(rows, utterances, talks)
    for one in matched:
        given = [Given(today.get(each.code, each.code), each.valence) for each in one.row.codes]
        who, seen = one.row.coder or coder, one.row.seen.lower()
        strange = [each.code for each in given if each.code not in leaves]
        wrong = [unknown(code, above=code in ids) for code in strange]
        wrong += [] if seen in _SEEN else ["`seen` is neither blind nor suggested"]
        if wrong:
            out.problems.append(Problem(one.place, "; ".join(wrong)))
            new = [code for code in strange if code not in ids]
            out.wanted += [(each.id, who, code) for each in one.utterances for code in new]
        else:
            _add(gathered, one, given, who, seen)
    gathered.into(out)
    out.problems.sort(key=_row)
    return out


def _add(gathered: Gathering, one: Matched, given: Sequence[Given], coder: str, seen: str) -> None:
    for utterance in one.utterances:
        for each in given or (Given(NONE),):
            gathered.add(
                (utterance.transcript_id, utterance.id),
                coder,
                each,
                place=one.place,
                note=one.row.note,
                seen=seen,
            )


def _row(problem: Problem) -> int:
    number = problem.place.rpartition(" ")[2]
    return int(number) if number.isdigit() else 0

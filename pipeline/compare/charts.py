"""The analyst's summaries: brought together, checked, and none lost when what they were on has gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.compare.evidence import Chart
from pipeline.compare.matrix import Matrix
from pipeline.compare.refs import parse, within


def check_refs(charts: Sequence[Chart], turns: Mapping[str, int]) -> tuple[str, ...]:
    """What is wrong with the references in summaries; `turns` are the turns of each transcript.

    >>> check_refs([Chart("S3", "context.culture", summary="Warm [S3PW1:900].")], {"S3PW1": 80})
    ('S3, context.culture: [S3PW1:900] leads nowhere, S3PW1 has 80 turns.',)
    """
    said = []
    for chart in charts:
        if not chart.summary:
            continue
        place = f"{chart.case} {chart.participant}".strip() + f", {chart.code}"
        found = within(chart.summary)
        if not found:
            said.append(f"{place}: the summary has no reference.")
        for ref in found:
            source, _, last = parse(ref)
            if source not in turns:
                said.append(f"{place}: {ref} leads nowhere, there is no transcript {source}.")
            elif last > turns[source]:
                said.append(f"{place}: {ref} leads nowhere, {source} has {turns[source]} turns.")
    return tuple(said)


def joined(kept: Iterable[Chart], news: Iterable[Chart]) -> tuple[tuple[Chart, ...], int]:
    """What stands in two workbooks together, and how often the second one replaced what the first says.

    An empty cell of the second never empties one of the first.

    >>> old, new = Chart("S3", "x", summary="Warm."), Chart("S3", "x", status="not_asked")
    >>> joined([old], [new])
    ((Chart(case='S3', code='x', participant='', status='not_asked', summary='Warm.'),), 0)
    """
    out = {(one.case, one.participant, one.code): one for one in kept}
    replaced = 0
    for one in news:
        key = (one.case, one.participant, one.code)
        old = out.get(key, Chart(one.case, one.code, one.participant))
        status, summary = one.status or old.status, one.summary or old.summary
        replaced += bool((old.status and status != old.status) or (old.summary and summary != old.summary))
        out[key] = Chart(one.case, one.code, one.participant, status, summary)
    return tuple(out.values()), replaced


def left_over(matrix: Matrix) -> tuple[Chart, ...]:
    """What was written on codes, cases or people that are no longer compared."""
    return tuple(
        chart
        for chart in matrix.charts
        if (chart.status or chart.summary)
        and (
            chart.code not in matrix.codes
            or chart.case not in matrix.cases
            or chart.participant not in ("", *matrix.people[chart.case])
        )
    )

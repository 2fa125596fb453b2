"""The analyst's summaries checked: every claim with a reference, every reference leading somewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.compare.evidence import Chart
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

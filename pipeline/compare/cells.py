"""Text for a workbook's cells: none too long, no character that the format forbids."""

from __future__ import annotations

import re

LONGEST = 32_767
"""Characters that a workbook's cell can hold."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def shortened(text: str) -> str:
    """The text without control characters, cut with a mark where a cell cannot hold it all.

    >>> shortened("a" * 40_000)[-6:]
    'aa […]'
    """
    plain = _FORBIDDEN.sub("", text)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 4] + " […]"

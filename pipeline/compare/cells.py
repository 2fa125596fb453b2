"""Text for spreadsheets: never a formula, never a character that the format forbids."""

from __future__ import annotations

import re

LONGEST = 32_767
"""Characters that a workbook's cell can hold."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def shortened(text: str) -> str:
    """The text without control characters, cut with a mark where a cell cannot hold it all.

    >>> shortened("a" * 40_000)[-6:]
    'aa […]'
    """
    plain = _FORBIDDEN.sub("", text)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 4] + " […]"


def harmless(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would read it as a formula.

    >>> harmless("=1+1"), harmless("warm staff")
    ("'=1+1", 'warm staff')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def original(text: str) -> str:
    """The text as it was before `harmless`.

    >>> original(harmless("'-")), original("'tis so")
    ("'-", "'tis so")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text

"""What the files of a comparison are called, in a study's `reports/` and wherever else they are written."""

from __future__ import annotations

WORKBOOK, BEFORE = "matrix.xlsx", "matrix.before.xlsx"
LONG, PATTERNS, PAGE, MEMBERSHIPS = "matrix.csv", "patterns.csv", "matrix.html", "qca.csv"

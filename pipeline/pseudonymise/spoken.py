"""Numbers as people say them, as pieces of regular expressions."""

from __future__ import annotations

import re

NUMERIC = re.compile(
    r"\d|\b(?:zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teens?|\w+t(?:y|ies|ieth)|"
    r"hundred|thousand|first|second|third|\w+th)\b",
    re.IGNORECASE,
)
"""What every date, age and number holds: a digit or a word for one."""
GAP = r"(?:[\s,.\-–—]|\b(?:um+|uhm?|uh+|er+m?|ah)\b)+"
"""What may stand between the words of one spoken number: blanks, commas, fillers."""
OPEN = r"(?:[\s,.\-–—:;]|\b(?:um+|uhm?|uh+|er+m?|ah|so|it's|it’s|its|that's|that’s|is|the|yes|yeah|and)\b)*"
"""What may stand between a question and its answer."""

DIGIT = r"(?:oh|zero|nought|one|two|three|four|five|six|seven|eight|nine)"
_UNIT = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEEN = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
BELOW_100 = rf"(?:{_TENS}(?:[\s\-]+{_UNIT})?|{_TEEN}|{_UNIT})\b"
TEN_TO_99 = rf"(?:{_TENS}(?:[\s\-]+{_UNIT})?|{_TEEN})\b"
_ORDINAL_UNIT = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)"
ORDINAL = (
    rf"(?:(?:twenty|thirty)[\s\-]+{_ORDINAL_UNIT}|{_ORDINAL_UNIT}|tenth|eleventh|twelfth|thirteenth|fourteenth|"
    r"fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)\b"
)
YEAR = (
    rf"(?:(?:eighteen|nineteen){GAP}(?:hundred(?:{GAP}and)?(?:{GAP}{BELOW_100})?|oh{GAP}{_UNIT}|{TEN_TO_99})|"
    rf"two{GAP}thousand(?:{GAP}(?:and{GAP})?{BELOW_100})?|twenty{GAP}(?:oh{GAP}{_UNIT}|{TEN_TO_99}))\b"
)
NUMBER_WORD = rf"(?:{DIGIT}|{_TEEN}|{_TENS}|hundred|thousand|double|triple|{ORDINAL}|\d+[a-z]?)\b"

_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_BELOW_20 = {word: value for value, word in enumerate(_WORDS.split())}
_ROUND = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}


_ALIKE = str.maketrans("ſKıİ", "skii")
"""The letters beyond ASCII that a pattern which ignores case takes for one of a to z."""


def small(said: str) -> str:
    """Words in small letters, as a pattern that ignores case sees them.

    >>> small("Sıx")
    'six'
    """
    return said.translate(_ALIKE).lower()


def below_100(said: str) -> int:
    """A number below a hundred as it is said.

    >>> below_100("forty-four"), below_100("Seventeen")
    (44, 17)
    """
    return sum((_BELOW_20 | _ROUND)[word] for word in small(said).replace("-", " ").split())

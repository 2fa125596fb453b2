"""Numbers told to somebody: after "account number", digit by digit, over several turns, and said back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import DIGIT, NUMERIC, TEN_TO_99, below_100

_I = re.IGNORECASE
_TOKEN = (
    rf"(?:\d+|(?:double|triple)[\s\-]+{DIGIT}\b|{DIGIT}\b|{TEN_TO_99}|hundred\b|"
    r"[A-Z]\b(?:\s+(?:as in|for|like)\s+\w+)?)"
)
_BETWEEN = r"(?:[\s,.\-–—]|\b(?:um+|uh+m?|er+m?|dash|hyphen|space|no|sorry|and then|then|wait|make that)\b)*"
_RUN = re.compile(rf"(?<![\w.:$£€])(?:{_TOKEN})(?:{_BETWEEN}(?:{_TOKEN}))*(?![\w%:]|[.,]\d)", _I)
_LAST = re.compile(r"\blast (?:three|four|3|4)\b(?: digits)?", _I)
_DIGITS = re.compile(
    rf"\d|\b(?P<tens>{TEN_TO_99})|(?P<round>\bhundred\b)|"
    rf"(?:(?P<times>double|triple)[\s\-]+)?\b(?P<said>{DIGIT})\b",
    _I,
)
_VALUES = {"oh": "0", "zero": "0", "nought": "0"} | {
    word: str(value)
    for value, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1)
}
_PHONE = (
    r"(?:phone|telephone|cell|mobile|fax|landline|home|work|contact|call ?back)\s+(?:number|no\.?)|"
    r"(?:my|your|his|her|their|the) number|(?:reach|call|ring|text|phone|get) "
    r"(?:me|us|him|her|them|the \w+|you)(?: back)? (?:at|on)|"
    r"extension|number to (?:call|reach|ring)"
)
_NAMED = (
    r"(?:social(?: security)?|account|routing|card|badge|docket|case|file|policy|member(?:ship)?|group|plan|"
    r"prescription|confirmation|claim|reference|passport|serial|invoice|order|tracking|booking|record|chart|patient|hospital|"
    r"insurance|medicare|medicaid|inmate|warrant|citation|ticket|student|employee|staff|payroll|tax|"
    r"licen[cs]e|plate|registration|permit|cause|index|indictment|shield|service|unit|bar|parcel|lot|"
    r"truck|car|flight|room|sort|NHS|national insurance|ID|identification|pin|access|pass)"
)
_NUMBERED = (
    rf"\b(?:{_NAMED}\s+(?:number|no\.?|code|ID|#)|social security|SSN|"
    r"social\b|licen[cs]e(?: number| plate)?|badge|docket|passcode|pin\b|"
    r"last (?:four|three|4|3)(?: digits)?|VIN\b|MRN\b|medicare (?:card|number)|sort code|"
    r"shield|squad car|area code|(?:ending|ends|starting) in|"
    r"(?:number|card|account) (?:that )?(?:ends|ending)|"
    r"(?:case|docket|file|policy|account|claim|badge|licen[cs]e|confirmation|reference|order|ticket|"
    r"bed|unit) "
    r"(?:is|was|no))\b"
)
_POST = r"\b(?:zip(?: code)?|post\s?code|postal code)\b"
_CUES = (
    ("POSTCODE", re.compile(_POST, _I)),
    ("ID", re.compile(_NUMBERED, _I)),
    ("PHONE", re.compile(rf"\b(?:{_PHONE})\b", _I)),
)
_LEAST = {"PHONE": 4, "ID": 3, "POSTCODE": 3}
"""How many digits a number has at least that was asked for by its kind."""
_TIME = re.compile(
    rf"(?:ten|eleven|twelve|{DIGIT}|1?\d)[\s:]+(?:thirty|fifteen|ten|twenty|forty|fifty|{TEN_TO_99})", _I
)
"""A time of the day: "call me at ten thirty"."""
_CALLED_BY_ALL = frozenset(("911", "999", "101", "111", "411", "988", "112", "1000", "100"))
"""Numbers that everybody calls, and round ones."""
_NEAR = 90
TOLD, SAID_BACK = "number told", "number said back"


def dictated(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Numbers in `text` that a word before them names: "badge is 3317"; `asked` is the talk just before.

    A line that holds hardly anything but digits goes on with what was being told.

    >>> text = "the last four, um, nine three one four"
    >>> [text[hit.start:hit.end] for hit in dictated(text)]
    ['nine three one four']
    """
    if not NUMERIC.search(text):
        return
    whole = asked + "\n" + text
    shift = len(asked) + 1
    for start, end in _runs(whole, shift):
        digits = read_digits(whole[start:end])
        if len(digits) < 3 or digits in _CALLED_BY_ALL:
            continue
        label = _cue(whole[max(0, start - _NEAR) : start])
        if not label and _only_digits(text):
            label = _cue(asked) or _going_on(asked)
        if label == "PHONE" and _TIME.fullmatch(whole[start:end]):
            continue
        if label and len(digits) >= _LEAST[label] and not _a_year(whole[start:end], whole[:start]):
            yield Hit(start - shift, end - shift, label, TOLD)


def _a_year(said: str, before: str) -> bool:
    """Whether a number is a year by its looks, and no cue stands right before it."""
    return re.fullmatch(r"(?:19|20)\d\d", said) is not None and not _cue(before[-14:])


def _cue(before: str) -> str:
    """The label of the kind of number that was named last."""
    found = [(max((hit.end() for hit in cue.finditer(before)), default=-1), label) for label, cue in _CUES]
    end, label = max(found)
    return label if end >= 0 else ""


def _going_on(before: str) -> str:
    lines = [line for line in before.split("\n")[1:] if line.strip()]
    return "ID" if sum(_only_digits(line) for line in lines[-4:]) >= 2 else ""


def _only_digits(line: str) -> bool:
    """Whether a line of talk holds three digits and hardly anything else."""
    said = re.sub(r"^[^:\n]{1,40}:\s", "", line)
    left = _RUN.sub(lambda match: "" if len(read_digits(match.group())) >= 2 else match.group(), said)
    words = re.findall(r"[^\W\d_]+", left)
    fillers = sum(word.casefold() in _FILLING for word in words)
    return len(read_digits(said)) >= 3 and len(words) - fillers <= 2


_FILLING = frozenset(
    [
        "um",
        "uh",
        "okay",
        "ok",
        "yeah",
        "yes",
        "so",
        "and",
        "then",
        "it's",
        "its",
        "that's",
        "is",
        "mm",
        "hmm",
        "right",
        "sorry",
        "no",
    ]
)


def _runs(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where digits are told one after the other; the "four" of "the last four" is none of them."""
    for match in _RUN.finditer(text, start):
        last = _LAST.search(text, max(0, match.start() - 5), match.end())
        rest = _RUN.search(text, last.end(), match.end()) if last else match
        if rest:
            yield rest.span()


def read_digits(said: str) -> str:
    """The digits of a number as it was said or written.

    >>> read_digits("oh seven double four, 12"), read_digits("forty four seventeen")
    ('074412', '4417')
    """
    out = []
    for match in _DIGITS.finditer(said):
        word = match.group("said")
        if match.group("tens"):
            out.append(str(below_100(match.group("tens"))))
        elif match.group("round"):
            out.append("00")
        elif word is None:
            out.append(match.group())
        else:
            times = {"double": 2, "triple": 3}.get((match.group("times") or "").casefold(), 1)
            out.append(_VALUES[word.casefold()] * times)
    return "".join(out)


def said_back(texts: Sequence[str], hits: Sequence[Iterable[Hit]]) -> Iterator[tuple[int, Hit]]:
    """Pieces of found numbers that are said again: four digits in a row anywhere, by text.

    >>> found = [[Hit(6, 14, "PHONE", "number")], []]
    >>> [text for text, _ in said_back(["it is 555-0148", "zero one four eight?"], found)]
    [0, 1]
    """
    numbers = {
        read_digits(text[hit.start : hit.end]): hit.label
        for text, some in zip(texts, hits, strict=True)
        for hit in some
        if hit.label in ("PHONE", "ID", "POSTCODE")
    }
    if not numbers:
        return
    for place, text in enumerate(texts):
        for match in _RUN.finditer(text):
            digits = read_digits(match.group())
            if len(digits) < 4 or re.fullmatch(r"(?:19|20)\d\d", digits):
                continue
            label = next((label for number, label in numbers.items() if digits in number), "")
            if label:
                yield place, Hit(match.start(), match.end(), label, SAID_BACK)

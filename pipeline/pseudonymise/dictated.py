"""Numbers told to somebody: after "account number", digit by digit, over several turns, and said back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.pseudonymise.codes import RUN, lettered, one_by_one, read_digits
from pipeline.pseudonymise.glance import folded, has_digit, heard, numeric, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import DIGIT, TEN_TO_99
from pipeline.pseudonymise.wordlists import words

_I = re.IGNORECASE
_LAST = re.compile(r"\blast (?:three|four|3|4)\b(?: digits)?", _I)
_PHONE = (
    r"(?:phone|telephone|cell|mobile|fax|landline|home|work|contact|call ?back)\s+(?:number|no\.?)|"
    r"(?:my|your|his|her|their|the) number(?! of\b)|(?:reach|call|ring|text|phone|get) "
    r"(?:me|us|him|her|them|the \w+|you)(?: back)? (?:at|on)|"
    r"number to (?:call|reach|ring)"
)
_NAMED = (
    r"(?:social(?: security)?|account|routing|card|badge|docket|case|file|policy|member(?:ship)?|group|plan|"
    r"prescription|confirmation|claim|reference|ref|passport|serial|invoice|order|tracking|booking|reservation|record|"
    r"chart|patient|participant|client|customer|user|hospital|insurance|medicare|medicaid|inmate|prison(?:er)?|warrant|"
    r"citation|ticket|student|employee|staff|payroll|tax|crime|incident|application|registration|receipt|"
    r"licen[cs]e|number plate|plate|permit|cause|index|indictment|shield|service|unit|bar|parcel|lot|"
    r"truck|car|flight|room|sort|NHS|NI|national insurance|ID|identification|pin|access|pass|"
    r"library card|bus pass)"
)
_NUMBERED = (
    rf"\b(?:{_NAMED}\s+(?:number|no\.?|code|ID|reference|ref|#)(?! of\b)|social security|SSN|"
    r"social\b|licen[cs]e(?: number| plate)?|number plate|badge|docket|passcode|pin\b|national insurance|"
    r"last (?:four|three|4|3)(?: digits)?|VIN\b|MRN\b|medicare (?:card|number)|sort code|"
    r"shield|squad car|area code|(?:ending|ends|starting) in|"
    r"(?:your|my|the|a|crime|his|her) ref(?:erence)?\b|"
    r"(?:number|card|account|VIN) (?:that )?(?:ends|ending)|"
    r"(?:case|docket|file|policy|account|claim|badge|licen[cs]e|confirmation|reference|order|ticket|"
    r"bed|unit|plate|reg|registration|serial)(?: is| was| no|['’]s) |reservation['’]?s? under )"
)
_POST = r"\b(?:zip(?: code)?|post\s?code|postal code)\b"
_CUES = (
    ("POSTCODE", re.compile(_POST, _I)),
    ("ID", re.compile(_NUMBERED, _I)),
    ("PHONE", re.compile(rf"\b(?:{_PHONE})\b", _I)),
)
_LEAST = {"PHONE": 4, "ID": 3, "POSTCODE": 3}
"""How many digits a number has at least that was asked for by its kind."""
_EXTENSION = re.compile(r"\b(?:extension|ext\.?)(?:\s+(?:is|number))?[\s,:]+$", _I)
_NUMBER = re.compile(
    r"(?:^|(?P<which>[\w'’]+)[\s,.]+)number"
    r"(?:['’]s|\s+is|\s+was|\s+on [\w ]{3,20})?[\s,.:?]+(?:(?:um+|uh+|it's)[\s,]+)*$",
    _I,
)
_BESIDE = re.compile(
    rf"\b(?:{_NAMED}|quote|(?:it['’]?s|booked|listed|filed|down) under|wristband|"
    r"juror|locker|seat|loan|check|cheque)"
    r"(?:['’]s)?(?:\s+(?:is|was))?[\s,.:#]*(?:\b(?:um+|uh+|er+m?)\b[\s,]*)?$",
    _I,
)
"""What a number of that kind may follow at once, if it looks like a code: "policy L F 7 7 3"."""
_TIME = re.compile(
    rf"(?:ten|eleven|twelve|{DIGIT}|1?\d)[\s:]+(?:thirty|fifteen|ten|twenty|forty|fifty|{TEN_TO_99})", _I
)
"""A time of the day: "call me at ten thirty"."""
_CALLED_BY_ALL = frozenset(("911", "999", "101", "111", "411", "988", "112", "1000", "100"))
"""Numbers that everybody calls, and round ones."""
_DIGIT = re.compile(rf"\b{DIGIT}\b", _I)
_DIGITS = written_out(DIGIT)
_SEVERAL = (written_out(TEN_TO_99) - _DIGITS) | {"hundred"}
"""The words that `read_digits` reads as one digit, and those that come to two."""
_NEAR = 90
TOLD, SAID_BACK = "number told", "number said back"


def dictated(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Numbers in `text` that a word before them names: "badge is 3317"; `asked` is the talk just before.

    A line that holds hardly anything but digits goes on with what was being told.

    >>> text = "the last four, um, nine three one four"
    >>> [text[hit.start:hit.end] for hit in dictated(text)]
    ['nine three one four']
    """
    if not _may_tell(text) or not numeric(text):
        return
    whole = asked + "\n" + text
    shift = len(asked) + 1
    for start, end in _runs(whole, shift):
        said, before = whole[start:end], whole[max(0, start - _NEAR) : start]
        digits = read_digits(said)
        if len(digits) < 2 or digits in _CALLED_BY_ALL:  # one digit is no number, whatever it is called
            continue
        close = _close(said, digits, before)
        if not close and len(digits) < min(_LEAST.values()) and not lettered(said):
            continue  # nor are two, unless they look like a code or stand right behind the word for it
        label = _cue(before) or close
        if not label and _only_digits(text):
            label = _cue(asked) or _going_on(asked)
        if label == "PHONE" and _TIME.fullmatch(said):
            continue
        enough = len(digits) >= 2 if lettered(said) else label and len(digits) >= _LEAST[label]
        if label and (enough or close) and not _a_year(said, whole[:start]):
            yield Hit(start - shift, end - shift, label, TOLD)


def _may_tell(text: str) -> bool:
    """Whether a text holds two digits, in whatever way they are said."""
    if has_digit(text) or not heard(text).isdisjoint(_SEVERAL):
        return True
    if heard(text).isdisjoint(_DIGITS):
        return False
    return "double" in folded(text) or "triple" in folded(text) or len(_DIGIT.findall(text)) > 1


def _close(said: str, digits: str, before: str) -> str:
    """The label of what stands right after the word for it, or is told digit by digit, if it looks like a
    code."""
    letters, alone = lettered(said), one_by_one(said)
    if _EXTENSION.search(before) and len(digits) >= 2:
        return "PHONE"
    number = _NUMBER.search(before)
    if number and (number.group("which") or "").casefold() not in words("counted") and len(digits) >= 3:
        return "ID"
    if re.fullmatch(r"\d{5,}", said) and not said.endswith("00"):
        return "ID"  # quantities of that size are round, or have a comma
    if alone and (len(digits) >= 5 or (letters and len(digits) >= 3)):
        return "ID"
    coded = (letters and len(digits) >= 2) or alone or digits.startswith("0") or len(digits) > 4
    return "ID" if coded and len(digits) >= 2 and _BESIDE.search(before) else ""


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
    left = RUN.sub(lambda match: "" if len(read_digits(match.group())) >= 2 else match.group(), said)
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
    for match in RUN.finditer(text, start):
        last = _LAST.search(text, max(0, match.start() - 5), match.end())
        rest = RUN.search(text, last.end(), match.end()) if last else match
        if rest:
            yield rest.span()


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
        for match in RUN.finditer(text):
            digits = read_digits(match.group())
            if len(digits) < 4 or re.fullmatch(r"(?:19|20)\d\d", digits):
                continue
            label = next((label for number, label in numbers.items() if digits in number), "")
            if label:
                yield place, Hit(match.start(), match.end(), label, SAID_BACK)

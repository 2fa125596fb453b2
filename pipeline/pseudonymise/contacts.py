"""Contact details and numbers that point at one person, written and as they are spoken.

Nothing here asks for a valid check digit before it masks: people misread digits. Validity only chooses
the label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from pipeline.pseudonymise.glance import folded, has_digit, heard, numeric, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import DIGIT, GAP, NUMBER_WORD
from pipeline.pseudonymise.wordlists import words

_I = re.IGNORECASE
_TLD = r"(?:com|net|org|info|co|uk|ac|gov|nhs|edu|eu|ie|io|me|biz|us|scot|wales)"
_EMAIL = re.compile(r"[\w.+%\-]+@[\w\-]+(?:\.[\w\-]+)+")
_URL = re.compile(
    rf"\b(?:https?://|ftp://|www\.)[^\s<>\"'\])]*[\w/]|\b[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.{_TLD}\b(?:/[^\s<>\"'\])]*\w)?",
    _I,
)
_MAYBE_URL = re.compile(r"\.\S|:/")
"""What every address on the web holds."""
_SPOKEN_END = rf"(?:{GAP}dot{GAP}\w+)*{GAP}dot{GAP}{_TLD}\b(?:{GAP}dot{GAP}uk\b)?"
_SPOKEN_EMAIL = re.compile(
    rf"\b(?P<user>[\w'’]+(?:[\s,]+[\w'’]+){{0,9}}?)[\s,]+at[\s,]+(?:[\w'’\-]+[\s,]+){{0,5}}?[\w'’\-]+"
    rf"(?:{GAP}dot{GAP}\w+)*{GAP}dot{GAP}\w{{2,12}}\b(?:{GAP}dot{GAP}uk\b)?",
    _I,
)
_SPOKEN_URL = re.compile(
    rf"\b(?:(?:w{GAP}w{GAP}w|www|double you double you double you){GAP}dot{GAP})?[\w'’]+{_SPOKEN_END}"
    rf"(?:{GAP}(?:forward{GAP})?slash{GAP}[\w\-]+)*",
    _I,
)
_PROVIDER = r"(?:g\s?mail|yahoo|hotmail|outlook|aol|icloud|msn|comcast|verizon|proton ?mail)"
_PROVIDERS = written_out(_PROVIDER)
_MAILBOX = re.compile(
    r"\b(?P<user>[\w.\-]+(?:\s+(?:underscore|dot|dash|hyphen)\s+[\w.\-]+)*)\s+at\s+"
    rf"{_PROVIDER}\b(?!\s+dot\b)",
    _I,
)
_MAIL_CUE = re.compile(r"\be-?mail", _I)
_GROUPED = re.compile(
    r"\b(?:(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{3,5}[\s\-]){1,5}(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{3,5}\b", _I
)
_PLATE = re.compile(r"\b[A-Z]{2}\s?\d{2}\s?[A-HJ-PR-Z]{3}\b")
"""A number plate of the United Kingdom since 2001."""
_FILED = re.compile(r"\b\d{2,6}[\s\-][A-Z]{2,3}[\s\-]\d{3,7}\b")
_BEFORE_USER = words("before a mailbox")
_NUMBER = re.compile(r"(?<![\w.,/£$€])\+?\(?\d(?:[\s().\-]{0,2}\d){5,22}(?![\w%]|[.,/]\d)")
_SPOKEN_DIGITS = re.compile(
    rf"\b(?:(?:double|triple|plus){GAP})?{DIGIT}\b(?:{GAP}(?:(?:double|triple){GAP})?{DIGIT}\b){{5,}}|"
    rf"\b(?:oh|zero|nought){GAP}(?:{NUMBER_WORD}{GAP}){{5,}}{NUMBER_WORD}",
    _I,
)
_SPOKEN_DIGIT = written_out(DIGIT)
_DOT = re.compile(r"\bdot\b", _I)
_NHS = re.compile(r"\d{3}[\s\-]?\d{3}[\s\-]?\d{4}")
_NI = re.compile(r"\b[A-CEGHJ-PR-TW-Z]\s?[A-CEGHJ-NPR-TW-Z]\s?\d\d\s?\d\d\s?\d\d\s?[A-D]\b", _I)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?\b", _I)
_CODE = re.compile(
    r"\b(?=[A-Za-z\d\-/]*[A-Za-z])(?=(?:[A-Za-z\-/]*\d){4})[A-Za-z\d]+"
    r"(?:[\-/](?:[A-Z]{1,4}\b|(?=[A-Za-z]*\d)[A-Za-z\d]+))*\b"
)
_IP = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b", _I)
_DECADE = re.compile(r"(?:1[5-9]|20)\d0s", _I)
_TAGGED = re.compile(
    r"\b(?:(?:hospital|patient|reference|account|passport|licen[cs]e|badge|policy|case|member(?:ship)?|ID|NHS|card|"
    r"national insurance|social security|SSN|sort code|pin)[\s\-]+(?:number|no\.?|code|ID|#)?|zip(?: code)?)"
    r"(?:\s+(?:is|was|it's)|:|\s)\s*#?(?P<value>(?=[A-Za-z\-]*\d)[A-Za-z\d][A-Za-z\d\-]{3,})\b",
    _I,
)
_LIKE_A_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[\dA-Z]?\s?\d[A-Z]{2}\b")
_POSTCODE = re.compile(r"\b(?:GIR\s?0AA|[A-PR-UWYZ][A-HK-Y]?\d[\dA-Z]?\s?\d[ABD-HJLNP-UW-Z]{2})\b", _I)
_AREAS = "|".join(
    r"\s?".join(area) for area in sorted(words("postcode areas"), key=lambda area: (-len(area), area))
)
_SMALL_NUMBER = (
    r"(?:\d{1,2}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[\s\-]+(?:one|two|three|four|five|six|"
    r"seven|eight|nine))?|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    r"one|two|three|four|five|six|seven|eight|nine|oh|zero)\b"
)
_SMALL_NUMBERS = written_out(_SMALL_NUMBER)
_AREA = rf"(?<!['’\w])(?=\w(?:\s?\w){{0,{max(map(len, words('postcode areas'))) - 1}}}[\s,])(?:{_AREAS})"
"""An area is as many letters as one has at most: looked at first, as most words are longer."""
_SPELLED_POSTCODE = re.compile(
    rf"{_AREA}[\s,]+{_SMALL_NUMBER}(?:[\s,]+[A-Z]\b)?[\s,]+{_SMALL_NUMBER}[\s,]*[A-Z][\s,]?[A-Z]\b",
    _I,
)
_HALF_POSTCODE = re.compile(rf"{_AREA}[\s,]+{_SMALL_NUMBER}[\s,]+{_SMALL_NUMBER}", _I)
_ZIP = re.compile(r"\b[A-Z]{2},?\s(?P<value>\d{5}(?:-\d{4})?)\b")
_POSTCODE_CUE = re.compile(r"\b(?:post\s?code|postal code|address|live at|lives at)\b", _I)
_CUES = ("post", "address", "live at", "lives at")
"""One of these stands in every cue for a postcode."""


def contacts(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Contact details, addresses and numbers in `text`; `asked` is the talk just before it.

    >>> [(hit.label, hit.reason) for hit in contacts("it's j dot smith at gmail dot com")]
    [('EMAIL', 'spoken e-mail'), ('URL', 'spoken web address')]
    """
    yield from _written(text)
    yield from _numbers(text)
    yield from _spoken(text)
    if (has_digit(text) or not heard(text).isdisjoint(_SMALL_NUMBERS)) and numeric(text):
        yield from _postcodes(text, asked)


def _written(text: str) -> Iterator[Hit]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Hit(*match.span(), "EMAIL", "e-mail")
    if "." in text and _MAYBE_URL.search(text):
        for match in _URL.finditer(text):
            yield Hit(*match.span(), "URL", "web address")
    for pattern in (_POSTCODE, _LIKE_A_POSTCODE) if has_digit(text) else ():
        for match in pattern.finditer(text):
            yield Hit(*match.span(), "POSTCODE", "postcode")


def _numbers(text: str) -> Iterator[Hit]:
    if not has_digit(text) and (text.isascii() or not any(map(str.isdigit, text))):
        return
    for match in _NUMBER.finditer(text):
        label = _number_label(match.group())
        if label:
            yield Hit(*match.span(), label, "number")
    for pattern, reason in (
        (_NI, "national insurance number"),
        (_IBAN, "bank account"),
        (_IP, "network address"),
        (_GROUPED, "code of letters and digits"),
        (_FILED, "code of letters and digits"),
        (_PLATE, "number plate"),
    ):
        for match in pattern.finditer(text):
            yield Hit(*match.span(), "ID", reason)
    for match in _CODE.finditer(text):
        if len(match.group()) >= 6 and not _DECADE.fullmatch(match.group()):
            yield Hit(*match.span(), "ID", "code of letters and digits")
    for match in _TAGGED.finditer(text):
        label = "POSTCODE" if match.group().casefold().startswith("zip") else "ID"
        yield Hit(*match.span("value"), label, "named number")
    for match in _ZIP.finditer(text):
        yield Hit(*match.span("value"), "POSTCODE", "postcode")


def _number_label(written: str) -> str:
    digits = re.sub(r"\D", "", written)
    if len(digits) < 6 or re.fullmatch(r"(?:1[89]|20)\d\d\s?-\s?(?:1[89]|20)\d\d", written):
        return ""
    if _NHS.fullmatch(written) and nhs_number(digits):
        return "ID"
    if written[0] in "+(0" or re.fullmatch(r"1?[\s.\-]?\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}", written):
        return "PHONE"
    try:
        if phonenumbers.is_valid_number(phonenumbers.parse(written, "GB")):
            return "PHONE"
    except phonenumbers.NumberParseException:
        pass
    return "ID"


def nhs_number(digits: str) -> bool:
    """Whether ten digits carry the NHS number's check digit (modulus 11, NHS Data Dictionary).

    >>> nhs_number("9434765919"), nhs_number("9434765918")
    (True, False)
    """
    if len(digits) != 10 or not digits.isdigit():
        return False
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9]))
    check = (11 - total % 11) % 11
    return check < 10 and check == int(digits[9])


def _spoken(text: str) -> Iterator[Hit]:
    low = folded(text)
    if "dot" in low and _DOT.search(text):
        for match in _SPOKEN_EMAIL.finditer(text):
            yield Hit(match.start() + _user_start(match.group("user")), match.end(), "EMAIL", "spoken e-mail")
        for match in _SPOKEN_URL.finditer(text):
            yield Hit(*match.span(), "URL", "spoken web address")
    for match in _MAILBOX.finditer(text) if any(part in low for part in _PROVIDERS) else ():
        if re.search(r"[\d._ ]", match.group("user")) or _MAIL_CUE.search(
            text, max(0, match.start() - 80), match.start()
        ):
            yield Hit(*match.span(), "EMAIL", "spoken e-mail")
    for match in () if heard(text).isdisjoint(_SPOKEN_DIGIT) else _SPOKEN_DIGITS.finditer(text):
        yield Hit(*match.span(), "PHONE", "spoken digits")


def _user_start(user: str) -> int:
    """Where the mailbox begins: after the last word that leads up to it."""
    start = 0
    for match in re.finditer(r"[\w'’\-]+", user):
        if match.group().casefold() in _BEFORE_USER:
            start = match.end()
    rest = user[start:]
    return start + len(rest) - len(rest.lstrip(" ,")) if rest.strip(" ,") else 0


def _postcodes(text: str, asked: str) -> Iterator[Hit]:
    for match in _SPELLED_POSTCODE.finditer(text):
        yield Hit(*match.span(), "POSTCODE", "spelled postcode")
    if not any(cue in folded(said) for said in (text, asked) for cue in _CUES):
        return
    for match in _HALF_POSTCODE.finditer(text):
        if _POSTCODE_CUE.search((asked + "\n" + text[: match.start()])[-160:]):
            yield Hit(*match.span(), "POSTCODE", "postcode asked for")

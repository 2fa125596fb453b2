"""What people are called on the net: handles, user names, gamer tags, written and spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.pseudonymise.glance import folded, heard
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.spoken import NUMBER_WORD, OPEN
from pipeline.pseudonymise.text import SMALL
from pipeline.pseudonymise.vocabulary import no_word
from pipeline.pseudonymise.wordlists import english, words

_I = re.IGNORECASE
_SITE = "|".join(sorted(words("meeting places on the net"), key=lambda word: (-len(word), word)))
_SITES = heard(" ".join(words("meeting places on the net")))
_CALLED = r"(?:user\s?name|screen\s?name|handle|gamer\s?tag|log-?in(?: name)?)"
_CALLS = ("user", "screen", "handle", "gamer", "login", "log-in")
"""One of these stands wherever a user name is called one."""
_SIGNS = ("@", "u/", "#", "_")
"""One of these stands in every user name that its spelling gives away."""
_WRITTEN = re.compile(
    r"(?<![\w.@])@[^\W\d]\w*(?:[.\-]\w+)*|\bu/[\w\-]{3,}|\b[^\W\d]\w+#\d{3,5}\b|"
    r"\b(?=\w*[^\W\d_])[^\W_]+(?:_[^\W_]+)+\b"
)
_UNDERSCORED = re.compile(
    rf"(?:(?<=\bat )(?:\w+\s+){{1,3}}?|\b[\w'’]+\s+)underscore\s+\w+"
    rf"(?:\s+(?:underscore\s+\w+|{NUMBER_WORD}))*",
    _I,
)
_ITS = rf"(?:{_SITE})\s+(?:name|handle|id|account|user|tag)"
_SAYS = r"(?:['’]s|\s+is|\s+was|:|,|\s+(?:i|he|she)(?:['’](?:m|s)|\s+am|\s+is))"
_FILLERS = r"(?:um+,?\s+|uh+,?\s+|at\s+)*"
_NAME = r"(?P<name>\w(?:[\w.\-]*\w)?"
_NAMED = re.compile(
    rf"\b(?:(?P<plain>{_CALLED})|(?P<mine>(?:my|his|her|your|their|on)\s+(?:{_SITE})|{_ITS})|(?:{_SITE}))"
    rf"(?:\s+(?:there|name))?{_SAYS}\s+{_FILLERS}[\"“'‘]?{_NAME}(?:\s+{NUMBER_WORD})*)",
    _I,
)
_ASKED = re.compile(rf"\b(?:{_CALLED}|{_ITS})\b[^.?!\n]{{0,20}}\?\s*", _I)
_ANSWER = re.compile(rf"{OPEN}(?:i['’]m )?{_NAME})", _I)
_MADE = re.compile(r"[\d_]|\w\.\w|[a-z][A-Z]")
"""What no ordinary word holds."""
USER_NAME = "user name"


def usernames(text: str, *, asked: str = "") -> Iterator[Hit]:
    """Handles and user names in `text`; `asked` is the talk just before, which may have asked for one.

    >>> [text[hit.start:hit.end] for text in ["it's at rosie underscore knits"] for hit in usernames(text)]
    ['rosie underscore knits']
    """
    signed = any(sign in text for sign in _SIGNS)
    for pattern, likely in ((_WRITTEN, signed), (_UNDERSCORED, "underscore" in folded(text))):
        for match in pattern.finditer(text) if likely else ():
            yield Hit(*match.span(), "ID", USER_NAME)
    for match in _NAMED.finditer(text) if _named(text) else ():
        ends = text[match.end("name") : match.end("name") + 1] in ("", ".", ",", "!", "?", "\n")
        told = bool(match.group("plain") or match.group("mine"))
        if _likely(match.group("name"), told=told, surely=bool(match.group("plain")) and ends):
            yield Hit(*match.span("name"), "ID", USER_NAME)
    before = asked[-100:]
    if not ("?" in text or "?" in before) or not (_named(text) or _named(before)):
        return
    whole = before + "\n" + text
    shift = len(whole) - len(text)
    for question in _ASKED.finditer(whole):
        answer = _ANSWER.match(whole, question.end())
        if answer and answer.start("name") >= shift and _likely(answer.group("name"), told=True):
            yield Hit(answer.start("name") - shift, answer.end("name") - shift, "ID", USER_NAME)


def _named(text: str) -> bool:
    """Whether a text speaks of user names, or of a place on the net where people have one."""
    return any(call in folded(text) for call in _CALLS) or not heard(text).isdisjoint(_SITES)


def _likely(name: str, *, told: bool, surely: bool = False) -> bool:
    """Whether a word can be somebody's user name: `told` where the talk is of one, `surely` where nothing
    follows."""
    first = name.split()[0].casefold()
    if first in SMALL or first.isdigit():
        return False
    return _MADE.search(name) is not None or (
        told and (no_word(first) or (surely and first not in english()))
    )

"""Speaker labels in typed text: which line beginnings may be labels, and which of them are.

Two passes: `head_of` says what a line would begin with if it begins with a label; `accept` then looks at
all of them together, since a label is told from "And I said to him: go" by coming back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from pipeline.transcripts.marks import is_remark
from pipeline.transcripts.times import CLOCK, RANGE, TIME, clocks

_FOLD = str.maketrans(
    {
        **dict.fromkeys(
            "\u00a0\u202f\u2007\u2009\u200a\u2008\u2002\u2003\u200b\u200c\u200d\u200e\u200f\ufeff\u00ad\u2060",
            " ",
        ),
        **dict.fromkeys("\uff1a\ufe55", ":"),
        **dict.fromkeys("\u2018\u2019", "'"),
        **dict.fromkeys("\u201c\u201d", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    }
)
_UNSEEN = re.compile("[\u200b-\u200f\ufeff\u00ad\u2060]")
_LEAD = re.compile(
    rf"\s*(?:>>+\s*)?(?:(?P<no>\d{{1,5}})[.)]?\s+(?!-->))?(?:(?P<time>{RANGE}|{TIME}|{CLOCK})\s*(?:-\s+)?)?\s*"
)
_NAME = r"[^\W\d_][^:\t\[\]<>{}\"!?;,*|=…\n]{0,39}?|\d{1,3}[^\W\d][^:\s\[\]<>{}\"!?;,*|=]{0,20}?|[^\W\d_]"
_AFTER = rf"(?:[ \t]*(?P<after>{TIME}))?"
_COLON = re.compile(
    rf"(?:\*\*|__)?(?P<label>(?:{_NAME})(?:\s*\([^()\n]{{1,30}}\))?)\s*(?P<at>{TIME})?\s*(?:\*\*|__)?\s*(?:(?<!\d):|:(?!\d\d))(?!//)\s*(?:\*\*|__)?{_AFTER}",
    re.S,
)
_BRACKET = re.compile(rf"(?:\[(?P<a>{_NAME})\]|<(?P<b>{_NAME})>)\s*:?{_AFTER}", re.S)
_NAMED_TIME = re.compile(
    rf"(?P<label>[^\W\d_][^:\t\[\]<>{{}}\"!?\n]{{0,59}}?)(?P<gap>\s+|(?=[\[(]))(?P<at>{TIME}|{CLOCK})\s*",
    re.S,
)
_CHAT = re.compile(r"From\s+(?P<label>\S.{0,59}?)\s+to\s+[^:]{1,60}?\s*:", re.S)
_TAB = re.compile(rf"(?P<label>{_NAME})\t+{_AFTER}", re.S)
_DASH = re.compile(rf"(?P<label>{_NAME})\s+-\s+", re.S)
_POINT = re.compile(rf"(?P<label>{_NAME})\.\s+", re.S)
_ALONE = re.compile(rf"(?P<label>{_NAME})\s*", re.S)
_PATTERNS = (
    ("chat", _CHAT),
    ("named time", _NAMED_TIME),
    ("colon", _COLON),
    ("bracket", _BRACKET),
    ("tab", _TAB),
    ("dash", _DASH),
    ("point", _POINT),
    ("alone", _ALONE),
)
_WHOLE = frozenset(["named time", "alone"])
"""Signs that fill their line."""

HEADINGS = re.compile(
    r"abstract|agenda|appendix|attachment|audio|background|cc|comment|comments|code|consent|content|"
    r"contents|copyright|date|dates|description|disclaimer|document|duration|email|e-mail|end|example|"
    r"fax|file|filename|format|heading|http|https|id|info|information|interview|introduction|key|keywords|"
    r"language|length|link|location|mailto|notes|note|number|objective|page|phone|place|position|"
    r"present|project|ps|purpose|re|recorded|recording|ref|reference|references|section|session|setting|"
    r"site|start|study|subject|summary|tel|time|title|topic|transcribed|transcript|transcription|"
    r"transcriber|url|venue|version|warning|www|attendees|participants|datum|ort|dauer|fecha|lugar|lieu|"
    r"durée"
)
"""What stands before a colon at the top of a transcript or in a note, but speaks not."""

_TALK = re.compile(
    r"actually|again|ah|also|although|and|anyway|are|as|at|because|but|can|did|do|does|either|er|erm|"
    r"essentially|eventually|exactly|absolutely|definitely|correct|sorry|bye|goodbye|hello|hey|thanks|thank|good|great|fine|fact|finally|first|firstly|five|four|from|fourth|he|hence|her|hi|"
    r"hm|hmm|how|however|if|in|is|it|just|last|lastly|like|look|maybe|meaning|mhm|my|namely|next|no|"
    r"nope|now|obviously|oh|ok|okay|on|one|or|perhaps|please|probably|quote|really|remember|right|said|"
    r"say|saying|second|secondly|seriously|she|so|still|such|sure|that|the|then|there|these|they|third|"
    r"thirdly|this|three|thus|to|today|tomorrow|two|um|us|was|we|well|were|what|when|where|which|who|"
    r"why|yeah|yep|yes|yesterday|you|i'm|i've|it's|that's|there's|he's|she's|they're|we're"
)
_ROLE = re.compile(
    r"(?:(?:lead|co|second|first|main|male|female|senior|junior|adult|young|older|peer|support|new|unknown|"
    r"unidentified|another|other|different|all|several|multiple|the)[ -])*"
    r"(?:i|int|intv|intvr|inter|interviewer|interviewers|iv|ivr|q|a|p|r|b|m|f|s|k|t|x|part|participant|participants|pt|"
    r"resp|respondent|respondents|interviewee|subj|speaker|spk|spkr|mod|moderator|fac|facilitator|res|researcher|"
    r"host|guest|chair|unknown|unidentified|several|all|many|both|group|voice|voices|man|woman|male|female|patient|"
    r"doctor|nurse|gp|carer|caregiver|mother|father|parent|child|daughter|son|wife|husband|partner|teacher|student|"
    r"worker|manager|coordinator|coach|client|user|question|answer|everyone|others|other|observer|translator|"
    r"interpreter|interviewer/facilitator|befragter|befragte|sprecher|entrevistador|entrevistadora|entrevistado|"
    r"entrevistada|enquêteur|enquêtée?|interviewerin)"
    r"(?:[ ._-]?\d{1,3}[a-z]?|[ ._-](?:[a-z]|one|two|three|four|five|six|seven|eight|nine|ten))?"
    r"(?: ?\([^)]{1,25}\))?"
)
_ID = re.compile(r"[a-z]{0,8}[-_./ ]?\d{1,4}[a-z]{0,4}(?:[-_./]?[a-z]{0,6}\d{0,4}){0,3}")
_COUNTED = re.compile(
    r"(?:chapter|day|figure|item|level|month|objective|option|paragraph|phase|point|question|round|section|session|"
    r"stage|step|table|theme|topic|version|visit|wave|week|year)s? ?\d+|"
    r"\d+ ?(?:am|pm|st|nd|rd|th|s|x|h|hrs?|mins?|k|kg|cm|m)"
)
"""Things that are counted, which are no labels either."""
_PARTICLES = re.compile(
    r"al|and|bin|da|das|de|del|della|der|di|do|dos|du|e|el|en|la|le|of|the|van|vom|von|y|zu|\&|/|-"
)
_HEAD_LENGTH = 200
"""Characters of a line in which its label must stand."""
_COMMON = 100
"""In a text of fewer lines than this, a name that stands once may be a label; it is 1 % of the lines."""


@dataclass(frozen=True, slots=True)
class Head:
    """A line that may begin with a label: the label, the kind of sign after it, times, and the words."""

    label: str
    sign: str
    rest: str
    start: float | None = None
    end: float | None = None


def fold(text: str) -> str:
    """The text for matching only, of the same length: plain blanks, quotes, colons and dashes."""
    return text.translate(_FOLD)


@lru_cache(maxsize=4096)
def key(label: str) -> str:
    """Two spellings of a label that differ in case or blanks alone have one key.

    >>> key("Dr.  SMITH") == key("dr. smith")
    True
    """
    return " ".join(fold(label).casefold().split())


def is_role_word(label: str) -> bool:
    """Whether a label is a usual word for a part in an interview: `I`, `INT`, `P07`, `Speaker 2`."""
    return _ROLE.fullmatch(key(label).rstrip(".")) is not None


def is_id(label: str) -> bool:
    """Whether a label looks like a study's code for a person: `S3PW1`, `FG2-P4`, `B1`."""
    name = key(label)
    return (
        " " not in name
        and any(c.isdigit() for c in name)
        and any(c.isalpha() for c in name)
        and bool(_ID.fullmatch(name))
    )


def heads_of(line: str) -> list[Head]:
    """Every way in which a line may begin with a label, the likeliest first.

    >>> [(head.label, head.sign, head.rest) for head in heads_of("[00:05] P07: Well, yes.")]
    [('P07', 'colon', 'Well, yes.')]
    >>> heads_of("See http://example.org and 10:30 at [Note: door] ...")
    []
    """
    line = line.strip()
    flat = fold(line[:_HEAD_LENGTH])
    lead = _LEAD.match(flat)
    at = lead.end() if lead else 0
    times = clocks(lead["time"]) if lead and lead["time"] else []
    clock = bool(times) and lead is not None and lead["time"][0].isdigit() and len(times) == 1
    found: list[Head] = []
    for sign, pattern in _PATTERNS:
        if sign == "chat" and not clock:
            continue
        if sign in _WHOLE and len(line) > _HEAD_LENGTH:
            continue
        m = pattern.fullmatch(flat, at) if sign in _WHOLE else pattern.match(flat, at)
        if sign == "alone" and times:
            sign = "timed name"
        head = (
            _head("colon after a clock" if clock and sign == "colon" else sign, m, line, times) if m else None
        )
        if head is not None:
            found.append(head)
    return found


def _head(sign: str, m: re.Match[str], line: str, times: list[float]) -> Head | None:
    groups = m.groupdict()
    group = next(name for name in ("label", "a", "b") if groups.get(name) is not None)
    label = " ".join(_UNSEEN.sub("", line[m.start(group) : m.end(group)]).split())
    if sign == "named time" and "#" in groups["at"]:
        return None
    if sign == "named time" and (m["gap"] in ("", " ") or not groups["at"][0].isdigit()):
        sign = "close time"
    if sign not in ("chat", "named time") and not _may_be_label(label):
        return None
    if sign == "alone" and not (is_role_word(label) or is_id(label)):
        return None
    if sign == "named time" and (len(label.split()) > 6 or HEADINGS.fullmatch(key(label))):
        return None
    here = times + [value for name in ("at", "after") if groups.get(name) for value in clocks(groups[name])]
    return Head(label, sign, line[m.end() :], here[0] if here else None, here[1] if len(here) > 1 else None)


@lru_cache(maxsize=4096)
def _may_be_label(label: str) -> bool:
    words = re.sub(r"\([^)]*\)", " ", label).split()
    if not 1 <= len(words) <= 4 or len(label) > 40 or label.count("(") != label.count(")"):
        return False
    if any(word.endswith(".") and len(word) > 4 for word in words[:-1]):
        return False
    name = key(label)
    if HEADINGS.fullmatch(name) or _COUNTED.fullmatch(name) or is_remark(label):
        return False
    return is_role_word(label) or not starts_like_talk(label)


def starts_like_talk(text: str) -> bool:
    """Whether the first word is one with which people begin to speak, and nobody's name.

    >>> starts_like_talk("Well: that"), starts_like_talk("Maria: that")
    (True, False)
    """
    words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?", key(text))
    return bool(words) and _TALK.fullmatch(words[0]) is not None


def lone_name(line: str) -> str:
    """The name that a line consists of, "" where it is more than a name or no name.

    >>> lone_name("Jo Lee"), lone_name("Yes."), lone_name("We went home")
    ('Jo Lee', '', '')
    """
    label = " ".join(line.split()).rstrip(":").rstrip() if len(line) < _HEAD_LENGTH else ""
    if not label or not _ALONE.fullmatch(fold(label)) or label[-1] in ".…" or not _may_be_label(label):
        return ""
    return label if _accepts(label, 2, 1) and not label[0].islower() else ""


def accept(candidates: Iterable[Head], lines: int) -> dict[str, int]:
    """The keys of the labels that are taken for labels, with how often each stands.

    `lines` is the number of lines that are not empty. A label counts if it is a role word or a code, if it
    is written like a name and comes back or makes up 1 % of the lines, or if it is a slip of the pen for
    one that counts.
    """
    seen: Counter[str] = Counter()
    written: dict[str, str] = {}
    firm: set[str] = set()
    for head in candidates:
        name = key(head.label)
        seen[name] += 1
        written.setdefault(name, head.label)
        if head.sign != "colon after a clock":
            firm.add(name)
    good = {
        name: count
        for name, count in seen.items()
        if _accepts(written[name], count, lines if name in firm else _COMMON)
    }
    common = [name for name, count in Counter(good).most_common(_COMMON) if count > 1]
    for name, count in seen.items():
        if name not in good and len(name) >= 4 and any(_slip(name, other) for other in common):
            good[name] = count
    return good


def _accepts(label: str, count: int, lines: int) -> bool:
    if is_role_word(label) or is_id(label):
        return count >= 2 or len(label) == 1 or not label[0].islower() or any(c.isdigit() for c in label)
    words = [word for word in re.split(r"[\s/]+", label) if word]
    named = all(not word[0].islower() or _PARTICLES.fullmatch(word.casefold()) for word in _outside(words))
    if named and not words[0][0].islower():
        return count >= 2 or lines < _COMMON
    return len(words) == 1 and count >= 3 and count >= 0.05 * lines


def _outside(words: list[str]) -> list[str]:
    """The words that do not stand in brackets."""
    kept, depth = [], 0
    for word in words:
        if not depth and not word.startswith("("):
            kept.append(word)
        depth += word.count("(") - word.count(")")
    return kept or ["("]


def _slip(name: str, other: str) -> bool:
    if [c for c in name if c.isdigit()] != [c for c in other if c.isdigit()] or len(other) < 4:
        return False
    return OSA.distance(name, other) <= (1 if len(other) < 8 else 2)

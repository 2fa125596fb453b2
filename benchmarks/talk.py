"""Invented interviews of any number: a grammar that says few things twice, with people, places and numbers.

Used by `benchmarks/bench.py`. Nobody in them exists: names are drawn at random from lists of the registered.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline import resources

PER_SITE = 12
"""Interviews at one site; a study grows by sites."""
_CAST = 8
"""People of a site whom several of its interviews name."""

SLOTS: dict[str, list[str]] = {
    "sentence": [
        "{opener}{clause}{tail}.",
        "{opener}{clause}, {joined} {clause}{tail}.",
        "{clause} {because} {clause}{tail}.",
        "{opener}{when} {clause}{tail}.",
        "{when}, {clause}, {joined} {clause}.",
        "{opener}what {who} {needed} was {thing}, {joined} {clause}.",
        "{who} said {quoted}, {joined} {clause}.",
        "If {clause}, {clause}{tail}.",
        "{opener}I {felt} {quality} {about} {thing}{tail}.",
        "It took {amount} before {clause}.",
        "{person} {did} {thing} {when}.",
        "{opener}{person} {did} {thing}, {joined} {clause}{tail}.",
    ],
    "clause": [
        "{who} {did} {thing}",
        "{who} {did} {thing} {where}",
        "{who} {did} {thing} {when}",
        "we {did} {thing} with {who}",
        "there was {quantity} {matter} {where}",
        "{thing} was {quality}",
        "{thing} felt {quality} to {who}",
        "I {felt} {quality} {about} {thing}",
        "nobody {did} {thing} for {who}",
        "{who} {wanted} to {act} {thing}",
        "{who} and {who} {wanted} to {act} {thing}",
        "you {wanted} to {act} {thing} {where}",
    ],
    "opener": ["", "", "", "Well, ", "So ", "I mean, ", "To be honest, ", "You know, ", "And then ", "Yes, ",
               "No, ", "Looking back, ", "At first ", "In the end "],
    "tail": ["", "", "", "", ", really", ", I suppose", ", if that makes sense", ", at least on our side",
             ", as far as I saw", ", and that mattered", ", most of the time"],
    "joined": ["and", "but", "so", "and then", "although", "while", "which meant that", "even though"],
    "because": ["because", "since", "until", "whenever", "the way", "before", "after", "as if"],
    "who": ["the ward staff", "my supervisor", "the nurses", "our team", "the manager", "the steering group",
            "people on the ward", "the peer workers", "my partner", "the consultant", "the coordinator",
            "the trust", "the other volunteers", "her family", "his sister", "the occupational therapist",
            "the receptionist", "the training lead", "someone from payroll", "the chaplain", "the union"],
    "did": ["brought up", "ignored", "paid for", "asked about", "put off", "changed", "kept", "lost",
            "fought for", "understood", "explained", "shared", "refused", "wrote down", "went through",
            "carried", "remembered", "dropped", "picked up", "set aside", "talked over", "ran", "took on",
            "questioned", "welcomed", "avoided", "rearranged", "postponed", "looked after", "drew up"],
    "act": ["change", "see", "leave", "follow", "shape", "understand", "protect", "measure", "repeat",
            "describe", "defend", "join", "plan", "hand over", "stop", "improve", "copy", "own"],
    "wanted": ["wanted", "tried", "meant", "had", "hoped", "learned", "needed", "agreed", "used", "began"],
    "needed": ["needed", "missed", "asked for", "wanted", "noticed", "valued", "feared", "expected"],
    "thing": ["the {adjective} {noun}", "our {noun}", "a {adjective} {noun}", "the {noun} for {who}",
              "that {noun}", "the {noun} about {noun}", "any {adjective} {noun}", "the first {noun}",
              "another {noun}", "the {adjective} part of the {noun}", "{quantity} {noun}"],
    "noun": ["supervision", "training day", "rota", "handover", "referral", "meeting", "budget", "contract",
             "office", "notes", "discharge plan", "travel money", "ward round", "leaflet", "phone line",
             "evaluation", "care plan", "support group", "induction", "risk assessment", "job description",
             "waiting list", "car park", "computer system", "smart card", "breakfast club", "newsletter",
             "audit", "consent form", "home visit", "follow-up call", "farewell", "boundary", "story",
             "recovery", "medication", "mentor scheme", "feedback", "timetable", "relapse", "bus route"],
    "adjective": ["new", "weekly", "difficult", "missing", "shared", "promised", "quiet", "early", "late",
                  "unpaid", "honest", "small", "public", "written", "awkward", "useful", "endless",
                  "confidential", "old", "temporary", "formal", "second", "borrowed", "unexpected", "tidy"],
    "matter": ["noise", "goodwill", "paperwork", "trust", "waiting", "confusion", "laughter", "pressure",
               "warmth", "distance", "money", "time", "interest", "silence", "worry", "patience"],
    "quantity": ["a lot of", "hardly any", "too much", "enough", "plenty of", "some", "no", "a bit of"],
    "quality": ["hard", "fair", "strange", "worthwhile", "rushed", "safe", "lonely", "clear", "muddled",
                "slow", "generous", "tiring", "important", "unfinished", "good", "wrong", "real", "heavy"],
    "felt": ["felt", "was", "became", "stayed", "got", "was never", "was always", "ended up"],
    "about": ["about", "with", "because of", "in spite of", "after", "without", "around", "during"],
    "when": ["in the first weeks", "every other week", "at the start", "towards the end", "after lunch",
             "on nights", "over the winter", "before the review", "during the handover", "last spring",
             "most mornings", "once a month", "at weekends", "when the funding stopped", "by then",
             "on {day} {number} {month}", "in {month} {year}"],
    "where": ["on the ward", "at {place}", "in the community", "in that room", "at the trust", "at home",
              "over the phone", "in {place}", "across the corridor", "at the day centre", "on paper"],
    "amount": ["three weeks", "half a year", "ages", "two goes", "a whole winter", "ten days", "a long time"],
    "quoted": ["it would be {quality}", "there was {quantity} {matter}", "{thing} could wait",
               "they {did} {thing}", "nothing was {quality} about {thing}", "we {wanted} to {act} {thing}"],
    "day": ["the"],
    "number": ["first", "second", "third", "fifth", "eighth", "tenth", "twelfth", "twentieth"],
    "month": ["January", "February", "March", "April", "June", "July", "September", "October", "November"],
    "year": ["2018", "2019", "2020", "2021"],
    "question": ["How did {who} take to {thing}?", "What was {quality} about {thing}?", "And {thing}?",
                 "Can you say more about {thing}?", "Who {did} {thing}?", "What happened {when}?",
                 "How was it {where}, with {person}?", "Did you feel {quality} {about} {thing}?"],
    "contact": ["You can reach me on {phone}, any time.", "My address is {email} if you want {thing}.",
                "My name is {person}, and I came {when}."],
}  # fmt: skip
"""What may stand in the place of each word in braces."""


@dataclass(frozen=True, slots=True)
class Interview:
    """One invented interview: its file name and its text, a line a turn."""

    name: str
    text: str


def interviews(number: int, words: int = 300, seed: int = 0) -> Iterator[Interview]:
    """So many interviews of about so many words each; the same seed gives the same ones."""
    names = _Names()
    for at in range(number):
        site, place = divmod(at, PER_SITE)
        chance = random.Random(f"{seed}/{at}")
        cast = names.people(random.Random(f"{seed}/site {site}"), _CAST)
        own = names.people(chance, 2)
        places = names.towns(random.Random(f"{seed}/site {site}"), 3)
        yield Interview(f"S{site + 1}PW{place + 1}.txt", _talk(chance, [*cast, *own, *own], places, words))


def write(folder: Path, number: int, words: int = 300, seed: int = 0) -> int:
    """Write interviews into a folder; returns how many words they have."""
    folder.mkdir(parents=True, exist_ok=True)
    said = 0
    for one in interviews(number, words, seed):
        (folder / one.name).write_text(one.text, encoding="utf-8")
        said += len(one.text.split())
    return said


class _Names:
    """First names, surnames and towns of the registered, one a line."""

    def __init__(self) -> None:
        self._first, self._last, self._towns = (
            _column(name) for name in ("first_names.txt", "surnames.txt", "places.txt")
        )

    def people(self, chance: random.Random, number: int) -> list[str]:
        return [f"{chance.choice(self._first)} {chance.choice(self._last)}" for _ in range(number)]

    def towns(self, chance: random.Random, number: int) -> list[str]:
        return [chance.choice(self._towns) for _ in range(number)]


def _column(name: str) -> list[str]:
    lines = resources.path("configs", "names", name).read_text(encoding="utf-8").split("\n")
    first = [line.split("\t")[0].split(",")[0].strip() for line in lines if line and not line.startswith("#")]
    return [word.title() for word in first if word.isalpha() and len(word) > 3]


def _talk(chance: random.Random, people: list[str], places: list[str], words: int) -> str:
    def fill(slot: str) -> str:
        if slot == "person":
            whole = chance.choice(people)
            return chance.choice([whole, whole.split()[0], f"Mrs {whole.split()[1]}"])
        if slot == "place":
            return chance.choice(places)
        if slot == "phone":
            return f"07700 900{chance.randrange(1000):03d}"
        if slot == "email":
            return chance.choice(people).lower().replace(" ", ".") + "@example.org"
        return _filled(chance.choice(SLOTS[slot]), fill)

    lines, said = [], 0
    while said < words:
        lines.append("I: " + _capital(fill("question")))
        answer = [_capital(fill("sentence")) for _ in range(chance.randint(1, 6))]
        if chance.random() < 0.08:
            answer.append(_capital(fill("contact")))
        lines.append("P: " + " ".join(answer))
        said += len(lines[-1].split()) + len(lines[-2].split())
    return "\n".join(lines) + "\n"


def _filled(pattern: str, fill: Callable[[str], str]) -> str:
    out, rest = "", pattern
    while "{" in rest:
        before, _, rest = rest.partition("{")
        slot, _, rest = rest.partition("}")
        out += before + fill(slot)
    return out + rest


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]

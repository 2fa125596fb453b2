"""Finding identifiers: one pass of the model over the talk, and rules beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

from pipeline.pseudonymise import models
from pipeline.pseudonymise.addresses import addresses, continued
from pipeline.pseudonymise.ages import ages
from pipeline.pseudonymise.contacts import contacts
from pipeline.pseudonymise.dates import dates, feasts
from pipeline.pseudonymise.descriptions import descriptions
from pipeline.pseudonymise.dictated import dictated, said_back
from pipeline.pseudonymise.hits import Hit, combine
from pipeline.pseudonymise.introduced import introductions, introductions_without_capitals
from pipeline.pseudonymise.listed import Talk, listed
from pipeline.pseudonymise.organisations import not_two, organisations
from pipeline.pseudonymise.persons import model_finds, speaker_names, titles, within_lines
from pipeline.pseudonymise.premises import premises
from pipeline.pseudonymise.spread import small_words, spread
from pipeline.pseudonymise.text import LABEL, blank_remarks, labels, without_capitals
from pipeline.pseudonymise.truecase import truecase
from pipeline.pseudonymise.usernames import usernames
from pipeline.pseudonymise.votes import EXPLAINED, outvoted, unexplained
from pipeline.records import Identifier

_MODEL_LABELS = {
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "ORG": "ORGANISATION",
}
_EXPLAINED = frozenset(("NORP", "LANGUAGE", "LAW", "EVENT", "PRODUCT", "WORK_OF_ART", "DATE", "TIME"))
_TURNS = 4
"""How many texts back the talk before one is looked at."""
_ASKED = 200
"""How far back, in characters, a question may lie that the words at hand answer."""
_ALONE = Lock()
"""Held while a transcript is read: how many threads NumPy takes is one number for all of a process."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one pass found in one text: the identifiers, and where sentences begin."""

    identifiers: tuple[Identifier, ...]
    sentence_starts: tuple[int, ...]


class Finder:
    """Finds identifiers with loaded models, text after text.

    The md model reads everything. The small model reads everything too with `thorough`; without, only
    the lines in which a capitalised word is left unexplained. `nlp` takes the place of both: any spaCy
    pipeline, which a test may leave blank.
    """

    def __init__(self, thorough: bool = False, nlp: Any = None) -> None:
        self._first = models.load("md") if nlp is None else nlp
        self._second = models.load("sm") if nlp is None else None
        self._thorough = thorough

    def find(
        self, texts: Sequence[str], speakers: Iterable[str] = (), *, sentences: bool = True
    ) -> list[Found]:
        """Identifiers and sentence starts of each text, in order; a text is answered in the light of
        those before. Without `sentences` the model is spared the sentence ends.

        `texts` are turns of one transcript or whole documents. Nothing is carried from one text to
        another yet: `spread` does that, once everything that is known of the study has been gathered.
        """
        # A second thread only makes small products wait.
        with _ALONE, _threads().limit(limits=1, user_api="blas"):
            return self._find(texts, speakers, sentences)

    def _find(self, texts: Sequence[str], speakers: Iterable[str], sentences: bool) -> list[Found]:
        blanked = [blank_remarks(text) for text in texts]
        lower = without_capitals(blanked)
        read = [truecase(text) for text in blanked] if lower else blanked
        ordinary = frozenset() if lower else small_words(blanked)
        hits, starts = self._read(read, blanked if lower else None, sentences)
        for place, text in enumerate(read):
            before = "\n".join(read[max(0, place - _TURNS) : place])
            hits[place].extend(_rules(text, before, ordinary, lower))
            hits[place].extend([*continued(text, hits[place]), *feasts(text, hits[place])])
            hits[place] = list(not_two(text, hits[place]))
        for place, hit in list(said_back(read, hits)):
            hits[place].append(hit)
        named = dict.fromkeys(speaker_names(speakers), "PERSON")
        if not lower:
            self._ask_again(
                read, hits, ordinary, frozenset(word.casefold() for name in named for word in name.split())
            )
        dropped = outvoted(read, hits, ordinary)
        found = [
            combine(hit for hit in one if (place, hit) not in dropped and hit.label != EXPLAINED)
            for place, one in enumerate(hits)
        ]
        if named:
            found = spread(texts, found, named, reasons=dict.fromkeys(named, "speaker label"))
        return [Found(identifiers, start) for identifiers, start in zip(found, starts, strict=True)]

    def _read(
        self, read: list[str], also: list[str] | None, sentences: bool
    ) -> tuple[list[list[Hit]], list[tuple[int, ...]]]:
        """What the models say of each text; `also` is a second spelling of the same texts."""
        hits: list[list[Hit]] = []
        starts: list[tuple[int, ...]] = []
        unused = [] if sentences else ["senter"]
        for text, doc in zip(read, self._first.pipe(read, batch_size=64, disable=unused), strict=True):
            hits.append(list(_entities(text, doc, cased=True)))
            starts.append(_sentences(doc) if sentences else ())
        second = self._second if self._thorough else None
        for nlp, spelling in ((second, read), (self._first, also), (second, also)):
            if nlp is None or spelling is None:
                continue
            for place, doc in enumerate(nlp.pipe(spelling, batch_size=64, disable=["senter"])):
                hits[place].extend(_entities(spelling[place], doc, cased=spelling is read))
        return hits, starts

    def _ask_again(
        self, read: Sequence[str], hits: Sequence[list[Hit]], ordinary: frozenset[str], named: frozenset[str]
    ) -> None:
        """Has the small model read the lines in which a capitalised word is no ordinary one and nobody
        explained it."""
        if self._second is None or self._thorough:
            return
        lines = [
            (place, start, line, words)
            for place, text in enumerate(read)
            for start, line, words in unexplained(text, hits[place], ordinary | named)
        ]
        docs = self._second.pipe((line for _, _, line, _ in lines), batch_size=64, disable=["senter"])
        for (place, start, line, words), doc in zip(lines, docs, strict=True):
            for hit in _entities(line, doc, cased=True):
                a, b = hit.start + start, hit.end + start
                if hit.label != "ORGANISATION" and any(a <= word < b for word in words):
                    hits[place].append(Hit(a, b, hit.label, "second model"))


def _entities(text: str, doc: Any, *, cased: bool) -> Iterator[Hit]:
    for entity in doc.ents:
        label = _MODEL_LABELS.get(entity.label_)
        if label:
            for start, end in within_lines(text, entity.start_char, entity.end_char):
                yield from model_finds(text, start, end, label, cased=cased)
        elif entity.label_ in _EXPLAINED:
            yield Hit(entity.start_char, entity.end_char, EXPLAINED, entity.label_)


def _sentences(doc: Any) -> tuple[int, ...]:
    if not len(doc):
        return ()
    if not doc.has_annotation("SENT_START"):
        return (0,)
    return tuple(sentence.start_char for sentence in doc.sents)


def _rules(text: str, before: str, ordinary: frozenset[str], lower: bool) -> Iterator[Hit]:
    """Every rule, line by line, each with the talk just before it in mind."""
    whole = before[-_ASKED:] + "\n" + text
    shift = len(whole) - len(text)
    start = 0
    for line in text.split("\n"):
        label = LABEL.match(line + " ")
        skip = min(label.end(), len(line)) if label else 0
        at = start + skip
        asked = whole[max(0, at + shift - _ASKED) : at + shift]
        for hit in _line_rules(line[skip:], asked, ordinary, lower):
            yield Hit(hit.start + at, hit.end + at, hit.label, hit.reason)
        start += len(line) + 1


def _line_rules(line: str, asked: str, ordinary: frozenset[str], lower: bool) -> Iterator[Hit]:
    if not line or line.isspace():
        return
    yield from contacts(line, asked=asked)
    yield from addresses(line, asked=asked)
    yield from premises(line)
    yield from dictated(line, asked=asked)
    yield from usernames(line, asked=asked)
    yield from dates(line, asked=asked)
    yield from ages(line, asked=asked)
    yield from descriptions(line)
    yield from titles(line, lower=lower)
    yield from introductions(line, asked=asked)
    yield from organisations(line, lower=lower)
    if lower:
        yield from introductions_without_capitals(line)
    yield from listed(line, Talk(ordinary, lower))


@cache
def _threads() -> ThreadpoolController:
    """The threads of NumPy's library, which a loaded model has brought in."""
    return ThreadpoolController()


def surfaces(texts: Sequence[str], found: Sequence[Iterable[Identifier]]) -> dict[str, str]:
    """The wordings of found people, places and organisations with their labels, to be spread over other
    texts.

    A wording found under several labels keeps the most frequent one.
    """
    seen: dict[str, Counter[str]] = {}
    for text, identifiers in zip(texts, found, strict=True):
        for one in identifiers:
            if one.label in ("PERSON", "LOCATION", "ORGANISATION"):
                surface = " ".join(text[one.start : one.end].split())
                seen.setdefault(surface, Counter())[one.label] += 1
    return {
        surface: min(counts, key=lambda label: (-counts[label], label)) for surface, counts in seen.items()
    }


def find_identifiers(
    texts: Sequence[str],
    *,
    speakers: Sequence[str] = (),
    known: Mapping[str, str] | Iterable[str] = (),
    thorough: bool = False,
) -> list[list[Identifier]]:
    """Every place in `texts` that names somebody or something, one list a text, in order of place.

    Each text is one document. Names found in one are looked for in all texts of the call, and `speakers`
    (the labels of those who talk) belong to all of them: separate studies are separate calls. `known`
    are wordings to be found always, with labels if they are no people. Bracketed remarks and pseudonyms
    are never found.

    ```python find_identifiers(["My name is Ann Lee."])  # [[Identifier(start=11, end=18, label="PERSON",
    ...)]] ```
    """
    return find_with(_finder(thorough), texts, speakers=speakers, known=known)


def find_with(
    finder: Finder,
    texts: Sequence[str],
    *,
    speakers: Sequence[str] = (),
    known: Mapping[str, str] | Iterable[str] = (),
    sentences: bool = False,
) -> list[list[Identifier]]:
    """`find_identifiers` with a finder of one's own; `sentences` has it look for sentence ends as ingest
    does, which nobody asks for here but a benchmark."""
    everyone = [*speakers, *sorted(labels(texts) - set(speakers))]
    found = [one.identifiers for one in finder.find(texts, everyone, sentences=sentences)]
    stated = dict(known) if isinstance(known, Mapping) else dict.fromkeys(known, "PERSON")
    gathered = {**surfaces(texts, found), **stated}
    return [list(one) for one in spread(texts, found, gathered, reasons=dict.fromkeys(stated, "always list"))]


_FINDERS: dict[bool, Finder] = {}


def _finder(thorough: bool) -> Finder:
    if thorough not in _FINDERS:
        _FINDERS[thorough] = Finder(thorough)
    return _FINDERS[thorough]

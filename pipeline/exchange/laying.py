"""Which transcript of the study each document of a project is, and how the one lies on the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pipeline.exchange.align import Aligned, Piece, Word, align, plain, runs, transcript_words, words
from pipeline.exchange.project import Document

SAME = 0.995
"""Share of a transcript's words that a text must have to be its pseudonymised text as it stands."""
_ALIKE = 0.25
"""Share of a document's runs of words that must stand in a transcript for the two to be taken for one."""
_FEW = 3
"""So many common runs do too, where no other transcript has a quarter as many (texts full of times)."""
_HALF = 0.5
"""Share of a transcript's words below which a document laid on it is another text after all."""

_SAMPLE = 1000
"""So many runs of a document are looked at."""


def which(
    documents: Iterable[Document],
    talks: Mapping[str, Sequence[Piece]],
    names: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The transcript of each document, by its words, else by its name: document GUID to transcript id.

    `talks` are the study's transcripts, `names` further names of them (file names without their ending).
    """
    by_run: dict[tuple[str, ...], set[str]] = {}
    for name, pieces in talks.items():
        said = [each for piece in pieces for each in ([""] if piece.hidden else plain(piece.text))]
        for run in runs(said):
            by_run.setdefault(run, set()).add(name)
    by_run.pop((), None)
    known = {name.casefold(): name for name in talks}
    known |= {key.casefold(): name for key, name in (names or {}).items()}
    out = {}
    for one in documents:
        here = runs(plain(one.text))
        here = here[:: len(here) // _SAMPLE + 1]
        votes = Counter(name for run in here for name in by_run.get(run, ()))
        found = _best(votes, len(here), _named(one.name, known))
        if found:
            out[one.guid] = found
    return out


def lay(
    documents: Iterable[Document], talks: Mapping[str, Sequence[Piece]], home: Mapping[str, str]
) -> dict[str, Aligned]:
    """Lay each document on its transcript (`home`, from `which`); document GUID to how it lies.

    A document that has less than half of the transcript's words is left out.
    """
    cut: dict[str, list[Word]] = {}
    out = {}
    for one in documents:
        name = home.get(one.guid, "")
        if name in talks:
            if name not in cut:
                cut[name] = transcript_words(talks[name])
            laid = align(words(one.text), cut[name])
            if laid.share >= _HALF:
                out[one.guid] = laid
    return out


def _best(votes: Counter[str], size: int, named: str) -> str:
    """The transcript with most runs in common, if they are enough; between equals the one of that name."""
    ranked = sorted(votes.items(), key=lambda vote: (vote[1], vote[0] == named), reverse=True)
    if not ranked:
        return named
    best, count = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0
    enough = count >= _ALIKE * size or (count >= _FEW and count >= 4 * second)
    return best if enough else named


def _named(name: str, known: Mapping[str, str]) -> str:
    """The transcript that a document's name names: the name without its ending, or a word of it."""
    stem = re.sub(r"\.[A-Za-z]{2,5}$", "", name.strip()).casefold()
    if stem in known:
        return known[stem]
    found = {known[word] for word in re.split(r"[^\w-]+", stem) if word in known}
    return found.pop() if len(found) == 1 else ""

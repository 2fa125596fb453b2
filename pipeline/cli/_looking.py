"""Where known wordings are left in the talk: everywhere, or only where something is new.

What was swept clean stays clean as long as nobody listed or un-listed a wording, the study keeps the same
kinds, and no word that passed for a word of the talk has come to be a name. Then it is enough to look for
what is new in the register in all talk, to which the full-text index leads, and for everything in new talk.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from itertools import chain

from pipeline.cli import _listed
from pipeline.cli._indexed import Indexed
from pipeline.cli._names import Names, named_in
from pipeline.cli._rewrite import Touched, masked_of
from pipeline.cli._search import BASIS, apart, dialect, found, pseudonyms, search_for, written
from pipeline.cli._touched import not_own
from pipeline.pseudonymise.text import blank_remarks, without_capitals
from pipeline.records import Identifier
from pipeline.risk import Sought, Sweep, Vocabulary
from pipeline.risk.sweep import words_of
from pipeline.study import Register, Store, Study

_SAID = "swept with words"
"""The note in the store that holds, as keyed hashes, the parts of names that passed for words."""


class Looking:
    """One look at a study's talk: what is looked for, and which words are ordinary ones here."""

    def __init__(self, study: Study, store: Store, kept: Register) -> None:
        self._study, self._store, self._kept = study, store, kept
        self._plain = dialect(written(store), kept)
        self._own = pseudonyms(kept)
        self._new = store.unswept()
        self._states = store.text_states()
        before, self._fresh = apart(kept, self._new)
        self._sought = before | self._fresh

    @cached_property
    def whole(self) -> Sweep:
        """The search for everything."""
        return self._search(self._sought)

    def suffices(self) -> bool:
        """Whether looking where something is new finds all that is left."""
        there = self._store.count("transcripts")
        before = json.loads(self._store.note(_SAID) or "[]")
        return (
            2 * len(self._new) < there  # of many new ones, looking everywhere is less work
            and self._store.note(BASIS) == self._basis()
            and set(before) <= set(self._passing)
        )

    def remember(self) -> None:
        """Note what this look went by; to be called when nothing is left."""
        self._store.set_note(BASIS, self._basis())
        self._store.set_note(_SAID, json.dumps(self._passing))

    def everywhere(self) -> list[Touched]:
        """What is left in the whole of the talk."""
        out = []
        for one in self._store.transcripts():
            out += self._left(self.whole, one.id, None)
        return out

    def where_new(self, index: Indexed | None = None) -> list[Touched]:
        """What is left of everything in new talk, and of what is new in the register in all other talk.

        `index` is that of the text before the new came to it, where it was read already: since then other
        talk got no word but those that the tool itself wrote.
        """
        return self._partly(self._new, self._fresh, index)

    def since(self, before: Looking, masked: Iterable[Touched]) -> list[Touched]:
        """What is left after what `before` found everywhere was masked: of everything in these transcripts,
        and in what else reads differently since, and of what the register has learned since in all others."""
        if before._plain - self._plain:  # a word that passed for a word may have been passed over as one
            return self.everywhere()
        anew = {one.transcript_id for one in masked}
        anew |= {name for name, state in self._states.items() if before._states.get(name) != state}
        return self._partly(anew, self._sought - before._sought)

    def _partly(
        self, talk: Collection[str], fresh: Collection[Sought], index: Indexed | None = None
    ) -> list[Touched]:
        """What is left of everything in some talk, and of some wordings in all other talk."""
        out = []
        made = self._search(fresh)
        for name in sorted(talk):
            out += self._left(self.whole, name, None)
        for name, indices in sorted(self._places(fresh, index or Indexed(self._store.words())).items()):
            if name not in talk:
                out += self._left(made, name, indices)
        return out

    def _left(self, made: Sweep, name: str, indices: Collection[int] | None) -> list[Touched]:
        """What is left in turns of one transcript; in all of them where no numbers are given."""
        turns = self._store.turns(name)
        lower = without_capitals([blank_remarks(turn.text) for turn in turns])
        some = [turn for turn in turns if indices is None or turn.index in indices]
        texts = [turn.text for turn in some]
        by_turn: dict[int, list[Identifier]] = {}
        for hit in made.hits(texts, lower=lower):
            one = found(hit)
            if _listed.spared(texts[hit.text], [one], self._kept):
                by_turn.setdefault(some[hit.text].index, []).append(one)
        return self._unkept(not_own(self._study, name, some, by_turn))

    def _unkept(self, some: list[Touched]) -> list[Touched]:
        """The same without wordings that name something here which the study keeps as it stands, and somebody
        elsewhere."""
        if not some or "keep" not in self._study.settings.pseudonymise.policy.values():
            return some
        names = Names(
            self._study.settings, self._kept, named_in(self._kept, {one.transcript_id for one in some})
        )
        out = []
        for one in some:
            masked = masked_of(one.raw, one.identifiers, names, one.transcript_id)
            hits = [
                hit for hit in one.identifiers if any(a.start < hit.end and hit.start < a.end for a in masked)
            ]
            out += [replace(one, identifiers=tuple(hits))] if hits else []
        return out

    def _search(self, some: Iterable[Sought]) -> Sweep:
        return search_for(self._study, self._kept, some, self._plain, self._own)

    def _places(self, fresh: Iterable[Sought], index: Indexed) -> dict[str, set[int]]:
        """The turns, by transcript, in which the index says that one of these wordings could stand."""
        out: dict[str, set[int]] = {}
        vocabulary = Vocabulary(index.words)
        for one in fresh:
            for groups in vocabulary.leads(one):
                asked = [[form for word in group for form in index.spellings(word)] for group in groups]
                for name, turn in self._store.turns_with_all(asked):
                    out.setdefault(name, set()).add(turn)
        return out

    @cached_property
    def _passing(self) -> list[str]:
        """The words of names that pass for words of this talk, as keyed hashes."""
        named = set(chain.from_iterable(words_of(one.surface) for one in self._sought))
        return sorted(map(self._kept.text_hash, self._plain & named))

    def _basis(self) -> str:
        """A keyed hash of what people listed, what the study keeps, and the release."""
        policy = self._study.settings.pseudonymise.policy
        kept = sorted(label for label, choice in policy.items() if choice == "keep")
        listed = (_listed.always(self._kept), sorted(self._kept.never), kept, version("secondcoder"))
        return self._kept.text_hash(repr(listed))

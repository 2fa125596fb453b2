"""What coders and others write in their own words: masked by the register before it is laid down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from pipeline.cli import _listed
from pipeline.cli._codebook import of_study
from pipeline.cli._names import Names
from pipeline.cli._rewrite import plain
from pipeline.cli._search import found, search, written
from pipeline.cli._touched import wanted
from pipeline.pseudonymise import find_identifiers
from pipeline.pseudonymise.kinds import plain_kind
from pipeline.pseudonymise.replace import replace as put
from pipeline.pseudonymise.spread import spread
from pipeline.records import Decision, Identifier
from pipeline.risk import Sweep
from pipeline.study import Register, Store, Study, register, words
from pipeline.study.batches import Wanted

_BRACKETED = re.compile(r"\[([^\[\]\n]*)\]")
_CODE = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+")
"""What may be a code's id; to a finder of names it looks like the name of an account."""
Said = tuple[str, str]
"""A transcript and words that were written about it ("" where they speak of none)."""


def keep(
    study: Study, store: Store, decisions: Iterable[Decision], wanted: Iterable[Wanted], run_id: int
) -> dict[str, int]:
    """Keep the notes of decisions that are in the store, and the new codes that coders would like.

    They are sealed; where the key is at hand they are masked and laid down at once. Tells how many new codes
    are wanted that were not before, and how many wordings wait for whoever holds the key.
    """
    words.seal_notes(store, study.vault, decisions, run_id)
    wanted_now = words.seal_wishes(store, study.vault, wanted, run_id)
    wait = len(words.waiting(store))
    if not wait or not study.vault.at_hand():
        return {"new_codes": wanted_now, "waiting": wait}
    swept = store.is_swept()
    kept = register.load(study.vault)
    wishes = read(study, store, kept, search(study, kept, written(store)))
    if swept:
        store.set_swept()
    return {"new_codes": wishes, "waiting": 0}


def read(study: Study, store: Store, kept: Register, made: Sweep) -> int:
    """Mask what waits and lay it down; returns how many wishes for a new code are new."""
    sealed = words.waiting(store)
    if not sealed:
        return 0
    texts = [study.vault.open(one.data, "a note in study.db").decode("utf-8") for one in sealed]
    clean = mask(
        study, kept, made, [(one.transcript_id, text) for one, text in zip(sealed, texts, strict=True)]
    )
    return words.unseal(store, zip(sealed, clean, strict=True))


def mend(study: Study, store: Store, kept: Register, made: Sweep) -> int:
    """Mask what has become known since words were laid down; returns how many were changed."""
    said = words.spoken(store)
    names = Names(study.settings, kept)
    changed = []
    for one in said:
        text = _swept(kept, made, names, one.transcript_id, one.text)
        if text != one.text:
            changed.append((one, text))
    if changed:
        words.change(store, changed)
    return len(changed)


def mask(study: Study, kept: Register, made: Sweep, some: Sequence[Said]) -> list[str]:
    """Words with every name in them replaced: what the finder finds and what the register knows."""
    read = sorted({text for _, text in some if text.strip()})
    if not read:
        return [text for _, text in some]
    always = _listed.always(kept)
    stated = [
        [*one, *_listed.stated(text, always)] for text, one in zip(read, find_identifiers(read), strict=True)
    ]
    everything = dict(zip(read, spread(read, stated, wanted(kept, after=-1), remarks=True), strict=True))
    names = Names(study.settings, kept)
    ids = of_study(study).ids()
    out = []
    for transcript, text in some:
        codes = [found.span() for found in _CODE.finditer(text) if found.group() in ids]
        left = [
            one
            for one in _listed.spared(text, everything.get(text, ()), kept)
            if not any(start <= one.start and one.end <= end for start, end in codes)
            and not names.made_up(plain(text, one))
            and not names.kept(transcript, one, plain(text, one))
        ]
        masked = put(text, _outside(text, left, names), _pseudonym(names, transcript)).text
        out.append(_swept(kept, made, names, transcript, masked))
    return out


def _swept(kept: Register, made: Sweep, names: Names, transcript: str, text: str) -> str:
    """Words with what the sweep finds in them replaced, what the tool itself wrote left alone."""
    hits = [found(hit) for hit in made.hits([text])]
    left = _outside(text, _listed.spared(text, hits, kept), names)
    return put(text, left, _pseudonym(names, transcript)).text if left else text


def _outside(text: str, some: Iterable[Identifier], names: Names) -> list[Identifier]:
    """What does not lie in a bracket that the tool wrote: a month, an age band, a description."""
    brackets = [(match.span(), names.own(match.group(1))) for match in _BRACKETED.finditer(text)]
    return [
        one
        for one in some
        if not any(
            a < one.end and one.start < b and (own or one.label in ("DATE", "AGE"))
            for (a, b), own in brackets
        )
    ]


def _pseudonym(names: Names, transcript: str) -> Callable[[Identifier, str], str]:
    """What to write in a note: the pseudonym of whoever is meant, else the kind."""

    def of(one: Identifier, surface: str) -> str:
        meant = names.nearest(transcript, " ".join(surface.split()))
        return names.of(meant[0], "")(one, meant[1]) if meant else f"[{plain_kind(one.label)}]"

    return of

"""Codes that came into the codebook after people had coded: silence does not refuse what was not there."""

from __future__ import annotations

import json
from typing import Any

from pipeline.records import Codebook
from pipeline.study import Store

NOTE = "codes since"
"""Under this key the store keeps, for each code that came later, the last decision taken in without it."""
_SEEN = "codes seen"


def since(store: Store) -> dict[str, int]:
    """For each code that came later, the id of the last decision taken in before it was there."""
    kept = store.note(NOTE)
    return {str(code): int(number) for code, number in json.loads(kept).items()} if kept else {}


def see(store: Store, book: Codebook, *, new: str = "") -> None:
    """Note which codes there are now; those not there the last time came after the decisions of that time.

    `new` is a code that came just now. A code that was renamed is no new one.
    """
    last = store.scalar("SELECT coalesce(max(id), 0) FROM decisions")
    kept = store.note(_SEEN)
    seen: dict[str, Any] = json.loads(kept) if kept else {"codes": book.ids(), "decisions": last}
    before = set(seen["codes"])
    later = {code.id: int(seen["decisions"]) for code in book.codes if not before & {code.id, *code.was}}
    if new:
        later[new] = last
    known = since(store)
    renamed = {code.id: known[old] for code in book.codes for old in code.was if old in known}
    store.set_note(NOTE, json.dumps({**renamed, **known, **later}))
    store.set_note(_SEEN, json.dumps({"codes": sorted(book.ids()), "decisions": last}))

"""What `secondcoder report` reads from a study before it calls the stage."""

from __future__ import annotations

import json
import re
from calendar import month_name
from collections import Counter
from typing import Any

_PSEUDONYM = re.compile(r"\[([A-Z][\w -]*?)(?: (?:\d+|[A-Z]{1,2}))?\]")


def counts(store: Any) -> dict[str, int]:
    """How much is in the study."""
    return {
        "transcripts": store.count("transcripts"),
        "turns": store.count("turns"),
        "utterances": store.scalar("SELECT count(*) FROM utterances WHERE NOT context"),
        "coded": store.scalar(f"SELECT count(DISTINCT utterance_id) FROM decisions WHERE {_KEPT}"),
        "identifiers": store.scalar("SELECT coalesce(sum(identifiers), 0) FROM transcripts"),
        "suggested": store.scalar("SELECT count(*) FROM suggestions WHERE suggested"),
    }


_KEPT = "kind <> 'withdrawn' AND utterance_id IN (SELECT id FROM utterances)"
"""Decisions that count as such: not those that take one back, nor those whose talk has changed."""


def codes(store: Any, book: Any) -> list[tuple[str, int, int]]:
    """Each code's name, how often it is suggested, and to how many utterances people gave it."""
    suggested = dict(store.db.execute("SELECT code, count(*) FROM suggestions WHERE suggested GROUP BY code"))
    query = f"SELECT code, count(DISTINCT utterance_id) FROM decisions WHERE answer = 'accept' AND {_KEPT}"
    given = dict(store.db.execute(f"{query} GROUP BY code"))
    return [(code.name, suggested.get(code.id, 0), given.get(code.id, 0)) for code in book.leaves()]


def protection(store: Any, policy: dict[str, str], checked: str) -> Any:
    """What was replaced, and what the last look at the risk found."""
    from pipeline.report.opening import Protection

    looked = _last(store, "risk")
    return Protection(
        identifiers=counts(store)["identifiers"],
        kinds=_kinds(store),
        policy=policy,
        checked=checked,
        leftovers=looked.get("leftovers"),
        combinations=looked.get("combinations"),
        withdrawn=store.count("tombstones"),
    )


def _last(store: Any, command: str) -> dict[str, Any]:
    """What the last finished run of a command noted, or nothing."""
    row = store.db.execute(
        "SELECT result FROM runs WHERE command = ? AND status = 'done' ORDER BY id DESC LIMIT 1", (command,)
    ).fetchone()
    return dict(json.loads(row[0])) if row else {}


def _kinds(store: Any) -> dict[str, int]:
    """How many different pseudonyms of each kind stand in the text."""
    texts = (text for (text,) in store.db.execute("SELECT text FROM turns"))
    found = {match.group(): match.group(1) for text in texts for match in _PSEUDONYM.finditer(text)}
    for place, kind in found.items():
        if kind in month_name:
            found[place] = "Date (month and year)"
    return dict(Counter(found.values()).most_common())


def people(store: Any) -> list[Any]:
    """Who coded what, in which way."""
    from pipeline.report.opening import Coding

    rows = store.db.execute(
        "SELECT coder, kind, seen, count(DISTINCT utterance_id), count(DISTINCT transcript_id), "
        "sum(answer = 'accept'), min(at), max(at) FROM decisions GROUP BY coder, kind, seen ORDER BY min(id)"
    )
    return [Coding(*row) for row in rows]


def batches(store: Any) -> list[Any]:
    """What was sent to whom, and how much of it is back."""
    from pipeline.report.opening import Batch

    rows = store.db.execute(
        "SELECT b.id, b.coder, b.blind, b.created_at, "
        "(SELECT count(*) FROM batch_items i WHERE i.batch_id = b.id), "
        "(SELECT count(DISTINCT d.utterance_id) FROM decisions d WHERE d.batch_id = b.id) "
        "FROM batches b WHERE b.kind NOT IN ('table', 'project', 'highlights') "  # these came in, unsent
        "ORDER BY b.created_at, b.id"
    )
    return [Batch(row[0], row[1], bool(row[2]), *row[3:]) for row in rows]


def reading(store: Any, triaged: dict[str, Any] | None) -> Any:
    """How far reading has come, the samples drawn, and what triage comes to (None: it was not run)."""
    from pipeline.report.opening import Drawn, Reading

    rows = store.db.execute(
        "SELECT s.kind, s.created_at, count(i.utterance_id), "
        f"(SELECT count(DISTINCT d.utterance_id) FROM decisions d JOIN sample_items j ON {_ONE}) "
        "FROM samples s JOIN sample_items i ON i.sample_id = s.id GROUP BY s.id ORDER BY s.created_at"
    )
    known = counts(store)
    said = [triaged["verdict"], triaged["notice"]] if triaged else []
    found = {"Triage": " ".join(line for line in said if line)} if triaged else {}
    return Reading(known["utterances"], known["coded"], tuple(Drawn(*row) for row in rows), found)


_ONE = "j.utterance_id = d.utterance_id AND j.sample_id = s.id"


def runs(store: Any) -> list[tuple[str, str, str, str]]:
    """What was run, when, and how it ended."""
    rows = store.db.execute("SELECT id, command, started_at, status FROM runs ORDER BY id")
    return [(str(row[0]), row[1], row[2][:16].replace("T", " "), row[3]) for row in rows]


def settings(opened: Any, book: Any) -> dict[str, str]:
    """The settings that a reader of the methods section may ask for."""
    found = opened.settings
    policy = ", ".join(f"{kind.lower()} {what}" for kind, what in found.pseudonymise.policy.items())
    return {
        "codebook": f"{book.name} (version {book.version}), {len(book.leaves())} codes",
        "embedding": embedding(opened),
        "unit of coding": found.text.unit,
        "longest utterance, words": str(found.text.max_words),
        "roles not coded": ", ".join(found.text.code_roles_out) or "none",
        "identifiers": policy or "all in brackets",
        "name finders": "two, united" if found.pseudonymise.thorough else "one",
        "present in a case": f"at least {found.compare.present_share * 100:g} % of its participants",
        "cases grouped by": found.compare.group,
        "seed": str(found.suggest.seed),
    }


def embedding(opened: Any) -> str:
    """The embedding model in words; of one in a folder only the folder's own name."""
    import pathlib

    model = opened.settings.suggest.model
    return pathlib.PurePath(model.replace("\\", "/")).name if model else "all-MiniLM-L6-v2, packaged"

"""`secondcoder status`"""

from __future__ import annotations

from typing import Any

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, show, waits


@app.command()
def status(study: StudyArg, as_json: JsonOpt = False) -> None:
    """Say what is in a study and what to do next.

    Example:  secondcoder status my-study
    """
    from pipeline.cli._codebook import of_study
    from pipeline.cli._gate import invented
    from pipeline.cli._since import since_training, told
    from pipeline.study import Study, batches, words

    opened = Study.open(study)
    book = of_study(opened)
    opened.cases()
    with opened.store() as store:
        counts = {table: store.count(table) for table in ("transcripts", "turns")}
        standing, coded = batches.standing(store)
        suggested = int(store.db.execute("SELECT count(*) FROM suggestions WHERE suggested").fetchone()[0])
        to_code = int(store.db.execute("SELECT count(*) FROM utterances WHERE NOT context").fetchone()[0])
        orphans = _orphans(store.db)
        shared = store.shared_drive
        waiting = len(words.waiting(store))
        changed = since_training(book, store)
    missing = _without_case(opened)
    workbooks = opened.open_workbooks()
    result: dict[str, Any] = {
        "study": opened.settings.study.title,
        "codebook": book.name,
        "invented": opened.settings.study.invented,
        "transcripts": counts["transcripts"],
        "turns": counts["turns"],
        "utterances": to_code,
        "suggested": suggested,
        "decisions": standing,
        "utterances_coded": coded,
        "decisions_on_changed_text": orphans,
        "transcripts_without_case": missing,
        "open_workbooks": workbooks,
        "since_training": changed,
        "notes_waiting": waiting,
    }
    result["next"] = _next(str(study), result)
    if as_json:
        emit(result)
        return
    _show(str(study), result, [*filter(None, [invented(opened)]), *told(changed)], shared)


def _show(study: str, result: dict[str, Any], training: list[str], shared: bool) -> None:
    show(f"{result['study']} (codebook {result['codebook']})")
    transcripts, turns = result["transcripts"], result["turns"]
    show(f"  {transcripts} transcripts, {turns} turns, {result['utterances']} utterances to code")
    coded = f"{result['decisions']} decisions on {result['utterances_coded']} utterances"
    show(f"  {result['suggested']} codes suggested, {coded}")
    orphans, missing = result["decisions_on_changed_text"], result["transcripts_without_case"]
    if orphans:
        show(f"  {orphans} decisions stand on text that has changed since: see `secondcoder check {study}`")
    if missing:
        names = ", ".join(missing[:8])
        show(f"  no case yet for {names}: name one in transcripts.csv and list it in cases.csv")
    for name in result["open_workbooks"]:
        show(f"  {name} lies open: take it in (`names import`, `risk --returned`) or delete it")
    if result["notes_waiting"]:
        show(f"  {waits(result['notes_waiting'])}")
    for line in training:
        show(f"  {line}")
    if shared:
        show("  the study lies on a synced or network drive: slower, and one command at a time")
    show(f"Next: {result['next']}")


def _stale(changed: dict[str, list[str]] | None) -> bool:
    return bool(changed and any(changed[kind] for kind in ("added", "removed", "changed", "unseen")))


def _orphans(db: Any) -> int:
    return int(
        db.execute(
            "SELECT count(*) FROM decisions d LEFT JOIN utterances u ON u.id = d.utterance_id "
            "WHERE u.id IS NULL OR u.text_hash <> d.text_hash"
        ).fetchone()[0]
    )


def _without_case(opened: Any) -> list[str]:
    known = opened.cases()
    return sorted({one.transcript for one in opened.people() if not one.case or one.case not in known})


def _next(study: str, result: dict[str, Any]) -> str:
    if not result["transcripts"]:
        return f"secondcoder ingest {study} FOLDER-WITH-INTERVIEWS"
    if not result["suggested"] or _stale(result["since_training"]):
        return f"secondcoder suggest {study}"
    if not result["decisions"]:
        return f"secondcoder review export {study} --coder NAME"
    return f"secondcoder audit {study}   or   secondcoder compare {study}"

"""The words of the full-text index, kept in a table: the index tells them only by going through all it holds.

Triggers on the turns note which of them were written since the table was last brought up to date, whoever
wrote them. It is brought up to date when the text has been swept and when its words are asked for. A word
that was taken out stays in the table until words are forgotten: asked for it, the index leads nowhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing

_MANY = 2000
"""With more unread turns than this, the whole index is gone through instead."""


def words(db: sqlite3.Connection) -> list[str]:
    """The words in the table; no turn may be unread."""
    return [word for (word,) in db.execute("SELECT word FROM index_words ORDER BY word")]


def unread(db: sqlite3.Connection) -> int:
    """How many turns were written since the table was last brought up to date."""
    return int(db.execute("SELECT count(*) FROM unread_turns").fetchone()[0])


def catch_up(db: sqlite3.Connection) -> None:
    """Within a transaction: add the words of the turns that are unread."""
    number = unread(db)
    if number > _MANY:
        anew(db)
    elif number:
        texts = db.execute("SELECT text FROM turns WHERE id IN (SELECT turn_id FROM unread_turns)")
        db.executemany("INSERT OR IGNORE INTO index_words VALUES (?)", _cut(texts))
        db.execute("DELETE FROM unread_turns")


def anew(db: sqlite3.Connection) -> None:
    """Within a transaction: fill the table with what the index holds now."""
    db.execute("DELETE FROM index_words")
    db.execute("INSERT INTO index_words SELECT term FROM turns_words")
    db.execute("DELETE FROM unread_turns")


def _cut(texts: Iterable[tuple[str]]) -> list[tuple[str]]:
    """The words of texts as the full-text index has them: by an index of these texts alone, in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute(
            "CREATE VIRTUAL TABLE said USING fts5(text, content='', tokenize='unicode61', detail='none')"
        )
        db.execute("CREATE VIRTUAL TABLE said_words USING fts5vocab(said, 'row')")
        db.execute("BEGIN")
        db.executemany("INSERT INTO said (text) VALUES (?)", texts)
        return db.execute("SELECT term FROM said_words").fetchall()

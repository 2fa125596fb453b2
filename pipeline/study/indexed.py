"""The words of the full-text index, kept in a table: the index tells them only by going through all it holds.

Triggers on the turns note which of them were written since the table was last brought up to date, by anybody;
it is when the text has been swept. A word that was taken out stays in the table until words are
forgotten: asked for it, the index leads nowhere.
"""

from __future__ import annotations

import sqlite3

_MANY = 2000
"""So many turns are not read once more: the index is gone through instead."""


def words(db: sqlite3.Connection) -> list[str]:
    """The words in the table; no turn may be unread."""
    return [word for (word,) in db.execute("SELECT word FROM index_words ORDER BY word")]


def unread(db: sqlite3.Connection) -> int:
    """How many turns were written since the table was last brought up to date."""
    return int(db.execute("SELECT count(*) FROM unread_turns").fetchone()[0])


def read(db: sqlite3.Connection) -> None:
    """Within a transaction: add the words of the turns that are unread."""
    number = unread(db)
    if number > _MANY:
        anew(db)
    if not 0 < number <= _MANY:
        return
    # Cut as the full-text index cuts them: by an index of these turns alone.
    db.execute(
        "CREATE VIRTUAL TABLE temp.unread USING fts5(text, content='', tokenize='unicode61', detail='none')"
    )
    db.execute("CREATE VIRTUAL TABLE temp.unread_words USING fts5vocab(temp, unread, 'row')")
    db.execute("INSERT INTO temp.unread (text) SELECT text FROM turns JOIN unread_turns ON id = turn_id")
    db.execute("INSERT OR IGNORE INTO index_words SELECT term FROM temp.unread_words")
    db.execute("DROP TABLE temp.unread_words")
    db.execute("DROP TABLE temp.unread")
    db.execute("DELETE FROM unread_turns")


def anew(db: sqlite3.Connection) -> None:
    """Within a transaction: fill the table with what the index holds now."""
    db.execute("DELETE FROM index_words")
    db.execute("INSERT INTO index_words SELECT term FROM turns_words")
    db.execute("DELETE FROM unread_turns")

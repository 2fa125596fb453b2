"""The one exception that a user of Second Coder ever meets."""

from __future__ import annotations


class StudyError(Exception):
    """Something the user can mend: what is wrong, where, and what to do next.

    `message` states the fact, `where` names the place (a file, a row, a key), `hint` the next step.
    None of the three may hold a participant's words.

    >>> str(StudyError("holds no turns", where="a.txt", hint="Check that the file is a transcript."))
    'a.txt: holds no turns\\nCheck that the file is a transcript.'
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: {self.message}" if self.where else self.message
        return f"{line}\n{self.hint}" if self.hint else line

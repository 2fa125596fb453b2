"""A project of any qualitative analysis program as values, free of each program's ways of counting.

Texts have LF line ends and no byte-order mark; offsets are Python code points, half-open. Identifiers are
GUIDs in small letters without braces.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

_NAMESPACE = uuid.UUID("5d1f6a0e-0c3f-5d0b-9d8f-3f1c6f7b8a21")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who coded, or the model."""

    guid: str
    name: str


@dataclass(frozen=True, slots=True)
class ProjectCode:
    """A code of a project; `parent` is the GUID of the code above, or ""."""

    guid: str
    name: str
    parent: str = ""
    codable: bool = True
    description: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Coding:
    """One code given to one passage: by whom, when (as the file says it), with what remark."""

    guid: str
    code: str
    user: str = ""
    at: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document that was marked; without codings it is a comment."""

    guid: str
    start: int
    end: int
    codings: tuple[Coding, ...] = ()
    note: str = ""
    user: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its passages. `uncertain` where no way of counting offsets fits the passages."""

    guid: str
    name: str
    text: str
    passages: tuple[Passage, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    note: str = ""
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class ProjectCase:
    """A case with its attributes and the GUIDs of its documents."""

    guid: str
    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memo:
    """A note of the project as a whole."""

    guid: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Project:
    """A whole project. `origin` names the program that wrote it, `notices` what reading it left out."""

    name: str
    origin: str = ""
    at: str = ""
    users: tuple[User, ...] = ()
    codes: tuple[ProjectCode, ...] = ()
    cases: tuple[ProjectCase, ...] = ()
    documents: tuple[Document, ...] = ()
    memos: tuple[Memo, ...] = ()
    description: str = ""
    notices: tuple[str, ...] = ()


def guid(*parts: str) -> str:
    """The GUID that stands for these names, the same every time.

    >>> guid("study", "code", "context.culture") == guid("study", "code", "context.culture")
    True
    """
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def plain_guid(text: str | None) -> str:
    """A GUID as this house compares it: small letters, no braces.

    >>> plain_guid("{2CE89C66-C28D-473B-B5C4-6CF87D20EF04}")
    '2ce89c66-c28d-473b-b5c4-6cf87d20ef04'
    """
    return (text or "").strip().strip("{}").lower()


def code_path(codes: dict[str, ProjectCode], code_guid: str) -> tuple[str, ...]:
    """The names from the top down to a code; `codes` by GUID."""
    path: list[str] = []
    seen: set[str] = set()
    while code_guid in codes and code_guid not in seen:
        seen.add(code_guid)
        path.append(codes[code_guid].name)
        code_guid = codes[code_guid].parent
    return tuple(reversed(path))

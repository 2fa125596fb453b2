"""A project as a REFI-QDA file (.qdpx), which NVivo, ATLAS.ti, MAXQDA and QualCoder open.

After REFI-QDA 1.5 (25-09-2019) and its schema Project.xsd (18-03-2019).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from pipeline.errors import StudyError
from pipeline.exchange.offsets import TARGETS, Target, positions
from pipeline.exchange.package import pack
from pipeline.exchange.project import (
    Coding,
    Document,
    Memo,
    Passage,
    Project,
    ProjectCase,
    ProjectCode,
    User,
    guid,
)

NAMESPACE = "urn:QDA-XML:project:1.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_WHERE = f"{NAMESPACE} http://schema.qdasoftware.org/versions/Project/v1.0/Project.xsd"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufeff\ufffe\uffff]")
_QUOTE = 100
"""So many characters of a passage stand in its name, so that any reader can check its own counting."""


def write_project(project: Project, target: str = "spec") -> bytes:
    """A project as the bytes of a .qdpx file, its offsets counted as the program `target` counts.

    The same project gives the same bytes. Raises `StudyError` for an unknown target and for two documents
    under one GUID.
    """
    if target not in TARGETS:
        raise StudyError(f"no project is written for {target}", hint=f"Choose {', '.join(TARGETS)}.")
    guids = [one.guid for one in project.documents]
    if len(guids) != len(set(guids)):
        raise StudyError("two documents of the project have one GUID")
    aim = TARGETS[target]
    root = _project(project, aim)
    # Named here so that a reader that goes by the program counts as the program does.
    root.set("origin", xml_text(project.origin if target == "spec" else f"{project.origin} for {target}"))
    parts = [("project.qde", etree.tostring(root, xml_declaration=True, encoding="utf-8"))]
    for one in project.documents:
        text = written_text(one.text)
        parts.append((f"sources/{one.guid}.txt", (text.replace("\n", "\r\n") if aim.crlf else text).encode()))
    return pack(parts)


def warnings(project: Project, target: str) -> list[str]:
    """What a project for this program loses or leaves in doubt, a line each, for the person exporting it."""
    lines = []
    astral = sum(1 for one in project.documents if any(char > "\uffff" for char in one.text))
    if astral and not TARGETS[target].astral_known:
        lines.append(
            f"{astral} texts hold emoji or other rare signs. How this program counts them is not known: "
            "see whether passages after them sit right."
        )
    if astral and target == "spec":
        lines.append(f"{astral} texts hold emoji or other rare signs: for NVivo write --target nvivo.")
    changed = sum(1 for one in project.documents if written_text(one.text) != one.text)
    if changed:
        lines.append(f"{changed} texts hold control characters; each is written as a blank.")
    return lines


def written_text(text: str) -> str:
    """A text as it stands in the file: what no program can hold becomes a blank, so that no offset moves.

    >>> written_text("a\\x00b\\rc\\n")
    'a b c\\n'
    """
    return _NOT_TEXT.sub(" ", text)


def xml_text(text: str) -> str:
    """A text without the characters that XML cannot hold.

    >>> xml_text("a\\x00b")
    'ab'
    """
    return _NOT_XML.sub("", text)


def stamp(at: str) -> str:
    """A time as the schema wants it (UTC, seconds), or "" for one that is none.

    >>> stamp("2026-11-23T16:00:00+00:00"), stamp("last week")
    ('2026-11-23T16:00:00Z', '')
    """
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return ""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def code_elements(parent: Any, codes: Sequence[ProjectCode]) -> None:
    """Add codes below an element, children within their parents, in order."""
    made: dict[str, Any] = {"": parent}
    waiting = list(codes)
    while waiting:
        ready = [one for one in waiting if one.parent in made]
        if not ready:
            raise StudyError("a code of the project stands under a code that is missing")
        for one in ready:
            made[one.guid] = _code(made[one.parent], one)
        waiting = [one for one in waiting if one.guid not in made]


def _code(parent: Any, code: ProjectCode) -> Any:
    element = _add(
        parent,
        "Code",
        guid=code.guid,
        name=code.name,
        isCodable="true" if code.codable else "false",
        color=code.colour,
    )
    _described(element, code.description)
    return element


def _project(project: Project, aim: Target) -> Any:
    """The tree of project.qde; the schema fixes the order, and empty wrappers are left out."""
    root = etree.Element(f"{{{NAMESPACE}}}Project", nsmap={None: NAMESPACE, "xsi": _XSI})
    root.set("name", xml_text(project.name))
    root.set(f"{{{_XSI}}}schemaLocation", _WHERE)
    if stamp(project.at):
        root.set("creationDateTime", stamp(project.at))
    _users(root, project.users)
    if project.codes:
        code_elements(_add(_add(root, "CodeBook"), "Codes"), project.codes)
    variables = _variables(root, project)
    _cases(root, project.cases, variables)
    if project.documents:
        sources = _add(root, "Sources")
        for one in project.documents:
            _document(sources, one, aim, variables)
    _memos(root, project)
    _described(root, project.description)
    return root


def _users(root: Any, users: Sequence[User]) -> None:
    if users:
        wrapper = _add(root, "Users")
        for one in users:
            _add(wrapper, "User", guid=one.guid, name=one.name)


def _variables(root: Any, project: Project) -> dict[str, str]:
    """Declare every attribute of cases and documents as a text variable; name to GUID."""
    pairs = [pair for one in project.cases for pair in one.attributes]
    pairs += [pair for one in project.documents for pair in one.attributes]
    names = {name: guid("variable", name) for name, _ in pairs}
    if names:
        wrapper = _add(root, "Variables")
        for name, number in names.items():
            _add(wrapper, "Variable", guid=number, name=name, typeOfVariable="Text")
    return names


def _cases(root: Any, cases: Sequence[ProjectCase], variables: dict[str, str]) -> None:
    if not cases:
        return
    wrapper = _add(root, "Cases")
    for one in cases:
        element = _add(wrapper, "Case", guid=one.guid, name=one.name)
        _values(element, one.attributes, variables)
        for document in one.documents:
            _add(element, "SourceRef", targetGUID=document)


def _values(parent: Any, pairs: Iterable[tuple[str, str]], variables: dict[str, str]) -> None:
    for name, value in pairs:
        element = _add(parent, "VariableValue")
        _add(element, "VariableRef", targetGUID=variables[name])
        _add(element, "TextValue").text = xml_text(value)


def _document(parent: Any, one: Document, aim: Target, variables: dict[str, str]) -> None:
    element = _add(
        parent, "TextSource", guid=one.guid, name=one.name, plainTextPath=f"internal://{one.guid}.txt"
    )
    _described(element, one.note)
    text = written_text(one.text)
    table = positions(text, aim)
    for passage in one.passages:
        _passage(element, passage, text, table)
    _values(element, one.attributes, variables)


def _passage(parent: Any, one: Passage, text: str, table: Sequence[int]) -> None:
    quotation = " ".join(text[one.start : one.end][:_QUOTE].split())
    element = _add(
        parent,
        "PlainTextSelection",
        guid=one.guid,
        name=quotation,
        startPosition=str(table[one.start]),
        endPosition=str(table[one.end]),
        creatingUser=one.user,
        creationDateTime=stamp(one.at),
    )
    _described(element, one.note)
    for coding in one.codings:
        _coding(element, coding)


def _coding(parent: Any, one: Coding) -> None:
    element = _add(parent, "Coding", guid=one.guid, creatingUser=one.user, creationDateTime=stamp(one.at))
    _add(element, "CodeRef", targetGUID=one.code)
    if xml_text(one.note):
        _add(element, "NoteRef", targetGUID=guid(one.guid, "remark"))


def _memos(root: Any, project: Project) -> None:
    """The project's own notes, then the remarks on codings, which the schema keeps as notes."""
    memos = [*project.memos]
    for document in project.documents:
        for coding in [coding for passage in document.passages for coding in passage.codings]:
            if xml_text(coding.note):
                memos.append(Memo(guid(coding.guid, "remark"), "Remark on a coding", coding.note))
    if memos:
        wrapper = _add(root, "Notes")
        for one in memos:
            element = _add(wrapper, "Note", guid=one.guid, name=one.name)
            _add(element, "PlainTextContent").text = xml_text(one.text)


def _described(parent: Any, text: str) -> None:
    if xml_text(text):
        _add(parent, "Description").text = xml_text(text)


def _add(parent: Any, tag: str, **attributes: str) -> Any:
    """Add an element in its parent's namespace, with those attributes that have a value."""
    space = etree.QName(parent).namespace
    given = {key: xml_text(value) for key, value in attributes.items() if value or key == "name"}
    return etree.SubElement(parent, f"{{{space}}}{tag}", given)

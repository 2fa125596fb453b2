"""A REFI-QDA file (.qdpx) of any program as a project; what real programs do beside the standard is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.containers import Container, damaged, xml
from pipeline.exchange.offsets import choose, is_sure, lf, offsets
from pipeline.exchange.package import PROJECT
from pipeline.exchange.project import (
    Coding,
    Document,
    Memo,
    Passage,
    Project,
    ProjectCase,
    ProjectCode,
    User,
    plain_guid,
)

_BOM = b"\xef\xbb\xbf"
_DROPPED = {
    "Link": "links",
    "Set": "sets",
    "Graph": "maps",
    "PictureSource": "pictures",
    "PictureSelection": "marks on pictures",
    "PDFSelection": "marks on PDF pages as pictures",
    "AudioSelection": "marks on sound",
    "VideoSelection": "marks on film",
}
"""Elements that are not taken over, in the words for the notice."""


def read_project(data: bytes, name: str) -> Project:
    """A .qdpx file as a project; `name` is the place in errors.

    Offsets come out in code points of the text with LF ends, by the way of counting that fits the passages
    best; where none fits, the document is `uncertain`. What is left out stands in `notices`. Raises
    `StudyError` for files that are damaged, hostile, or no project.
    """
    package = Container(data, name, PROJECT)
    root = xml(package.read(_main(package)), name, PROJECT)
    if etree.QName(root).localname != "Project" or "QDA-XML" not in (etree.QName(root).namespace or ""):
        raise damaged(name, PROJECT)
    return _Reader(package, root).project()


def read_codes(parent: Any, above: str = "") -> Iterator[ProjectCode]:
    """The codes below an element, each followed by its children."""
    for element in _children(parent, "Code"):
        number = plain_guid(element.get("guid"))
        yield ProjectCode(
            number,
            element.get("name", ""),
            above,
            element.get("isCodable", "true").strip().lower() not in ("false", "0"),
            _text(element, "Description"),
            element.get("color", ""),
        )
        yield from read_codes(element, number)


def _main(package: Container) -> str:
    """The part that holds the project: `project.qde`, or whatever some versions call it."""
    if package.has("project.qde"):
        return "project.qde"
    found = [path for path in package.names() if path.endswith(".qde") and "__macosx" not in path]
    if not found:
        raise damaged(package.name, PROJECT)
    return min(found, key=lambda path: path.count("/"))


class _Reader:
    """One project being read: its package, its notes and what is left out."""

    def __init__(self, package: Container, root: Any) -> None:
        self.package = package
        self.root = root
        self.origin = root.get("origin", "")
        self.notices: list[str] = []
        self.read = 0
        self.left_out: Counter[str] = Counter()
        self.cases = {plain_guid(one.get("guid")) for one in _under(root, "Cases", "Case")}
        self.notes = {plain_guid(one.get("guid")): one for one in _under(root, "Notes", "Note")}
        self.variables = {
            plain_guid(one.get("guid")): one.get("name", "") for one in _under(root, "Variables", "Variable")
        }

    def project(self) -> Project:
        """The project, with notices of what was left out."""
        root = self.root
        documents = tuple(self._documents())
        codes = tuple(one for book in _children(root, "CodeBook") for one in _book(book))
        for element in root.iter():
            what = _DROPPED.get(_local(element))
            if what:
                self.left_out[what] += 1
        self.notices += [f"{count} {what} were left out" for what, count in sorted(self.left_out.items())]
        return Project(
            name=root.get("name", ""),
            origin=self.origin,
            at=root.get("creationDateTime", ""),
            users=tuple(
                User(plain_guid(one.get("guid")), one.get("name") or one.get("id") or "")
                for one in _under(root, "Users", "User")
            ),
            codes=codes,
            cases=tuple(self._case(one) for one in _under(root, "Cases", "Case")),
            documents=documents,
            memos=tuple(self._memos()),
            description=_text(root, "Description"),
            notices=tuple(self.notices),
        )

    def _memos(self) -> Iterator[Memo]:
        """The notes that stand for themselves; the others are remarks on what refers to them."""
        referred = {plain_guid(one.get("targetGUID")) for one in self.root.iter() if _local(one) == "NoteRef"}
        for number, note in self.notes.items():
            if number not in referred:
                yield Memo(number, note.get("name", ""), self._note_text(note))

    def _case(self, element: Any) -> ProjectCase:
        return ProjectCase(
            plain_guid(element.get("guid")),
            element.get("name", ""),
            tuple(self._values(element)),
            tuple(plain_guid(one.get("targetGUID")) for one in _children(element, "SourceRef")),
        )

    def _values(self, element: Any) -> Iterator[tuple[str, str]]:
        for value in _children(element, "VariableValue"):
            name = ""
            for part in value:
                if _local(part) == "VariableRef":
                    name = self.variables.get(plain_guid(part.get("targetGUID")), "")
                elif name:
                    yield name, part.text or ""

    def _documents(self) -> Iterator[Document]:
        for element in _under(self.root, "Sources", None):
            kind = _local(element)
            label = element.get("name", "")
            if kind == "TextSource":
                yield self._document(element, label)
            elif kind == "PDFSource":
                for text in _children(element, "Representation"):
                    yield self._document(text, label or text.get("name", ""))
            elif kind in ("AudioSource", "VideoSource"):
                for text in _children(element, "Transcript"):
                    yield self._document(text, label or text.get("name", ""))
            self.left_out["codes given to whole documents"] += len(list(_children(element, "Coding")))
        self.left_out += Counter()

    def _document(self, element: Any, label: str) -> Document:
        """A text with its passages. Notices call it by its number: its name may be a participant's."""
        self.read += 1
        place = f"document {self.read}"
        number = plain_guid(element.get("guid"))
        stored, marked = self._stored(element, place)
        selections = self._selections(element)
        shown = [(first, last, one.get("name", "")) for one, first, last in selections]
        counting, share = choose(stored, shown, marked=marked, origin=self.origin)
        table = offsets(stored, counting)
        passages = []
        for one, first, last in selections:
            if 0 <= first < last < len(table):
                passages.append(self._passage(one, table[first], table[last]))
            else:
                self.left_out["passages outside their text"] += 1
        uncertain = not is_sure(stored, share, marked=marked)
        if uncertain:
            self.notices.append(
                f"{place}: {share:.0%} of its passages fall on edges of words; their places are uncertain"
            )
        attributes = tuple(self._values(element))
        note = self._remarks(element)
        return Document(number, label or number, lf(stored), tuple(passages), attributes, note, uncertain)

    def _stored(self, element: Any, place: str) -> tuple[str, bool]:
        """The text as stored, without its byte-order mark, and whether it had one."""
        path = element.get("plainTextPath", "")
        if path:
            part = path.replace("\\", "/").rpartition("/")[2]
            found = [one for one in (f"sources/{part}", part) if self.package.has(one)]
            if part and found:
                data = self.package.read(found[0])
                return data.removeprefix(_BOM).decode("utf-8", errors="replace"), data.startswith(_BOM)
            self.notices.append(f"{place}: its text is not in the project")
            return "", False
        content = next(_children(element, "PlainTextContent"), None)
        return (content.text or "" if content is not None else ""), False

    def _selections(self, element: Any) -> list[tuple[Any, int, int]]:
        """The marked passages of a text with their positions as stored."""
        points = {
            plain_guid(one.get("guid")): _number(one.get("position"))
            for one in _children(element, "SyncPoint")
        }
        out = [
            (one, _number(one.get("startPosition")), _number(one.get("endPosition")))
            for one in _children(element, "PlainTextSelection")
        ]
        for one in _children(element, "TranscriptSelection"):
            first, last = plain_guid(one.get("fromSyncPoint")), plain_guid(one.get("toSyncPoint"))
            out.append((one, points.get(first, -1), points.get(last, -1)))
        return out

    def _passage(self, element: Any, start: int, end: int) -> Passage:
        user = plain_guid(element.get("creatingUser"))
        at = element.get("creationDateTime", "")
        return Passage(
            plain_guid(element.get("guid")),
            start,
            end,
            tuple(self._codings(element, user, at)),
            self._remarks(element),
            user,
            at,
        )

    def _codings(self, element: Any, user: str, at: str) -> Iterator[Coding]:
        """The codings of a passage; those of cases are no codes."""
        for coding in _children(element, "Coding"):
            reference = next(_children(coding, "CodeRef"), None)
            code = plain_guid(reference.get("targetGUID")) if reference is not None else ""
            if not code or code in self.cases:
                self.left_out["passages given to a case"] += 1
                continue
            yield Coding(
                plain_guid(coding.get("guid")),
                code,
                plain_guid(coding.get("creatingUser")) or user,
                coding.get("creationDateTime", "") or at,
                self._remarks(coding),
            )

    def _remarks(self, element: Any) -> str:
        """What was noted of an element: its description, then the notes that it refers to."""
        texts = [_text(element, "Description")]
        for reference in _children(element, "NoteRef"):
            note = self.notes.get(plain_guid(reference.get("targetGUID")))
            if note is not None:
                texts.append(self._note_text(note))
        return "\n".join(text for text in texts if text)

    def _note_text(self, note: Any) -> str:
        return lf(self._stored(note, "a note")[0])


def _book(book: Any) -> Iterator[ProjectCode]:
    for codes in _children(book, "Codes"):
        yield from read_codes(codes)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(parent: Any, name: str) -> Iterator[Any]:
    return (one for one in parent if _local(one) == name)


def _under(root: Any, wrapper: str, name: str | None) -> Iterator[Any]:
    for group in _children(root, wrapper):
        yield from (one for one in group if name is None or _local(one) == name)


def _text(element: Any, name: str) -> str:
    found = next(_children(element, name), None)
    return (found.text or "") if found is not None else ""


def _number(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        return -1

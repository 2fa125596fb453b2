"""Rich Text: typed labels and tables; hidden and deleted words are left out and told.

RTF is a stream of groups `{...}`, control words `\\word12` and bytes; the reader below keeps the state of
each group on a stack, as the format's specification (1.9.1) asks.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from pipeline.containers import Kind, damaged
from pipeline.records import Notice, Transcript
from pipeline.transcripts.blocks import Block, Table, lines_of, pieces_of
from pipeline.transcripts.pieces import assemble
from pipeline.transcripts.typed import Line

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    r"|(?P<brace>[{}])|(?P<end>[\r\n]+)|(?P<text>[^\\{}\r\n]+)",
    re.S,
)
_SKIPPED = frozenset(
    re.split(
        r"\|",
        "fonttbl|colortbl|stylesheet|info|pict|header|headerl|headerr|headerf|footer|footerl|footerr|footerf|"
        "footnote|annotation|atnid|atnauthor|atntime|atnicn|atnref|listtable|listoverridetable|object|objdata|"
        "themedata|datastore|fldinst|xmlnstbl|revtbl|rsidtbl|generator|nonshppict|bkmkstart|bkmkend|"
        "colorschememapping|latentstyles|pgptbl|listtext|pntext|xe|tc|mmathPr|upr|private|formfield|ftnsep|ftnsepc|"
        "aftnsep|aftnsepc|template|wgrffmtfilter|fontemb|filetbl|do|shpinst|shpgrp",
    )
)
_TOLD = {
    "footnote": "footnotes were left out",
    "annotation": "comments were left out",
    "hidden": "hidden words were left out",
    "deleted": "deleted words (tracked changes) were left out",
    "listtext": "automatic list numbers were left out",
    "pntext": "automatic list numbers were left out",
}
_PAGE = "headers and footers of the page were left out"
_CHARS = {
    "tab": "\t", "line": "\n", "page": "\n", "column": "\n", "softline": "\n", "emdash": "—", "endash": "–",
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": "\u2003",
    "enspace": "\u2002", "qmspace": "\u2005", "zwj": "\u200d", "zwnj": "\u200c",
}  # fmt: skip
_SIGNS = {"~": "\u00a0", "_": "\u2011", "-": "\u00ad", "{": "{", "}": "}", "\\": "\\", "\n": "\r", "\r": "\r"}
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "cp936", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250",
}  # fmt: skip
_CODECS = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_MAX_DEPTH = 2000


@dataclass(frozen=True, slots=True)
class _State:
    """What holds inside one group."""

    skip: str = ""
    unicode_skip: int = 1
    hidden: bool = False
    deleted: bool = False
    bold: bool = False
    italic: bool = False
    table: bool = False
    codec: str = ""
    in_fonts: bool = False
    font: int = 0


@dataclass(slots=True)
class _Page:
    """The document as it grows: paragraphs, and the rows and cells of the table in work."""

    codec: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    styles: set[str] = field(default_factory=set)
    waiting: bytearray = field(default_factory=bytearray)
    waiting_codec: str = "cp1252"
    number: int = 1
    cell: list[Line] = field(default_factory=list)
    row: list[list[Line]] = field(default_factory=list)
    row_number: int = 1
    left_out: dict[str, int] = field(default_factory=dict)

    def drop(self, what: str) -> None:
        if what in _TOLD or what.startswith(("header", "footer")):
            told = _TOLD.get(what, _PAGE)
            self.left_out[told] = self.left_out.get(told, 0) + 1

    def flush(self) -> None:
        """Bytes that wait for the rest of their character become text."""
        if self.waiting:
            self.parts.append(bytes(self.waiting).decode(self.waiting_codec, errors="replace"))
            self.waiting.clear()

    def say(self, text: str, state: _State) -> None:
        self.flush()
        self.parts.append(text)
        if text.strip():
            self.styles.add("bold" if state.bold else "italic" if state.italic else "")

    def end_paragraph(self, in_table: bool) -> None:
        self.flush()
        style = self.styles.pop() if len(self.styles) == 1 else ""
        lines = lines_of("".join(self.parts), self.number, style)
        self.parts, self.styles = [], set()
        self.number += 1
        if in_table or self.row:
            self.cell += lines
        else:
            self.blocks += lines

    def end_cell(self) -> None:
        if not self.row and not self.cell:
            self.row_number = self.number
        self.end_paragraph(True)
        self.row.append(self.cell)
        self.cell = []

    def end_row(self) -> None:
        if not self.row:
            return
        last = self.blocks[-1] if self.blocks else None
        if isinstance(last, Table):
            last.cells.append(self.row)
            last.numbers.append(self.row_number)
        else:
            self.blocks.append(Table([self.row], [self.row_number]))
        self.row, self.cell = [], []

    def finish(self) -> None:
        if self.row:
            self.end_cell()
            self.end_row()
        self.flush()
        if "".join(self.parts).strip():
            self.end_paragraph(False)
        self.blocks += self.cell
        self.cell = []


def read(data: bytes, name: str) -> Transcript:
    """The turns of an RTF file; a place is counted in paragraphs."""
    page = _parse(data.decode("latin-1").lstrip("\ufeff \r\n\t"), name)
    pieces, told = pieces_of(page.blocks)
    told += [Notice("file", f"{count} times: {what}") for what, count in page.left_out.items()]
    return assemble(pieces, format="rtf", unit="paragraph", name=name, notices=told)


def _parse(text: str, name: str) -> _Page:
    page = _Page()
    state = _State()
    stack: list[_State] = []
    at, starred, to_skip = 0, False, 0
    while at < len(text):
        m = _TOKEN.match(text, at)
        if m is None:
            break
        at = m.end()
        if m["brace"] == "{":
            stack.append(state)
            if len(stack) > _MAX_DEPTH:
                raise damaged(name, Kind("RTF"))
            starred, to_skip = False, 0
        elif m["brace"] == "}":
            if len(stack) <= 1:
                break
            state = stack.pop()
            to_skip = 0
        elif m["sign"] == "*":
            starred = True
        elif m["word"]:
            number = int(m["number"]) if m["number"] else None
            if m["word"] == "bin":
                at += max(0, number or 0)
            elif m["word"] == "u" and number is not None:
                _say_unicode(page, state, number)
                to_skip = state.unicode_skip
            else:
                state = _word(page, state, m["word"], number, starred)
            starred = False
        elif not m["end"]:
            to_skip = _characters(page, state, m, to_skip)
    page.finish()
    return page


def _characters(page: _Page, state: _State, m: re.Match[str], to_skip: int) -> int:
    """Text, bytes and escaped signs; those that stand in for a Unicode character are passed over."""
    if m["hex"]:
        if to_skip:
            return to_skip - 1
        _say_bytes(page, state, bytes([int(m["hex"], 16)]))
    elif m["sign"]:
        if to_skip:
            return to_skip - 1
        sign = _SIGNS.get(m["sign"], "")
        if sign == "\r":
            _paragraph_end(page, state)
        elif sign and _heard(page, state, sign):
            page.say(sign, state)
    else:
        rest = m["text"][to_skip:]
        if rest:
            _say_bytes(page, state, rest.encode("latin-1"))
        return max(0, to_skip - len(m["text"]))
    return 0


def _heard(page: _Page, state: _State, text: str) -> bool:
    """Whether text in this state is part of the talk; what is not, is counted."""
    if state.skip:
        return False
    if state.hidden or state.deleted:
        if text.strip():
            page.drop("hidden" if state.hidden else "deleted")
        return False
    return True


def _say_bytes(page: _Page, state: _State, data: bytes) -> None:
    if not _heard(page, state, data.decode("latin-1")):
        return
    codec = state.codec or page.codec
    if page.waiting_codec != codec:
        page.flush()
        page.waiting_codec = codec
    page.waiting += data
    if data.strip():
        page.styles.add("bold" if state.bold else "italic" if state.italic else "")


def _say_unicode(page: _Page, state: _State, number: int) -> None:
    code = number + 65536 if number < 0 else number
    if not 0 < code <= 0x10FFFF or not _heard(page, state, "x"):
        return
    page.say(chr(code), state)
    if 0xDC00 <= code < 0xE000 and len(page.parts) > 1 and "\ud800" <= page.parts[-2][-1:] < "\udc00":
        low, high = page.parts.pop(), page.parts.pop()
        page.parts.append(
            high[:-1] + (high[-1] + low).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        )


def _word(page: _Page, state: _State, word: str, number: int | None, starred: bool) -> _State:
    """The state after a control word, and what it adds to the page."""
    if word in _SKIPPED or (starred and word not in ("shptxt", "fldrslt")):
        if not state.skip:
            page.drop(word)
        return replace(state, skip=word, in_fonts=word == "fonttbl" or state.in_fonts)
    if state.in_fonts:
        return _font(page, state, word, number)
    if word in _CODECS:
        page.codec = _CODECS[word]
    elif word == "ansicpg" and number:
        page.codec = _known(f"cp{number}", page.codec)
    if state.skip:
        return state
    if word in _CHARS:
        if _heard(page, state, _CHARS[word]):
            page.say(_CHARS[word], state)
        return state
    if word in ("par", "sect"):
        _paragraph_end(page, state)
    elif word in ("cell", "nestcell"):
        page.end_cell()
    elif word in ("row", "nestrow"):
        page.end_row()
    return _shape(page, state, word, number)


def _shape(page: _Page, state: _State, word: str, number: int | None) -> _State:
    on = number != 0
    if word == "f":
        return replace(state, codec=page.fonts.get(number or 0, ""))
    if word == "uc":
        return replace(state, unicode_skip=min(max(0, number if number is not None else 1), 16))
    if word == "plain":
        return replace(state, hidden=False, deleted=False, bold=False, italic=False)
    if word == "pard":
        return replace(state, table=False)
    if word == "intbl":
        return replace(state, table=True)
    name = {"v": "hidden", "deleted": "deleted", "b": "bold", "i": "italic"}.get(word)
    if name == "hidden":
        return replace(state, hidden=on)
    if name == "deleted":
        return replace(state, deleted=on)
    if name == "bold":
        return replace(state, bold=on)
    return replace(state, italic=on) if name == "italic" else state


def _font(page: _Page, state: _State, word: str, number: int | None) -> _State:
    """Entries of the font table: which code page a font's bytes are in."""
    if word == "f":
        return replace(state, font=number or 0)
    if word == "fcharset" and number in _CHARSETS and number:
        page.fonts[state.font] = _CHARSETS[number]
    return state


def _paragraph_end(page: _Page, state: _State) -> None:
    if not state.skip:
        page.end_paragraph(state.table)


def _known(codec: str, otherwise: str) -> str:
    try:
        return codecs.lookup(codec).name
    except LookupError:
        return otherwise

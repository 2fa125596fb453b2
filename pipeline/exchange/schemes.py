"""The codes of another program's project and those of the study's codebook: which is which."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from pipeline.exchange.project import ProjectCode, code_path, guid
from pipeline.records import NONE, VALENCES, Code, Codebook, Valence

NOTHING = "Nothing applies"
"""The code that says: looked at, nothing applies."""
GENERAL = "general"
"""The last part of a code's id that stands for the code above it as such."""
ABOUT = "Second Coder: review"
"""The folder of the codes that are no constructs: nothing applies, and the valences."""
_NAMES = {"facilitator": "Valence: facilitator", "barrier": "Valence: barrier", "both": "Valence: both"}
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999")
"""Colours that the colour-blind can tell apart (Okabe & Ito 2008), one a family of codes."""
_LEVELS = re.compile(r"\s+>\s+|::|/{2}|\\\\")


@dataclass(slots=True)
class Scheme:
    """What the GUIDs of a project's codes mean: a code id (or "none"), a valence, or nothing known.

    `above` are those that have codes below them in the study's codebook, `unknown` those it lacks; both with
    the path of their names.
    """

    ids: dict[str, str] = field(default_factory=dict)
    valences: dict[str, Valence] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    above: dict[str, str] = field(default_factory=dict)


def code_guid(code_id: str) -> str:
    """The GUID under which a code travels."""
    return guid("code", code_id)


def valence_guid(valence: str) -> str:
    """The GUID under which a valence travels."""
    return guid("valence", valence)


def project_codes(book: Codebook) -> tuple[ProjectCode, ...]:
    """A codebook as a project's codes, with a folder for `nothing applies` and the valences."""
    leaves = {code.id for code in book.leaves()}
    families = {code.id: place for place, code in enumerate(one for one in book.codes if not one.parent)}
    codes = [
        ProjectCode(
            code_guid(code.id),
            code.name,
            code_guid(code.parent) if code.parent else "",
            code.id in leaves,
            describe(code),
            _COLOURS[families.get(code.id.partition(".")[0], 0) % len(_COLOURS)],
        )
        for code in book.codes
    ]
    folder = guid("folder", ABOUT)
    codes.append(ProjectCode(folder, ABOUT, codable=False))
    codes.append(
        ProjectCode(code_guid(NONE), NOTHING, folder, description="Read; no code of this book fits.")
    )
    codes += [ProjectCode(valence_guid(way), _NAMES[way], folder) for way in VALENCES]
    return tuple(codes)


def describe(code: Code) -> str:
    """A code's entry as the one text that other programs keep.

    >>> describe(Code("a", "A", "What it is.", include=("this",)))
    'What it is.\\n\\nInclude:\\n- this'
    """
    parts = [code.definition] if code.definition else []
    for title, lines in (("Include", code.include), ("Exclude", code.exclude), ("Examples", code.examples)):
        if lines:
            parts.append("\n".join([f"{title}:", *[f"- {line}" for line in lines]]))
    return "\n\n".join(parts)


def undescribe(text: str) -> dict[str, tuple[str, ...]]:
    """The parts of a text that `describe` wrote; a text of anybody else is all definition.

    >>> undescribe("What it is.\\n\\nInclude:\\n- this")["include"]
    ('this',)
    """
    out: dict[str, tuple[str, ...]] = {}
    rest = []
    for part in text.strip().split("\n\n"):
        title, _, lines = part.partition(":\n- ")
        if title.strip() in ("Include", "Exclude", "Examples"):
            out[title.strip().lower()] = tuple(line.strip() for line in lines.split("\n- ") if line.strip())
        else:
            rest.append(part)
    return {**out, "definition": ("\n\n".join(rest).strip(),)}


def read_scheme(codes: Iterable[ProjectCode], book: Codebook) -> Scheme:
    """Find for every code of a project the study's code: by GUID, by path, by path below a folder, by name.

    A name alone counts where it is that of one code only. A code that has codes below it in the study's
    codebook cannot be given to an utterance; it stands for the code `general` below it, if there is one.
    """
    by_guid = {one.guid: one for one in codes}
    leaves = {code.id for code in book.leaves()}
    known = {code_guid(one): one for one in leaves} | {code_guid(NONE): NONE}
    ways = {valence_guid(way): way for way in VALENCES}
    names = _Names(book)
    out = Scheme()
    for number in by_guid:
        path = code_path(by_guid, number)
        way = ways.get(number) or _valence(path)
        found = known.get(number) or names.find(path)
        if way:
            out.valences[number] = way
        elif found in leaves or found == NONE:
            out.ids[number] = found
        elif found and f"{found}.{GENERAL}" in leaves:
            out.ids[number] = f"{found}.{GENERAL}"
        else:
            (out.above if found else out.unknown)[number] = " > ".join(path)
    return out


def codebook_of(
    codes: Sequence[ProjectCode], name: str, origin: str = "", used: Collection[str] = ()
) -> Codebook:
    """A project's codes as a codebook: names become ids, flat path names (`A::B`) become levels.

    Two codes whose names come to one id are told apart by a number. `used` are the GUIDs of codes that
    passages carry; one that has codes below it gets a code `general` among them, which it stands for.
    """
    ids: dict[str, str] = {"": ""}
    entries: dict[str, Code] = {}
    for one in codes:
        levels = _levels([one.name], dots=origin.startswith("Taguette"))
        if one.parent not in ids or one.name == ABOUT:
            continue
        above = ids[one.parent]
        for level in levels[:-1]:
            above = f"{above}.{slug(level)}".lstrip(".")
            entries.setdefault(above, Code(above, level))
        wanted = f"{above}.{slug(levels[-1])}".lstrip(".")
        made = set(ids.values())
        ids[one.guid] = next(each for each in _numbered(wanted) if each not in made)
        parts = undescribe(one.description)
        entries[ids[one.guid]] = Code(
            ids[one.guid],
            levels[-1],
            parts["definition"][0],
            parts.get("include", ()),
            parts.get("exclude", ()),
            parts.get("examples", ()),
        )
    parents = {code.parent for code in entries.values()}
    for above in [ids[one.guid] for one in codes if one.guid in used and one.guid in ids]:
        if above in parents and f"{above}.{GENERAL}" not in entries:
            general = Code(
                f"{above}.{GENERAL}", f"{entries[above].name} (general)", entries[above].definition
            )
            entries[general.id] = general
    return Codebook(slug(name), name, origin, tuple(entries.values()))


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def slug(name: str) -> str:
    """A name as one level of a code id: small letters a to z, digits, underscores.

    >>> slug("Café-like feel!"), slug("質問")
    ('cafe_like_feel', 'code_8cea_554f')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return made if made not in ("", "none") else "_".join(["code", *(f"{ord(char):x}" for char in name[:8])])


class _Names:
    """A codebook's codes by the ways in which another program may name them."""

    def __init__(self, book: Codebook) -> None:
        self.paths: dict[str, str] = {}
        self.last: dict[str, set[str]] = {}
        by_id: Mapping[str, Code] = {code.id: code for code in book.codes}
        for code in book.codes:
            parts = code.id.split(".")
            above = [by_id.get(".".join(parts[:depth])) for depth in range(1, len(parts) + 1)]
            named = ".".join(slug(one.name) if one else part for one, part in zip(above, parts, strict=True))
            for key in (named, code.id, *code.was):
                self.paths.setdefault(key, code.id)
            for key in {slug(code.name), parts[-1]}:
                self.last.setdefault(key, set()).add(code.id)
        self.paths.setdefault(slug(NOTHING), NONE)
        self.last.setdefault(slug(NOTHING), {NONE})

    def find(self, path: Sequence[str]) -> str:
        """The code id for a path of names, or ""."""
        for dots in (False, True):
            levels = [slug(level) for level in _levels(path, dots=dots)]
            for depth in range(len(levels)):
                found = self.paths.get(".".join(levels[depth:]))
                if found:
                    return found
            named = self.last.get(levels[-1], set())
            if len(named) == 1:
                return next(iter(named))
        return ""


def _levels(path: Sequence[str], *, dots: bool) -> list[str]:
    """The names of a path, with names that hold a path of their own taken apart."""
    parts = [part for name in path for part in _LEVELS.split(name)]
    if dots:
        parts = [part for name in parts for part in name.split(".")]
    return [part.strip() for part in parts if part.strip()] or ["code"]


def _valence(path: Sequence[str]) -> Valence | None:
    """The valence that a code of a coder's own stands for: `Valence > barrier`, `Valence: barrier`."""
    if "valence" not in slug(" ".join(path)):
        return None
    return next((way for way in VALENCES if slug(path[-1]).endswith(way)), None)

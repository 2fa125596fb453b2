"""A codebook read from YAML and checked."""

from __future__ import annotations

import re
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import StudyError
from pipeline.records import Code, Codebook, NearMiss

_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _NearMiss(_Strict):
    text: str
    instead: str


class _Code(_Strict):
    id: str
    name: str = ""
    definition: str = ""
    include: list[str] = []
    exclude: list[str] = []
    examples: list[str] = []
    near_misses: list[_NearMiss] = []
    was: list[str] = []


class _Codebook(_Strict):
    name: Annotated[str, Field(min_length=1)]
    title: str = ""
    source: str = ""
    version: str = "1"
    codes: Annotated[list[_Code], Field(min_length=1)]


def parse(text: str, *, where: str = "codebook.yaml") -> Codebook:
    """Read a codebook from YAML text.

    Raises `StudyError` for text that is no YAML, unknown or missing keys, malformed or doubled code ids,
    a code whose parent is missing, and a near miss that points to no code.

    >>> parse("name: x\\ncodes: [{id: a}]").codes[0].id
    'a'
    """
    raw = _load(text, where)
    try:
        book = _Codebook.model_validate(raw)
    except ValidationError as error:
        raise StudyError(
            _first_problem(error), where=where, hint="Compare with a codebook made by `secondcoder init`."
        ) from None
    codes = tuple(_code(entry) for entry in book.codes)
    _check_ids(codes, where)
    return Codebook(
        name=book.name, title=book.title or book.name, source=book.source, codes=codes, version=book.version
    )


def dump(codebook: Codebook) -> str:
    """Write a codebook as YAML text that `parse` reads back to the same value."""
    data: dict[str, Any] = {
        "name": codebook.name,
        "title": codebook.title,
        "source": codebook.source,
        "version": codebook.version,
        "codes": [_entry(code) for code in codebook.codes],
    }
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def thin_spots(codebook: Codebook) -> list[str]:
    """What a coder would miss in the codebook, a line each: codes without definition, exclude or examples."""
    lines = []
    for code in codebook.leaves():
        missing = [
            word
            for word, value in (
                ("definition", code.definition),
                ("include", code.include),
                ("exclude", code.exclude),
                ("examples", code.examples),
            )
            if not value
        ]
        if missing:
            lines.append(f"{code.id} has no {', '.join(missing)}")
    return lines


def phrases(code: Code) -> tuple[str, ...]:
    """The texts that stand for a code before anything is coded: name and definition, include, examples."""
    first = f"{code.name}: {code.definition}" if code.definition else code.name
    return tuple(text for text in (first, *code.include, *code.examples) if text)


def _load(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise StudyError(
            "is no valid YAML", where=f"{where}{line}", hint="Mend the line or start again."
        ) from None


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = " > ".join(str(part + 1) if isinstance(part, int) else str(part) for part in first["loc"])
    return f"{place or 'the file'}: {first['msg'].lower()}"


def _code(entry: _Code) -> Code:
    return Code(
        id=entry.id,
        name=entry.name or entry.id.rpartition(".")[2].replace("_", " "),
        definition=entry.definition,
        include=tuple(entry.include),
        exclude=tuple(entry.exclude),
        examples=tuple(entry.examples),
        near_misses=tuple(NearMiss(miss.text, miss.instead) for miss in entry.near_misses),
        was=tuple(entry.was),
    )


def _entry(code: Code) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": code.id, "name": code.name}
    if code.definition:
        entry["definition"] = code.definition
    for key, values in (("include", code.include), ("exclude", code.exclude), ("examples", code.examples)):
        if values:
            entry[key] = list(values)
    if code.near_misses:
        entry["near_misses"] = [{"text": miss.text, "instead": miss.instead} for miss in code.near_misses]
    if code.was:
        entry["was"] = list(code.was)
    return entry


def _check_ids(codes: tuple[Code, ...], where: str) -> None:
    seen: set[str] = set()
    for code in codes:
        if not _ID.fullmatch(code.id):
            raise StudyError(
                f"code id {code.id!r} is not in lower case letters, digits and _, with dots between levels",
                where=where,
                hint="Write it like context.culture.",
            )
        if code.id == "none":
            raise StudyError(
                "a code may not be called none", where=where, hint="none means: nothing applies."
            )
        if code.id in seen:
            raise StudyError(
                f"code {code.id} stands twice", where=where, hint="Remove or rename one of them."
            )
        seen.add(code.id)
    for code in codes:
        if code.parent and code.parent not in seen:
            raise StudyError(
                f"code {code.id} has no parent {code.parent}", where=where, hint=f"Add a code {code.parent}."
            )
        for miss in code.near_misses:
            if miss.instead not in seen:
                raise StudyError(
                    f"a near miss of {code.id} points to {miss.instead}, which is no code", where=where
                )

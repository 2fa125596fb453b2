"""The settings of a study, read from `study.toml`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.errors import StudyError

Policy = Literal["bracket", "surrogate", "generalise", "shift", "describe", "keep"]
LABELS = (
    "PERSON",
    "LOCATION",
    "ORGANISATION",
    "DATE",
    "AGE",
    "PHONE",
    "EMAIL",
    "ID",
    "POSTCODE",
    "ADDRESS",
    "URL",
    "OTHER",
)
_ANY: tuple[Policy, ...] = ("bracket", "keep")
POLICIES: dict[str, tuple[Policy, ...]] = {
    "PERSON": (*_ANY, "surrogate"),
    "LOCATION": (*_ANY, "describe"),
    "ORGANISATION": (*_ANY, "describe"),
    "DATE": (*_ANY, "generalise", "shift"),
    "AGE": (*_ANY, "generalise"),
}
"""What may become of each kind of identifier; any other kind is bracketed or kept."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyPart(_Part):
    """`[study]`: title, whether the interviews are invented, id, and the pattern that turns a file name into
    a transcript id."""

    title: str = "My study"
    invented: bool = False
    id: str = ""
    transcript_id: str = r"(?P<participant>(?P<case>S\d+)(?P<role>PWC|PW)\d*)"

    @field_validator("transcript_id")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return value


class TextPart(_Part):
    """`[text]`: how turns become utterances."""

    unit: Literal["utterance", "sentence", "turn"] = "utterance"
    max_words: Annotated[int, Field(ge=5, le=2000)] = 60
    code_roles_out: tuple[str, ...] = ("interviewer",)


class PseudonymisePart(_Part):
    """`[pseudonymise]`: how identifiers are found and what becomes of each kind."""

    thorough: bool = False
    policy: dict[str, Policy] = {}

    @field_validator("policy")
    @classmethod
    def _known(cls, value: dict[str, Policy]) -> dict[str, Policy]:
        unknown = sorted(set(value) - set(LABELS))
        if unknown:
            raise ValueError(f"{unknown[0]} is no kind of identifier; known: {', '.join(LABELS)}")
        for label, policy in value.items():
            allowed = POLICIES.get(label, _ANY)
            if policy not in allowed:
                raise ValueError(f"{label} cannot be {policy!r}; it may be {', '.join(allowed)}")
        return value


class SuggestPart(_Part):
    """`[suggest]`: the embedding model and the seed."""

    model: str = ""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    seed: int = 1


class ComparePart(_Part):
    """`[compare]`: when a code counts as present, what groups the cases, which group is set aside."""

    present_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    group: str = "group"
    outlier: str = "outlier"


class Settings(_Part):
    """Everything in `study.toml`."""

    format: Literal[1] = 1
    study: StudyPart = StudyPart()
    roles: dict[str, tuple[str, ...]] = {}
    role_names: dict[str, str] = {}
    text: TextPart = TextPart()
    pseudonymise: PseudonymisePart = PseudonymisePart()
    suggest: SuggestPart = SuggestPart()
    compare: ComparePart = ComparePart()


def read(file: Path) -> Settings:
    """Read `study.toml`; raises `StudyError` naming the key that is wrong."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if (file.parent / "study.db").is_file():
            raise StudyError(
                "is missing from the study",
                where=file.name,
                hint=f"Whoever holds the key: secondcoder backup restore {file.parent} --key FILE",
            ) from None
        raise StudyError(
            "this folder is no study", where=str(file.parent), hint="Make one with `secondcoder init FOLDER`."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"cannot be read: {error}", where=file.name, hint="Mend that line.") from None
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise StudyError(
            f"{key}: {first['msg']}", where=file.name, hint="Compare with the comments in a new study's file."
        ) from None

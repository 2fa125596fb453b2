"""Documents in step with the commands, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import pipeline
from pipeline.cli.reference import commands, reference

ROOT = Path(pipeline.__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


ALL = list(commands())


def test_the_command_reference_is_that_of_the_commands() -> None:
    written = (ROOT / "docs" / "COMMANDS.md").read_text(encoding="utf-8")
    assert written == reference().rstrip("\n") + "\n", "run `make docs`"


@pytest.mark.parametrize(("name", "command"), ALL, ids=[name for name, _ in ALL])
def test_every_command_explains_itself(name: str, command: Any) -> None:
    text = command.help or ""
    assert f"Example:  {name}" in text or f"| {name}" in text, f"{name} shows no example"
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options, f"{name} gives no machine-readable result"
    for parameter in command.params:
        if "--help" not in parameter.opts:
            assert getattr(parameter, "help", ""), f"{name} does not explain {parameter.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_in_the_documents_exist(page: Path) -> None:
    known = {name for name, _ in ALL}
    for line in re.findall(r"secondcoder ((?:codes |review )?[a-z]+)", page.read_text(encoding="utf-8")):
        words = line.split()
        name = f"secondcoder {line}" if words[0] in ("codes", "review") else f"secondcoder {words[0]}"
        if page.name != "CHANGELOG.md":
            assert name in known or name in {one.rsplit(" ", 1)[0] for one in known}, f"{page.name}: {name}"

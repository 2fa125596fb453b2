"""The house rules: who may import whom, and how much the front door costs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline

PACKAGE = Path(pipeline.__file__).parent
COMMON = {"records", "errors", "resources", "containers", "workbooks", "workers"}
ROOMS = {
    path.stem if path.is_file() else path.name
    for path in PACKAGE.iterdir()
    if (path.suffix == ".py" and path.stem != "__init__")
    or (path.is_dir() and (path / "__init__.py").is_file())
}
HEAVY = (
    "spacy",
    "torch",
    "sklearn",
    "pandas",
    "openpyxl",
    "matplotlib",
    "sentence_transformers",
    "scipy",
    "openvino",
)
CHOOSES = {str(Path("embed", "readers.py"))}
"""It loads one of two ways to read with a model, so that the one does without what the other needs."""


def imports(file: Path) -> list[tuple[str, bool]]:
    """(dotted module, whether at the top of the file) of every import of our own package."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            top |= {id(inner) for inner in node.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide which room is meant"
            names = [node.module or ""]
            if node.module == "pipeline":
                names = [f"pipeline.{alias.name}" for alias in node.names]
        else:
            continue
        found += [(name, id(node) in top) for name in names if name.split(".")[0] == "pipeline"]
    return found


def room_of(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def stage_files() -> list[Path]:
    return [
        file
        for file in sorted(PACKAGE.rglob("*.py"))
        if room_of(file) not in {"cli", "__init__"} and "_data" not in file.parts
    ]


@pytest.mark.parametrize("file", stage_files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_imports_no_other_room(file: Path) -> None:
    room = room_of(file)
    allowed = ({"records", "errors"} if room == "study" else COMMON) | {room}
    for name, _ in imports(file):
        target = name.split(".")[1] if "." in name else ""
        assert target in allowed or target == "", f"{file.name} imports {name}"


@pytest.mark.parametrize("file", stage_files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_rooms_import_at_the_top(file: Path) -> None:
    if str(file.relative_to(PACKAGE)) in CHOOSES:
        return
    assert all(at_top for _, at_top in imports(file)), f"{file.name} hides an import in a function"


def test_the_list_of_rooms_is_the_one_in_the_architecture() -> None:
    text = (PACKAGE.parent / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for room in sorted(ROOMS):
        assert f"`{room}" in text, f"docs/ARCHITECTURE.md does not name {room}"


def test_no_room_prints() -> None:
    for file in stage_files():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls), file


def test_modules_and_functions_stay_small() -> None:
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{file.name} is too long to hold in one's head"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                assert size <= 60, f"{file.name}: {node.name} has {size} lines"


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys, json\n"
        "from pipeline.cli import main\n"
        "code = main(['--help'])\n"
        f"print('LOADED', json.dumps([m for m in {HEAVY!r} if m in sys.modules]), code)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    last = result.stdout.strip().split("\n")[-1]
    assert last.startswith("LOADED")
    loaded, code = json.JSONDecoder().raw_decode(last[len("LOADED ") :])
    assert loaded == []
    assert last.endswith(" 0"), code


def test_no_two_modules_need_each_other() -> None:
    """No circle of imports, those inside functions included; what only types are named for runs nothing."""
    names = {
        ".".join(("pipeline", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): file
        for file in PACKAGE.rglob("*.py")
        if "_data" not in file.parts
    }
    needs: dict[str, set[str]] = {name: set() for name in names}
    for name, file in names.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        types = [
            node
            for node in tree.body
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        ]
        unused = {id(inner) for node in types for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if id(node) in unused:
                continue
            if isinstance(node, ast.Import):
                needs[name] |= {alias.name for alias in node.names} & names.keys()
            elif isinstance(node, ast.ImportFrom) and node.module:
                parts = {f"{node.module}.{alias.name}" for alias in node.names} & names.keys()
                needs[name] |= parts or ({node.module} & names.keys())
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"a circle: {' -> '.join((*way[way.index(name) :], name))}"
        if name not in done:
            for other in sorted(needs[name] - {name}):
                walk(other, (*way, name))
            done.add(name)

    for name in sorted(needs):
        walk(name, ())

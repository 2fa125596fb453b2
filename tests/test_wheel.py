"""The built wheel: what travels in it, and that it works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import pipeline

ROOT = Path(pipeline.__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    words = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--quiet",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(words, check=True, capture_output=True)
    return target


def run(installed: Path, home: Path, program: str) -> str:
    """Run a program with the installed wheel in front, away from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "SECONDCODER_HOME": str(home)}
    words = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_only_the_package_and_its_data_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pipeline"}
    for wanted in (
        "pipeline/_data/configs/study.toml",
        "pipeline/_data/configs/codebooks/parihs-peer-support.yaml",
        "pipeline/_data/sample_transcripts/gold/adjudicated.csv",
        "pipeline/report/page.html.j2",
        "pipeline/report/page.css",
    ):
        assert wanted in names
    assert any(name.startswith("pipeline/_data/models/") for name in names)


def test_it_finds_its_own_data(installed: Path, tmp_path: Path) -> None:
    program = (
        "import pipeline.resources as r, pipeline.cli\n"
        "print(r.root()); print(*r.codebooks())\n"
        "print(pipeline.cli.main(['init', 'a study']))"
    )
    root, books, code = run(installed, tmp_path, program).strip().split("\n")
    assert root == str(installed / "pipeline" / "_data")
    assert "parihs-peer-support" in books
    assert code == "0"


@pytest.mark.slow
@pytest.mark.model
def test_the_demo_runs_from_it(installed: Path, tmp_path: Path) -> None:
    program = "import pipeline.cli; print(pipeline.cli.main(['demo', '--into', 'trial', '--json']))"
    assert run(installed, tmp_path, program).strip().endswith("0")
    assert (tmp_path / "trial" / "reports" / "report.html").is_file()

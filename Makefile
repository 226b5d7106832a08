# camcensus: `make demo` shows what it does, `make test` proves that it does. Both set up all they need.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test test-slow check docs clean

demo: $(VENV)/.demo
	$(BIN)/camcensus demo --output demo

test: $(VENV)/.dev
	$(BIN)/pytest -m "not slow and not paced" --numprocesses auto --dist loadfile
	$(BIN)/pytest -m "paced and not slow"

test-slow: $(VENV)/.dev
	-.ci/packages slow
	$(BIN)/pytest -m slow

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check -I . docs/reference/*.md docs/explanation/places.md docs/explanation/priority.md docs/how-to/plan-the-replacement.md

# What is generated: tables in the docs, and the literals that stand in the patterns of the fingerprints.
docs: $(VENV)/.dev
	$(BIN)/python -m fingerprints.keep_literals
	$(BIN)/cog -r -I . docs/reference/*.md docs/explanation/places.md docs/explanation/priority.md docs/how-to/plan-the-replacement.md

# Debian packages are installed only by root; for anybody else `.ci/packages` says what is missing, and how to get it.
$(VENV)/bin/python:
	.ci/packages demo
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.dev: pyproject.toml .ci/packages | $(VENV)/bin/python
	.ci/packages test
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

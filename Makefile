# Every target sets itself up: a machine with Python 3.11+ and make needs nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: run test test-fast mutation fuzz bench bench-smoke lint clean

run: $(INSTALLED)
	$(BIN)/mockserver serve

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto

test-fast: $(INSTALLED) ## Run the unit tests: no server, no socket, under 20 seconds
	$(BIN)/python -m pytest -n auto -m unit

# What the tests do a little of, done at length: schemathesis' examples and mutated bodies, for each operation.
fuzz: $(INSTALLED)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-2000} FUZZ_BODIES=$${FUZZ_BODIES:-100000} $(BIN)/python -m pytest tests/fuzz -n auto --dist worksteal

# Installs what it compares with (wrk, Prism, WireMock) and writes benchmarks/RESULTS.md; about 20 minutes.
bench: $(INSTALLED)
	$(BIN)/python -m benchmarks --output benchmarks/RESULTS.md

# Each part for a moment, for errors and not for figures; installs nothing.
bench-smoke: $(INSTALLED)
	$(BIN)/python -m benchmarks --smoke

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis benchmarks/node_modules

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	$(BIN)/python -m compileall -q mockserver  # pip does so with what it copies; a checkout it only points to
	touch $@

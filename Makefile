# Every target sets itself up: a machine with Python 3.11+ and make needs nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help run test test-fast mutation fuzz bench bench-smoke peers clients lint format check hooks clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUNS) ## Serve on http://127.0.0.1:8080; installs only what running needs
	$(BIN)/mockserver serve

test: $(INSTALLED) ## Run all tests
	$(BIN)/python -m pytest -n auto --dist worksteal

test-fast: $(INSTALLED) ## Run the unit tests: no server, no socket, under 20 seconds
	$(BIN)/python -m pytest -n auto --dist worksteal -m unit

# MODULES="accounts validation.body" narrows it, MUTATION_SAMPLE=100 tries so many mutants.
mutation: $(INSTALLED) ## Change the code in many places, and count the changes that no test notices
	$(BIN)/python -m pip install --quiet --editable '.[mutation]'
	$(BIN)/python -m tests.support.mutation

# What the tests do a little of, done at length: schemathesis' examples and mutated bodies, for each operation.
fuzz: $(INSTALLED) ## Run the fuzz tests at length
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-2000} FUZZ_BODIES=$${FUZZ_BODIES:-100000} $(BIN)/python -m pytest tests/fuzz tests/analytics/test_against_sql.py -n auto --dist worksteal

bench: $(INSTALLED) ## Install wrk, Prism and WireMock, compare, write benchmarks/RESULTS.md (about 20 minutes)
	$(BIN)/python -m benchmarks --output benchmarks/RESULTS.md

bench-smoke: $(INSTALLED) ## Run each benchmark for a moment, to find errors; installs nothing
	$(BIN)/python -m benchmarks --smoke
	$(BIN)/python -m benchmarks.peers --only mockserver respx httpserver

# The tools of the extra `peers` are not needed for anything else, so only this target installs them.
peers: $(INSTALLED) ## Run the wrong clients with respx, pytest-httpserver and WireMock too, write docs/peers.md
	$(BIN)/python -m pip install --quiet --editable '.[peers]'
	$(BIN)/python -m benchmarks.peers --output docs/peers.md

clients: $(INSTALLED) ## Judge real clients, of the languages that are here, and write docs/clients.md (about 5 minutes)
	$(BIN)/python -m benchmarks.clients --output docs/clients.md

lint: $(INSTALLED) ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED) ## Fix what the linter can fix, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint test ## Run lint and test: what must pass before a commit

hooks: $(INSTALLED) ## Install the pre-commit hooks
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/pre-commit install

clean: ## Remove the virtual environment and everything generated
	rm -rf $(VENV) dist build mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis benchmarks/node_modules benchmarks/clients/built \
	  benchmarks/clients/node/node_modules

$(RUNS): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/python -m compileall -q mockserver  # pip does so with what it copies; a checkout it only points to
	touch $@

$(INSTALLED): $(RUNS)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

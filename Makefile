# Two commands matter: `make run` (the demo) and `make test`. Both do their own set-up.
PYTHON ?= python3
BIN := .venv/bin
OUT ?= demo-out
PYTEST := $(BIN)/python -m pytest -q
NPM_CI := npm_config_update_notifier=false npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-all check bench contracts docs lock clean

help:            ## this list
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

setup: .venv/.installed node_modules/.installed ## create the environment from the lock files

setup-dev: .venv/.installed node_modules/.developer ## the same with what tests and benchmarks use: other nodes, other clients

run: setup       ## the main job: every shipped pilot and scenario, reports into demo-out/
	@$(BIN)/taishan demo --out $(OUT)

test: setup-dev  ## the tests (fast suites)
	$(PYTEST) -n 2 --dist worksteal -m "not slow" tests

test-all: setup-dev  ## the slow suites
	$(PYTEST) -n 2 --dist worksteal -m slow tests

check: setup-dev ## lint, types, architecture
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST) tests/architecture

bench: setup-dev ## the performance table, peers included
	$(BIN)/python benchmarks/run.py

contracts: setup ## compile the sandbox's own contract into the package
	$(BIN)/python contracts/supervision/build.py

docs: setup      ## write the tables of both READMEs from the code
	$(BIN)/python docs/tables.py

lock: .venv/.installed ## write requirements.lock anew from pyproject.toml
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock
	npm install --ignore-scripts --package-lock-only --no-audit --no-fund

clean:           ## remove everything set-up and runs made
	rm -rf .venv node_modules $(OUT) taishan-data

.venv/.installed: requirements.lock pyproject.toml
	@echo "Setting up Python packages in .venv (about a minute, once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed (set PYTHON=...)"; exit 3; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Setting up the Solidity compiler and contract libraries in node_modules ..."; \
	  $(NPM_CI) --omit=dev >/dev/null && touch $@; \
	else \
	  echo "note: npm is not installed: Solidity sources cannot be compiled (install Node.js 20); Vyper and artifacts work"; \
	fi

node_modules/.developer: package-lock.json
	@command -v npm >/dev/null || { echo "error: npm is needed (install Node.js 20)"; exit 3; }
	@echo "Setting up compilers, Anvil, Hardhat and other clients in node_modules (about a minute, once) ..."
	@$(NPM_CI) >/dev/null && touch $@ node_modules/.installed

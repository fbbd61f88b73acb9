# Each target does its own set-up: a fresh clone needs only git, make and Python 3.11 or newer.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
FAR    := tests/matrix/far
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Each process that the tests start would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test proofs test-matrix prove-matrix check fix golden manifest schema lock wheel clean

help:  ## Show these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit("VendorWatch needs Python 3.11 or newer; try: make PYTHON=python3.12 demo" if sys.version_info < (3, 11) else 0)'
	@echo "setting up $(VENV) (first run only) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python requirements.txt requirements-build.txt pyproject.toml
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --require-hashes -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/.homeserver: $(VENV)/.dev requirements-homeserver.txt
	@$(PIP) install --require-hashes -r requirements-homeserver.txt
	@touch $@

# Without Node the target is not made: what needs it skips and says so.
$(FAR)/node_modules/.made: $(FAR)/package-lock.json $(FAR)/.npmrc
	@if command -v npm > /dev/null; then npm ci --prefix $(FAR) --silent --fetch-retries 1 && touch $@ || \
	echo "npm cannot fetch what $(FAR) needs: tests against Element's encryption will skip"; \
	else echo "npm is missing (Node 20 or newer): tests against Element's encryption will skip"; fi

setup: $(VENV)/.run  ## Make .venv with what the bot needs to run
setup-dev: $(VENV)/.dev  ## Make .venv with the development tools as well

demo: setup  ## Run the bot with no accounts and no network
	@$(BIN)/vendorwatch demo

test: setup-dev  ## Run the test suite
	@$(BIN)/python -m pytest -n auto

proofs: setup-dev  ## Run the tests on PostgreSQL, and those that kill and disturb processes
	@$(BIN)/python -m pytest -n auto -m 'proof or postgres'

test-matrix: $(VENV)/.homeserver $(FAR)/node_modules/.made  ## Run the tests on a real Matrix homeserver
	@$(BIN)/python -m pytest -rs -n auto --dist loadfile -m 'matrix and not long' tests/matrix

prove-matrix: $(VENV)/.homeserver $(FAR)/node_modules/.made  ## The same with the long ones: killed, starved, robbed
	@$(BIN)/python -m pytest -rs -n auto --dist loadfile -m matrix tests/matrix

check: setup-dev  ## What CI runs: format, lint, types, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/vendorwatch watchlist check
	@$(BIN)/vendorwatch watchlist format --check
	@$(BIN)/python -m pytest -n auto

fix: setup-dev  ## Format and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

golden: setup-dev  ## Rewrite the golden files; the diff is the review
	@$(BIN)/python -m pytest -p no:randomly tests/golden tests/test_readme.py tests/platforms/test_slack_manifest.py --golden

manifest: golden  ## Rewrite deploy/slack-manifest.yml from the command table

schema: setup  ## Rewrite watchlists/schema.json from the model
	@$(BIN)/vendorwatch watchlist schema > watchlists/.schema.json && mv watchlists/.schema.json watchlists/schema.json

lock: setup-dev  ## Pin every dependency anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group build -c requirements.txt -o requirements-build.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group homeserver -c requirements-dev.txt -o requirements-homeserver.txt

wheel: setup  ## Build dist/*.whl with the watchlists inside
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

clean:  ## Remove the virtual environment and caches
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

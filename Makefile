.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euc
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
# One file or folder: make test T=tests/unit/test_mail.py
T ?=
# Folders are shared out among workers, a file to one. A file alone runs in one process, which a debugger can stop.
WORKERS ?= 3
PYTEST = $(BIN)/python -m pytest $(if $(findstring .py,$(T)),,-n $(WORKERS) --dist loadfile --no-loadscope-reorder)

##@ Use

.PHONY: setup run demo
setup: .venv/.runtime ## Create .venv with what Gatehouse needs to run

run: .venv/.runtime ## Start Gatehouse with everything it needs, data in ./var
	@exec $(BIN)/gatehouse up

demo: .venv/.runtime ## Play sign-up, invitation and removal against a running Gatehouse
	@exec $(BIN)/gatehouse demo

##@ Check

.PHONY: test unit integration contracts e2e faults lint types fmt bench
test: .venv/.dev servers ## Run all tests, or T=path
	@$(PYTEST) $(or $(T),tests)

unit: .venv/.dev ## Run the tests that need no server
	@$(PYTEST) $(or $(T),tests/unit tests/contracts)

integration: .venv/.dev servers ## Run the tests on real PostgreSQL and RabbitMQ
	@$(PYTEST) $(or $(T),tests/integration)

e2e: .venv/.dev servers ## Run the journeys through the gateway
	@$(PYTEST) $(or $(T),tests/e2e)

faults: .venv/.dev servers ## Run the tests that kill, cut and restart
	@$(PYTEST) $(or $(T),tests/faults)

lint: .venv/.dev ## Check style, format, who imports whom, and that the lock files are current
	@$(BIN)/ruff check --quiet $(or $(T),.)
	$(BIN)/ruff format --quiet --check $(or $(T),.) || { echo "make fmt formats these files"; exit 1; }
	$(BIN)/lint-imports --no-logo 2>/dev/null > .venv/imports.txt || { cat .venv/imports.txt; exit 1; }
	$(BIN)/python .ci/locks.py

types: .venv/.dev ## Check the types
	@$(BIN)/mypy $(T)

fmt: .venv/.dev ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix --quiet $(or $(T),.) || true
	$(BIN)/ruff format --quiet $(or $(T),.)

bench: .venv/.dev servers ## Measure, and print the ratios
	@$(BIN)/python -m bench

##@ Keep

.PHONY: docs lock clean help servers
docs: .venv/.runtime ## Write the generated reference pages into docs/
	@$(BIN)/gatehouse docs docs
	$(BIN)/python -m tests.contracts.features

lock: .venv/.dev ## Write the lock files anew with today's versions
	@$(BIN)/python .ci/locks.py --upgrade

clean: ## Remove caches and .venv; the data in ./var stays
	@rm -rf .venv .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	echo

servers:
	@tests/ensure_servers.sh

.venv/.runtime: requirements.lock pyproject.toml
	@deploy/venv.sh $(PYTHON) .venv requirements.lock
	touch $@

.venv/.dev: requirements-dev.lock pyproject.toml
	@deploy/venv.sh $(PYTHON) .venv requirements-dev.lock
	touch $@ .venv/.runtime

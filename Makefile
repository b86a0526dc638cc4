# One word for each thing one does here; CI says the same words. Needs Python 3.11 and make; `make test`
# also Java 17 and Maven, for a real Kafka.
.DEFAULT_GOAL := help
.PHONY: help env demo test lint bench year load chaos

PYTHON ?= python3
UV := $(or $(shell command -v uv 2>/dev/null),.venv-uv/bin/uv)
BIN := .venv/bin

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 8

env: $(UV) ## create or update .venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(UV) sync --frozen --all-extras --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"

.venv-uv/bin/uv:
	@$(PYTHON) -m venv .venv-uv || { rm -rf .venv-uv; echo "Python has no venv module (Debian: apt-get install python3-venv)" >&2; exit 1; }
	.venv-uv/bin/pip install --quiet uv

demo: env ## run everything on this machine with an example county's year, and show the page
	$(BIN)/hxs demo

test: env ## all tests, on a real broker and a real database
	HXS_REQUIRE_KAFKA=1 $(BIN)/pytest -n 2 --no-loadscope-reorder

lint: env ## style, types, architecture, dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: env ## measure against the bare drivers and write docs/performance.md
	$(BIN)/hxs bench

year: env ## measure again with a whole county's made-up year in it, for docs/performance.md
	$(BIN)/hxs bench --county-year

load: env ## replay 100,000 public submissions and write their figures to docs/performance.md (COUNT=2000 for fewer)
	$(BIN)/python -m tests.load.submissions --submissions $(or $(COUNT),100000)

chaos: env ## kill notify at random while 10,000 notices flow, and write the figures to docs/performance.md (COUNT=1000 for fewer)
	$(BIN)/python -m tests.load.notices --notices $(or $(COUNT),10000)

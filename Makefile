# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
# Every target makes its own environment first and repeats only what has become stale.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# Extra arguments for pytest: make test ARGS="-k router -x"
ARGS ?=
TESTS ?= tests

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# A shim of pyenv's leads nowhere unless that version is selected; then the version itself is used.
INTERPRETER = $(or $(shell $(PYTHON) -c '' 2>/dev/null && echo $(PYTHON) || \
  ls -d $$HOME/.pyenv/versions/*/bin/$(notdir $(PYTHON)) 2>/dev/null | tail -n 1),$(PYTHON))

# The default interpreter's environment is .venv, python3.12's is .venv-3.12, and so on.
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(patsubst python%,%,$(notdir $(PYTHON))))
BIN := $(VENV)/bin
PY := $(BIN)/python
# Targets of pip's own chatter; it still reports errors.
PIP := $(PY) -m pip --disable-pip-version-check -qq
# Two makes at once (say, for two Pythons) install one after the other: both write the egg-info.
LOCK := $(if $(shell command -v flock 2>/dev/null),flock build/.lock,)
SPEEDUPS := $(shell find fasterapi -name '*.pyx' -o -name '*.pxd' 2>/dev/null)
SANITIZED := build/sanitize
BENCH := build/bench-$(patsubst python%,%,$(notdir $(PYTHON)))

.PHONY: help
help: ## show this list
	@printf 'make TARGET [PYTHON=python3.12] [ARGS="-k name"]\n\n'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

# --- environments: a stamp each, older than what it depends on means "do it again" ---------------

$(VENV)/.made:
	@command -v $(INTERPRETER) >/dev/null || { echo "'$(PYTHON)' was not found. Install Python 3.11 or newer, or say which one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(INTERPRETER) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "'$(INTERPRETER)' is $$($(INTERPRETER) -V 2>&1); FasterAPI needs 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(INTERPRETER) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(INTERPRETER)' has no venv module. Debian, Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "making $(VENV) with $$($(INTERPRETER) -V)"
	@$(INTERPRETER) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made pyproject.toml
	@mkdir -p build
	@echo "installing FasterAPI into $(VENV) (compiles its fast parts; about a minute the first time)"
	@$(LOCK) $(PIP) install --editable '.[standard]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml
	@mkdir -p build
	@echo "installing FasterAPI and its development tools into $(VENV)"
	@touch $(VENV)/.began
	@$(LOCK) $(PIP) install --editable '.[test,dev]'
	@touch $@ $(VENV)/.run

# The installation compiles too; this covers edits since it began, and needs no network.
$(VENV)/.compiled: $(VENV)/.dev setup.py $(SPEEDUPS)
	@if [ -n "$$(find setup.py $(SPEEDUPS) -newer $(VENV)/.began)" ]; then $(LOCK) $(PY) setup.py --quiet build_ext --inplace; fi
	@touch $@

# --- what people run -----------------------------------------------------------------------------

.PHONY: run
run: $(VENV)/.run ## install and serve examples/shop on http://127.0.0.1:8000
	@$(MAKE) --no-print-directory recompile-for-run
	@printf '\n  The shop       http://%s:%s/\n  Its API docs   http://%s:%s/docs\n  Stop it        Ctrl+C\n\n' $(HOST) $(PORT) $(HOST) $(PORT)
	@exec $(BIN)/fasterapi run examples/shop/main.py --host $(HOST) --port $(PORT)

# Only if a source is newer than the installation: asks for Cython, so through pip's isolated build.
.PHONY: recompile-for-run
recompile-for-run:
	@if [ -n "$$(find setup.py fasterapi \( -name '*.pyx' -o -name '*.pxd' -o -name setup.py \) -newer $(VENV)/.run)" ]; then \
	  echo "compiling what has changed"; $(LOCK) $(PIP) install --no-deps --editable . && touch $(VENV)/.run; fi

.PHONY: build
build: $(VENV)/.compiled ## compile in place, with the development tools installed

.PHONY: test
test: build ## run the whole test-suite (ARGS="..." for pytest)
	$(PY) -m pytest $(TESTS) $(ARGS)

.PHONY: test-quick
test-quick: build ## run the tests that need no server, no build and little time
	$(PY) -m pytest tests/unit tests/speedups tests/contracts -m 'not slow' $(ARGS)

.PHONY: lint
lint: build ## ruff (rules and format) and cython-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/cython-lint $(SPEEDUPS)

.PHONY: format
format: build ## rewrite the sources as `make lint` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: build ## mypy --strict on the package
	$(BIN)/mypy

.PHONY: pyright
pyright: build ## a second opinion on types; a report, not yet required to be empty
	$(BIN)/pyright --pythonpath $(PY)

.PHONY: stubs
stubs: build ## compare every .pyi with the compiled module it describes
	$(PY) -m pytest tests/contracts/test_stubs.py -p no:randomly $(ARGS)

.PHONY: conformance
conformance: build ## FastAPI's own test-suite against this package, with a floor
	$(PY) tests/conformance/run.py $(ARGS)

.PHONY: documented
documented: build ## every program of FastAPI's documentation on both, asked the same requests
	$(PY) -m tests.conformance.documented $(ARGS)

.PHONY: fuzz
fuzz: build ## 2,000 random programs on FastAPI and here, through both doors
	$(PY) -m tests.conformance.fuzz --processes 2 $(ARGS)

.PHONY: ecosystem
ecosystem: build ## packages for FastAPI (Sentry, SQLModel, ...) on this one, in an environment of their own
	$(PY) tests/integration/ecosystem/run.py $(ARGS)

# The frameworks that are compared get an environment apart: their versions bind nobody else's.
$(BENCH)/.made: bench/requirements.txt pyproject.toml setup.py $(SPEEDUPS)
	@mkdir -p build
	@command -v $(INTERPRETER) >/dev/null || { echo "'$(PYTHON)' was not found" >&2; exit 1; }
	@echo "installing FasterAPI and the frameworks it is compared with into $(BENCH)"
	@test -x $(BENCH)/bin/python || $(INTERPRETER) -m venv $(BENCH)
	@$(LOCK) $(BENCH)/bin/python -m pip --disable-pip-version-check -qq install --editable . --requirement bench/requirements.txt
	@touch $@

.PHONY: bench
bench: $(BENCH)/.made ## CPU time of a request in each framework, start-up and memory (ARGS for the first)
	@$(BENCH)/bin/python bench/asgi.py $(ARGS)
	@$(BENCH)/bin/python bench/startup.py

# The peers' versions are those of the suite, which brings its own list of them.
.PHONY: bench-http
bench-http: ## requests per second beside the peers, with wrk (ARGS="--rounds 2 --peers ''")
	@python3 bench/peers.py --python $(INTERPRETER) $(ARGS)

.PHONY: bench-micro
bench-micro: $(BENCH)/.made ## nanoseconds of each compiled part
	@for file in bench/micro/*.py; do echo "--- $$file"; $(BENCH)/bin/python $$file; done

.PHONY: sanitize
sanitize: ## tests of the compiled modules under AddressSanitizer and UBSan
	$(INTERPRETER) tests/sanitize.py --python $(INTERPRETER) --into $(SANITIZED) $(ARGS)

.PHONY: leaks
leaks: build ## a million requests; objects and memory must not grow (in `make test`: fewer)
	$(PY) tests/isolated/leak.py 1000000

.PHONY: dist
dist: build ## build the sdist, and from it the wheel, into dist/
	rm -rf dist
	$(PY) -c 'from setuptools import build_meta; build_meta.build_sdist("dist")' >build/sdist.log
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist dist/*.tar.gz
	@ls dist

.PHONY: clean
clean: ## remove environments and everything built
	rm -rf .venv .venv-* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find fasterapi -name '*.so' -delete -o -name '*.pyd' -delete

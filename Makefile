# Needs make and a Python 3.11, 3.12 or 3.13 with pip; everything else goes into .venv.
# PYTHON=/path/to/python3 names the interpreter that makes .venv; JOBS=n sets the test processes.
SHELL := /bin/sh
.SUFFIXES:
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help quickstart test check format bench docs clean env-run env-test

PYTHON ?=
JOBS ?= 2
PYTEST_ARGS ?=

venv_python := .venv/bin/python
run_extras := models,rl,validation
test_extras := models,rl,validation,dev
candidates := python3 python3.13 python3.12 python3.11 python

# An installation is known by what it was made from: this folder (.venv holds absolute paths) and two files.
inputs := $(shell { pwd; cat pyproject.toml constraints.txt; } | cksum | tr ' ' '-')
run_stamp := .venv/.fxlab-run-$(inputs)
test_stamp := .venv/.fxlab-test-$(inputs)

is_supported := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
has_pip := import pip; $(is_supported)

# $(call install,EXTRAS,STAMPS): make .venv unless a working one is there, install, and only then leave the
# stamps. Candidates are tried by running them: a version manager's shim may exist and still not start.
define install
if ! $(venv_python) -c '$(has_pip)' >/dev/null 2>&1; then \
    found=; \
    for candidate in "$(PYTHON)" $(candidates); do \
        if "$$candidate" -c '$(is_supported)' >/dev/null 2>&1; then found=$$candidate; break; fi; \
    done; \
    if [ -z "$$found" ]; then \
        echo 'fxlab needs Python 3.11, 3.12 or 3.13 and none runs here (tried $(PYTHON) $(candidates)): install one, or name it with PYTHON=/path/to/python3' >&2; \
        exit 1; \
    fi; \
    echo "Making .venv with $$("$$found" -c 'import sys; print("Python %d.%d.%d, %s" % (*sys.version_info[:3], sys.executable))')"; \
    { "$$found" -m venv --clear .venv && $(venv_python) -m pip --version; } >/dev/null 2>&1 \
    || { "$$found" -m venv --clear --without-pip .venv && "$$found" -m pip --python $(venv_python) install -qq pip; } >/dev/null 2>&1 \
    || { rm -rf .venv && "$$found" -m virtualenv -q .venv; } >/dev/null 2>&1 \
    || { rm -rf .venv; echo "$$found cannot make a virtual environment: install its venv module (python3-venv on Debian and Ubuntu) or virtualenv, then run make again" >&2; exit 1; }; \
fi; \
echo 'Installing fxlab[$(1)] into .venv: about 1 GB to download the first time (near 4 GB on Linux if PyTorch comes with CUDA, see README), some minutes'; \
$(venv_python) -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[$(1)]' \
|| { echo 'fxlab is not installed: the lines above say why; run make again once that is mended' >&2; exit 1; }; \
rm -f .venv/.fxlab-*; touch $(2)
endef

# $(call installed,STAMP): true when nothing has to be done
installed = [ -e '$(1)' ] && $(venv_python) -c '$(is_supported)' >/dev/null 2>&1

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

quickstart: env-run  ## install what it needs, run the whole pipeline on the sample, write runs/quickstart/report.html
	@.venv/bin/fxlab quickstart

test: env-test  ## install what it needs, run every test that CI runs
	@$(venv_python) -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

check: env-test  ## before a commit: format, lint, types, import layers, the fast tests
	@$(venv_python) -m ruff format --check .
	@$(venv_python) -m ruff check .
	@$(venv_python) -m mypy fxlab
	@.venv/bin/lint-imports
	@$(venv_python) -m pytest -n $(JOBS) --dist loadfile -m 'not slow and not gpu and not network and not nightly' $(PYTEST_ARGS)

format: env-test  ## format the code and mend what ruff can mend
	@$(venv_python) -m ruff format .
	@$(venv_python) -m ruff check --fix .

bench: env-test  ## run every benchmark in benchmarks/
	@set -e; for file in benchmarks/bench_*.py; do \
	    if [ ! -e "$$file" ]; then echo 'no benchmarks/bench_*.py yet'; exit 0; fi; \
	    echo "== $$file"; $(venv_python) "$$file"; \
	done

docs: env-test  ## run the code of README, docstrings and docs
	@$(venv_python) -m pytest tests/docs $(PYTEST_ARGS)

clean:  ## remove caches and build output; .venv, runs/ and data/cache/ stay
	@rm -rf build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	@find . -path ./.venv -prune -o -type d -name __pycache__ -exec rm -rf {} +

env-run:
	@if $(call installed,$(run_stamp)); then :; else $(call install,$(run_extras),$(run_stamp)); fi

env-test:
	@if $(call installed,$(test_stamp)); then :; else $(call install,$(test_extras),$(run_stamp) $(test_stamp)); fi

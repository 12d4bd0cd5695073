# Two commands matter: `make demo` shows everything, `make test` proves it.
# Nothing is needed but make and Python 3.11 or later with venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# the first Python of the right age that can make a virtual environment; PYTHON=... overrules
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1 && echo $$python && break; done)

# no account, no telemetry; byte-code is made when a module is first needed, and is kept whatever the
# environment says: else each of the many processes of a test compiles 2,000 modules for itself
unexport PYTHONDONTWRITEBYTECODE
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT := false
export GX_ANALYTICS_ENABLED := false
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet --quiet install

# a virtual environment knows its own place: in a moved or copied clone it is made again
MOVED := $(shell [ ! -e .venv/place ] || [ "$$(cat .venv/place)" = "$$(pwd)" ] || \
	rm -f .venv/runtime.stamp .venv/dev.stamp)

.PHONY: help demo test check mutants bench bench-peers sbom audit lock format clean

help:  ## what can be done here
	@echo "Liftledger: what a promotion really sold, and how sure we are."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: .venv/runtime.stamp  ## everything, on two real panels: database, checks, six estimators, reports
	@LIFTLEDGER_HOME="$$(pwd)/.liftledger" .venv/bin/liftledger demo

test: .venv/dev.stamp  ## the whole test suite, against a real PostgreSQL
	@.venv/bin/python -m tests.compiling
	@.venv/bin/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

check: .venv/dev.stamp  ## format, lint, types, layers, migrations, deployment files
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/yamllint --strict .
	.venv/bin/python -m pytest -q -p no:cacheprovider tests/test_house.py tests/test_mutants.py tests/storage/test_migrations.py

mutants: .venv/dev.stamp  ## wrong inference, planted in a copy: do the tests notice? (half an hour)
	@.venv/bin/python -m tests.mutants

bench: .venv/dev.stamp  ## time and memory, against the promises
	@.venv/bin/python -m benchmarks

bench-peers: .venv/dev.stamp .venv-peers/stamp  ## our estimators beside other packages', from PyPI
	@.venv/bin/python -m benchmarks.peers

sbom: .venv-release/stamp  ## what is inside, as CycloneDX: dist/sbom.cdx.json
	@mkdir -p dist
	@env -u SOURCE_DATE_EPOCH .venv-release/bin/python -W ignore -m cyclonedx_py requirements \
		--output-reproducible --spec-version 1.6 \
		--pyproject pyproject.toml --output-file dist/sbom.cdx.json requirements.lock
	@echo "wrote dist/sbom.cdx.json"

audit: .venv-release/stamp  ## known vulnerabilities of what is locked (asks PyPI)
	@.venv-release/bin/python -m pip_audit --strict --disable-pip --require-hashes \
		--progress-spinner off --timeout 30 --requirement requirements.lock || { echo \
		"audit: not clean, or PyPI could not say; the lines above have which and why" >&2; exit 1; }

format: .venv/dev.stamp  ## put the code in order, as check wants it
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock:  ## the newest versions that requirements*.in allow (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv"; exit 1; }
	for name in requirements requirements-dask requirements-dev requirements-release; do \
		beside=$$([ $$name != requirements-dask ] || echo "-c requirements.lock"); \
		uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header $$beside $$name.in -o $$name.lock || exit 1; done

clean:  ## remove what was installed and cached here; data (.liftledger) stay
	rm -rf .venv .venv-peers .venv-release build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/runtime.stamp: requirements.lock pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "No Python 3.11 or later with venv was found. Install one" \
		"(Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=..." >&2; \
		exit 1; }
	@echo "installing into .venv (once, about a minute)"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) --require-hashes --no-deps --no-compile -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --no-compile --editable .
	@pwd > .venv/place
	@touch .venv/runtime.stamp

.venv/dev.stamp: requirements-dev.lock .venv/runtime.stamp
	@echo "installing what tests and checks need"
	@$(PIP) --require-hashes --no-deps --no-compile -r requirements-dev.lock
	@touch .venv/dev.stamp

# other people's packages, to be measured: an environment of their own, nothing here imports them
.venv-peers/stamp: benchmarks/peers/requirements.lock
	@echo "installing the peers into .venv-peers (once, about a minute)"
	@$(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/python -m pip --disable-pip-version-check --quiet --quiet install \
		--require-hashes --no-deps -r benchmarks/peers/requirements.lock
	@touch .venv-peers/stamp

# what a release is made with: an environment of its own, nothing here imports it
.venv-release/stamp: requirements-release.lock
	@echo "installing what a release is made with into .venv-release (once)"
	@$(PYTHON) -m venv --clear .venv-release
	@.venv-release/bin/python -m pip --disable-pip-version-check --quiet --quiet install \
		--require-hashes --no-deps -r requirements-release.lock
	@touch .venv-release/stamp

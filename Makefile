# The two that matter: `make doctor` looks at this machine, `make test` proves the program.
# Both need Python 3.10 or later and nothing else; the rest lands in $(VENV).

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help doctor test lint format docs coverage build lock clean

help:  ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

doctor: $(VENV)/.runtime  ## look at this machine: make doctor ARGS="-v"
	@$(BIN)/python -m agent doctor --fail-on never $(ARGS)

test: $(VENV)/.dev  ## all tests; skips are named with their reason
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev  ## ruff, mypy, the direction of imports, stale pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python -m agent.docs_pages --check docs

format: $(VENV)/.dev  ## let ruff lay out the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.runtime  ## write docs/checks/ and docs/fixes/ from checks and fixes
	$(BIN)/python -m agent.docs_pages docs

coverage: $(VENV)/.dev  ## tests with branch coverage
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage report

build: $(VENV)/.dev  ## wheel and sdist into dist/
	$(BIN)/python -m build --no-isolation

# The lock files hold versions and hashes alone, and no address of an index.
UV ?= uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-config \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
lock:  ## choose versions anew (needs uv)
	printf 'hatchling\neditables\n' | $(COMPILE) --upgrade --group dev pyproject.toml - -o requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock pyproject.toml -o requirements.lock

clean:  ## remove what was made, but for the virtual environment
	rm -rf dist build .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.runtime: requirements.lock tools/venv.sh
	@PYTHON='$(PYTHON)' sh tools/venv.sh '$(VENV)' requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml tools/venv.sh
	@PYTHON='$(PYTHON)' sh tools/venv.sh '$(VENV)' requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@ $(VENV)/.runtime

# Everything a contributor runs. Only Python >= 3.11, make and git are assumed; `make test` also
# needs Chromium. Another interpreter: make test PYTHON=python3.13
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
NEW := $(PYTHON) -m venv --clear $(VENV)

.PHONY: demo test test-databases lint format bench clean

# An interpreter that was moved or upgraded away leaves a .venv that looks ready and is not.
ifneq ($(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
.PHONY: $(READY)
endif

$(READY): pyproject.toml
	@rm -f $@
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(NEW)
	@echo "Installing into $(VENV) …"
	@$(INSTALL) || { echo "Once more, into a new $(VENV) …"; $(NEW) && $(INSTALL); }
	@touch $@

demo: $(READY)
	$(BIN)/python -m annotator demo

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-databases: $(READY)
	ANNOTATOR_TEST_THOROUGH=1 .ci/postgres with $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy

format: $(READY)
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

bench: $(READY)
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# Needs Python 3.11 or newer, make and pip. `make demo` shows the program at work, `make test` passes every test.

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
# More options for pytest or the benchmark: make test ARGS="-k security"
ARGS ?=

.PHONY: setup demo test types lint bench parity plugin-test clean

setup: $(READY)
	@$(PYTHON) -m scripts.fetch_helm
	@$(PYTHON) -m scripts.fetch_wheels

$(READY): pyproject.toml scripts/find_python.sh
	@python=$$(scripts/find_python.sh) && echo "setting up $(VENV) with $$python" && \
	  rm -rf $(VENV) && "$$python" -I -m venv $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable ".[embedded,test]"
	@touch $@

# The demo chart has faults on purpose: that the gate fails (exit status 1) is what the demo shows.
demo: $(READY)
	@$(VENV)/bin/helm-constitution check --engine embedded testdata/charts/demo; status=$$?; \
	if [ $$status -ne 1 ]; then echo "error: the demo ended with status $$status instead of 1" >&2; exit 1; fi; \
	echo; echo "This chart has faults on purpose, so its gate fails: the program's exit status was 1."; \
	echo "Try yours: $(VENV)/bin/helm-constitution check path/to/chart"

test: setup
	$(PYTHON) -m pytest -n auto $(ARGS)

plugin-test: setup
	$(PYTHON) -m pytest tests/test_plugin.py $(ARGS)

types: $(READY)
	$(PYTHON) -m mypy

lint: $(READY)
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(VENV)/bin/lint-imports --no-cache --no-logo

bench: setup
	$(PYTHON) -m bench $(ARGS)
	$(PYTHON) -m bench.static
	$(PYTHON) -m bench.objects

# What the tools of docs/peers.md that are here find in testdata/parity, for tests/test_parity.py; and that page.
parity: $(READY)
	$(PYTHON) -m scripts.parity record
	$(PYTHON) -m scripts.parity document

bench-scenarios: setup
	$(PYTHON) -m bench.scenarios $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

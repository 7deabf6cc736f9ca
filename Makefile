# Needs Python 3.11 or newer, make and pip. `make demo` shows the program at work, `make check` is for between two
# edits, `make test` passes every test. Times are those of two cores that have nothing else to do.

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
# More options for pytest or the benchmark: make test ARGS="-k security"
ARGS ?=

.PHONY: setup demo check test cluster-test plugin-test pythons types lint docs fuzz bench bench-fleet bench-scenarios parity vscode clean

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

# What a developer wants between two edits: no installation, no real Helm.
check: $(READY)
	@echo "linters and the tests without Helm or installations: about a minute"
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m pytest -n auto -m "not slow and not helm and not cluster" $(ARGS)

test: setup
	@echo "every test: about twelve minutes (make check: a minute)"
	$(PYTHON) -m pytest -n auto -m "not cluster" $(ARGS)

# The tests against a real API server, one server for all of them. Building it takes ten minutes, once, and Go.
cluster-test: setup
	@$(PYTHON) -m scripts.build_cluster
	@echo "the tests against a real API server: about two minutes"
	$(PYTHON) -m pytest -m cluster $(ARGS)

plugin-test: setup
	@echo "the plug-in, installed by real Helms: about a minute"
	$(PYTHON) -m pytest tests/test_plugin.py $(ARGS)

# The fast tests on every other Python that is here: of each minor version the oldest.
pythons: setup
	@echo "the fast tests on each Python that is here: up to a minute for each, and some seconds more the first time"
	$(PYTHON) -m scripts.pythons

types: $(READY)
	@echo "mypy --strict: about half a minute, seconds when it ran before"
	$(PYTHON) -m mypy

lint: $(READY)
	@echo "ruff, and the direction of imports: some seconds"
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(VENV)/bin/lint-imports --no-cache --no-logo

# What the documentation says of the program, out of the program; tests compare. Then the site, if mkdocs is there
# (pip install -e ".[site]").
docs: $(READY)
	$(PYTHON) -m scripts.built_in
	$(PYTHON) -m scripts.document_api
	$(PYTHON) -m scripts.document_site
	$(PYTHON) -m scripts.spec_kit
	$(PYTHON) -m scripts.picture
	@if $(PYTHON) -c "import mkdocs" 2>/dev/null; then $(PYTHON) -m mkdocs build --quiet --strict; \
	else echo "the pages are written; for the site as HTML: $(PYTHON) -m pip install -e '.[site]'"; fi

# Mutated charts, with oracles; faults are written to build/fuzz. make fuzz ARGS="--runs 10000 --seed 7 path/to/charts"
fuzz: setup
	@echo "300 mutated charts: about three minutes"
	$(PYTHON) -m scripts.fuzz $(ARGS)

bench: setup
	@echo "benches: about five minutes; everything that is measured is compiled first"
	$(PYTHON) -m bench $(ARGS)
	$(PYTHON) -m bench.edited
	$(PYTHON) -m bench.static
	$(PYTHON) -m bench.objects

# What the tools of docs/peers.md that are here find in testdata/parity, for tests/test_parity.py; and that page.
parity: $(READY)
	$(PYTHON) -m scripts.parity record
	$(PYTHON) -m scripts.parity document

# Many charts in one run, and what helm is asked for each of them.
bench-fleet: setup
	$(PYTHON) -m bench.fleet $(ARGS)
	$(PYTHON) -m bench.flat

bench-scenarios: setup
	$(PYTHON) -m bench.scenarios $(ARGS)

# The extension for VS Code, dist/helm-constitution.vsix. Needs Node.js 20 and npm.
vscode: $(READY)
	@mkdir -p dist editors/vscode/dist
	@$(VENV)/bin/helm-constitution schema > editors/vscode/schema.json
	@cp LICENSE editors/vscode/LICENSE
	cd editors/vscode && npm install --no-audit --no-fund --no-package-lock && npm run build && \
	  npx vsce package --no-dependencies --allow-missing-repository --out ../../dist/helm-constitution.vsix

clean:
	rm -rf editors/vscode/node_modules editors/vscode/dist editors/vscode/schema.json editors/vscode/LICENSE
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

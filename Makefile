# The project's commands. Each sets up .venv by itself, from requirements pinned and
# checked by hash, and has nothing to set up the second time.

PYTHON ?= python3
PORT ?= 8000
SEED ?= $(shell date +%Y%m%d)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
           --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
UV := uv==0.13.9

# Ends a recipe: what is wrong and, on the next line, what to do about it.
stop = { printf '\nmake: %s\n      %s\n' '$(1)' '$(2)' >&2; exit 1; }
# What is imported is compiled then: to compile all of it takes longer than to install it.
install = $(PIP) install --no-compile $(1) || $(call stop,pip could not install $(1).,Is the network reachable? Then run the same command again.)

# Thousands of processes start in these: what they import is compiled once, whatever the image says.
MANY := test test-all test-versions nightly site-build pdf publish test-site audit bench
$(MANY): export PYTHONPYCACHEPREFIX = $(CURDIR)/build/bytecode
$(MANY): export PYTHONDONTWRITEBYTECODE =
# One process for each processor: threads of a matrix product would only wait for each other, and
# neighbours stay together, as they share what they have computed.
test test-all nightly: export OMP_NUM_THREADS = 1
SPREAD := -n auto --dist worksteal

.PHONY: help test test-all test-versions check nightly lint site site-build pdf publish test-site audit bench lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

test: .venv/.tests ## Test the package: unit tests, properties, examples of the docstrings
	@$(BIN)/python -m pytest --quiet $(SPREAD) --ignore=tests/site -m 'not exhaustive'

test-all: .venv/.frameworks ## Also every layer in every way, and torch and jax, which this installs
	@$(BIN)/python -m pytest --quiet $(SPREAD) --ignore=tests/site $(ARGS)

check: .venv/.tests ## Check a layer of your own: make check LAYER=my_layer.py
	@test -n '$(LAYER)' || $(call stop,no layer is named.,Name one: make check LAYER=my_layer.py)
	@$(BIN)/affine check '$(LAYER)' $(ARGS)

nightly: .venv/.tests ## The same tests with many more cases, others each day (SEED=20270131 for those of a day)
	@HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest --quiet $(SPREAD) --ignore=tests/site \
	  --hypothesis-seed=$(SEED) $(ARGS)

test-versions: .venv/.python ## Test the check under each Python here, on the newest dependencies and on the oldest
	@$(BIN)/python tests/versions.py $(ARGS)

lint: .venv/.tests ## Check style, format and types
	@$(BIN)/python -m ruff check --quiet .
	@$(BIN)/python -m ruff format --quiet --diff .
	@$(BIN)/python -m mypy

site: site-build ## Build the site and serve it at 127.0.0.1:8000
	@echo "Ctrl-C stops the server."
	@$(BIN)/python -u -m http.server $(PORT) --bind 127.0.0.1 --directory site \
	  || $(call stop,the site could not be served at port $(PORT).,If another program uses that port: make site PORT=8001)

site-build: .venv/.docs ## Build the site into site/
	@echo "site 1/2: run the property suite, for the results that the pages show"
	@$(BIN)/python -m docs.site_builder.suite.ledger build/ledger.json
	@echo "site 2/2: build the pages"
	@# Not --quiet: MkDocs would then not count the warnings that --strict fails on.
	@NO_MKDOCS_2_WARNING=1 AFFINE_LEDGER='$(CURDIR)/build/ledger.json' \
	  $(BIN)/python -m mkdocs build --strict
	@echo "site: built in site/"

# The build prints the PDF itself, so that the pages link to it only where it is.
pdf: ## Print the derivation into build/affine.pdf, and build the site with a link to it
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null \
	  || $(call stop,Chromium is not on the PATH.,On Debian and Ubuntu: apt-get install chromium)
	@$(MAKE) --no-print-directory site-build AFFINE_PDF=1
	@cp site/affine.pdf build/affine.pdf
	@echo "pdf: printed into build/affine.pdf and site/affine.pdf"

# With torch and jax, so that the page about frameworks has results.
publish: .venv/.docs .venv/.frameworks ## Commit this version of the site to the branch gh-pages; make publish REMOTE=origin sends it
	@echo "publish: run the property suite, for the results that the pages show"
	@$(BIN)/python -m docs.site_builder.suite.ledger build/ledger.json
	@NO_MKDOCS_2_WARNING=1 AFFINE_PDF=1 AFFINE_LEDGER='$(CURDIR)/build/ledger.json' \
	  $(BIN)/python -m docs.site_builder.citation.publish $(if $(REMOTE),--push '$(REMOTE)')

test-site: .venv/.browser ## Test the built site in Chromium; ARGS='-m ""' also looks at every page with axe
	@$(BIN)/python -m pytest --quiet -n auto --dist loadfile --no-loadscope-reorder -rs \
	  --ignore=tests/site/audit tests/site $(or $(ARGS),-m 'not exhaustive')

# How fast a page is says something about this machine too: nothing runs beside that.
audit: .venv/.browser build/audit/.npm ## Check the built site with the W3C's checker, Lighthouse and Firefox; ARGS='-m ""' at every width, and for speed
	@$(BIN)/python -m pytest --quiet -n auto -rs tests/site/audit \
	  --ignore=tests/site/audit/test_speed.py $(or $(ARGS),-m 'not exhaustive')
	@$(if $(ARGS),$(BIN)/python -m pytest --quiet -rs tests/site/audit/test_speed.py $(ARGS))

bench: .venv/.tests ## Run the benchmarks
	@for script in tests/benchmarks/bench_*.py; do \
	  name=$$(basename "$$script" .py); echo "$$name"; \
	  $(BIN)/python -m "tests.benchmarks.$$name" || exit 1; \
	done

lock: .venv/.uv ## Pin the requirements again (delete a requirements.txt to move it to new versions)
	@$(COMPILE) -o tests/requirements.txt pyproject.toml tests/requirements.in
	@$(COMPILE) -o docs/requirements.txt -c tests/requirements.txt docs/requirements.in
	@$(COMPILE) -o tests/site/requirements.txt -c tests/requirements.txt -c docs/requirements.txt \
	  tests/site/requirements.in

clean: ## Remove everything that these commands made
	@rm -rf .venv build dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------ what .venv holds

.venv/.python:
	@echo "set up: .venv"
	@command -v $(PYTHON) >/dev/null \
	  || $(call stop,$(PYTHON) is not on the PATH.,Install Python 3.11 or newer or name one: make PYTHON=/path/to/python3)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || $(call stop,$(PYTHON) is too old; Python 3.11 or newer is needed.,Name a newer one: make PYTHON=/path/to/python3)
	@$(PYTHON) -m venv --clear .venv \
	  || $(call stop,$(PYTHON) could not make a virtual environment.,On Debian and Ubuntu: apt-get install python3-venv)
	@touch $@

# The project itself is installed in place, without the network.
.venv/.tests: .venv/.python tests/requirements.txt pyproject.toml
	@echo "set up: tests/requirements.txt"
	@$(call install,--require-hashes -r tests/requirements.txt)
	@$(PIP) install --no-deps --no-index --no-build-isolation --editable . \
	  || $(call stop,the project could not be installed in .venv.,Start afresh: make clean)
	@touch $@

# Optional: the tests of torch and jax layers skip without them.
.venv/.frameworks: .venv/.tests tests/frameworks.txt
	@echo "set up: tests/frameworks.txt"
	@$(call install,-r tests/frameworks.txt)
	@touch $@

.venv/.docs: .venv/.tests docs/requirements.txt
	@echo "set up: docs/requirements.txt"
	@$(call install,--require-hashes -r docs/requirements.txt)
	@touch $@

.venv/.browser: .venv/.docs tests/site/requirements.txt
	@echo "set up: tests/site/requirements.txt"
	@$(call install,--require-hashes -r tests/site/requirements.txt)
	@touch $@

build/audit/.npm: tests/site/audit/package.json tests/site/audit/package-lock.json
	@echo "set up: tests/site/audit/package.json"
	@command -v npm >/dev/null \
	  || $(call stop,npm is not on the PATH.,On Debian and Ubuntu: apt-get install nodejs npm default-jre-headless)
	@mkdir -p build/audit && cp tests/site/audit/package*.json tests/site/audit/.npmrc build/audit
	@npm --prefix build/audit ci --ignore-scripts --no-audit --no-fund --silent \
	  || $(call stop,npm could not install what the audit needs.,Is the network reachable? Then run the same command again.)
	@touch $@

.venv/.uv: .venv/.python
	@$(call install,$(UV))
	@touch $@

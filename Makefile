# Everything runs from the repository root. `make help` lists the targets.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo serve test check lint types contracts openapi client format lock clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A stamp per lock file: while the lock has not changed, setting up takes no time.
$(VENV)/runtime.stamp: requirements/runtime.txt pyproject.toml
	@echo "==> Setting up $(VENV) with the locked packages (2 to 4 minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/runtime.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/pip check --disable-pip-version-check
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/runtime.stamp
	@echo "==> Adding the locked tools for checks and tests"
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip check --disable-pip-version-check
	@touch $@

setup: $(VENV)/runtime.stamp ## Set up what Accredit needs to run

setup-dev: $(VENV)/dev.stamp ## Set up what checks and tests need as well

demo: setup ## Run the main job on real mortgage applications (ARGS=--no-serve stops at the end)
	@echo "==> Running the demo"
	$(BIN)/accredit demo $(ARGS)

serve: setup ## Run the service (ARGS="--home DIR --port 8700")
	$(BIN)/accredit serve $(ARGS)

# Three processes for two cores: much of the suite waits for servers, workers and a browser. Files are dealt as they
# come: by number of tests, the journeys, few and slow, would all be left for the end.
# What Python compiles is kept, whatever the environment says: tests start a hundred processes.
test: export PYTHONDONTWRITEBYTECODE =
test: setup-dev ## Run the tests (ARGS for pytest)
	@echo "==> Running the tests"
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint types contracts ## Lint, types, import contracts and hygiene, as CI runs them

lint: setup-dev ## ruff: rules and format; locks name no host
	@echo "==> Lint"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@! grep -n '://' requirements/*.txt || (echo "requirements name a host"; exit 1)

types: setup-dev ## mypy --strict on our packages
	@echo "==> Types"
	$(BIN)/mypy

contracts: setup-dev ## Import contracts: platform > governance > engine, and the layers inside
	@echo "==> Import contracts"
	$(BIN)/lint-imports

openapi: setup-dev ## Renew the OpenAPI document that the tests compare with
	@echo "==> Renewing tests/golden/openapi.json"
	$(BIN)/python -m tests.golden.snapshot

client: setup-dev ## Write the Python client's methods from the routes of the API
	@echo "==> Writing the client"
	$(BIN)/python -m accredit_platform.api.client_modules

format: setup-dev ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Resolve requirements/*.in again (needs uv)
	for set in runtime dev; do \
	  uv pip compile requirements/$$set.in -o requirements/$$set.txt --python-version 3.11 --universal \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --no-header || exit 1; \
	done

clean: ## Remove the environment, caches and demo output
	rm -rf $(VENV) demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

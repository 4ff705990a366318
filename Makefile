# Everything a developer or CI runs. Needs only Python 3.11+ with venv, make and git.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.ready-test: .venv/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

.PHONY: demo
demo: .venv/.ready ## Try it: a local Telegram, Slack and laboratory on one page
	$(BIN)/labvoice demo

.PHONY: test
test: .venv/.ready-test ## Run the whole test suite
	$(BIN)/pytest

.PHONY: fuzz
fuzz: .venv/.ready-test ## Look for examples nobody thought of; takes minutes
	HYPOTHESIS_PROFILE=search $(BIN)/pytest -m hypothesis

.PHONY: forge
forge: .venv/.ready-test ## Try 100,000 forged requests and 20,000 made from the OpenAPI document; takes minutes
	$(BIN)/pytest -q -n0 -s --show-capture=no tests/door/test_forged.py tests/door/test_schemathesis.py \
		--forged $(or $(FORGED),100000) --cases $(or $(CASES),20000) --seed $(or $(SEED),1)

.PHONY: faults
faults: .venv/.ready-test ## Kill the bot while people answer and platforms fail: SEED=7, MINUTES=60, ON=postgresql, ON=replicas
	$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ON),--home $(ON))

.PHONY: faults-mutants
faults-mutants: .venv/.ready-test ## Put known bugs into the bot, and see that make faults finds each
	$(BIN)/python -m tests.faults --mutants $(if $(SEED),--seed $(SEED))

.PHONY: time
time: .venv/.ready-test ## Live two years of digests and follow-ups in every time zone; takes minutes: make time SEED=7
	$(BIN)/python -m tests.years $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: .venv/.ready-test ## Measure speed and memory against what was promised; six minutes: make bench ONLY=turns
	$(BIN)/python -m benchmarks $(ONLY)

.PHONY: bench-large
bench-large: .venv/.ready-test ## The same at full length, on ten million answers; hours: make bench-large ONLY=growth
	$(BIN)/python -m benchmarks --large $(ONLY)

.PHONY: format
format: .venv/.ready-test ## Format and fix what can be fixed by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lint
lint: .venv/.ready-test ## Format check, lint, types, who-may-import-whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: check
check: SEED := 1# the same attack for everybody
check: lint faults test ## What CI runs

.PHONY: migration
migration: .venv/.ready-test ## Write the next database migration: make migration m="Add a site to visits"
	$(BIN)/python -m storage.migrations "$(m)"
	$(BIN)/ruff format --quiet storage/migrations/versions
	$(BIN)/ruff check --quiet --fix storage/migrations/versions

.PHONY: coverage
coverage: .venv/.ready-test ## Branch coverage of bot/ and storage/, at least 95 %
	$(BIN)/pytest -q --cov --cov-report=term

.PHONY: lock
lock: .venv/.ready-test ## Re-pin dependencies after changing pyproject.toml (needs uv)
	uv lock
	uv export --quiet --all-extras --no-hashes --no-emit-project --no-annotate --no-header -o constraints.txt

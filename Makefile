# Every command a maintainer needs; `make help` lists them.
.DEFAULT_GOAL := help
PYTEST_ARGS ?=
DEMO ?= demo
SOAK ?= 300

.PHONY: help setup demo test check bench soak docs lock fix rules-mutate

help: ## List these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## Make .venv, with everything the project needs
	@.ci/setup

demo: setup ## Lay out a synthetic council and run the whole job on it, mails and all
	@.venv/bin/monitor demo --dir $(DEMO)

test: setup ## Run the whole test suite
	.venv/bin/python -m pytest -n auto $(PYTEST_ARGS)

check: setup ## Style, types, layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/monitor rules check

rules-mutate: setup ## Change every number and unit of every rule, and see that an example notices
	.venv/bin/python -m tests.mutants

soak: setup ## Hostile files through the readers and the whole intake, for some ten minutes (installs atheris)
	.venv/bin/pip install --quiet --require-hashes -r requirements-soak.lock
	.venv/bin/python -m soak.intake $(SOAK)
	for reader in csv workbook xml json days; do .venv/bin/python -m soak.guided $$reader 60 || exit 1; done

docs: setup ## Write anew the pages that are made from rules, registers and words
	.venv/bin/monitor rules docs docs/rules
	.venv/bin/monitor rules schema > rules/.schema.json.new && mv rules/.schema.json.new rules/schema.json
	.venv/bin/python -m monitor.intake.registers_page
	.venv/bin/python -m monitor.words_page

fix: setup ## Format the code and mend what can be mended by machine
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup ## Measure speed and memory, as ratios inside one run
	.venv/bin/python -m benchmarks

lock: ## Renew the lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.lock

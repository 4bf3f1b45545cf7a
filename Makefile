# Everything that a person or CI runs. Each target sets up what it needs.

PYTHON ?= python3
VENV := .venv/bin
CHECK := OMNISHOP_NO_DATABASE=1
PRODUCTION := ENVIRONMENT=production DEBUG=0 ALLOWED_HOSTS=shop.example SITE_URL=https://shop.example \
	SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG \
	FISCAL_KEY=only-for-the-check-9876543210-abcdefghijklmnopqrstuvwxyz-ABCDEFG \
	DATABASE_URL=postgres://check@localhost/check
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test lint types architecture checks bench assets messages stop clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

setup: ## Virtual environment, packages, assets, translations
	@$(PYTHON) tools/setup.py setup

dev: ## The same with what tests, linters and benchmarks need
	@$(PYTHON) tools/setup.py dev

demo: ## The whole shop with its demonstration retailer, at PORT (8000)
	@$(PYTHON) tools/setup.py demo

test: dev lint types architecture checks ## Everything CI checks, the tests last (ARGS="-k pickup")
	@$(VENV)/python tools/with_database.py $(VENV)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: dev ## Style and format
	@$(VENV)/ruff check --quiet .
	@$(VENV)/ruff format --check --quiet .

types: dev ## Types
	@$(CHECK) $(VENV)/mypy

architecture: dev ## Who may import whom
	@$(VENV)/lint-imports --no-logo

checks: dev ## Migrations are complete; production settings are safe
	@$(CHECK) $(VENV)/python -W ignore manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(VENV)/python manage.py check --deploy --fail-level WARNING

bench: dev ## Benchmarks into var/bench.json (ONLY=name runs one)
	@$(VENV)/python tools/with_database.py $(VENV)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

assets: setup ## Styles and scripts (a part of setup)

messages: setup ## Compiled translations (a part of setup)

stop: ## Stop the embedded database that a manage.py command left running
	@$(VENV)/python -m omnishop.embedded stop

clean: ## Remove what was made here: database and demonstration data too
	@if [ -x $(VENV)/python ]; then $(VENV)/python -m omnishop.embedded remove; fi
	@rm -rf .venv node_modules static/build var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

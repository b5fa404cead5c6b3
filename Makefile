# Every command a developer needs. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv/bin
PYTHON_BOOT = $$(sh scripts/find_python.sh)
PORT ?= 8000
FEED ?= 1
ARGS ?=
export PORT FEED

.PHONY: help setup setup-dev setup-gpu demo run test lint fmt smoke bench lock clean

help: ## list the commands
	@echo "SemTriage. Start with: make demo"
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## make .venv with what the demo needs (about 4 GB; the second time it does nothing)
	@python=$(PYTHON_BOOT) && "$$python" scripts/setup.py cpu

setup-dev: ## the same with the tools for testing and linting
	@python=$(PYTHON_BOOT) && "$$python" scripts/setup.py dev

setup-gpu: ## the same for a machine with an NVIDIA GPU
	@python=$(PYTHON_BOOT) && "$$python" scripts/setup.py gpu

demo: ## everything in one process on this machine, with sample incidents (PORT=8000, FEED=0: none)
	@python=$(PYTHON_BOOT) && "$$python" scripts/setup.py cpu --port "$(PORT)"
	@exec $(VENV)/python manage.py embedded

run: ## the services mode as separate processes (needs DATABASE_URL and REDIS_URL)
	@python=$(PYTHON_BOOT) && "$$python" scripts/setup.py cpu --port "$(PORT)"
	@exec $(VENV)/python -m scripts.run_services

test: setup-dev ## all tests, on real PostgreSQL, Redis, Chromium and vLLM (ARGS="tests/api -k token")
	@exec $(VENV)/python scripts/test.py $(ARGS)

lint: setup-dev ## ruff, mypy, import-linter
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports

fmt: setup-dev ## let ruff put code and imports in shape
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

smoke: setup ## 20 incidents through a running server, followed to the end (BASE_URL=http://...)
	@exec $(VENV)/python manage.py smoke

bench: setup ## what the scheduler gains, simulated (ARGS="engine-bench": on the real engine)
	@exec $(VENV)/python -m scheduler $(or $(ARGS),sweep --seeds 5)

lock: ## write requirements/*.lock anew (needs uv)
	sh scripts/lock.sh

clean: ## remove the environment, caches and the demo's data
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

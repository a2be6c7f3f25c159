# `make demo` and `make test` need Debian or Ubuntu with Python 3.11, or the programs that scripts/setup names.

export PATH := $(CURDIR)/.venv/bin:$(PATH):$(CURDIR)/.tools/bin

.PHONY: help demo test setup compile format bench drawing lock

help:
	@echo 'make demo     compile slos/, check everything, show an outage live (DEMO_SECONDS=N: stay for N seconds)'
	@echo 'make test     lint, types, module directions, drift, and all tests on real parts'
	@echo 'make setup    only prepare .venv and .tools'
	@echo 'make compile  renew generated/ and dashboards/ from slos/'
	@echo 'make format   format the Python code and sort its imports'
	@echo 'make bench    speed and memory, as ratios with their bounds'
	@echo 'make drawing  build the page that draws dashboards for tests (needs Node, npm and Chromium)'
	@echo 'make lock     renew requirements.lock'

demo: setup
	@scripts/demo

test: setup
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	slo compile --check
	pytest --numprocesses auto --dist loadfile

setup:
	@scripts/setup

compile: setup
	slo compile

format: setup
	ruff check --fix-only --select I .
	ruff format .

bench: setup
	python benchmarks/compile.py
	python -m benchmarks.budget
	python -m benchmarks.demo_service_load

drawing: setup
	cd tests/dashboards/drawing && npm ci && npm run build

lock:
	scripts/lock

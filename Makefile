# Each target does its own set-up in .venv; a second run starts at once. `make help` lists them.
#   make PYTHON=/usr/bin/python3.12 test     builds .venv with that Python (3.11 to 3.13)

BIN := .venv/bin
HELP := build/doc/index.html
ENVS := build/envs
FIND_PYTHON := sh scripts/find_python.sh
CLOSED := $(BIN)/python scripts/closed_network.py
PYTEST_OPTIONS := -q --no-traces --durations=10
# What drives the real canvas needs Xvfb, which test-more provides.
TESTS := -m "not screen and not heavy" tests

.DEFAULT_GOAL := help
.PHONY: help environment demo test test-more lint doc bench clean

help:
	@echo "make demo       sample pictures, clustered, in Orange where there is a screen; else in build/demo"
	@echo "make test       the tests"
	@echo "make test-more  the tests that need other environments or a screen of their own"
	@echo "make lint       ruff and mypy"
	@echo "make doc        the documentation, in build/doc"
	@echo "make bench      the speeds that the README and the documentation tell"
	@echo "make clean      remove what was built, but not .venv"

environment:
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/environment.py main

demo:
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/environment.py demo $(if $(DISPLAY)$(WAYLAND_DISPLAY),--screen)
	-@$(MAKE) --no-print-directory $(HELP)
	$(BIN)/orange-imaging demo --out build/demo

# The pages that F1 opens.
$(HELP): $(shell find doc tutorials/lessons -type f)
	$(BIN)/sphinx-build $(SPHINX_OPTIONS) -q -b html doc $(@D)
	@touch $@

test: environment
	$(CLOSED) $(BIN)/python -m pytest $(PYTEST_OPTIONS) $(TESTS)

test-more:
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/environment.py more
	$(BIN)/python scripts/beside_orange.py
	$(CLOSED) $(BIN)/python tests/more/run.py

lint: environment
	$(BIN)/ruff check .
	$(BIN)/mypy

doc: environment
	@$(MAKE) --no-print-directory --always-make SPHINX_OPTIONS=-W $(HELP)
	@echo "Open $(HELP)"

bench: environment
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/environment.py bench
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.samples
	$(BIN)/python -m benchmarks.depths
	$(BIN)/python -m benchmarks.imports
	$(BIN)/python -m benchmarks.viewer
	$(BIN)/python -m benchmarks.layouts
	$(BIN)/python -m benchmarks.map_frames --others
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.sharded --pictures 100000
	$(BIN)/python -m benchmarks.classroom
	$(BIN)/python -m benchmarks.scaling

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .coverage htmlcov
	find orangecontrib tests tutorials scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d .venv ]; then echo "The environment is left: rm -rf .venv frees $$(du -sh .venv | cut -f1)."; fi

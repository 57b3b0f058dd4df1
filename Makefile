# Everything a fresh machine needs comes from these targets: `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := runs/demo
STRATEGIES := hybrid monolingual cross-lingual

# A folder that mirrors the origins of named data sets; used where it is there.
export EQUILINGUA_MIRROR ?= $(abspath $(wildcard ../shared/data))

.PHONY: help setup demo test fix bench clean
.DELETE_ON_ERROR:

help:  ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(READY)  ## make .venv with everything that the other targets need

# torch first and from its pin: another package's range would take the build with CUDA.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY) $(DEMO)/report.html  ## train three strategies briefly, measure them beside the base, write runs/demo/report.html

$(DEMO)/report.html: $(DEMO)/base.json $(STRATEGIES:%=$(DEMO)/%.json)
	$(BIN)/equilingua report $^ $(STRATEGIES:%=--runs $(DEMO)/%) --out $@ \
		--title "Three ways to fill a batch, on the starter corpus"

$(DEMO)/base.json: | $(READY)
	@mkdir -p $(DEMO)
	$(BIN)/equilingua evaluate embedded:base --on starter --json $@

$(STRATEGIES:%=$(DEMO)/%.json): $(DEMO)/%.json: $(DEMO)/%/encoder/modules.json
	$(BIN)/equilingua evaluate $(DEMO)/$*/encoder --on starter --json $@

# An interrupted demo goes on where it was; a changed recipe starts anew.
$(STRATEGIES:%=$(DEMO)/%/encoder/modules.json): $(DEMO)/%/encoder/modules.json: recipes/demo.yaml | $(READY)
	@if [ $< -nt $(DEMO)/$*/recipe.yaml ]; then rm -rf $(DEMO)/$*; fi
	$(BIN)/equilingua train $< --set batches.strategy=$* --out $(DEMO)/$* --resume

# What computes figures is tested a second time with the matrix products of another kind of processor.
FIGURES := tests/evaluation -m "not slow" --ignore-glob "*_command*.py"
OTHER_KERNELS := $(if $(filter Haswell,$(OPENBLAS_CORETYPE)),Sandybridge,Haswell)

test: $(READY)  ## lint, types and all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal
	OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=$(OTHER_KERNELS) $(BIN)/pytest -n 2 --dist worksteal $(FIGURES)

fix: $(READY)  ## format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## our speed beside sentence-transformers' and mteb's: half an hour on two cores
	$(BIN)/python -m benchmarks.encoding --json results/encoding.json
	$(BIN)/python -m benchmarks.training --json results/training.json
	$(BIN)/python -m benchmarks.evaluation --share 0.2 --json results/evaluation.json

clean:  ## remove the environment and the demo's runs
	rm -rf $(VENV) $(DEMO)

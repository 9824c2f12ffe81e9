# vaeclust: `make book`, `make test`, `make lab`. Each sets up .venv by itself; a second call installs nothing.

PYTHON ?= python3
DATASET ?= demo
MUSIC ?= demo
TRACKS ?=
LYRICS ?=
FEATURES ?=
SCHEDULER ?=
JOBS ?= 0
PARAMETERS ?=
# Those of these names are not taken from the environment, where they may be anything.
NAME =
LABELS =
MODELS =
FORCE =
METHOD =
EXCLUDE =
PLAYLISTS =
LONGEST =
CLIPS =
LAB_OPTIONS ?=
BENCHMARKS ?=
REPETITIONS ?= 5

# A variable that is misspelt would be passed over without a word.
KNOWN := PYTHON DATASET MUSIC TRACKS LYRICS FEATURES SCHEDULER JOBS PARAMETERS NAME LABELS MODELS FORCE METHOD EXCLUDE PLAYLISTS \
  LONGEST CLIPS LAB_OPTIONS BENCHMARKS REPETITIONS
GIVEN := $(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(name)))
UNKNOWN := $(filter-out $(KNOWN) MAKEFLAGS MAKEOVERRIDES,$(GIVEN))
$(if $(UNKNOWN),$(error no variable $(UNKNOWN); expected one of $(KNOWN)))

# What the commands share: each option as a variable, left out where nothing is given.
OPTIONS = $(if $(TRACKS),--tracks "$(TRACKS)") $(if $(FEATURES),--features "$(FEATURES)") \
  $(if $(NAME),--name "$(NAME)") $(if $(LABELS),--labels "$(LABELS)") $(if $(SCHEDULER),--scheduler "$(SCHEDULER)") \
  $(if $(FORCE),--force) $(PARAMETERS)
LISTENING = $(if $(METHOD),--method "$(METHOD)") $(if $(EXCLUDE),--exclude "$(EXCLUDE)") \
  $(if $(PLAYLISTS),--playlists "$(PLAYLISTS)") $(if $(LONGEST),--longest "$(LONGEST)") $(if $(CLIPS),--clips "$(CLIPS)")

BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help listen book paper check test lint lab bench resolve clean

help:  ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# The stamp is newer than what it was installed from; anything else is installed again into a fresh folder.
# librosa compiles itself when it is first imported: here, where nothing waits for it and one process does it alone.
# The listening network is fetched here, too, but nothing else needs it.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:3]; sys.exit(None if (3, 11) <= v < (3, 15) and v != (3, 14, 1) else \
	  "found Python %d.%d.%d; vaeclust needs 3.11 to 3.14, but not 3.14.1: make PYTHON=python3.13 ..." % v)'
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -e '.[test]'
	@$(BIN)/python -c 'from vaeclust.corpus.audio import compile_once; compile_once("mfcc20")'
	@$(BIN)/vaeclust fetch musicnn || echo "make goes on without these weights: only --features musicnn needs them"
	touch $@

listen: $(READY)  ## Group a folder of music (MUSIC=~/Music): names, a map, playlists, on a page of its own
	$(BIN)/vaeclust listen "$(MUSIC)" $(LISTENING) $(OPTIONS)

book: $(READY)  ## Execute every chapter (DATASET=demo, or a feature table) and build the HTML book
	$(BIN)/vaeclust book --dataset "$(DATASET)" --lyrics "$(LYRICS)" --jobs $(JOBS) $(if $(MODELS),--models "$(MODELS)") $(OPTIONS)

paper: $(READY)  ## Typeset the paper as a PDF from the released records
	$(BIN)/vaeclust paper

check: $(READY)  ## Compare the results of DATASET with its released records
	$(BIN)/vaeclust check "$(DATASET)"

test: lint  ## Run all tests
	$(BIN)/python -m pytest

lint: $(READY)  ## Check style, layers and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# The peers that we are measured against want libraries that the book does not need: an environment of their own.
# One of them, vibenet, comes without its own: it wants another typer, for a command that nobody calls here.
.venv-bench/.ready: pyproject.toml constraints.txt benchmarks/constraints.txt
	rm -rf .venv-bench
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	  -c constraints.txt -c benchmarks/constraints.txt -e '.[book,moods]' pythae psutil pydub 'audioop-lts; python_version >= "3.13"'
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
	  -c benchmarks/constraints.txt vibenet
	touch $@

bench: .venv-bench/.ready  ## Measure everything (about 55 minutes); REPETITIONS=5, BENCHMARKS="training floor"
	.venv-bench/bin/python benchmarks/bench.py $(BENCHMARKS) --repetitions $(REPETITIONS)

resolve:  ## Resolve the pinned versions on every Python of this machine, and by wheels on all that are promised
	$(PYTHON) .ci/resolve.py

lab: $(READY)  ## Open JupyterLab, text notebooks as notebooks
	@mkdir -p .venv/etc/jupyter/labconfig
	@$(BIN)/jupytext-config --settings-file .venv/etc/jupyter/labconfig/default_setting_overrides.json \
	  set-default-viewer markdown >/dev/null
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks $(LAB_OPTIONS)

clean:  ## Remove what was built (results stay)
	rm -rf _build book/chapters book/_static/plotly.min.js book/_static/clips book/_static/vaeclust.pdf

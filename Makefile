# vaeclust: `make book`, `make test`. Each sets up .venv by itself; a second call installs nothing.

PYTHON ?= python3
DATASET ?=
TRACKS ?=
LYRICS ?=
JOBS ?= 2
PARAMETERS ?=

BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help book test lint clean

help:  ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# The stamp is newer than what it was installed from; anything else is installed again into a fresh folder.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else \
	  "found Python %d.%d; vaeclust needs 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..." % v)'
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -e '.[test]'
	touch $@

book: $(READY)  ## Execute every chapter and build the HTML book: make book DATASET=features_30_sec.csv
	@test -n "$(DATASET)" || { echo "Which data? make book DATASET=<feature table.csv>"; exit 2; }
	$(BIN)/vaeclust book --dataset "$(DATASET)" --tracks "$(TRACKS)" --lyrics "$(LYRICS)" --jobs $(JOBS) $(PARAMETERS)

test: lint  ## Run all tests
	$(BIN)/python -m pytest

lint: $(READY)  ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:  ## Remove what was built (results stay)
	rm -rf _build book/chapters book/_static/plotly.min.js

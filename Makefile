# Everything runs from a fresh clone with Python 3.11+, pip and make; `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?= --once

# A run starts hundreds of processes: Python keeps what it has compiled for the next one, whatever the caller's shell says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types build wheel-check record screenshots bench fuzz forms detection-report lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . --group dev
	@touch $@

demo: $(STAMP) ## the main job on an embedded sandbox Zendesk (ARGS= keeps it running)
	$(BIN)/zendesk-gupshup demo $(ARGS)

# For the browser tests: the app framework's client and an accessibility checker. Without npm those tests are skipped.
NODE := tests/browser/node_modules/.package-lock.json
$(NODE): tests/browser/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix tests/browser --no-audit --no-fund --silent || echo "npm ci failed: some browser tests will be skipped"; fi

test: $(STAMP) $(NODE) ## all tests
	$(BIN)/python -m pytest -n 5 --dist worksteal

check: lint types test build wheel-check ## what CI runs

format: $(STAMP) ## rewrite the code in the one format
	$(BIN)/ruff format plugin tests benchmarks
	$(BIN)/ruff check --fix plugin tests benchmarks

lint: $(STAMP) ## formatting, lint, and whether all that is imported is declared
	$(BIN)/ruff format --check plugin tests benchmarks
	$(BIN)/ruff check plugin tests benchmarks
	$(BIN)/deptry plugin
	$(BIN)/deptry plugin tests benchmarks --exclude '$(VENV)' --ignore DEP002,DEP004

types: $(STAMP) ## strict types
	$(BIN)/mypy

.PHONY: cover
cover: $(STAMP) $(NODE) ## tests with branch coverage
	$(BIN)/python -m pytest -n 4 --dist worksteal --cov --cov-report=term

build: $(STAMP) ## wheel and sdist in dist/
	rm -rf dist
	$(BIN)/python -m build --quiet >/dev/null
	@ls dist

# Not compiled at its installation: the two commands compile what they import.
wheel-check: $(STAMP) ## the wheel in an empty environment, from another directory
	rm -rf build/wheel && $(PYTHON) -m venv --without-pip build/wheel
	$(BIN)/python -m pip --python build/wheel/bin/python install --quiet --disable-pip-version-check --no-compile \
		-c constraints.txt dist/*.whl
	cd build/wheel && bin/zendesk-gupshup app check --url https://gupshup.example.com
	cd build/wheel && bin/zendesk-gupshup demo --once

record: $(STAMP) ## record the cassettes anew (sandbox, or a real account when its environment is set)
	$(BIN)/python -m pytest tests/zendesk/test_cassettes.py --record-mode=rewrite

screenshots: $(STAMP) ## the pictures of the README, from the demo's data (needs Chromium)
	$(BIN)/python benchmarks/screenshots.py
	$(BIN)/python benchmarks/report_picture.py

.PHONY: sidebar-pictures
sidebar-pictures: $(STAMP) ## each state of the sidebar at two widths in both colours, in build/sidebar (needs Chromium)
	$(BIN)/python benchmarks/sidebar_pictures.py

bench: $(STAMP) ## start time, latency and requests per ticket
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/live.py

.PHONY: faults
faults: $(STAMP) ## exactly once, whatever breaks: faults of every kind and kills (about a quarter of an hour)
	$(BIN)/python benchmarks/faults.py

.PHONY: kills
kills: $(STAMP) ## workers killed at every step, on SQLite and PostgreSQL (about ten minutes)
	$(BIN)/python -m pytest -n 2 --kills tests/worker/test_kills.py tests/worker/test_kills_follow_up.py \
		tests/worker/test_reminders_worker.py tests/worker/test_incidents_worker.py

.PHONY: mutants
mutants: $(STAMP) ## planted mistakes that the tests should notice (MUTANTS="guards --sample 0"; about an hour)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group mutants
	$(BIN)/python benchmarks/mutants.py $(MUTANTS)

fuzz: $(STAMP) ## odd texts for the detector and the masking, and every property with four times the examples
	$(BIN)/python benchmarks/fuzz.py --seconds 60
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=many

forms: $(STAMP) ## the labelled texts of ../shared as plain text and as HTML: the same findings (about three minutes)
	$(BIN)/python benchmarks/forms.py
	FORMS_EVERY=1 $(BIN)/python -m pytest tests/detect/test_detect_html.py tests/detect/test_detect_typography.py -k every

.PHONY: cues
cues: $(STAMP) ## phrases, cues and patterns of the detector that no text needs (about a quarter of an hour)
	$(BIN)/python benchmarks/cues.py

.PHONY: train
train: $(STAMP) ## the detector's weights from the labelled texts of ../shared: the same texts, the same bytes
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group train
	$(BIN)/python benchmarks/train.py

.PHONY: settings-page
settings-page: $(STAMP) ## docs/settings.md from the models of the settings
	$(BIN)/python -m zendesk_gupshup.settings.reference > docs/settings.md

.PHONY: figures
figures: $(STAMP) ## docs/detection-figures.json, which the tests compare with, and the table of it
	$(BIN)/python benchmarks/detection_figures.py

detection-report: $(STAMP) ## how well the detector does on the labelled texts of ../shared
	$(BIN)/python benchmarks/detection_report.py

lock: ## newest versions that pyproject.toml allows, into constraints.txt
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	build/lock/bin/python -m pip install --quiet -e . --group dev
	(echo "# Exact versions that a fresh install takes (make lock rewrites this file)."; build/lock/bin/python -m pip freeze --exclude-editable) > constraints.txt

clean: ## remove what was built
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .coverage*

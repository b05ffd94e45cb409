# Everything happens in .venv and web/node_modules; the system's Python and Node are only asked.

PYTHON ?= python3
BIN    := .venv/bin
STAMPS := .venv/.fireside web/node_modules/.fireside
PAGE   := src/fireside/web/index.html
DYNAMO := tests/dynamodb/node_modules/.fireside
SDK    := bench/node/node_modules/.fireside
WEB    := $(shell find web -path web/node_modules -prune -o -type f ! -name '*.test.*' -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup page run dev rehearse test test-rest test-all lint lint-infra fmt frames reference e2e bench bench-page picture bill fuzz build lock clean

help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMPS) $(PAGE) ## Prepare everything: .venv, npm packages, the built page

page: $(PAGE) ## Build the page into the Python package

run: setup ## Start the chat and print its address
	@$(BIN)/fireside serve

dev: setup ## Start the chat and Vite; both reload on changes; open http://127.0.0.1:5173
	@$(BIN)/python tools/dev.py

test: setup $(DYNAMO) ## Run every kind of check and test, each behaviour once
	@$(BIN)/python tools/check.py quick

test-rest: setup $(DYNAMO) ## Run what make test leaves out: other modes, every variation, infra/, fuzz
	@$(BIN)/python tools/check.py rest

test-all: setup $(DYNAMO) ## Run make test, then make test-rest
	@$(BIN)/python tools/check.py all

lint: setup ## Run only the linters, the type checkers and the import contracts
	@$(BIN)/python tools/check.py lint

lint-infra: .venv-infra/.fireside ## Check infra/ with checkov (installs it)
	@.venv-infra/bin/checkov --directory infra --skip-path stages --framework terraform --compact --quiet --skip-download

rehearse: setup $(DYNAMO) ## Run the zip for AWS Lambda here, and print what AWS would bill
	@$(BIN)/fireside rehearse

e2e: setup ## Run only the end-to-end tests, each behaviour once
	@$(BIN)/python -m pytest tests/e2e -rs -m "not long" -n auto --maxprocesses=4

bench: setup $(DYNAMO) $(SDK) ## Run all benchmarks and print their tables
	@set -e; for bench in bench/bench_*.py; do $(BIN)/python $$bench; done

bench-page: setup ## Measure the page in a real browser against its limits
	@PYTHONPATH=.:bench:bench/page $(BIN)/python bench/page/bench_page.py

picture: setup ## Retake the README's screenshots
	@PYTHONPATH=.:bench/page $(BIN)/python bench/page/picture.py

bill: setup .venv-docs/.fireside ## Redraw the bill's plot
	@$(BIN)/fireside cost --users 50 --messages-per-day 2000 --online 50 --online-per-room 12 --json \
	  | .venv-docs/bin/python tools/plot_bill.py docs/images/bill.svg

fuzz: setup ## Send 100,000 invalid frames, handshakes and requests to the gateway
	@$(BIN)/python tools/fuzz.py

build: setup ## Make the wheel and the sdist in dist/
	@$(BIN)/python -m build --no-isolation --outdir dist .

fmt: setup ## Format Python and TypeScript
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@cd web && npx --no-install biome check --write

frames: setup ## Regenerate web/src/wire/frames.ts
	@$(BIN)/python tools/generate_frames.py

reference: setup ## Regenerate the option tables in docs/reference
	@$(BIN)/python tools/generate_reference.py

lock: ## Pin the newest allowed releases in requirements/*.txt (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/"; exit 1; }
	@for name in run dev infra docs; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-emit-index-url --custom-compile-command "make lock" \
	    requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

clean: ## Delete .venv, node_modules, builds and caches
	rm -rf .venv .venv-infra .venv-docs web/node_modules tests/dynamodb/node_modules bench/node/node_modules src/fireside/web dist build test-results .coverage .coverage.*
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- How it is prepared: a stamp per tool, inside the folder that it describes -----------------

.venv/.fireside: requirements/dev.txt pyproject.toml
	@sh tools/setup.sh python "$(PYTHON)"
	@touch $@

.venv-infra/.fireside: requirements/infra.txt
	@sh tools/setup.sh venv infra "$(PYTHON)"
	@touch $@

.venv-docs/.fireside: requirements/docs.txt
	@sh tools/setup.sh venv docs "$(PYTHON)"
	@touch $@

web/node_modules/.fireside: web/package.json web/package-lock.json
	@sh tools/setup.sh node web
	@touch $@

$(DYNAMO): tests/dynamodb/package.json tests/dynamodb/package-lock.json
	@sh tools/setup.sh node tests/dynamodb
	@touch $@

$(SDK): bench/node/package.json bench/node/package-lock.json
	@sh tools/setup.sh node bench/node
	@touch $@

$(PAGE): web/node_modules/.fireside $(WEB)
	@echo "Building the page"
	@cd web && npm run --silent build
	@touch $@

# Two commands are all that a new user needs: `make demo` and `make test`. `make help` lists the others.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SECONDS ?= 300
# A process for each core; a test file stays in one of them. `make test PARALLEL=` runs all in one process.
PARALLEL ?= -n auto --dist loadfile --no-loadscope-reorder
# Every shell script that is ours (tests/repository/test_linters.py knows of one that is missing).
SCRIPTS := .ci/run .ci/site .github/action/*.sh .github/release/*.sh cdkguard/inputs/*.sh

.PHONY: help install examples demo demo-all test test-all unit lowest lint format docs site site-links bench bench-check bench-audit bench-keep fuzz bounds mutate release-check clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(VENV)/.installed ## all that the other targets need, in .venv

$(VENV)/.installed: pyproject.toml tools/schema/pinned.txt
	@$(PYTHON) -c 'import sys; sys.exit("cdkguard needs Python 3.11 or newer (make PYTHON=python3.12)") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c tools/schema/pinned.txt -e '.[aws,dev,linters,moto,preflight]'
	@touch $@

examples: $(VENV)/.examples ## what the example apps need (Node)

$(VENV)/.examples: $(VENV)/.installed examples/task-api/package.json examples/orders/requirements.txt
	$(BIN)/python -m pip install --quiet -r examples/orders/requirements.txt aws-cdk.aws-lambda-python-alpha==2.275.0a0
	cd examples/task-api && npm ci --silent --no-audit --no-fund
	@touch $@

# What the demo needs is less than what the tests do: cdkguard itself, and the Node packages of one example.
$(VENV)/.tool: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("cdkguard needs Python 3.11 or newer (make PYTHON=python3.12)") if sys.version_info < (3, 11) else None'
	@echo 'installing cdkguard into $(VENV)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.task-api: $(VENV)/.tool examples/task-api/package.json
	@echo 'installing aws-cdk-lib and ts-node into examples/task-api/node_modules'
	@cd examples/task-api && npm ci --silent --no-audit --no-fund
	@touch $@

demo: $(VENV)/.task-api ## one screen: what the rename of a table would take (ARGS=--whole: the whole output)
	@$(BIN)/python tools/demo.py $(ARGS)

demo-all: examples ## check both example apps from source, beside the lists of their seeded defects
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/demo.py --all

test: examples ## the test suite; what is many (faults, interruptions, inputs, Hypothesis's examples) is sampled
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest $(PARALLEL)

test-all: examples ## the suite without samples, in one process
	CDKGUARD_WHOLE=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest

unit: install ## the tests of single modules and of the repository's documents (tests/unit, tests/repository)
	$(BIN)/python -m pytest $(PARALLEL) tests/unit tests/repository

lowest: ## the tests that need no Node, with the oldest versions that pyproject.toml allows
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct -e '.[aws,dev,moto,preflight]'
	.venv-lowest/bin/python -m pytest -m 'not e2e'

lint: install ## ruff check, ruff format --check, mypy; the linters of workflows, the action, scripts and Dockerfiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --no-progress --quiet --persona=pedantic action.yml .github
	$(BIN)/actionlint -shellcheck=$(CURDIR)/$(BIN)/shellcheck .github/workflows/*.yml
	$(BIN)/shellcheck $(SCRIPTS)
	$(BIN)/hadolint Dockerfile Dockerfile.pre-built
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

format: install ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: install ## make the rule pages, the framework table, the rule schema and the agents' plugins anew
	$(BIN)/python tools/make_frameworks.py
	$(BIN)/python tools/make_rule_docs.py
	$(BIN)/python tools/make_rule_schema.py
	$(BIN)/python tools/agents/make_bundles.py

site: $(VENV)-site/.installed ## build the documentation's site in build/site, and check its links
	$(VENV)-site/bin/python tools/site/make_site.py

site-links: ## after `make site`: the addresses outside of the site, with the number of pages that link to them
	@cat build/site-links.txt

$(VENV)-site/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)-site
	$(VENV)-site/bin/python -m pip install --quiet -e '.[site]'
	@touch $@

bench: examples ## measure CPU (and instructions, where valgrind is), and write docs/speed.md
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python benchmarks/run.py

bench-check: install ## count instructions (valgrind) beside the kept run: 5 % more fails
	$(BIN)/python benchmarks/instructions.py --check

bench-audit: install ## what an audit costs and survives: CPU, throttled places, killed workers, memory, outputs
	$(BIN)/python benchmarks/audit.py

bench-keep: install ## count them, and keep the run in benchmarks/instructions.json
	$(BIN)/python benchmarks/instructions.py --keep

fuzz: install ## fuzz for SECONDS in all
	$(BIN)/python -m pip install --quiet 'atheris>=2.3'
	$(BIN)/python fuzz/run.py --seconds $(SECONDS)

bounds: install ## inputs of 1 MB in at most 5 s
	CDKGUARD_BOUNDS=1000000 $(BIN)/python -m pytest tests/laws/test_bounds.py -k five_seconds

mutate: install ## break the code in small ways: does a test notice?
	$(BIN)/python -m pip install --quiet coverage
	$(BIN)/python tools/mutate.py .mutate

release-check: ## build what a release publishes, and try it; publishes nothing
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet --require-hashes -r .github/release/requirements.txt
	PYTHON=.venv-release/bin/python .github/release/build.sh

clean: ## take away all that make made
	rm -rf $(VENV) $(VENV)-site .venv-lowest .venv-release .mutate dist build release examples/task-api/node_modules examples/*/cdk.out

# Two commands are all that a new user needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SECONDS ?= 300
CDK_LIB := aws-cdk-lib==2.275.0

.PHONY: install examples demo test unit lowest lint docs bench fuzz bounds mutate clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("cdkguard needs Python 3.11 or newer (make PYTHON=python3.12)") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[aws,dev,moto]'
	@touch $@

examples: $(VENV)/.examples

$(VENV)/.examples: $(VENV)/.installed examples/task-api/package.json examples/orders/requirements.txt
	$(BIN)/python -m pip install --quiet -r examples/orders/requirements.txt
	cd examples/task-api && npm ci --silent --no-audit --no-fund
	@touch $@

demo: examples
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/demo.py

test: examples
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest

unit: install
	$(BIN)/python -m pytest -m 'not e2e'

# The unit tests with the oldest versions that pyproject.toml allows.
lowest:
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct -e '.[aws,dev,moto]'
	.venv-lowest/bin/python -m pytest -m 'not e2e'

lint: install
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: install
	$(BIN)/python tools/make_frameworks.py
	$(BIN)/python tools/make_rule_docs.py
	$(BIN)/python tools/make_rule_schema.py

bench: examples
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python benchmarks/run.py

fuzz: install
	$(BIN)/python -m pip install --quiet 'atheris>=2.3'
	$(BIN)/python fuzz/run.py --seconds $(SECONDS)

bounds: install
	CDKGUARD_BOUNDS=1000000 $(BIN)/python -m pytest tests/laws/test_bounds.py -k five_seconds

mutate: install
	$(BIN)/python -m pip install --quiet coverage
	$(BIN)/python tools/mutate.py .mutate

clean:
	rm -rf $(VENV) .venv-lowest .mutate dist build examples/task-api/node_modules examples/*/cdk.out

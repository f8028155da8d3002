# Each target sets up what it needs, in folders of this clone that git ignores.
PYTHON ?= python3
# What needs databroker 1.x; the other environments leave it out.
TEST_DATABROKER1 = .venv-databroker1/bin/python -m pytest tests/databroker1 \
	docs/tutorials/array-detector.md docs/how-to/use-databroker.md
# Slow tests measure memory and threads of their own process: they run by themselves.
PARALLEL = --numprocesses 2 --dist worksteal
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test test-all check format docs bench clean

help:
	@echo "make demo      walk through a simulated beamline, with ophyd and with ophyd-async"
	@echo "make test      lint, types, import contracts, then the tests"
	@echo "make test-all  the same with the slow tests"
	@echo "make check     lint, types, import contracts"
	@echo "make bench     measure, as ratios against baselines of the same run"
	@echo "make docs      build the documentation into docs/_build"
	@echo "make clean     remove what these targets made"

demo: .venv-demo/installed .venv-handlers/installed
	@.venv-demo/bin/python -m framestore.demo --framework ophyd --reader .venv-handlers/bin/python
	@.venv-demo/bin/python -m framestore.demo --framework ophyd-async --reader .venv-handlers/bin/python

test: check .venv-databroker1/installed
	@scripts/debian-packages hdf5-tools imagemagick libtiff-tools
	.venv/bin/python -m pytest -m "not slow" $(PARALLEL)
	$(TEST_DATABROKER1)

test-all: test
	.venv/bin/python -m pytest -m slow

check: .venv/installed
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright
	.venv/bin/lint-imports --no-logo

format: .venv/installed
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

bench: .venv/installed
	.venv/bin/python -m benchmarks

docs: .venv-docs/installed
	.venv-docs/bin/python -m sphinx -q -W -b html docs docs/_build
	@echo "open docs/_build/index.html"

clean:
	rm -rf .venv .venv-databroker1 .venv-demo .venv-docs .venv-handlers docs/_build bench.json

# An environment is made anew when what it is made from has changed.
.venv/installed: pyproject.toml handlers/pyproject.toml
	@scripts/python-environment $(PYTHON) .venv
	.venv/bin/python $(PIP_INSTALL) --editable ./handlers --editable '.[all]' --group test
	@touch $@

.venv-databroker1/installed: pyproject.toml handlers/pyproject.toml
	@scripts/python-environment $(PYTHON) .venv-databroker1
	.venv-databroker1/bin/python $(PIP_INSTALL) --editable './handlers[xarray]' --editable '.[ophyd]' --group databroker1
	@touch $@

.venv-demo/installed: pyproject.toml handlers/pyproject.toml
	@scripts/python-environment $(PYTHON) .venv-demo
	.venv-demo/bin/python $(PIP_INSTALL) --editable ./handlers --editable '.[demo]'
	@touch $@

.venv-docs/installed: pyproject.toml handlers/pyproject.toml
	@scripts/python-environment $(PYTHON) .venv-docs
	.venv-docs/bin/python $(PIP_INSTALL) --editable ./handlers --editable '.[ophyd,ophyd-async]' --group docs
	@touch $@

.venv-handlers/installed: handlers/pyproject.toml
	@scripts/python-environment $(PYTHON) .venv-handlers
	.venv-handlers/bin/python $(PIP_INSTALL) --editable ./handlers
	@touch $@

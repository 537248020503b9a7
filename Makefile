# The four verbs of this project. Each one sets up .venv by itself; nothing outside .venv is touched.
#   make demo    run the bundled stream of four tasks, offline        make test    run all tests
#   make check   style, types, import layers                          make docs    regenerate what is generated in docs/
# PYTHON=...           the interpreter to build .venv with (default: the first suitable one found)
# TORCH_INDEX_URL=...  where to take torch from, for example an index that holds CPU builds only

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
TORCH_INDEX_URL ?=
OUT ?= runs/demo
SPECS := pyproject.toml constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --progress-bar off
TORCH := $(shell grep '^torch==' constraints.txt)

# Which extras each verb needs: the demo neither tests nor checks.
DEMO_EXTRAS := train,student
DEV_EXTRAS := test,check

.DEFAULT_GOAL := help
.PHONY: help demo test check docs clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

demo: $(VENV)/.ready-demo
	@$(BIN)/synlearner demo --out $(OUT)

test: $(VENV)/.ready-dev
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/.ready-dev
	@$(BIN)/python -m docs.build

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# A full development environment can run the demo as well.
$(VENV)/.ready-demo: $(SPECS)
	@if [ -e $(VENV)/.ready-dev ] && [ -z "$$(find $(SPECS) -newer $(VENV)/.ready-dev)" ]; then :; else $(call install,$(DEMO_EXTRAS)); fi
	@touch $@

$(VENV)/.ready-dev: $(SPECS)
	@$(call install,$(DEV_EXTRAS))
	@touch $@

# Any interpreter that is new enough and can make environments will do; one for which a torch is at hand comes first.
define find_python
for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
  if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$candidate; break; fi; \
done
endef

# A half-made .venv is made anew (.making is what an interrupted set-up leaves); a working one is kept. torch comes first and alone, so that its index serves nothing else.
define install
set -e; \
if [ -e $(VENV)/.making ] || ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
  python=$$($(find_python)); \
  if [ -z "$$python" ]; then echo 'No Python >= 3.11 with venv and pip was found. Fix: install one, or name it: make PYTHON=/path/to/python3.11' >&2; exit 1; fi; \
  echo "Setting up $(VENV) with $$($$python --version) (once, some minutes)"; \
  $$python -m venv --clear $(VENV); \
else echo "Updating $(VENV)"; fi; \
touch $(VENV)/.making; \
if ! $(BIN)/python -m pip show --quiet torch >/dev/null 2>&1; then $(PIP) --no-deps $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL)) '$(TORCH)'; fi; \
$(PIP) -c constraints.txt -e '.[$(1)]'; \
rm -f $(VENV)/.making
endef

# The two commands of the README are `make demo` and `make test`; each sets itself up.
# Needs python3 (3.10 to 3.13) and make; packages come from PyPI, by the hashes in requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FC_VENV := build/fc/$(notdir $(PYTHON))

.DEFAULT_GOAL := help
.PHONY: help setup bytecode demo test check format mutants sim sim-merged sim-pairs sim-assumptions sim-clones stack kills soak lock policies clean
.PHONY: fc-package bench bench-full tools test-tools deploy-files docs runbook

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make the virtual environment with exactly the locked packages

# As wheels (--use-pep517) whatever pip is at hand: an old one would leave no list of what it has installed.
# $(1) is the directory.
define make_venv
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "aliyun-ops needs Python 3.10 to 3.13, found `$(PYTHON) --version 2>&1`; name one with make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing; install it first (Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 2; }
	@echo "Setting up $(1) (once, about a minute)"
	@rm -rf $(1)
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip --disable-pip-version-check install --quiet --use-pep517 --require-hashes --no-deps -r requirements.lock
	@$(1)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(READY): requirements.lock pyproject.toml
	$(call make_venv,$(VENV))

bytecode: $(READY) ## Compile our own code, for a place where what runs may write nothing
	@$(BIN)/python -m compileall -q worker eventbridge emulator

# The package is built by the Python of the runtime, and .venv may be of another one, with a worker that runs from it.
# Asked before a minute is spent on it, and not after.
$(FC_VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 12)))' \
	  || { echo "Function Compute has Python 3.10 and 3.12, found `$(PYTHON) --version 2>&1`; name one with make fc-package PYTHON=python3.12" >&2; exit 2; }
	$(call make_venv,$(FC_VENV))

demo: $(READY) ## Watch a spot instance be reclaimed and come back (SCENARIO=name, SPEED=n)
	@$(BIN)/aliyun-ops demo $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(SPEED),--speed $(SPEED))

test: $(READY) ## Run every test: unit, contract, simulation, end to end
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal --ignore tests/e2e
	@$(BIN)/python -m pytest -q tests/e2e

tools: .tools/.ready ## Install into .tools what test-tools needs from PyPI and npm

.tools/.ready: Makefile
	@command -v npm >/dev/null || { echo "npm is missing; install it first (Debian and Ubuntu: apt-get install npm)" >&2; exit 2; }
	@echo "Setting up .tools"
	@rm -rf .tools
	@$(PYTHON) -m venv .tools/venv
	@.tools/venv/bin/python -m pip --disable-pip-version-check install --quiet alibabacloud-ros-tran==0.28.1
	@npm install --loglevel=error --no-fund --no-audit --no-save --prefix .tools @serverless-devs/s@3.1.10
	@touch $@

test-tools: $(READY) ## What needs programs that a machine may not have: names what is missing, and fails (MISSING="programs" leaves theirs out)
	@MISSING_TOOLS="$(MISSING)" $(BIN)/python -m pytest -q -rs tests/tools

check: $(READY) ## Format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

mutants: $(READY) ## Show that each of a list of deliberate defects turns the tests red (ONLY=names; NOTE=1 keeps it in docs/promises.md, as below)
	@$(BIN)/python -m tests.simulation.mutants $(ONLY) $(if $(NOTE),--note)

sim: $(READY) ## Search at random for a schedule of faults that breaks a promise (SEED=n, N=count; FAULTS=3 EXACTLY=1 always three, with a bar for the calls; NOTE=1 keeps it in docs/promises.md)
	@$(BIN)/python -m tests.simulation.sim --seed $(or $(SEED),1) --count $(or $(N),10000) $(if $(FAULTS),--faults $(FAULTS)) $(if $(EXACTLY),--exactly) $(if $(NOTE),--note)

sim-merged: $(READY) ## Faults in calls that are made for many recreations at once (SEED=n, N=count)
	@$(BIN)/python -m tests.simulation.merged --seed $(or $(SEED),1) --count $(or $(N),1000)

sim-pairs: $(READY) ## Two faults: every pair of cells once, in an order that the seed says (SEED=n; BOTH=1 in both), or pairs of calls (SCENARIO=name or all, N=sample, 0 takes all; NOTE=1 as above)
	@$(BIN)/python -m tests.simulation.sim $(if $(SCENARIO)$(N),--pairs "$(or $(SCENARIO),all)" --sample $(or $(N),0),--cells $(if $(BOTH),--both-orders) --seed $(or $(SEED),1) $(if $(NOTE),--note))

sim-assumptions: $(READY) ## What becomes of the promises when the cloud is not as assumed: a table (N=schedules each)
	@$(BIN)/python -m tests.simulation.assumptions --count $(or $(N),60)

stack: $(READY) ## Every call x every fault below the SDKs, over HTTP (CELL=one that is printed as broken; NOTE=1 as above)
	@$(BIN)/python -m tests.stack.matrix $(if $(CELL),--cell $(CELL)) $(if $(NOTE),--note)

kills: $(READY) ## Recreations by four worker processes that are killed at random (SEED=n, N=count; NOTE=1 as above)
	@$(BIN)/python -m tests.stack.kills --seed $(or $(SEED),1) --count $(or $(N),200) $(if $(NOTE),--note)

soak: $(READY) ## Recreations in a row through one worker process, and what it keeps of them (N=count; NOTE=1 as above)
	@$(BIN)/python -m tests.stack.soak --count $(or $(N),5000) $(if $(NOTE),--note)

sim-clones: $(READY) ## Random sources by random stock: one replacement like its source, or parked (SEED=n, N=count; NOTE=1 keeps it in docs/promises.md)
	@$(BIN)/python -m tests.simulation.clones --seed $(or $(SEED),1) --count $(or $(N),1000) $(if $(NOTE),--note)

fc-package: $(FC_VENV)/.ready ## The code package of the function, build/fc/code.zip (PYTHON=python3.12 or python3.10)
	@$(FC_VENV)/bin/python deploy/fc/package.py

bench: $(READY) ## The figures of docs/performance.md in small, within five minutes; results in build/bench (ONLY=names)
	@nice -n 5 $(BIN)/python -m bench.report --out build/bench $(if $(ONLY),--only $(ONLY))

bench-full: $(READY) ## The same at full size, with storms of 1,000 in every phase and one of 5,000 (hours); writes docs/performance.md (ONLY=names, RESUME=1)
	@nice -n 5 $(BIN)/python -m bench.report --full --out bench/results $(if $(ONLY),--only $(ONLY)) $(if $(RESUME),--resume); \
	  code=$$?; $(BIN)/python -m bench.document --results bench/results && exit $$code

format: $(READY) ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## Renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.10 --group dev --no-header pyproject.toml -o requirements.lock

policies: $(READY) ## Write deploy/ram from the table of grants
	@$(BIN)/python -m worker.ops.policy_files deploy/ram

deploy-files: policies ## Write what deploy/ has from configuration and grants: policies, Terraform and ROS
	@$(BIN)/python -m eventbridge.files

docs: $(READY) ## Write the documents that are made from the code
	@$(BIN)/python -m worker.ops.documents

runbook: $(READY) ## Write docs/runbook*.md from worker/ops/runbook and the tables of the program
	@$(BIN)/python -m worker.ops.runbook.files docs

clean: ## Remove what make made
	rm -rf $(VENV) .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info

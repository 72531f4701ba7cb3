# The first Python that is new enough; name another with PYTHON=...
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: audit bench help install up down status test test-fast lint format docs clean forget

help: ## Show what can be done
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

install: ## Install everything into the checkout
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer on PATH  [install]" >&2; \
		echo "next: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) scripts/install.py

up: install ## Bring the whole site up on the local cloud
	@.venv/bin/nestctl up --target local

down: install ## Stop the local cloud; it keeps its data
	@.venv/bin/nestctl local stop

status: install ## Show every step and what runs
	@.venv/bin/nestctl status

test: install ## Run everything: unit, Terraform, local cloud, site, browser
	@.venv/bin/python scripts/test.py

test-fast: install ## Run what takes seconds
	@.venv/bin/python scripts/test.py --fast

bench: install ## Measure what nestctl costs against doing without it
	@.venv/bin/python -m bench

lint: install ## Check style and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/python scripts/terraform_docs.py --check
	@.venv/bin/python scripts/application_tfvars.py --check

audit: install ## Scan the Terraform with checkov, installed by itself into .cache/audit
	@.venv/bin/python scripts/audit.py

format: install ## Format Python and Terraform, renew generated tables
	@.venv/bin/ruff format .
	@.venv/bin/python scripts/terraform_docs.py
	@.venv/bin/python scripts/application_tfvars.py

docs: install ## Build the documents as a site and check its links
	@.venv/bin/python scripts/docs.py

clean: ## Remove what was installed and built; the local cloud keeps its data
	@$(PYTHON) scripts/clean.py

forget: ## Forget what the local cloud remembers; asks first (YES=1 does not)
	@$(PYTHON) scripts/clean.py --forget $(if $(YES),--yes)

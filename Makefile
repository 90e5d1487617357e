# `make demo` and `make test` are all a reader needs; `make help` lists the rest.
PYTHON ?= python3
PYTHONS ?= 3.11 3.12 3.13
VENV ?= .venv
BIN := $(VENV)/bin
# Tests wait for each other and for the network: four on two cores leave neither idle.
WORKERS ?= 4
# Without ARGS the exhaustive parts are left out; tests/exhaustive.toml lists them.
SELECTED = $(if $(filter undefined,$(origin ARGS)),-m "not exhaustive",$(ARGS))
# Where bytecode is not kept, each interpreter of a test compiles all that it imports once more.
unexport PYTHONDONTWRITEBYTECODE
EXAMPLES ?= 20000
SEED ?= $(shell date +%s)
SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: texts help demo test test-all setup lint format types mypy pyright imports pytest coverage contract constraints differential fuzz gallery matrix docs dist pyz image docs-version reference man clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.demo ## messages flow: every code of the guide over SOAP and HTTP, on this machine
	@$(BIN)/convergia demo

test: setup ## everything a contributor needs before a push (4 minutes)
	@$(MAKE) --no-print-directory --jobs 2 lint imports
	@$(MAKE) --no-print-directory --jobs 3 types pytest

test-all: ## every test, on each Python of PYTHONS that is here (on the path, or pyenv's)
	@for version in $(PYTHONS); do \
	  for python in python$$version "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$version.*/bin/python; do \
	    "$$python" -c '' 2>/dev/null && break; python=; done; \
	  if [ -z "$$python" ]; then echo "Python $$version: not here"; continue; fi; \
	  echo "Python $$version: $$python"; \
	  $(MAKE) --no-print-directory pytest ARGS= PYTHON="$$python" VENV=.venv-$$version || exit 1; \
	done

setup: $(VENV)/.ready ## the virtual environment, with pinned versions

# pip comes last. Without it (Debian needs python3-venv) the environment is made again the next time.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("convergia-sms needs Python 3.11 or newer; $(PYTHON) is %d.%d.\nHint: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)

PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "setting up $(VENV) for the demo (once; some 15 s)"
	@$(PIP_INSTALL) '.[mockserver]'
	@touch $@

$(VENV)/.ready: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "setting up $(VENV) (once; 30 to 90 s)"
	@$(PIP_INSTALL) '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.release: pyproject.toml constraints.txt | $(BIN)/pip
	@$(PIP_INSTALL) '.[release]'
	@touch $@

dist: $(VENV)/.release ## sdist and wheel in dist/, checked, each with its bill of materials
	@rm -rf dist build/wheel
	@SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	@$(BIN)/twine check --strict dist/*.whl dist/*.tar.gz
	@$(BIN)/check-wheel-contents dist/*.whl
	@$(call INSTALL_WHEEL,build/wheel,)
	@for file in dist/*.whl dist/*.tar.gz; do $(call SBOM,build/wheel,$$file); done
	@ls -1 dist

# The file holds what each Python needs, also what only a newer one than this does.
PYZ_EXTRAS = [outbox,pytest]
PYZ_NEWER = $(shell sed -n 's/^\(legacy-cgi==[^;]*\);.*/\1/p' constraints.txt)
pyz: dist ## dist/convergia.pyz: the command with mock server and outbox in one file, for each of PYTHONS
	@rm -rf build/pyz
	@$(call INSTALL_WHEEL,build/pyz,$(PYZ_EXTRAS))
	@$(BIN)/python -m pip --python build/pyz/bin/python install --quiet --disable-pip-version-check \
	  --no-compile --no-deps $(PYZ_NEWER)
	@site=$$(build/pyz/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
	  $(BIN)/python deploy/pyz_packages.py "$$site" $(PYTHONS) && \
	  SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/shiv --reproducible --compressed --preamble deploy/pyz_preamble.py \
	  --entry-point convergia_sms.cli:main --python '/usr/bin/env python3' \
	  --output-file dist/convergia.pyz --site-packages "$$site"
	@$(call SBOM,build/pyz,dist/convergia.pyz)
	@ls -1 dist

# podman, docker or buildah, whichever is here first; it may have options: make image CONTAINERS="sudo docker"
CONTAINERS ?= $(firstword $(foreach tool,podman docker buildah,$(if $(shell command -v $(tool)),$(tool))))
# More options for the build: make image BUILD="--build-arg BASE=registry.example/python:3.13"
BUILD ?=
IMAGES = mockserver worker
DIST ?= dist
# OCI's own format has no health check, and Docker writes no other.
HEALTHCHECKS = $(if $(filter docker,$(notdir $(CONTAINERS))),,--format docker)
image: $(VENV)/.release ## images of the mock server and of a worker, each with its bill of materials in dist/
	@test -n "$(CONTAINERS)" || { echo "podman, docker or buildah must be installed" >&2; exit 1; }
	@mkdir -p $(DIST)
	@for image in $(IMAGES); do \
	  $(CONTAINERS) build $(HEALTHCHECKS) $(BUILD) --file Containerfile --target $$image --tag convergia-$$image . || exit 1; \
	  $(call RUN_IN_IMAGE,convergia-$$image,python3 -c "$$LIST_PACKAGES") >$(DIST)/image.txt && \
	  $(BIN)/cyclonedx-py requirements $(DIST)/image.txt --pyproject pyproject.toml --output-reproducible \
	    --output-format JSON --output-file $(DIST)/convergia-$$image-image.cdx.json || exit 1; \
	done; rm $(DIST)/image.txt
RUN_IN_IMAGE = $(if $(filter buildah,$(notdir $(CONTAINERS))),\
  container=$$($(CONTAINERS) from --pull-never $(1)) && $(CONTAINERS) run $$container -- $(2),\
  $(CONTAINERS) run --rm --entrypoint "" $(1) $(2))
define LIST_PACKAGES
from importlib.metadata import distributions
for name, version in sorted((each.name, each.version) for each in distributions()):
    if name != "convergia-sms":
        print(f"{name}=={version}")
endef
export LIST_PACKAGES

texts: setup ## collect the command's texts into the Spanish catalogue, and list those without Spanish
	@$(BIN)/python -m tests.language.update

MAN_PAGES ?= build/man
reference: setup ## docs/settings.md and docs/admin-api-fields.md, from the code
	@$(BIN)/python -m tests.docs.reference

man: setup ## man pages of the command and of each of its commands, in build/man; in Spanish in build/man/es
	@rm -rf $(MAN_PAGES)
	@$(BIN)/python -m tests.docs.man_pages $(MAN_PAGES) $(EPOCH)
	@ls -1 $(MAN_PAGES)

# The same commit gives the same bytes: every file bears the commit's time, and the wheel is installed
# by its name, since pip writes the path of a wheel that is named by its file into the environment.
EPOCH = $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)
INSTALL_WHEEL = $(PYTHON) -m venv --without-pip $(1) && \
  $(BIN)/python -m pip --python $(1)/bin/python install --quiet --disable-pip-version-check \
  --no-compile --constraint constraints.txt --find-links dist \
  "convergia-sms$(2)==$$(basename dist/*.whl | cut -d- -f2)"
SBOM = $(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
  --output-format JSON --output-file $(2).cdx.json $(1)/bin/python

# "-" is codespell's own list. The other one has the words that docs and code do without.
PROSE = *.md .github benchmarks client contract_tests deploy docs examples mockserver pyproject.toml tests wsdl
lint: setup ## ruff (lint and format) and codespell
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell -D- -D tests/house/words.txt $(PROSE)

format: setup ## let ruff fix what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: mypy pyright ## mypy and pyright, strict; every public type is known

mypy: setup
	@$(BIN)/mypy

pyright: setup
	@$(BIN)/python -m tests.types.check

imports: setup ## import-linter: who may import whom
	@$(BIN)/lint-imports

pytest: setup ## the tests, or a part: make pytest ARGS="tests/client -k numbers"
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(SELECTED)

coverage: setup ## the same, with the table of branch coverage (takes longer)
	@CONVERGIA_COLD_START=1 $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --cov --cov-report=term $(SELECTED)

contract: setup ## the contract suite: make contract URL=http://… (the mock server when left out)
	@$(BIN)/convergia contract $(URL)

constraints: ## rewrite constraints.txt with the newest versions
	@rm -rf $(VENV)-constraints
	@$(PYTHON) -m venv $(VENV)-constraints
	@$(VENV)-constraints/bin/python -m pip install --quiet --disable-pip-version-check --upgrade '.[dev,release]'
	@{ echo '# Versions that `make` installs; `make constraints` writes this file.'; \
	   $(VENV)-constraints/bin/python -m pip freeze --exclude convergia-sms --exclude pip --exclude setuptools; \
	   echo "legacy-cgi==2.6.4; python_version >= '3.13'"; } > constraints.txt
	@rm -rf $(VENV)-constraints

differential: setup ## the mock server against a real NuSOAP: make differential EXAMPLES=20000
	@CONVERGIA_DIFFERENTIAL_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q --hypothesis-seed=$(SEED) \
	  tests/mockserver/differential $(ARGS)

fuzz: setup ## ten minutes of changed requests against the mock server: make fuzz SECONDS=600
	@$(BIN)/python -m tests.mockserver.attacks.fuzz --seconds $(SECONDS) --seed $(SEED)

gallery: setup ## what the client makes of gateways that nobody wrote a profile for (minutes)
	@CONVERGIA_COLD_START=1 $(BIN)/python -m tests.gallery 2>/dev/null

docs: setup ## the documentation as a site, in site/; any broken link fails
	@$(BIN)/zensical build --strict --clean
	@$(BIN)/python -m tests.docs.site

docs-version: setup ## add this version of the site to a folder of all versions: make docs-version FOLDER=../pages
	@$(BIN)/python -m tests.docs.versions "$(FOLDER)"

matrix: setup ## the contract suite: each dialect over each WSDL on mock server and NuSOAP (minutes)
	@CONVERGIA_MATRIX=all $(BIN)/python -m pytest -q -n $(WORKERS) tests/contract/test_matrix_on_*.py $(ARGS)

clean: ## remove what make made
	@rm -rf $(VENV) $(VENV)-* build dist site .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.* .hypothesis

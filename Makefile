# Everything a person or CI runs; each target is a few lines here or a script in scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build venv lint format docs test sanitize chaos demo bench dist dist-test reproducible clean

# Package.swift turns warnings into errors where this is set.
export P2P_COPY_STRICT := 1

SOURCES := $(wildcard Package.swift Sources Plugins Tests Examples Benchmarks)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Install the system packages that are missing (Debian; root or sudo)
	@scripts/setup.sh test

build: ## Build the command (release): .build/release/p2p-copy
	@scripts/setup.sh build
	scripts/build.sh --product p2p-copy

venv: ## Make the Python environments of the tests: .venv-interop with p2p-copy 0.1.2, .venv-pipelines with Snakemake, .venv-python for the Python package
	@scripts/venv.sh interop
	@scripts/venv.sh pipelines
	@scripts/venv.sh python

lint: ## Check the style of all Swift files, and what may be public or import what
	@scripts/structure.sh
	swift format lint --strict --parallel --recursive $(SOURCES)

format: ## Rewrite all Swift files in the project's style
	swift format format --in-place --parallel --recursive $(SOURCES)

docs: ## Build the documentation of the libraries from the build that is there: .build/documentation
	@scripts/documentation.sh

test: ## Set up, lint, build and run every test, with and without the LZ4 trait, hostile peers, chaos, sanitizers, the example codec
	@scripts/test.sh

sanitize: ## The tests within one process with the address and the thread sanitizer, built anew for each (half an hour)
	@scripts/setup.sh test
	@scripts/sanitizers.sh

chaos: build ## 200 transfers to which everything happens: cuts, kills, full disks, networks that go down
	python3 Tests/Chaos/run.py --runs 200 --disks 10 --networks 5

demo: ## Build, send real files through an embedded relay to another folder, compare
	@scripts/demo.sh

bench: build venv ## Run the benchmarks
	@scripts/setup.sh bench
	P2P_COPY_INTEROP_PYTHON=$(CURDIR)/.venv-interop/bin bash Benchmarks/run.sh

dist: ## Make a release in dist/: the executable that needs only glibc, tarball, Debian package, Python wheel, SHA256SUMS
	@scripts/dist.sh

dist-test: ## Install what is in dist/ in bare Debians and send a tree between them (root)
	@scripts/setup.sh dist-test
	python3 Tests/Distribution/run.py

reproducible: dist ## Make the release a second time, in another folder, and compare (ten minutes)
	@scripts/reproducible.sh

clean: ## Remove everything that was built or set up inside this folder
	rm -rf .build .build-* dist .venv-* Examples/*/.build Benchmarks/.build

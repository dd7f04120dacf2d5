# Every target installs what it lacks from the package registries by itself, and works again.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: help demo test check build docs bench release-tree release release-verify fix clean

TSX := node_modules/.bin/tsx
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: build ## the main job on this machine: pull request, merge, deploy, a failing deploy, drift
	@$(TSX) scripts/demo/main.ts

test: build ## every test that this machine can run (or PROJECTS=unit …); says which it cannot, and why
	@$(TSX) scripts/test.ts $(if $(PROJECTS),--selectProjects $(PROJECTS))

check: node_modules/.installed ## format, lint, types, boundaries, unit tests, docs, terraform, workflows
	@$(TSX) scripts/check.ts

build: node_modules/.installed ## bundle the actions into actions/*/dist, and the CLI into cli/dist
	@$(TSX) scripts/build.ts

docs: node_modules/.installed ## render README tables and docs/reference from action.yml, workflows, HCL, schemas
	@$(TSX) scripts/docs.ts

bench: build ## print the measurements that this project watches
	@$(TSX) scripts/bench/main.ts

release-tree: build ## the tree that a release tags, in .cache/release-tree (or OUT=folder)
	@$(TSX) scripts/release/tree.ts $(or $(OUT),.cache/release-tree)

release: node_modules/.installed ## the commits and tags of a release, in this clone alone (VERSION=… COMMIT=… DRY_RUN=1)
	@$(TSX) scripts/release/main.ts

release-verify: node_modules/.installed ## make the release TAG=v1.2.3 again from its source, and compare every byte
	@$(TSX) scripts/release/verify-main.ts

fix: node_modules/.installed ## format the sources and repair what the linter can
	@node_modules/.bin/prettier --write --log-level warn .
	@node_modules/.bin/eslint . --fix

clean: ## remove what was built, downloaded and printed
	rm -rf node_modules .cache demo-output actions/*/dist cli/dist

node_modules/.installed: package.json package-lock.json
	@echo "install: npm packages"
	@npm ci --no-progress --loglevel=error
	@touch $@

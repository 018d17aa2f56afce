# The only entry point. On a fresh machine with Node 20 and npm, every target below works as the first command.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := node_modules/.bin
# Several targets at once would share dist/ and the two or four cores of a usual machine.
.NOTPARALLEL:

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: build ## Start every service as its own process and say how to try it
	@exec node dist/app/main.js --target=mesh

.PHONY: test
test: build ## Run all tests (one file: see CONTRIBUTING.md)
	@node dist/test/lanes.js

.PHONY: check
check: build ## Check format, lint, contracts, and that gen/ is what the contracts give
	@$(BIN)/biome check --error-on-warnings .
	@$(BIN)/buf lint
	@$(BIN)/buf format --diff --exit-code
	@test/contract-breaks
	@test/generated-code

.PHONY: format
format: install ## Format the sources and the contracts
	@$(BIN)/biome check --write .
	@$(BIN)/buf format --write

.PHONY: gen
gen: install ## Generate gen/ from proto/
	@$(BIN)/buf generate
	@$(BIN)/buf build -o gen/contract.binpb

.PHONY: docs
docs: build ## Write docs/config.md from the code
	@node -e 'import("./dist/app/config-table.js").then((m) => process.stdout.write(m.configTable()))' > docs/config.md

.PHONY: sim
sim: build ## Run the simulated mesh on SEEDS seeds (SEED=n shows one)
	@node dist/test/sim/main.js $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000) --from $(or $(FROM),1))

.PHONY: drops
drops: build ## Lose every kind of frame on every hop, alone and in pairs (PAIRS=n: so many more of them)
	@node dist/test/sim/drops/main.js $(if $(PAIRS),--pairs $(PAIRS) --state docs/drops-run.json)

.PHONY: sim-long
sim-long: build ## Run SEEDS more seeds of the long run and write docs/simulation-run.md
	@node dist/test/sim/main.js --seeds $(or $(SEEDS),5000) --state docs/simulation-run.json

.PHONY: planted
planted: build ## Put bugs into the product, one by one: the checker must find each (BUG=text selects, PART=1/4 … in parts)
	@node dist/test/planted/main.js $(if $(PART),--part $(PART),$(if $(BUG),"$(BUG)"))

.PHONY: chaos
chaos: build ## Break real processes: ROW=A5, SEEDS=n or SEED=s; MESSAGES=1000000 for a long run
	@node dist/test/chaos/main.js $(if $(ROW),--row $(ROW)) $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(MESSAGES),--messages $(MESSAGES)) $(if $(FOR_S),--for-s $(FOR_S)) $(if $(KILLS_FOR_S),--kills-for-s $(KILLS_FOR_S))

.PHONY: bench
bench: build ## Run the benches and write bench/RESULTS.md
	@node dist/bench/main.js

.PHONY: bench-peers
bench-peers: build ## Run the benches with ejabberd and Prosody in turn (Debian; KEEP=1 leaves them)
	@bench/peers/packages install
	@trap '[ -n "$(KEEP)" ] || bench/peers/packages remove' EXIT; node dist/bench/main.js --peers

.PHONY: install
install: node_modules/.package-lock.json ## Install the packages of the lock file

.PHONY: build
build: install ## Compile to dist/, only what changed
	@test/stale-output
	@$(BIN)/tsc -p tsconfig.json

.PHONY: clean
clean: ## Remove dist/ and node_modules/; keeps data/
	rm -rf dist node_modules

# No package needs its install script: the native ones ship prebuilt binaries.
node_modules/.package-lock.json: package-lock.json package.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

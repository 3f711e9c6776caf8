.DEFAULT_GOAL := help
FUZZTIME ?= 30s

.PHONY: help run demo build test race fuzz golden readme crash audit bench lint vuln pictures check

help: ## Show what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Open the console.
	go run .

demo: ## Open the console on a living system.
	go run . demo

build: ## Build ./nixie.
	go build -o nixie .

test: ## Run all tests.
	go test ./...

race: ## Run all tests with the race detector.
	go test -race ./...

fuzz: ## Fuzz each target for FUZZTIME (30s).
	.ci/fuzz $(FUZZTIME)

golden: ## Write the golden files anew; read git diff afterwards.
	go test ./tui ./views/widget -update

readme: ## Write the key table of the README anew.
	UPDATE_README=1 go test -count=1 -run TestReadmeIsCurrent ./keymap

crash: ## Kill the engine and the jobs again and again.
	.ci/crash

audit: ## Check what clients see of the engine under faults, and soak it.
	.ci/audit

bench: ## Run all benchmarks.
	go test -run '^$$' -bench . -benchmem ./...

lint: ## Check format, vet and staticcheck.
	@test -z "$$(go tool gofumpt -l . | tee /dev/stderr)"
	go vet ./...
	go tool staticcheck ./...

vuln: ## Look for known vulnerabilities (needs the network).
	go tool govulncheck ./...

pictures: ## Make the pictures of the README anew (needs tmux).
	go run ./docs/pictures

check: ## Run all that CI runs.
	.ci/run

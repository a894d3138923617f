# `make` prints help. `make check` is exactly what CI runs.

GOLANGCI_VERSION := v2.15.0
GOLANGCI := .build/bin/golangci-lint-$(GOLANGCI_VERSION)
GOVULNCHECK_VERSION := v1.9.0
GOVULNCHECK := .build/bin/govulncheck-$(GOVULNCHECK_VERSION)
CYCLONEDX_VERSION := v1.9.0
CYCLONEDX := .build/bin/cyclonedx-gomod-$(CYCLONEDX_VERSION)
FUZZTIME ?= 20s
SIZE ?= 100000

.DEFAULT_GOAL := help
.PHONY: help run build release test test-go test-web test-e2e check check-tidy check-format check-generated check-schema check-web check-vulnerabilities lint \
	format generate web fuzz bench bench-ingest bench-live bench-pages bench-soak bench-chaos deps-go deps-web deps-bench deps-e2e clean

help: ## print this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run Kith from source, with demo data on a machine without settings
	go run .

build: ## build the binary: .build/kith
	go build -o .build/kith .

release: $(CYCLONEDX) ## build the archives of a release with checksums and SBOMs into .build/release; VERSION overrides git describe
	scripts/release $(CYCLONEDX)

test: test-go test-web test-e2e ## run every test: Go with the race detector on SQLite and PostgreSQL, then browser and clients

test-go: deps-go ## run the Go tests with the race detector, PostgreSQL included
	scripts/in-memory scripts/with-postgres scripts/test-go

test-web: deps-web ## run the tests of what the pages decide without a browser
	cd web && npm --silent test

test-e2e: build deps-e2e ## run the tests against the binary: pages in Chromium, GraphQL over HTTP, clients, subscriptions
	cd e2e && ../scripts/in-memory ../scripts/with-postgres npm --silent test

check: check-tidy check-format check-generated check-schema lint check-vulnerabilities check-web test ## everything CI looks at

check-tidy: ## go.mod and go.sum name what is used, and no more
	go mod tidy -diff

check-format: $(GOLANGCI) ## every Go file is formatted
	$(GOLANGCI) fmt --diff

check-generated: ## the generated code is what the schema makes
	scripts/check-generated

check-schema: deps-web ## no change since the last release breaks clients unless docs/api.md names it
	node web/check-schema.js

lint: $(GOLANGCI) ## vet and lint, the import rules and gosec included
	$(GOLANGCI) run --allow-parallel-runners ./...

check-vulnerabilities: $(GOVULNCHECK) ## nothing that is called has a known vulnerability; skipped without its database
	scripts/check-vulnerabilities $(GOVULNCHECK)

check-web: deps-web ## the pages pass their linter, and what is embedded is what their sources build, byte for byte
	cd web && npm --silent run lint
	scripts/check-web

format: $(GOLANGCI) ## format every Go file
	$(GOLANGCI) fmt

generate: ## make the generated Go code from schema.graphqls
	go generate ./...

web: deps-web ## build the embedded pages into web/dist
	cd web && npm run build
	go run ./web/precompress web/dist

fuzz: ## run each fuzz target for FUZZTIME
	@for package in $$(go list ./...); do \
		for target in $$(go test -run '^$$' -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

bench: deps-bench ## measure over HTTP beside peers, at SIZE contacts; RESULTS=bench/RESULTS.md keeps the report
	go build -o .build/kith-bench ./bench
	.build/kith-bench -size $(SIZE) $(if $(RESULTS),-results $(RESULTS))

bench-ingest: ## measure how fast webhooks are recorded, on SQLite and on a temporary PostgreSQL
	go build -o .build/kith-bench-ingest ./bench/ingest
	.build/kith-bench-ingest

bench-live: ## measure what idle subscribers cost, and how fast a thousand get events, on SQLite and on a temporary PostgreSQL
	go build -o .build/kith-bench-live ./bench/live
	.build/kith-bench-live

bench-pages: build deps-e2e ## measure the staff pages in Chromium at SIZE contacts: keystrokes, interactions, the scroll bar
	SIZE=$(SIZE) node --test-reporter=tap --test-reporter-destination=/dev/null bench/pages/main.js

bench-soak: MINUTES ?= 10
bench-soak: ## keep Kith at full load for MINUTES on each database, and see that memory and goroutines stay flat
	go build -o .build/kith-bench-soak ./bench/soak
	.build/kith-bench-soak -lasting $(MINUTES)m

bench-chaos: MINUTES ?= 60
bench-chaos: ## kill every part of a busy Kith for MINUTES on each database, and see that nothing answered is lost; SEED repeats a run
	go build -o .build/kith-bench-chaos ./bench/chaos
	.build/kith-bench-chaos -lasting $(MINUTES)m $(if $(SEED),-seed $(SEED))

deps-go:
	@scripts/apt-deps gcc=build-essential pgbouncer=pgbouncer prometheus=prometheus zsh=zsh fish=fish

deps-web:
	@scripts/npm-deps web

deps-bench:
	@scripts/npm-deps bench/peers

deps-e2e:
	@test -n "$$KITH_CHROMIUM" || scripts/apt-deps chromium-headless-shell=chromium-headless-shell || scripts/apt-deps chromium=chromium
	@scripts/apt-deps nginx=nginx-light caddy=caddy openssl=openssl
	@scripts/npm-deps e2e

clean: ## remove what was built
	rm -rf .build web/node_modules e2e/node_modules bench/peers/node_modules

# Built from source; Go's build cache makes the second time quick.
$(GOLANGCI):
	GOBIN=$(CURDIR)/.build/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .build/bin/golangci-lint $@

$(GOVULNCHECK):
	GOBIN=$(CURDIR)/.build/bin go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)
	mv .build/bin/govulncheck $@

$(CYCLONEDX):
	GOBIN=$(CURDIR)/.build/bin go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_VERSION)
	mv .build/bin/cyclonedx-gomod $@

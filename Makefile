# `make` alone says what there is to make. Everything works from a fresh clone on Debian 12 or newer with a Swift toolchain.

SWIFT ?= swift
BUILD_FLAGS ?=
TEST_FLAGS ?=
# Swift's runtime is linked in, what nobody calls is left out, symbols are stripped; so nothing is made for debuggers, which
# would take a tenth of the time.
RELEASE_FLAGS = -c release -debug-info-format none --static-swift-stdlib -Xlinker --gc-sections -Xlinker -s
# Of what isn't shipped; compiled with the same flags, so that each module is compiled once.
TOOL_FLAGS = -c release -debug-info-format none
SOURCES = Package.swift Sources Tests Benchmarks
# `make demo DEMO_FLAGS='--exit-after 30s'`
DEMO_FLAGS ?=
# `make fuzz SANITIZER=none`: ten times as many inputs a second. Objects of one kind don't mix with those of another.
SANITIZER ?= address
FUZZ_FLAGS = $(if $(filter-out none,$(SANITIZER)),--sanitize $(SANITIZER) --scratch-path .build/$(SANITIZER))
# `make bench-engine ENGINE_FLAGS='10000 20 9'`; `ENGINE_FLAGS='state 100000 20'`: memory and changelog for each host
ENGINE_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help deps build release test test-asan test-tsan simulation fuzz faults coverage format lint demo install uninstall test-boot \
  bench-agent bench-engine bench-evaluator bench-latency bench-recovery bench-scale clean

help: ## says what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## installs from Debian what is missing to build and test (apt-get, with sudo where you aren't root)
	@Scripts/deps

build: deps ## debug build
	$(SWIFT) build $(BUILD_FLAGS)

release: deps ## static release build: .build/release/statusd
	$(SWIFT) build $(RELEASE_FLAGS) --product statusd

test: deps ## all tests; those on a real Kafka run where one is found (KAFKA_HOME, or a download beside this clone)
	@Scripts/test $(TEST_FLAGS)

test-asan: deps ## all tests under AddressSanitizer and LeakSanitizer
	@Scripts/test --sanitize address $(TEST_FLAGS)

test-tsan: deps ## all tests under ThreadSanitizer
	@Scripts/test --sanitize thread $(TEST_FLAGS)

simulation: deps ## the evaluator through so many schedules of faults (COUNT=, 20000; SEED=), and planted mistakes that it must notice
	$(SWIFT) build $(TOOL_FLAGS) --product Simulation
	.build/release/Simulation $(or $(COUNT),20000) $(SEED)

fuzz: deps ## broken records, configurations, rule tests, changelogs and /proc trees, under AddressSanitizer (SECONDS=; SEED=; SANITIZER=none; TRIALS='records=1000')
	$(SWIFT) build $(TOOL_FLAGS) $(FUZZ_FLAGS) --product Fuzz
	SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=Tests/lsan.supp:print_suppressions=0 $(if $(FUZZ_FLAGS),.build/$(SANITIZER),.build)/release/Fuzz $(TRIALS) \
	  $(if $(SEED),seed=$(SEED)) $(if $(SECONDS),seconds=$(SECONDS))

faults: deps ## evaluators and real brokers killed under load, alerts held against a backtest (RECORDS=, 200000; KILLS=, 20; PAUSE=, 15; BROKERS=, 1 and 3; SEED=)
	@STATUSD_FAULTS=$(or $(RECORDS),200000) STATUSD_FAULT_KILLS=$(KILLS) STATUSD_FAULT_PAUSE=$(PAUSE) STATUSD_FAULT_BROKERS=$(BROKERS) \
	  STATUSD_SEED=$(SEED) Scripts/test --filter IntegrationTests.FaultTests $(TEST_FLAGS)

coverage: deps ## line coverage of each library; fails where one that must be above 90% isn't
	@Scripts/coverage

format: ## writes the sources as `swift format` wants them
	$(SWIFT) format --in-place --parallel --recursive $(wildcard $(SOURCES)) </dev/null

lint: ## fails where the sources aren't formatted or break a rule of .swift-format
	$(SWIFT) format lint --strict --parallel --recursive $(wildcard $(SOURCES)) </dev/null

demo: release ## this machine's CPU, an alert that fires and one that ends: no broker needed
	.build/release/statusd demo $(DEMO_FLAGS)

install: ## puts the release build under PREFIX (/usr/local), its configuration to /etc/statusd; DESTDIR goes in front
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' Scripts/install

uninstall: ## takes away what install put there, but for the configuration
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' Scripts/install --remove

test-boot: release ## tries the systemd unit in a small Debian that is booted for it; takes minutes, needs root or sudo
	@Tests/boot-systemd

bench-agent: release ## CPU seconds and memory of the agent beside collectd, Python and the least there can be (DURATION=120)
	@Benchmarks/agent/run --seconds $(or $(DURATION),120)

bench-engine: deps ## records per CPU second of one core: the decoder alone, and with ten rules behind it (ENGINE_FLAGS='HOSTS SECONDS ROUNDS')
	$(SWIFT) build $(RELEASE_FLAGS) --product BenchEngine
	.build/release/BenchEngine $(ENGINE_FLAGS)

bench-evaluator: deps ## CPU seconds of the evaluator beside a C program that only counts (RECORDS=, HOSTS=, ROUNDS=)
	$(SWIFT) build $(RELEASE_FLAGS) --product BenchEvaluator
	@Benchmarks/evaluator/run

bench-latency: release ## from a sample to its transition under read_committed and in tail, beside a bare transaction and Python (COUNT=1000)
	@Benchmarks/latency/run --count $(or $(COUNT),1000)

bench-recovery: release ## how soon an evaluator evaluates again after a crash, a restart, a lost host, an outage, a lost coordinator (WAYS=, ROUNDS=3)
	@Benchmarks/recovery/run --rounds $(or $(ROUNDS),3) $(WAYS)

bench-scale: release ## memory, restore and lag with 10,000 to 1,000,000 hosts and five rules on a real broker (HOSTS=)
	$(SWIFT) build $(RELEASE_FLAGS) --product BenchEvaluator
	@Benchmarks/scale/run $(HOSTS)

clean: ## removes what was built
	rm -rf .build

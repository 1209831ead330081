# `make` alone lists all targets. Everything works from a fresh clone on Debian 12 or newer with a Swift toolchain.

SWIFT ?= swift
BUILD_FLAGS ?=
TEST_FLAGS ?=
# Links Swift's runtime in, leaves unused code out, strips symbols, and has no table that can be written after the start
# (`-z now`). Debug information, which would take a tenth of the build time, isn't generated, as it would be stripped.
RELEASE_FLAGS = -c release -debug-info-format none --static-swift-stdlib -Xlinker --gc-sections -Xlinker -s \
  -Xlinker -z -Xlinker now
# For programs that aren't shipped. They have the same compiler flags, so that each module is compiled once.
TOOL_FLAGS = -c release -debug-info-format none
SOURCES = Package.swift Sources Tests Benchmarks
# `make demo DEMO_FLAGS='--exit-after 30s'`
DEMO_FLAGS ?=
# `make fuzz SANITIZER=none`: ten times as many inputs a second. Each sanitizer has a folder: their objects don't mix.
SANITIZER ?= address
FUZZ_FLAGS = $(if $(filter-out none,$(SANITIZER)),--sanitize $(SANITIZER) --scratch-path .build/$(SANITIZER))
# `make bench-engine ENGINE_FLAGS='10000 20 9'`; `ENGINE_FLAGS='state 100000 20'`: memory and changelog bytes per host;
# `ENGINE_FLAGS=streams`: the reader and the meter of streams
ENGINE_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help deps build release test test-asan test-tsan simulation fuzz faults faults-streams coverage format lint demo install uninstall deb test-deb test-boot \
  bench-agent bench-engine bench-evaluator bench-latency bench-recovery bench-scale bench-streams clean

help: ## lists all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## installs missing Debian packages for building and testing (apt-get, with sudo if you aren't root)
	@Scripts/deps

build: deps ## debug build
	$(SWIFT) build $(BUILD_FLAGS)

release: deps ## static release build: .build/release/statusd and statusd-forward
	$(SWIFT) build $(RELEASE_FLAGS) --product statusd
	$(SWIFT) build $(RELEASE_FLAGS) --product statusd-forward

test: deps ## all tests; those on real brokers run if a Kafka is found (KAFKA_HOME, or a download beside this clone)
	@Scripts/test $(TEST_FLAGS)

test-asan: deps ## all tests under AddressSanitizer and LeakSanitizer
	@Scripts/test --sanitize address $(TEST_FLAGS)

test-tsan: deps ## all tests under ThreadSanitizer
	@Scripts/test --sanitize thread $(TEST_FLAGS)

simulation: deps ## runs the evaluator through random fault schedules (COUNT=, 20000; SEED=), then checks that planted bugs are detected
	$(SWIFT) build $(TOOL_FLAGS) --product Simulation
	.build/release/Simulation $(or $(COUNT),20000) $(SEED)

fuzz: deps ## reads broken records, configurations, rule tests, changelogs, states of streams and /proc trees under AddressSanitizer (SECONDS=; SEED=; SANITIZER=none; TRIALS='records=1000')
	$(SWIFT) build $(TOOL_FLAGS) $(FUZZ_FLAGS) --product Fuzz
	SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=Tests/lsan.supp:print_suppressions=0 $(if $(FUZZ_FLAGS),.build/$(SANITIZER),.build)/release/Fuzz $(TRIALS) \
	  $(if $(SEED),seed=$(SEED)) $(if $(SECONDS),seconds=$(SECONDS))

faults: deps ## kills evaluators, forwarders and real brokers under load, compares the alerts with a backtest, and what a receiver is told with the alerts (RECORDS=, 200000; KILLS=, 20; PAUSE=, 15; BROKERS=, 1 and 3; SEED=)
	@STATUSD_FAULTS=$(or $(RECORDS),200000) STATUSD_FAULT_KILLS=$(KILLS) STATUSD_FAULT_PAUSE=$(PAUSE) STATUSD_FAULT_BROKERS=$(BROKERS) \
	  STATUSD_SEED=$(SEED) Scripts/test --filter 'IntegrationTests.(Forward)?FaultTests' $(TEST_FLAGS)

faults-streams: deps ## kills meters and real brokers under load, and holds the readings against the log (RECORDS=, 5000000; OUTAGE=, 60; SEED=)
	@STATUSD_METER_FAULTS=$(or $(RECORDS),5000000) STATUSD_METER_OUTAGE=$(or $(OUTAGE),60) STATUSD_SEED=$(SEED) \
	  Scripts/test --filter 'IntegrationTests.Meter(Fault|Offline|Outage)Tests' $(TEST_FLAGS)

coverage: deps ## line coverage of each library; fails if a library that must be above 90% isn't
	@Scripts/coverage

format: ## formats the sources with `swift format`
	$(SWIFT) format --in-place --parallel --recursive $(wildcard $(SOURCES)) </dev/null

lint: ## fails if the sources aren't formatted or break a rule of .swift-format
	$(SWIFT) format lint --strict --parallel --recursive $(wildcard $(SOURCES)) </dev/null

demo: release ## raises and resolves an alert on this machine's CPU; needs no broker
	.build/release/statusd demo $(DEMO_FLAGS)

install: ## installs the release build under PREFIX (/usr/local), its configuration in /etc/statusd; DESTDIR is put before both
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' Scripts/install

uninstall: ## removes what install has installed, except the configuration
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' Scripts/install --remove

deb: ## builds the Debian packages into .build/deb
	@Scripts/deb

test-deb: deb ## lintian; installs, upgrades, removes and purges the packages in Debian 12 and 13 (SUITES=bookworm); needs root or sudo
	@Tests/debian-packages

test-boot: deb ## boots a small Debian, installs the packages there and tests the systemd units; takes minutes, needs root or sudo
	@Tests/boot-systemd

bench-agent: release ## compares CPU seconds and memory of the agent with collectd, Python and a minimal C program (DURATION=120)
	@Benchmarks/agent/run --seconds $(or $(DURATION),120)

bench-engine: deps ## records per CPU second of one core: decoded only; decoded and evaluated by ten rules (ENGINE_FLAGS='HOSTS SECONDS ROUNDS')
	$(SWIFT) build $(RELEASE_FLAGS) --product BenchEngine
	.build/release/BenchEngine $(ENGINE_FLAGS)

bench-evaluator: deps ## compares CPU seconds of the evaluator with a C program that only counts records (RECORDS=, HOSTS=, ROUNDS=)
	$(SWIFT) build $(RELEASE_FLAGS) --product BenchEvaluator
	@Benchmarks/evaluator/run

bench-latency: release ## time from a sample to its transition under read_committed and in tail; a bare transaction and Python for comparison (COUNT=1000)
	@Benchmarks/latency/run --count $(or $(COUNT),1000)

bench-recovery: release ## time until an evaluator evaluates again after a crash, a restart, a lost host, an outage, a lost coordinator (WAYS=, ROUNDS=3)
	@Benchmarks/recovery/run --rounds $(or $(ROUNDS),3) $(WAYS)

bench-scale: release ## memory, restore and lag with 10,000 to 1,000,000 hosts and five rules on a real broker (HOSTS=)
	$(SWIFT) build $(RELEASE_FLAGS) --product BenchEvaluator
	@Benchmarks/scale/run $(HOSTS)

bench-streams: deps ## compares CPU seconds of the meter with a C program that only counts records; two workers with one (RECORDS=, ROUNDS=)
	$(SWIFT) build $(RELEASE_FLAGS) --product BenchStreams
	@Benchmarks/streams/run

clean: ## removes all build results
	rm -rf .build

// swift-tools-version: 6.2
import PackageDescription

/// CI sets `CI=true`; there a warning ends the build.
let swiftSettings: [SwiftSetting] =
  Context.environment["CI"] == "true" ? [.treatAllWarnings(as: .error)] : []

/// Swift's regular expressions aren't even imported: whatever touches them links 0.8 MB of code.
let sourceSettings: [SwiftSetting] =
  swiftSettings + [.unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])]

/// Optimizing what is done once, or at the speed of a reader, took a third of the time of a release build and made
/// nothing faster that can be measured.
let unoptimized: [SwiftSetting] = [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// Also in debug builds.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// Under ThreadSanitizer the program, too, needs the locks that it can see (Tests/TSanThreads); `Scripts/test` says so.
let sanitizerHelp: [Target.Dependency] = Context.environment["STATUSD_SANITIZER"] == "thread" ? ["TSanThreads"] : []

/// A library of ours: one folder in `Sources`, one test target that mirrors it in `Tests`.
/// `fixtures`: folders of files beside the tests, which read them where they stand.
/// `isHot`: tests try out so much with it that it is optimized also in debug builds; they would take minutes otherwise.
/// `triesMuch`: its own tests are optimized, too, for what they compare it with.
/// `isCold`: optimizing it makes nothing faster that can be measured; a release build doesn't.
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], fixtures: [String] = [], isHot: Bool = false,
  triesMuch: Bool = false, isCold: Bool = false, testsNeed: [Target.Dependency] = []
) -> [Target] {
  [
    .target(
      name: name, dependencies: dependencies,
      swiftSettings: sourceSettings + (isCold ? unoptimized : [])
        + (isHot ? optimized : [])),
    .testTarget(
      name: "\(name)Tests",
      dependencies: [.byName(name: name), "TestSupport", "TestAllocations", "TestRandom", "TSanThreads"] + testsNeed
        + dependencies,
      exclude: fixtures, swiftSettings: swiftSettings + (triesMuch ? optimized : [])),
  ]
}

// Lowest floor first: a target imports only what stands above it in this list.
let package = Package(
  name: "statusd",
  targets: [
    .systemLibrary(name: "Crdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(name: "Czlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "Cpcre2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "Ccurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "Cmicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "Ccrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "Cglibc"),
    .target(name: "Ctomlplusplus"),
    .target(name: "Cscan"),
  ]
    + library("Platform", ["Cglibc"], isCold: true)
    + library("JSON", ["Cscan"])
    + library("Kafka", ["Crdkafka", "Ccrypto", "Cglibc", "JSON", "Platform"])
    + library("ProcFS", ["Cglibc", "Platform", "Records"], fixtures: ["Fixtures"])
    + library("Records", ["Cscan", "Czlib", "JSON", "Platform"], isHot: true)
    + library("Rules", ["Cglibc", "Records", "Platform"], isHot: true, triesMuch: true)
    + library(
      "Streams", ["Cpcre2", "Cscan", "JSON", "Platform", "Records", "Rules"], isHot: true, triesMuch: true,
      testsNeed: ["Backtest", "Evaluator", "Settings"])
    + library("Forwarding", ["JSON", "Platform", "Records", "Rules"], triesMuch: true)
    + library(
      "Settings", ["Ctomlplusplus", "Forwarding", "Platform", "ProcFS", "Records", "Rules", "Streams"], isCold: true,
      testsNeed: ["Backtest", "Topics"])
    + library(
      "Evaluator", ["Forwarding", "JSON", "Platform", "Records", "Rules", "Settings", "Streams"],
      testsNeed: ["SimulatedKafka"])
    + library("Backtest", ["Evaluator", "JSON", "Platform", "Records", "Rules", "Settings"], isCold: true)
    + library("Topics", ["Kafka", "Platform", "Settings"])
    + library("Agent", ["Kafka", "Platform", "ProcFS", "Records", "Settings", "Topics"])
    + library(
      "KafkaEvaluator",
      ["Evaluator", "Forwarding", "JSON", "Kafka", "Platform", "Records", "Rules", "Settings", "Streams"])
    + library(
      "Receivers", ["Ccrypto", "Ccurl", "Cglibc", "JSON", "Platform", "Records"], fixtures: ["Fixtures"], isCold: true)
    + library("Metrics", ["Cmicrohttpd", "JSON", "Kafka", "Platform", "Receivers", "Records"], isCold: true)
    + library("Ways", ["Forwarding", "Platform", "Receivers", "Records", "Settings"], isCold: true)
    + library("Console", ["JSON", "Platform", "Records", "Rules"])
    + library("Arguments", ["Cglibc", "Platform"], isCold: true)
    + library(
      "Programs", ["Arguments", "Console", "Kafka", "Platform", "Records", "Settings", "Topics"], isCold: true)
    + [
      .executableTarget(
        name: "statusd",
        dependencies: [
          "Agent", "Arguments", "Backtest", "Console", "Evaluator", "JSON", "Kafka", "KafkaEvaluator", "Platform",
          "ProcFS", "Programs", "Records", "Rules", "Settings", "Topics",
        ] + sanitizerHelp,
        swiftSettings: sourceSettings + unoptimized),
      .executableTarget(
        name: "statusd-forward",
        dependencies: [
          "Arguments", "Console", "Evaluator", "Forwarding", "Kafka", "KafkaEvaluator", "Metrics", "Platform",
          "Programs", "Records", "Settings", "Topics", "Ways",
        ] + sanitizerHelp,
        swiftSettings: sourceSettings + unoptimized),
      .executableTarget(
        name: "BenchEvaluator",
        dependencies: ["Evaluator", "Kafka", "KafkaEvaluator", "Platform", "Rules", "Settings", "Topics"],
        path: "Benchmarks/evaluator", exclude: ["count.c", "fill.c", "run"], swiftSettings: swiftSettings),
      .executableTarget(
        name: "BenchStreams", dependencies: ["Kafka", "KafkaEvaluator", "Platform", "Settings", "Streams", "Topics"],
        path: "Benchmarks/streams", exclude: ["run"], swiftSettings: swiftSettings),
      .executableTarget(
        name: "BenchEngine", dependencies: ["JSON", "Platform", "Records", "Rules", "Streams", "TestRandom"],
        path: "Benchmarks/engine",
        swiftSettings: swiftSettings),
      .target(
        name: "SimulatedKafka",
        dependencies: ["Evaluator", "JSON", "Platform", "Records", "Rules", "Settings", "Streams", "TestRandom"],
        path: "Tests/SimulatedKafka", swiftSettings: swiftSettings),
      .executableTarget(
        name: "Simulation", dependencies: ["Platform", "SimulatedKafka"], path: "Tests/Simulation",
        swiftSettings: swiftSettings),
      .executableTarget(
        name: "Fuzz",
        dependencies: [
          "Backtest", "Evaluator", "JSON", "Platform", "ProcFS", "Records", "Rules", "Settings", "SimulatedKafka",
          "Streams", "TestRandom", "Topics",
        ],
        path: "Tests/Fuzz", swiftSettings: swiftSettings),
      .target(name: "TestAllocations", path: "Tests/Allocations"),
      .target(name: "TestRandom", path: "Tests/Random", swiftSettings: swiftSettings),
      .target(name: "TSanThreads", path: "Tests/TSanThreads"),
      .target(
        name: "TestSupport", dependencies: ["Kafka", "Platform"], path: "Tests/TestSupport",
        swiftSettings: swiftSettings),
      .testTarget(
        name: "IntegrationTests",
        dependencies: [
          "Arguments", "Kafka", "Platform", "Programs", "Records", "Rules", "TestRandom", "TestSupport", "Topics",
          "TSanThreads", "statusd", "statusd-forward",
        ],
        swiftSettings: swiftSettings),
    ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

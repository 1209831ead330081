import Testing

@testable import ProcFS

@Suite("Counters and files that don't add up")
struct FaultTests {
  @Test("an idle column above 2^63 leaves the rates out until it is valid again; memory isn't affected")
  func idleBeyondInt64() throws {
    let tree = try FixtureTree("lxcfs-idle-beyond-int64")
    var sampler = try tree.sampler()
    try tree.step(1)
    let frozen = sampler.sample()
    #expect(frozen["cpu_usage"] == nil)
    #expect(frozen.oddities.contains(.impossibleCPUTimes))
    #expect(near(frozen["memory_usage"], 25))
    #expect(frozen["load_1"] == 0.52)
    try tree.step(2)
    let fallen = sampler.sample()
    #expect(fallen["cpu_usage"] == nil)
    #expect(!fallen.oddities.contains(.impossibleCPUTimes))
    #expect(near(fallen["memory_usage"], 25))
    try tree.step(3)
    let healed = sampler.sample()
    #expect(healed["cpu_usage"] == 30)
    #expect(healed["cpu_user"] == 30)
  }

  @Test("idle and iowait that step back by some ticks count 0, without an oddity")
  func stepsBack() throws {
    let tree = try FixtureTree("iowait-and-idle-step-back")
    var sampler = try tree.sampler()
    for (step, (usage, iowait)) in [(800.0 / 801, 0.0), (20, 0), (100.0 / 7, 0), (50, 50)].enumerated() {
      try tree.step(step + 1)
      let sample = sampler.sample()
      #expect(near(sample["cpu_usage"], usage))
      #expect(near(sample["cpu_iowait"], iowait))
      #expect(sample.oddities.isDisjoint(with: [.cpuTimesBeganAnew, .impossibleCPUTimes]))
    }
  }

  struct Meminfo: Sendable, CustomTestStringConvertible {
    var tree: String
    var usage: Double?
    var swapUsage: Double?
    var oddity: Oddities
    var testDescription: String { tree }
  }

  @Test(
    "a missing or contradictory line of meminfo is worked around, and doesn't affect the CPUs",
    arguments: [
      Meminfo(
        tree: "meminfo-glued-swap-free-16-eib", usage: 93.37564958740572, swapUsage: nil,
        oddity: [.estimatedMemoryAvailable, .noSwapFree]),
      Meminfo(tree: "meminfo-swap-free-without-swap", usage: 58.91944885253906, swapUsage: nil, oddity: []),
      Meminfo(
        tree: "meminfo-four-lines", usage: 20.460128784179688, swapUsage: nil, oddity: .estimatedMemoryAvailable),
      Meminfo(tree: "meminfo-available-zero", usage: 17.5, swapUsage: 75, oddity: .estimatedMemoryAvailable),
      Meminfo(
        tree: "meminfo-available-above-total", usage: 5, swapUsage: 0.43073369107490916,
        oddity: .estimatedMemoryAvailable),
    ])
  func meminfo(expected: Meminfo) throws {
    let tree = try FixtureTree(expected.tree)
    var sampler = try tree.sampler()
    try tree.step(1)
    let sample = sampler.sample()
    #expect(near(sample["memory_usage"], expected.usage))
    #expect(near(sample["swap_usage"], expected.swapUsage))
    #expect(sample["cpu_usage"] == 20)
    let ofMemory: Oddities = [.estimatedMemoryAvailable, .noMemoryAvailable, .noMemoryTotal, .noSwapFree]
    #expect(sample.oddities.intersection(ofMemory) == expected.oddity)
  }

  @Test("after a migration the counters are reset: one sample has no rates, the next one has")
  func migration() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    var sampler = try tree.sampler()
    try tree.write("cpu  10 0 10 1000 0 0 0 0 0 0\ncpu0 10 0 10 1000 0 0 0 0 0 0\nintr 1\n", to: "stat")
    let moved = sampler.sample()
    #expect(moved["cpu_usage"] == nil)
    #expect(moved.oddities.contains(.cpuTimesBeganAnew))
    try tree.write("cpu  40 0 20 1060 0 0 0 0 0 0\ncpu0 40 0 20 1060 0 0 0 0 0 0\nintr 1\n", to: "stat")
    #expect(sampler.sample()["cpu_usage"] == 40)
  }

  @Test("a CPU that goes offline and comes back changes the CPU count, not the rates")
  func hotplug() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    var sampler = try tree.sampler()
    let text = try tree.read("stat")
    // The kernel's sums include every CPU that was ever online. Only the CPU's line goes.
    try tree.step(1)
    let withoutOne = try tree.read("stat").split(separator: "\n").filter { !$0.hasPrefix("cpu1") }
    try tree.write(withoutOne.joined(separator: "\n") + "\n", to: "stat")
    let gone = sampler.sample()
    #expect(gone["cpu_count"] == 1)
    #expect(near(gone["cpu_usage"], 40))
    #expect(text != withoutOne.joined(separator: "\n"))
    try tree.step(0)
    #expect(sampler.sample()["cpu_count"] == 2)
  }

  @Test("if a container gets another CPU, the CPU's old counts don't count for the last second")
  func cpusetGrows() throws {
    let tree = try FixtureTree("lxcfs-container")
    var sampler = try tree.sampler()
    try tree.step(1)
    _ = sampler.sample()
    try tree.write(
      "cpu  531022 0 11022 7620011 0 0 0 0 0 0\ncpu0 1 0 1 1\ncpu1 1 0 1 1\ncpu2 1 0 1 1\nintr 1\n", to: "stat")
    let grown = sampler.sample()
    #expect(grown["cpu_count"] == 3)
    #expect(grown["cpu_usage"] == nil)
    #expect(grown.oddities.contains(.impossibleCPUTimes))
  }

  /// 600 s of uptime on one CPU, with a higher idle column: it includes CPUs that are offline now, or it is the
  /// machine's while the uptime is a container's.
  @Test("counters above uptime x CPUs are trusted as long as they advance with the time")
  func beyondUptime() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    func sample(_ sampler: inout Sampler, idle: Int, uptime: String) throws -> HostSample {
      try tree.write("cpu  100 0 100 \(idle) 0 0 0 0\ncpu0 25 0 25 50000 0 0 0 0\nintr 1\n", to: "stat")
      try tree.write("\(uptime) 1.00\n", to: "uptime")
      return sampler.sample()
    }
    var sampler = try tree.sampler()
    _ = try sample(&sampler, idle: 200_000, uptime: "600.00")
    let steady = try sample(&sampler, idle: 200_100, uptime: "601.00")
    #expect(steady["cpu_usage"] == 0)
    let frozen = try sample(&sampler, idle: 200_110, uptime: "602.00")
    #expect(frozen["cpu_usage"] == nil)
    #expect(frozen.oddities.contains(.impossibleCPUTimes))
    let leap = try sample(&sampler, idle: 300_000, uptime: "603.00")
    #expect(leap["cpu_usage"] == nil)
    let again = try sample(&sampler, idle: 300_100, uptime: "604.00")
    #expect(again["cpu_usage"] == 0)
  }

  @Test("a file truncated at any byte gives no wrong value, and the next complete one is read")
  func cutShort() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    var sampler = try tree.sampler()
    let whole = sampler.sample()
    for file in ["stat", "meminfo", "loadavg", "uptime", "pressure/cpu"] {
      let text = try tree.read(file)
      for length in 0..<min(text.utf8.count, 600) {
        try tree.write(String(text.prefix(length)), to: file)
        let sample = sampler.sample()
        for name in ["load_1", "load_5", "load_15", "uptime_seconds", "pressure_cpu_some_10", "memory_total_bytes"] {
          #expect(sample[name] == nil || sample[name] == whole[name])
        }
        #expect(sample["cpu_count"] == nil || sample["cpu_count"] == 2)
        #expect(sample["cpu_usage"] == nil)
      }
      try tree.write(text, to: file)
    }
    try tree.step(1)
    let healed = sampler.sample()
    #expect(near(healed["cpu_usage"], 40))
    #expect(healed.oddities == [])
  }

  @Test("a file with rubbish leaves out only its own fields")
  func rubbish() throws {
    for text in ["", "\n", "cpu", "cpu  -1 x\n", "MemTotal: many kB\n", "0.5", ".", "\u{0}\u{0}\n", "some avg10=\n"] {
      let tree = try FixtureTree("linux-6.1-vm")
      var sampler = try tree.sampler()
      for file in ["stat", "meminfo", "loadavg", "uptime", "pressure/cpu", "pressure/memory", "pressure/io"] {
        try tree.write(text, to: file)
      }
      let sample = sampler.sample()
      var nothing = HostSample()
      nothing.oddities = sample.oddities
      #expect(sample == nothing)
      #expect(
        sample.oddities.isSuperset(of: [
          .noCPUTimes, .noCPUCount, .noMemoryTotal, .noLoad, .noUptime, .noCPUPressure, .noMemoryPressure,
          .noIOPressure,
        ]))
    }
  }

  @Test("a file that disappears is named with its error, and read again once it is back")
  func missing() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    var sampler = try tree.sampler()
    let text = try tree.read("meminfo")
    try tree.write("", to: "meminfo")
    try tree.remove("meminfo")
    let sample = sampler.sample()
    #expect(sample["memory_usage"] == nil)
    #expect(sample["load_1"] != nil)
    let failures = ["meminfo", "stat", "no such file"].map { sampler.failure(ofFile: $0)?.description }
    #expect(failures == [tree.root.path + "/meminfo: No such file or directory", nil, nil])
    try tree.write(text, to: "meminfo")
    #expect(near(sampler.sample()["memory_usage"], 25))
    let failure = sampler.failure(ofFile: "meminfo")
    #expect(failure == nil)
  }

  @Test("a root without stat and meminfo is refused by its path")
  func noRoot() throws {
    let thrown = #expect(throws: ProcError.self) { _ = try Sampler(root: "/no/such/proc") }
    #expect(thrown?.description == "/no/such/proc/stat: No such file or directory")
    let tree = try FixtureTree("linux-6.1-vm")
    try tree.write("", to: "stat")
    try tree.write("", to: "meminfo")
    let empty = #expect(throws: ProcError.self) { _ = try Sampler(root: tree.root.path + "/") }
    #expect(empty?.reason == "content not recognized")
  }

  @Test("CPU counters that are all zero are an oddity at once; others if they don't change for ten samples")
  func standingStill() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    let stat = try tree.read("stat")
    var sampler = try tree.sampler()
    for sample in (1...12).map({ _ in sampler.sample() }) {
      #expect(sample["cpu_usage"] == nil)
      #expect(sample["memory_usage"] != nil)
    }
    #expect(sampler.sample().oddities == .cpuTimesStandStill)
    try tree.step(1)
    let moved = sampler.sample()
    #expect(moved.oddities == [])
    #expect(moved["cpu_usage"] != nil)
    #expect((1...9).allSatisfy { _ in sampler.sample().oddities == [] })
    let zeros = stat.split(separator: "\n").map { line in
      line.hasPrefix("cpu") ? "\(line.prefix { $0 != " " }) 0 0 0 0 0 0 0 0 0 0" : String(line)
    }
    try tree.write(zeros.joined(separator: "\n") + "\n", to: "stat")
    var sandbox = try tree.sampler()
    let first = sandbox.sample()
    #expect(first.oddities == .cpuTimesStandStill)
    #expect(first["cpu_count"] == 2)
  }

  @Test("every oddity has a text, and each text names one oddity")
  func texts() {
    var all: Oddities = []
    for text in Oddities.texts {
      #expect(text.oddity.rawValue.nonzeroBitCount == 1)
      #expect(all.isDisjoint(with: text.oddity))
      #expect(!text.fields.isEmpty && !text.file.isEmpty)
      let names = Sampler.metrics.metrics.map { "\($0.name)" }
      #expect(text.fields.split(separator: " ").allSatisfy { names.contains(String($0)) })
      all.formUnion(text.oddity)
    }
    #expect(all.rawValue == (1 << 15) - 1)
  }
}

import Testing

@testable import ProcFS

/// The expected sample of a tree at its second step.
struct Machine: Sendable, CustomTestStringConvertible {
  var tree: String
  var cpus: Int
  var usage: Double
  var user: Double
  var system: Double
  var iowait: Double?
  var steal: Double?
  var memoryUsage: Double
  var memoryTotalBytes: UInt64
  var swapUsage: Double?
  var loadOne: Double
  var uptimeSeconds: Double
  var cpuPressure: Double?
  var memoryPressure: Double?
  var ioPressure: Double?
  var oddities: Oddities

  var testDescription: String { tree }
}

private let noPressure: Oddities = [.noCPUPressure, .noMemoryPressure, .noIOPressure]

/// Kernels and machines that provide different files and columns.
private let machines = [
  Machine(
    tree: "linux-2.6.8", cpus: 1, usage: 25, user: 10, system: 8, iowait: 5, steal: nil,
    memoryUsage: 100 * (515788 - 15424 - 58620 - 276532) / 515788, memoryTotalBytes: 515788 * 1024, swapUsage: 0,
    loadOne: 0.08, uptimeSeconds: 16126.36, oddities: noPressure.union([.noSteal, .estimatedMemoryAvailable])),
  Machine(
    tree: "linux-2.6.32", cpus: 8, usage: 21.25, user: 15, system: 5, iowait: 1.25, steal: 0.5,
    memoryUsage: 100 * (16332144 - 1048576 - 262144 - 8388608 - 524288 + 131072) / 16332144,
    memoryTotalBytes: 16_332_144 * 1024, swapUsage: 25.000143, loadOne: 1.25, uptimeSeconds: 200922.44,
    oddities: noPressure.union(.estimatedMemoryAvailable)),
  Machine(
    tree: "linux-4.18", cpus: 4, usage: 25.5, user: 12.5, system: 7.5, iowait: 2, steal: 0.5, memoryUsage: 25,
    memoryTotalBytes: 8_008_792 * 1024, swapUsage: 0, loadOne: 0, uptimeSeconds: 178211.07, oddities: noPressure),
  Machine(
    tree: "linux-6.1-vm", cpus: 2, usage: 40, user: 20, system: 10, iowait: 10, steal: 8, memoryUsage: 25.000012,
    memoryTotalBytes: 4_025_864 * 1024, swapUsage: nil, loadOne: 2.41, uptimeSeconds: 601.11, cpuPressure: 4.58,
    memoryPressure: 0, ioPressure: 12.07, oddities: []),
  Machine(
    tree: "linux-6.6-arm64-160-cpus", cpus: 160, usage: 61, user: 50, system: 10, iowait: 1, steal: 0, memoryUsage: 25,
    memoryTotalBytes: 1_056_424_192 * 1024, swapUsage: 50, loadOne: 97.34, uptimeSeconds: 1_400_001.5,
    cpuPressure: 22.75, memoryPressure: 0.31, ioPressure: 1.09, oddities: []),
  Machine(
    tree: "lxcfs-container", cpus: 2, usage: 60, user: 50, system: 10, iowait: 0, steal: 0, memoryUsage: 25,
    memoryTotalBytes: 2_097_152 * 1024, swapUsage: 25, loadOne: 0.52, uptimeSeconds: 26001, oddities: noPressure),
  Machine(
    tree: "wsl1", cpus: 8, usage: 25, user: 7.5, system: 17.5, iowait: 0, steal: 0,
    memoryUsage: 100 * (16653648 - 9_000_000 - 34032 - 188576 - 6744 + 17720) / 16653648,
    memoryTotalBytes: 16_653_648 * 1024, swapUsage: 100 * (22_806_844 - 22_500_000) / 22_806_844, loadOne: 0.52,
    uptimeSeconds: 11812.62, oddities: noPressure.union(.estimatedMemoryAvailable)),
]

@Suite("Kernels and machines")
struct MachineTests {
  @Test("values that a kernel doesn't provide are absent, all others are read", arguments: machines)
  func read(machine: Machine) throws {
    let tree = try FixtureTree(machine.tree)
    var sampler = try tree.sampler()
    #expect(sampler.bootID?.count == 36)
    try tree.step(1)
    let sample = sampler.sample()
    #expect(near(sample["cpu_usage"], machine.usage))
    #expect(near(sample["cpu_user"], machine.user))
    #expect(near(sample["cpu_system"], machine.system))
    #expect(near(sample["cpu_iowait"], machine.iowait))
    #expect(near(sample["cpu_steal"], machine.steal))
    #expect(sample["cpu_count"] == Double(machine.cpus))
    #expect(near(sample["memory_usage"], machine.memoryUsage))
    #expect(sample["memory_total_bytes"] == Double(machine.memoryTotalBytes))
    #expect(near(sample["swap_usage"], machine.swapUsage))
    #expect(sample["load_1"] == machine.loadOne)
    #expect(near(sample["uptime_seconds"], machine.uptimeSeconds))
    #expect(sample["pressure_cpu_some_10"] == machine.cpuPressure)
    #expect(sample["pressure_memory_some_10"] == machine.memoryPressure)
    #expect(sample["pressure_io_some_10"] == machine.ioPressure)
    #expect(sample.oddities == machine.oddities)
  }

  @Test("the modes of a sample add up to the whole time", arguments: machines)
  func sum(machine: Machine) throws {
    let tree = try FixtureTree(machine.tree)
    let collector = CPUCollector(root: tree.root.path, ticksPerSecond: 100)
    var buffer = ReadBuffer()
    var oddities: Oddities = []
    _ = collector.read(&buffer, &oddities)
    try tree.step(1)
    let cpu = try #require(collector.read(&buffer, &oddities).usage)
    let busy = cpu.user + cpu.nice + cpu.system + (cpu.irq ?? 0) + (cpu.softirq ?? 0) + (cpu.steal ?? 0)
    #expect(near(busy, cpu.usage))
    #expect(near(busy + cpu.idle + (cpu.iowait ?? 0), 100))
  }
}

import Foundation
import JSON
import Platform
import Records
import TestAllocations
import Testing

@testable import ProcFS

@Suite("Sampler")
struct SamplerTests {
  @Test("this machine's values are read, and are within their bounds")
  func thisMachine() throws {
    var sampler = try Sampler()
    let sample = sampler.sample()
    #expect(try (0...100).contains(#require(sample["memory_usage"])))
    #expect(try #require(sample["cpu_count"]) >= 1)
    #expect(try #require(sample["uptime_seconds"]) > 0)
    #expect(sampler.bootID?.count == 36)
    #expect((0...100).contains(sample["cpu_usage"] ?? 0))
    #expect(sample.oddities.isDisjoint(with: [.noCPUTimes, .noMemoryTotal, .impossibleCPUTimes]))
  }

  @Test("a steady sample allocates nothing", arguments: ["/proc", "linux-6.6-arm64-160-cpus", "linux-2.6.32"])
  func allocations(root: String) throws {
    let tree = root == "/proc" ? nil : try FixtureTree(root)
    var sampler = try Sampler(root: tree?.root.path ?? root)
    _ = sampler.sample()
    let before = allocations_of_this_thread()
    var oddities: Oddities = []
    for _ in 0..<100 { oddities.formUnion(sampler.sample().oddities) }
    #expect(allocations_of_this_thread() - before == 0)
  }

  @Test("a steady sample's record allocates nothing")
  func recordAllocations() throws {
    var sampler = try Sampler()
    var record = StatusRecord(timestamp: WallTime(milliseconds: 0), host: "web-1", metrics: Sampler.metrics)
    var writer = Writer(capacity: 1024)
    record.metrics = sampler.sample().values
    record.encode(into: &writer)
    let before = allocations_of_this_thread()
    for _ in 0..<100 {
      writer.reset()
      record.metrics = sampler.sample().values
      record.encode(into: &writer)
    }
    #expect(allocations_of_this_thread() - before == 0)
  }

  @Test("the counter of allocations counts")
  func counter() {
    let before = allocations_of_this_thread()
    if before < 0 { return }
    let array = [UInt8](repeating: 1, count: 1000 + Int(before % 2))
    #expect(allocations_of_this_thread() > before)
    #expect(array.count >= 1000)
  }

  @Test("files are opened once")
  func descriptors() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    var sampler = try tree.sampler()
    func open() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix(tree.root.path)
          ?? false
      }.count
    }
    #expect(try open() == 7)
    for _ in 0..<10 { _ = sampler.sample() }
    #expect(try open() == 7)
  }
}

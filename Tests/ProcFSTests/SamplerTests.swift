import Foundation
import TestAllocations
import Testing

@testable import ProcFS

@Suite("Sampler")
struct SamplerTests {
  @Test("this machine is read, and what it says is within its bounds")
  func thisMachine() throws {
    var sampler = try Sampler()
    let sample = sampler.sample()
    let memory = try #require(sample.memory)
    #expect(try (0...100).contains(#require(memory.usage)))
    #expect(try #require(sample.cpuCount) >= 1)
    #expect(try #require(sample.uptimeSeconds) > 0)
    #expect(sampler.bootID?.count == 36)
    #expect(sample.cpu == nil || (0...100).contains(sample.cpu?.usage ?? -1))
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

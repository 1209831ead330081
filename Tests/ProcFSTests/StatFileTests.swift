import Testing

@testable import ProcFS

@Suite("/proc/stat")
struct StatFileTests {
  @Test("the sums are read and the CPUs' lines counted, whatever follows them")
  func whole() throws {
    let file = parsing("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1\ncpu7 0 0 0 0\nintr 9 9 9\n", StatFile.parse)
    #expect(file.cpuCount == 2)
    #expect(file.isWhole)
    let times = try #require(file.times)
    #expect((0..<times.columns).map { times.ticks[$0] } == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test("old kernels have fewer columns: the missing ones are nil", arguments: [(4, nil), (7, nil), (8, 8 as UInt64)])
  func columns(count: Int, steal: UInt64?) {
    let text = "cpu " + (1...count).map(String.init).joined(separator: " ") + "\nintr 0\n"
    let times = parsing(text, StatFile.parse).times
    #expect(times?.columns == count)
    #expect(times?[.steal] == steal)
  }

  @Test("a line with fewer than four columns, a sign or letters has no counters")
  func refused() {
    for line in ["cpu  1 2 3", "cpu  1 2 3 -4", "cpu  1 2 3 4x", "cpu  a b c d", "cpu  "] {
      #expect(parsing(line + "\nintr 0\n", StatFile.parse).times == nil)
    }
  }

  @Test("a number above UInt64's maximum becomes the maximum")
  func overflow() {
    let times = parsing(
      "cpu  18446744073709551616 18446744073709551615 0 99999999999999999999999\nintr\n", StatFile.parse
    )
    .times
    #expect(times?[.user] == .max)
    #expect(times?[.nice] == .max)
    #expect(times?[.idle] == .max)
  }

  @Test("a text that ends within the CPU lines is incomplete")
  func cut() {
    #expect(!parsing("cpu  1 2 3 4\ncpu0 1 2 3 4\n", StatFile.parse).isWhole)
    #expect(!parsing("cpu  1 2 3 4\ncpu0 1 2 3 4\nin", StatFile.parse).isWhole)
    #expect(parsing("cpu  1 2 3 4\ncpu0 1 2 3 4\nint", StatFile.parse).isWhole)
    #expect(!parsing("", StatFile.parse).isWhole)
  }

  @Test("a machine with thousands of CPUs is read completely, because the buffer grows")
  func thousands() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    let cpus = (0..<4096).map { "cpu\($0) 123456 1234 654321 \(60000 + $0) 4 5 6 7 8 9\n" }.joined()
    func stat(_ user: Int) -> String { "cpu  \(user) 0 0 10000 0 0 0 0 0 0\n\(cpus)intr 1 2 3\n" }
    try tree.write(stat(100), to: "stat")
    var sampler = try tree.sampler()
    try tree.write(stat(200), to: "stat")
    let sample = sampler.sample()
    #expect(sample["cpu_count"] == 4096)
    #expect(sample["cpu_usage"] == 100)
    #expect(sample.oddities == [])
  }

  @Test("above the buffer's limit the sums are read, and the number of CPUs is left out")
  func bound() throws {
    let tree = try FixtureTree("linux-6.1-vm")
    let cpus = String(repeating: "cpu1 0 0 0 0\n", count: ReadBuffer.limit / 13 + 1)
    func stat(_ user: Int) -> String { "cpu  \(user) 0 0 10000 0 0 0 0 0 0\n\(cpus)intr 1 2 3\n" }
    try tree.write(stat(100), to: "stat")
    var sampler = try tree.sampler()
    try tree.write(stat(200), to: "stat")
    let sample = sampler.sample()
    #expect(sample["cpu_usage"] == 100)
    #expect(sample["cpu_count"] == nil)
    #expect(sample.oddities == .noCPUCount)
  }
}

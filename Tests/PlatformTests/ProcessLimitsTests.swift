import Foundation
import Platform
import TestSupport
import Testing

@Suite("The limits of a process")
struct ProcessLimitsTests {
  @Test("room for threads is found by starting them, up to the requested number")
  func threads() {
    #expect(ProcessLimits.roomForThreads(8) == 8)
    #expect(ProcessLimits.roomForThreads(0) == 0)
    #expect(ProcessLimits.roomForThreads(-1) == 0)
  }

  @Test("the limit of open files is raised to the hard limit")
  func files() {
    let limit = ProcessLimits.raiseOpenFiles()
    var now = rlimit()
    #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &now) == 0)
    #expect(now.rlim_cur == now.rlim_max)
    #expect(limit == (now.rlim_cur == .max ? nil : Int(now.rlim_cur)))
  }

  @Test("a control group's limit on threads is the smallest of its own and its ancestors'")
  func group() throws {
    let folder = try TemporaryDirectory()
    func write(_ text: String, _ path: String) throws {
      let file = URL(fileURLWithPath: folder.path + path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    func limit() -> Int? { ProcessLimits.groupThreads(proc: folder.path + "/proc", groups: folder.path + "/groups") }
    #expect(limit() == nil)
    try write("0::/system.slice/statusd.service\n", "/proc/self/cgroup")
    #expect(limit() == nil)
    try write("128\n", "/groups/system.slice/pids.max")
    try write("max\n", "/groups/system.slice/statusd.service/pids.max")
    #expect(limit() == 128)
    try write("64\n", "/groups/system.slice/statusd.service/pids.max")
    #expect(limit() == 64)
    // Version 1 has other folders.
    try write("5:pids:/x\n", "/proc/self/cgroup")
    #expect(limit() == nil)
  }
}

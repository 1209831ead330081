import Foundation
import TestSupport
import Testing

@Suite("the tests' own broker")
struct BrokerTests {
  @Test("it serves, keeps its address through a kill, and leaves nothing behind", .needsKafka)
  func lives() throws {
    var broker: Broker? = try Broker.start()
    let directory = try #require(broker?.directory)
    let address = try #require(broker?.address)
    try broker?.kill()
    try broker?.restart()
    #expect(broker?.address == address)
    broker = nil
    #expect(!FileManager.default.fileExists(atPath: directory))
  }

  @Test("a child's lines, its end and its number come as they are")
  func child() throws {
    let child = try Subprocess(
      "/bin/sh", ["-c", "read line; echo \"got $line\"; echo oops >&2; pwd; exit 3"], directory: "/tmp")
    try child.write("this\n")
    try child.waitForLine(containing: "got this")
    #expect(try child.waitForExit() == .exited(3))
    #expect(child.output.lines == ["got this", "/tmp"])
    #expect(child.errors.text == "oops\n")
  }

  @Test("a child that is killed says by what")
  func killed() throws {
    let child = try Subprocess("/bin/cat")
    child.signal(SIGTERM)
    #expect(try child.waitForExit() == .signalled(SIGTERM))
  }
}

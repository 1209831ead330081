import Platform
import Programs
import Settings
import Synchronization
import TestSupport
import Testing

@testable import statusd

@Suite("A machine without a name", .waits)
struct MachineNameTests {
  /// Runs `body` on its own thread, because `Signals` changes the signal mask of the thread that creates it.
  private func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
    let outcome = Outcome<Result>()
    try startThread(name: "name") { outcome.value.withLock { $0 = Swift.Result { try body() } } }.join()
    return try #require(outcome.value.withLock { $0 }).get()
  }

  @Test("makes statusd wait for a name, which then replaces the placeholder in the settings")
  func waits() throws {
    let captured = CapturedLog()
    let name = try onThread {
      var names = ["web-7", "localhost.localdomain", "localhost"]
      return try MachineName.wait(hearing: Signals(), Logger(output: captured)) { names.popLast() ?? "web-8" }
    }
    #expect(name == "web-7")
    #expect(captured.messages == ["this machine has no host name of its own yet; waiting for one"])
    var settings = Settings(brokers: "a:1", hostName: "localhost")
    #expect(MachineName.isMissing(in: settings, ["agent.host"]))
    #expect(!MachineName.isMissing(in: settings, []))
    MachineName.put("web-7", into: &settings, ["agent.host"])
    #expect(settings.agent.host == "web-7" && settings.run.instance == "localhost")
    #expect(MachineName.isMissing(in: settings, ["agent.host", "run.instance"]))
    settings.run.role = .agent
    #expect(!MachineName.isMissing(in: settings, ["agent.host", "run.instance"]))
  }

  @Test("is recognized by a placeholder", arguments: ["localhost", "LOCALHOST", "localhost.localdomain", "(none)"])
  func placeholder(_ name: String) {
    #expect(Surroundings.isPlaceholder(name))
    #expect(!Surroundings.isPlaceholder("web-1"))
    #expect(!Surroundings.isPlaceholder("localhost-1"))
  }
}

private final class Outcome<Value: Sendable>: Sendable {
  let value = Mutex<Result<Value, any Error>?>(nil)
}

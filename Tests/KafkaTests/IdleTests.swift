import Glibc
import TestSupport
import Testing

@testable import Kafka

@Suite("An idle client")
struct IdleTests {
  @Test("librdkafka uses this program's timed waits, which don't end just before a timer is due")
  func waits() throws {
    // Makes sure that librdkafka and its dependencies are linked.
    #expect(Configuration.isProperty("client.id"))
    // RTLD_DEFAULT finds what libraries call, RTLD_NEXT what they would call without this program's own function.
    let called = try #require(dlsym(nil, "cnd_timedwait"))
    let replaced = try #require(dlsym(UnsafeMutableRawPointer(bitPattern: -1), "cnd_timedwait"))
    #expect(called != replaced)
  }
}

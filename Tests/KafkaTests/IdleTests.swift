import Glibc
import TestSupport
import Testing

@testable import Kafka

@Suite("A client that has nothing to do")
struct IdleTests {
  @Test("librdkafka's timed waits are this program's, which don't end just before a timer is due")
  func waits() throws {
    // librdkafka and its dependencies are linked.
    #expect(Configuration.isProperty("client.id"))
    // RTLD_DEFAULT: what libraries call; RTLD_NEXT: what they would call if this program had none of its own.
    let called = try #require(dlsym(nil, "cnd_timedwait"))
    let replaced = try #require(dlsym(UnsafeMutableRawPointer(bitPattern: -1), "cnd_timedwait"))
    #expect(called != replaced)
  }
}

import TestSupport
import Testing

@testable import Kafka

@Suite("The resources that clients need")
struct ClientNeedsTests {
  @Test("a client has a main thread, an internal one, one for the coordinator, and one for each address")
  func one() {
    #expect(ClientNeeds(brokers: 1, addresses: 0) == ClientNeeds(threads: 4, descriptors: 8))
    #expect(ClientNeeds(brokers: 3, addresses: 1) == ClientNeeds(threads: 7, descriptors: 17))
    #expect(
      2 * ClientNeeds(threads: 3, descriptors: 5) + ClientNeeds(threads: 1, descriptors: 2)
        == ClientNeeds(threads: 7, descriptors: 12))
  }

  @Test("an unknown cluster is assumed to have three brokers, or as many as bootstrap.servers names if that is more")
  func assumed() {
    #expect(Configuration(brokers: "a:1").assumedBrokers == 3)
    let five = Configuration(brokers: "a:1,b:1,c:1,d:1,e:1")
    #expect(five.assumedBrokers == 5)
    #expect(five.needs(brokers: 7) == ClientNeeds(brokers: 7, addresses: 5))
  }
}

import TestSupport
import Testing

@testable import Kafka

@Suite struct KafkaErrorTests {
  @Test("an error names its remedy: fatal before abort before retry")
  func remedies() {
    #expect(KafkaError(code: .state, message: "").remedy == .report)
    #expect(KafkaError(code: .timedOut, message: "", isRetriable: true).remedy == .retry)
    #expect(KafkaError(code: .state, message: "", isRetriable: true, requiresAbort: true).remedy == .abortTransaction)
    #expect(KafkaError(code: .fenced, message: "", isFatal: true, requiresAbort: true).remedy == .recreateClient)
  }

  @Test("every code has a name and a text, even one that librdkafka doesn't know")
  func codes() {
    #expect(KafkaError.Code.transport.name == "_TRANSPORT")
    #expect(KafkaError.Code.unknownTopicOrPartition.name == "UNKNOWN_TOPIC_OR_PART")
    #expect(KafkaError.Code.unknownTopicOrPartition.words == "Broker: Unknown topic or partition")
    let new = KafkaError.Code(rawValue: 31_000)
    #expect(!new.name.isEmpty)
    #expect(!new.words.isEmpty)
    #expect("\(KafkaError(code: .timedOut, message: "no answer"))" == "no answer (_TIMED_OUT)")
  }

  @Test("errors can be caught by code")
  func catching() {
    func fails() throws(KafkaError) { throw KafkaError(code: .noOffset, message: "none") }
    var caught = false
    do { try fails() } catch  where error.code == .noOffset { caught = true } catch {}
    #expect(caught)
  }
}

internal import Crdkafka
import Platform

/// An event that we own.
struct AdminAnswer: ~Copyable {
  let event: OpaquePointer
  deinit { rd_kafka_event_destroy(event) }
}

/// Administrative requests, which every kind of client can send.
extension Client {
  /// Sends a request and waits for its answer. Throws the error of the request as a whole, if there is one.
  func ask(
    _ operation: rd_kafka_admin_op_t, within limit: Duration,
    _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void
  ) throws(KafkaError) -> AdminAnswer {
    let milliseconds = limit.rdkafkaMilliseconds
    let options = rd_kafka_AdminOptions_new(handle, operation)
    defer { rd_kafka_AdminOptions_destroy(options) }
    // The request time-out covers both the wait for a broker and its answer.
    rd_kafka_AdminOptions_set_request_timeout(options, max(1, milliseconds), nil, 0)
    if operation != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS {
      rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, nil, 0)
    }
    let queue: OpaquePointer = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(queue) }
    send(options, queue)
    // Wait longer than librdkafka does. Destroying the queue while librdkafka gives up can abort the process
    // (`rd_kafka_enq_once_del_source_return`, 2.0.2).
    guard let event = rd_kafka_queue_poll(queue, milliseconds + Self.grace) else {
      throw KafkaError(code: .timedOut, message: "no answer within \(limit)", isRetriable: true)
    }
    let answer = AdminAnswer(event: event)
    let code = rd_kafka_event_error(event)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      let words = rd_kafka_event_error_string(event).map { String(cString: $0) }
      throw KafkaError(code: KafkaError.Code(code), message: words ?? "", isRetriable: true)
    }
    return answer
  }

  /// How much longer than librdkafka itself we wait for an answer, in milliseconds.
  private static var grace: Int32 { 1000 }

  /// The configuration of each of these topics, including defaults, or the error that brokers report for it.
  ///
  /// - Throws: if no answer came.
  func configurations(
    of topics: [String], within limit: Duration
  ) throws(KafkaError) -> [String: Result<[String: String], KafkaError>] {
    var all: [OpaquePointer?] = []
    defer { for resource in all { rd_kafka_ConfigResource_destroy(resource) } }
    for topic in topics {
      guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic) else {
        throw KafkaError(code: .invalidArgument, message: "'\(topic)' isn't a valid topic name")
      }
      all.append(resource)
    }
    let answer = try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, within: limit) { options, queue in
      rd_kafka_DescribeConfigs(handle, &all, all.count, options, queue)
    }
    var count = 0
    let results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(answer.event), &count)
    var found: [String: Result<[String: String], KafkaError>] = [:]
    for index in 0..<count {
      guard let resource = results?[index], let name = rd_kafka_ConfigResource_name(resource) else { continue }
      found[String(cString: name)] = Self.configuration(of: resource)
    }
    return found
  }

  private static func configuration(of resource: OpaquePointer) -> Result<[String: String], KafkaError> {
    let code = rd_kafka_ConfigResource_error(resource)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      return .failure(KafkaError(code, rd_kafka_ConfigResource_error_string(resource).map { String(cString: $0) }))
    }
    var count = 0
    guard let entries = rd_kafka_ConfigResource_configs(resource, &count) else { return .success([:]) }
    var found: [String: String] = [:]
    for index in 0..<count {
      guard let name = rd_kafka_ConfigEntry_name(entries[index]) else { continue }
      found[String(cString: name)] = rd_kafka_ConfigEntry_value(entries[index]).map { String(cString: $0) } ?? ""
    }
    return .success(found)
  }
}

extension Admin {
  /// The configuration of topics, by name. Topics for which brokers report an error are left out.
  ///
  /// - Throws: if no answer came within `limit`. Close this client then: librdkafka 2.0.2 can abort the process if a
  ///   broker becomes available after such a request was given up (`rd_kafka_enq_once_del_source_return`).
  public func configurations(
    of topics: [String], within limit: Duration
  ) throws(KafkaError) -> [String: [String: String]] {
    try client.configurations(of: topics, within: limit).compactMapValues { try? $0.get() }
  }
}

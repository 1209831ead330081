internal import Crdkafka
import Platform

/// Asks brokers about topics, and makes and deletes them. Blocks until the answer or the time-out: for starts, single
/// commands and tests, not for loops.
public struct Admin: ~Copyable, @unchecked Sendable {
  let client: Client

  /// A client of its own; connects in the background.
  ///
  /// - Throws: where a property is refused, or a file of TLS can't be read.
  public init(_ configuration: Configuration, log: Logger) throws(KafkaError) {
    let conf = ClientConfiguration()
    // A consumer's client never makes a topic by asking for it; a producer's may.
    try conf.set("allow.auto.create.topics", "false")
    client = try Client(
      RD_KAFKA_CONSUMER, configuration, conf: conf, events: RD_KAFKA_EVENT_NONE, queue: .main, log: log, wakeup: nil)
  }

  /// A topic to be made.
  public struct NewTopic: Sendable {
    /// Its name.
    public var name: String
    /// How many partitions.
    public var partitions: Int
    /// On how many brokers each partition is kept; nil: as the cluster is set (brokers from 2.4 on).
    public var replication: Int?
    /// Its configuration, such as `message.timestamp.type`.
    public var configuration: [(name: String, value: String)]

    /// A topic with `partitions` partitions.
    public init(
      _ name: String, partitions: Int = 1, replication: Int? = nil,
      configuration: [(name: String, value: String)] = []
    ) {
      self.name = name
      self.partitions = partitions
      self.replication = replication
      self.configuration = configuration
    }
  }

  /// Makes topics, and waits until the brokers have.
  ///
  /// - Returns: for each, in order, why it wasn't made: nil, or an error such as `.topicAlreadyExists`.
  /// - Throws: where nothing was answered; the topics may be made all the same.
  public func create(_ topics: [NewTopic], within limit: Duration) throws(KafkaError) -> [KafkaError?] {
    var made: [OpaquePointer?] = []
    defer { for topic in made { rd_kafka_NewTopic_destroy(topic) } }
    for topic in topics {
      var reason = [CChar](repeating: 0, count: 256)
      guard
        let new = rd_kafka_NewTopic_new(
          topic.name, Int32(clamping: topic.partitions), Int32(clamping: topic.replication ?? -1), &reason, reason.count
        )
      else { throw KafkaError(code: .invalidArgument, message: "\(topic.name): \(String(cStringBytes: reason))") }
      made.append(new)
      for (name, value) in topic.configuration {
        try KafkaError.check(rd_kafka_NewTopic_set_config(new, name, value))
      }
    }
    let answer = try ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, within: limit) { options, queue in
      rd_kafka_CreateTopics(client.handle, &made, made.count, options, queue)
    }
    var count = 0
    let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.event), &count)
    return Self.errors(results, count, for: topics.map(\.name))
  }

  /// Deletes topics; brokers may take a moment longer to forget them.
  ///
  /// - Returns: for each, in order, why it wasn't deleted.
  /// - Throws: where nothing was answered; the topics may be deleted all the same.
  public func delete(_ topics: [String], within limit: Duration) throws(KafkaError) -> [KafkaError?] {
    var doomed: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0) }
    defer { for topic in doomed { rd_kafka_DeleteTopic_destroy(topic) } }
    let answer = try ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, within: limit) { options, queue in
      rd_kafka_DeleteTopics(client.handle, &doomed, doomed.count, options, queue)
    }
    var count = 0
    let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.event), &count)
    return Self.errors(results, count, for: topics)
  }

  /// Adds partitions to a topic, `count` in all.
  public func growTopic(_ topic: String, to count: Int, within limit: Duration) throws(KafkaError) {
    var reason = [CChar](repeating: 0, count: 256)
    guard let new = rd_kafka_NewPartitions_new(topic, count, &reason, reason.count) else {
      throw KafkaError(code: .invalidArgument, message: "\(topic): \(String(cStringBytes: reason))")
    }
    defer { rd_kafka_NewPartitions_destroy(new) }
    var all: [OpaquePointer?] = [new]
    let answer = try ask(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, within: limit) { options, queue in
      rd_kafka_CreatePartitions(client.handle, &all, 1, options, queue)
    }
    var results = 0
    let result = rd_kafka_CreatePartitions_result_topics(
      rd_kafka_event_CreatePartitions_result(answer.event), &results)
    if let error = Self.errors(result, results, for: [topic])[0] { throw error }
  }

  /// A topic's configuration, defaults included.
  ///
  /// - Throws: `.unknownTopicOrPartition` where there is no such topic.
  public func configuration(of topic: String, within limit: Duration) throws(KafkaError) -> [String: String] {
    guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic) else {
      throw KafkaError(code: .invalidArgument, message: "'\(topic)' can't be the name of a topic")
    }
    defer { rd_kafka_ConfigResource_destroy(resource) }
    var all: [OpaquePointer?] = [resource]
    let answer = try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, within: limit) { options, queue in
      rd_kafka_DescribeConfigs(client.handle, &all, 1, options, queue)
    }
    var resources = 0
    let results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(answer.event), &resources)
    guard let result = results, resources > 0 else { return [:] }
    let code = rd_kafka_ConfigResource_error(result[0])
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      throw KafkaError(code, rd_kafka_ConfigResource_error_string(result[0]).map { String(cString: $0) })
    }
    var count = 0
    guard let entries = rd_kafka_ConfigResource_configs(result[0], &count) else { return [:] }
    var found: [String: String] = [:]
    for index in 0..<count {
      guard let name = rd_kafka_ConfigEntry_name(entries[index]) else { continue }
      found[String(cString: name)] = rd_kafka_ConfigEntry_value(entries[index]).map { String(cString: $0) } ?? ""
    }
    return found
  }

  /// Ends the client; what takes longer than until `deadline` is left behind on a thread of its own.
  public consuming func close(by deadline: MonotonicTime) {
    _ = client.close(by: deadline)
  }

  /// An event that belongs to us.
  private struct Answer: ~Copyable {
    let event: OpaquePointer
    deinit { rd_kafka_event_destroy(event) }
  }

  /// Sends a request and waits for its answer; throws the answer's error, if it is one as a whole.
  private func ask(
    _ operation: rd_kafka_admin_op_t, within limit: Duration,
    _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void
  ) throws(KafkaError) -> Answer {
    let milliseconds = limit.rdkafkaMilliseconds
    let options = rd_kafka_AdminOptions_new(client.handle, operation)
    defer { rd_kafka_AdminOptions_destroy(options) }
    // How long librdkafka waits for a broker to be there at all, and how long that broker may take.
    rd_kafka_AdminOptions_set_request_timeout(options, max(1, milliseconds), nil, 0)
    if operation != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS {
      rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, nil, 0)
    }
    let queue: OpaquePointer = rd_kafka_queue_new(client.handle)
    defer { rd_kafka_queue_destroy(queue) }
    send(options, queue)
    let event = rd_kafka_queue_poll(queue, milliseconds)
    client.report()
    guard let event else {
      throw KafkaError(code: .timedOut, message: "no answer within \(limit)", isRetriable: true)
    }
    let answer = Answer(event: event)
    let code = rd_kafka_event_error(event)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      let words = rd_kafka_event_error_string(event).map { String(cString: $0) }
      throw KafkaError(code: KafkaError.Code(code), message: words ?? "", isRetriable: true)
    }
    return answer
  }

  /// Results come in the order of the request, but a topic that is named twice comes once.
  private static func errors(
    _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, for names: [String]
  ) -> [KafkaError?] {
    var byName: [String: KafkaError] = [:]
    for index in 0..<count {
      guard let result = results?[index], let name = rd_kafka_topic_result_name(result) else { continue }
      let code = rd_kafka_topic_result_error(result)
      if code != RD_KAFKA_RESP_ERR_NO_ERROR {
        let words = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
        byName[String(cString: name)] = KafkaError(code, words)
      }
    }
    return names.map { byName[$0] }
  }
}

internal import Crdkafka
import Platform

/// Queries, creates and deletes topics. Each call blocks until the answer or the time-out: for startup, single commands
/// and tests, not for loops.
public struct Admin: ~Copyable, @unchecked Sendable {
  let client: Client

  /// Creates a client of its own, which connects in the background.
  ///
  /// - Throws: if a property is refused, or a TLS file can't be read.
  public init(_ configuration: Configuration, log: Logger) throws(KafkaError) {
    let conf = ClientConfiguration()
    // A consumer's requests never create a topic; a producer's may.
    try conf.set("allow.auto.create.topics", "false")
    client = try Client(
      RD_KAFKA_CONSUMER, configuration, conf: conf, events: RD_KAFKA_EVENT_NONE, queue: .main, log: log, wakeup: nil)
  }

  /// Runs `body` with a temporary client, and closes the client afterwards in any case.
  ///
  /// - Parameter patience: how long closing may block; after that it continues on a thread of its own.
  public static func ask<Answer>(
    _ configuration: Configuration, log: Logger, patience: Duration = .zero,
    _ body: (borrowing Admin) throws(KafkaError) -> Answer
  ) throws(KafkaError) -> Answer {
    let admin = try Admin(configuration, log: log)
    let answer: Answer
    do throws(KafkaError) {
      answer = try body(admin)
    } catch {
      admin.close(by: SystemTime().monotonic + patience)
      throw error
    }
    admin.close(by: SystemTime().monotonic + patience)
    return answer
  }

  /// A topic to create.
  public struct NewTopic: Sendable {
    /// Its name.
    public var name: String
    /// The number of partitions.
    public var partitions: Int
    /// The number of replicas of each partition; nil for the cluster's default (brokers from 2.4 on).
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

  /// Creates topics, and waits until the brokers have done so.
  ///
  /// - Returns: for each topic, in order: nil if it was created, else an error such as `.topicAlreadyExists`.
  /// - Throws: if no answer came; the topics may be created nevertheless.
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

  /// Deletes topics. Brokers may list them for a moment longer.
  ///
  /// - Returns: for each topic, in order: nil if it was deleted, else the error.
  /// - Throws: if no answer came; the topics may be deleted nevertheless.
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

  /// Adds partitions to a topic, up to `count` in total.
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

  /// Returns a topic's configuration, including defaults.
  ///
  /// - Throws: `.unknownTopicOrPartition` if there is no such topic.
  public func configuration(of topic: String, within limit: Duration) throws(KafkaError) -> [String: String] {
    let answers = try client.configurations(of: [topic], within: limit)
    client.report()
    switch answers[topic] {
    case .success(let found): return found
    case .failure(let error): throw error
    case nil: return [:]
    }
  }

  /// Closes the client. If that isn't done by `deadline`, it continues on a thread of its own.
  public consuming func close(by deadline: MonotonicTime) {
    _ = client.close(by: deadline)
  }

  private func ask(
    _ operation: rd_kafka_admin_op_t, within limit: Duration,
    _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void
  ) throws(KafkaError) -> AdminAnswer {
    defer { client.report() }
    return try client.ask(operation, within: limit, send)
  }

  /// Looks results up by name: they come in the order of the request, but a topic named twice comes once.
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

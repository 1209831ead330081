import Platform

extension Key {
  /// Every key outside the streams, the rules, the receivers and `[kafka.properties]`, in the order in which they are explained and printed.
  static let all: [Key] = connection + run + topics + agent + evaluator + meter + lag + forward + metrics + log

  /// The tables, in the same order.
  static let tables: [String] = all.map(\.table).reduce(into: []) { tables, table in
    if !tables.contains(table) { tables.append(table) }
  }

  /// Keys that were in another table in earlier versions, and their current places.
  static let moved = ["evaluator.instance": (table: "run", name: "instance")]

  /// Those that only a forwarder uses.
  static let ofForwarder: Set = ["topics.forward", "topics.undelivered", "forward.group", "metrics.listen"]

  /// Those that all programs use, beside `[kafka]`.
  static let ofBoth: Set = [
    "run.instance", "topics.readings", "topics.alerts", "topics.alerts_current", "topics.create", "topics.partitions",
    "topics.replication", "log.level",
  ]

  private static let connection: [Key] = [
    .text("kafka", "brokers", \.kafka.brokers, problem: Names.problem(ofBrokers:)),
    Key(
      table: "kafka.sasl", name: "mechanism",
      read: { place, settings in
        if let word = place.word(of: Connection.SASL.mechanisms) { settings.kafka.sasl?.mechanism = word }
      },
      value: { $0.kafka.sasl.map { .text($0.mechanism) } }),
    Key(
      table: "kafka.sasl", name: "username",
      read: { place, settings in
        if let text = place.text(problem: Names.problem(ofUser:)) { settings.kafka.sasl?.username = text }
      },
      value: { $0.kafka.sasl?.username.map { .text($0) } }),
    Key(
      table: "kafka.sasl", name: "password",
      read: { place, settings in
        if let secret = place.secret() { settings.kafka.sasl?.password = secret }
      },
      value: { settings in
        guard let password = settings.kafka.sasl?.password else { return nil }
        if case .file = password.origin { return nil }
        return .secret(password)
      }),
    Key(
      table: "kafka.sasl", name: "password_file",
      read: { place, settings in
        if let secret = place.secretFile() { settings.kafka.sasl?.password = secret }
      },
      value: { settings in
        guard case .file = settings.kafka.sasl?.password?.origin else { return nil }
        return settings.kafka.sasl?.password.map { .secret($0) }
      }),
    .file("kafka.tls", "ca_file", \.caFile),
    .file("kafka.tls", "certificate_file", \.certificateFile),
    .file("kafka.tls", "key_file", \.keyFile, isSecret: true),
  ]

  private static let run: [Key] = [
    .choice("run", "role", \.run.role, Settings.Role.allCases.map { ($0.rawValue, $0) }),
    .text("run", "instance", \.run.instance, problem: Names.problem(ofInstance:)),
  ]

  private static let topics: [Key] = [
    .text("topics", "status", \.topics.status, problem: Names.problem(ofTopic:)),
    .text("topics", "readings", \.topics.readings, problem: Names.problem(ofTopic:)),
    .text("topics", "monitor", \.topics.monitor, problem: Names.problem(ofTopic:)),
    .text("topics", "alerts", \.topics.alerts, problem: Names.problem(ofTopic:)),
    .text("topics", "alerts_current", \.topics.alertsCurrent, problem: Names.problem(ofTopic:)),
    .text("topics", "changelog", \.topics.changelog, problem: Names.problem(ofTopic:)),
    .text("topics", "streams", \.topics.streams, problem: Names.problem(ofTopic:)),
    .text("topics", "forward", \.topics.forward, problem: Names.problem(ofTopic:)),
    .text("topics", "undelivered", \.topics.undelivered, problem: Names.problem(ofTopic:)),
    .boolean("topics", "create", \.topics.create),
    Key(
      table: "topics", name: "partitions",
      read: { place, settings in
        if let count = place.integer(1...10_000) { settings.topics.partitions = Int32(count) }
      },
      value: { .integer(Int64($0.topics.partitions)) }),
    Key(
      table: "topics", name: "replication",
      read: { place, settings in
        if let count = place.integer(1...100) { settings.topics.replication = Int16(count) }
      },
      value: { $0.topics.replication.map { .integer(Int64($0)) } }),
  ]

  private static let agent: [Key] = [
    .duration("agent", "interval", \.agent.interval, .milliseconds(10) ... .seconds(3_600)),
    .text("agent", "host", \.agent.host, problem: Names.problem(ofHost:)),
    Key(
      table: "agent", name: "procfs",
      read: { place, settings in
        if let path = place.path() { settings.agent.procfs = path }
      },
      value: { .text($0.agent.procfs) }),
    Key(
      table: "agent", name: "buffer",
      read: { place, settings in
        if let bytes = place.size(64 << 10...1 << 40) { settings.agent.buffer = bytes }
      },
      value: { .size($0.agent.buffer) }),
    Key(
      table: "agent", name: "tags",
      read: { place, settings in settings.agent.tags = place.tags() },
      value: { $0.agent.tags.isEmpty ? nil : .tags($0.agent.tags) }),
  ]

  private static let evaluator: [Key] = [
    .text("evaluator", "group", \.evaluator.group, problem: Names.problem(ofGroup:)),
    Key(
      table: "evaluator", name: "start",
      read: { place, settings in
        if let start = place.start() { settings.evaluator.start = start }
      },
      value: { settings in
        switch settings.evaluator.start {
        case .end: .text("end")
        case .beginning: .text("beginning")
        case .ago(let duration): .duration(duration)
        }
      }),
    Key(
      table: "evaluator", name: "delivery",
      read: { place, settings in
        if let word = place.word(of: Settings.Delivery.allCases.map(\.rawValue)) {
          settings.evaluator.delivery = Settings.Delivery(rawValue: word)
        }
      },
      value: { $0.evaluator.delivery.map { .text($0.rawValue) } }),
    .duration("evaluator", "commit_interval", \.evaluator.commitInterval, .milliseconds(10) ... .seconds(5)),
    .duration("evaluator", "checkpoint_interval", \.evaluator.checkpointInterval, .seconds(1) ... .seconds(3_600)),
    .workers("evaluator", \.evaluator.workers),
    .duration("evaluator", "max_future", \.evaluator.maxFuture, .zero ... .seconds(365 * 86_400)),
    .duration(
      "evaluator", "forget_after", \.evaluator.forgetAfter, .seconds(60) ... .seconds(365 * 86_400), reloads: true),
    Key(
      table: "evaluator", name: "max_subjects", reloads: true,
      read: { place, settings in
        if let count = place.integer(1...1_000_000_000) { settings.evaluator.maxSubjects = Int(count) }
      },
      value: { .integer(Int64($0.evaluator.maxSubjects)) }),
    Key(
      table: "evaluator", name: "max_samples", reloads: true,
      read: { place, settings in
        if let count = place.integer(2...1_000_000) { settings.evaluator.maxSamples = Int(count) }
      },
      value: { .integer(Int64($0.evaluator.maxSamples)) }),
  ]

  private static let meter: [Key] = [
    .text("meter", "group", \.meter.group, problem: Names.problem(ofGroup:)),
    .workers("meter", \.meter.workers),
  ]

  private static let forward: [Key] = [
    .text("forward", "group", \.forward.group, problem: Names.problem(ofGroup:))
  ]

  private static let metrics: [Key] = [
    Key(
      table: "metrics", name: "listen",
      read: { place, settings in
        if let text = place.text(problem: Names.problem(ofListen:)) { settings.metrics.listen = text }
      },
      value: { $0.metrics.listen.map { .text($0) } })
  ]

  private static let log: [Key] = [
    .choice("log", "level", \.log.level, LogLevel.allCases.map { ($0.name, $0) }, reloads: true)
  ]

  private static func workers(_ table: String, _ path: WritableKeyPath<Settings, Int> & Sendable) -> Key {
    Key(
      table: table, name: "workers",
      read: { place, settings in
        if let count = place.integer(1...64) { settings[keyPath: path] = Int(count) }
      },
      value: { .integer(Int64($0[keyPath: path])) })
  }

  private static func file(
    _ table: String, _ name: String, _ path: WritableKeyPath<Connection.TLS, String?> & Sendable,
    isSecret: Bool = false
  ) -> Key {
    Key(
      table: table, name: name,
      read: { place, settings in
        if let file = place.readableFile(isSecret: isSecret) { settings.kafka.tls?[keyPath: path] = file }
      },
      value: { $0.kafka.tls?[keyPath: path].map { .text($0) } })
  }
}

import Streams

/// A stream with every key, as text and as it must be read.
enum StreamExample {
  static let text = #"""
    [[stream]]
    name = "orders"
    topics = ["orders", '^orders\.(eu|us)$']
    interval = "10s"
    format = "json"
    time = "created_at"
    subject = "customer"
    by = "status"
    isolation = "read_committed"
    [stream.count]
    errors = { field = "message", matches = "(?i)error|exception" }
    slow = { above = 500, field = "took_ms" }
    cheap = { field = "price", below = 0.5 }
    paid = { field = "state", equals = "paid" }
    "from home" = { field = "address", contains = "${HOME}" }
    [stream.measure]
    took_ms = ["avg", "max"]
    "a.b" = ["sum", "min"]
    [stream.distinct]
    hosts = { field = "host", over = "30s" }

    """#

  /// Several streams of other formats.
  static let file =
    text + """
      [[stream]]
      name = "log"
      topics = ["log"]
      format = "text"
      by = "key"
      [stream.count]
      errors = { contains = "ERROR" }
      [[stream]]
      name = "fleet"
      topics = ["status_topic", "monitor_topic"]
      format = "none"
      interval = "1h"

      """

  static var definition: StreamDefinition {
    var stream = StreamDefinition(name: "orders", topics: [.name("orders"), .pattern(#"^orders\.(eu|us)$"#)])
    stream.interval = .seconds(10)
    stream.format = .json
    stream.time = "created_at"
    stream.subject = "customer"
    stream.division = .field("status")
    stream.readsCommitted = true
    stream.counts = [
      .init(name: "errors", field: "message", condition: .matches("(?i)error|exception")),
      .init(name: "slow", field: "took_ms", condition: .above(500)),
      .init(name: "cheap", field: "price", condition: .below(0.5)),
      .init(name: "paid", field: "state", condition: .equals("paid")),
      .init(name: "from home", field: "address", condition: .contains("${HOME}")),
    ]
    stream.measures = [
      .init(field: "took_ms", statistics: [.avg, .max]), .init(field: "a.b", statistics: [.sum, .min]),
    ]
    stream.distincts = [.init(name: "hosts", field: "host", over: .seconds(30))]
    return stream
  }
}

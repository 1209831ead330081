import Platform
import Streams

/// Checks of streams against each other, and against the rest of the configuration.
extension DocumentReading {
  /// Status records have a time of their own, and those that waited for brokers say nothing of now.
  func completeStreams() {
    for index in settings.streams.indices {
      let stream = settings.streams[index]
      guard stream.format == .json, stream.topics.contains(.name(settings.topics.status)) else { continue }
      settings.streams[index].time = stream.time ?? "timestamp"
      settings.streams[index].greatestAge = StreamDefinition.Bounds.statusAge
    }
  }

  func checkStreams() {
    checkNames(of: "stream")
    let tables = tables(of: "stream")
    let most = StreamDefinition.Bounds.streams
    if tables.count > most {
      complain(
        at: document.nodes[tables[most]].position,
        "stream: there are \(tables.count) streams: the maximum is \(most)")
    }
    for (stream, table) in zip(settings.streams, tables) {
      if stream.name == settings.agent.host, !stream.name.isEmpty {
        complain(
          at: position(of: ["name"], in: table),
          "stream \(DocumentReading.quoted(stream.name)): name: it is also this host's name, agent.host, and rules "
            + "can't tell two subjects of one name apart; give the stream another name")
      }
      checkSources(of: stream, table)
      adviseOfPace(of: stream, table)
    }
  }

  /// Adds advice on counts of hosts that look back on less than some samples of this host.
  private func adviseOfPace(of stream: StreamDefinition, _ table: Int) {
    let (interval, topic) = (settings.agent.interval, settings.topics.status)
    guard settings.run.role.samples, stream.topics.contains(.name(topic)) else { return }
    for distinct in stream.distincts where distinct.field == "host" && distinct.over < interval * 3 {
      complain(
        at: position(of: ["distinct", distinct.name, "over"], in: table),
        "stream \(DocumentReading.quoted(stream.name)): distinct.\(DocumentReading.quoted(distinct.name)).over: this host's "
          + "samples come every \(interval.text), so one that is late is missing in the count; write at least "
          + "\"\((interval * 3).text)\"", .advice)
    }
  }

  /// Checks that a stream isn't one of statusd's own topics, except those that are made to be watched.
  private func checkSources(of stream: StreamDefinition, _ table: Int) {
    guard let array = document.child("topics", of: table) else { return }
    for child in document.nodes[array].children {
      guard case .string(let name) = document.nodes[child].value,
        let own = ownTopics.first(where: { $0.name == name })
      else { continue }
      let title = stream.name.isEmpty ? "stream" : "stream \(DocumentReading.quoted(stream.name))"
      complain(
        at: document.nodes[child].position,
        "\(title): topics: \"\(name)\" is statusd's own, topics.\(own.key): \(own.why); leave it out")
    }
  }

  /// Topics that no stream may read, and why.
  private var ownTopics: [(key: String, name: String, why: String)] {
    let topics = settings.topics
    let alerts = "alerts on the stream would be its records"
    return [
      ("readings", topics.readings, "the stream's readings would be its records"),
      ("alerts", topics.alerts, alerts), ("alerts_current", topics.alertsCurrent, alerts),
      ("changelog", topics.changelog, "its records are the evaluator's state"),
      ("streams", topics.streams, "its records are the meter's state"),
      ("forward", topics.forward, "its records are the forwarder's state"),
    ]
  }
}

import JSON
import TestRandom
import TestSupport
import Testing

@testable import Streams

@Suite("Readings of groups and the cluster meet docs/schemas/reading.schema.json")
struct GroupSchemaTests {
  private func written(_ reading: StreamReading) -> String {
    var writer = Writer()
    reading.encode(into: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// Readings of a group that goes through much.
  private func readings(_ seed: UInt64) -> [StreamReading] {
    var random = SeededRandom(seed: seed)
    var story = GroupStory(random.pick(["billing", "eu/orders 100%", String(repeating: "x", count: 300)]))
    var readings: [StreamReading] = []
    var position: Int64 = 0
    for _ in 0..<60 {
      let end = position + Int64(random.below(30))
      for number in 0..<Int32(1 + random.below(3)) {
        story.set(
          random.pick(["orders", "eu.orders"]), number, at: position, from: 0, to: random.once(in: 9) ? 1 : end,
          hasRecords: !random.once(in: 3))
        if random.once(in: 12) { story.answer.lanes[0].highWatermark = nil }
      }
      story.answer.members = random.pick([nil, 0, 1, 7])
      story.answer.word = random.pick(["Stable", "Empty", "Dead"])
      story.refused = random.once(in: 9) ? ["orders"] : []
      if random.once(in: 15) { position = max(0, position - 5) } else { position += Int64(random.below(5)) }
      story.round(after: Int64(1 + random.below(40)))
      readings += story.readings
    }
    return readings
  }

  @Test("each reading of a group and its topics; each of the numbers is described, and no others")
  func groups() throws {
    let schema = try JSONSchema.file("reading")
    let parts = try (group: schema.definition("group"), topic: schema.definition("group-topic"))
    var seen: (group: Set<String>, topic: Set<String>) = ([], [])
    for seed in 0..<24 as Range<UInt64> {
      for reading in readings(seed) {
        let value = try JSONValue(parsing: written(reading))
        let part = reading.kind == "group" ? parts.group : parts.topic
        let problems = schema.problems(of: value) + part.problems(of: value)
        guard problems.isEmpty else {
          Issue.record("seed \(seed) \(problems): \(written(reading))")
          return
        }
        let fields = Set(try #require(value.members).keys)
        if reading.kind == "group" { seen.group.formUnion(fields) } else { seen.topic.formUnion(fields) }
      }
    }
    #expect(seen.group == parts.group.fields)
    #expect(seen.topic == parts.topic.fields)
  }

  @Test("the readings of the cluster and of a meter's own deliveries")
  func cluster() throws {
    let schema = try JSONSchema.file("reading")
    let cluster = ClusterReading(
      brokers: [1, 2],
      partitions: [
        .init(leader: 1, replicas: [1, 2, 3], inSync: [1]), .init(leader: -1, replicas: [3], inSync: []),
      ]
    ).reading(at: 1_795_176_000_000)
    let probe = StreamReading.probe(
      instance: "web/1", appendTime: 3.25, commitTime: 5, at: 1_795_176_000_000)
    for (reading, name) in [(cluster, "cluster"), (probe, "probe")] {
      let value = try JSONValue(parsing: written(reading))
      let part = try schema.definition(name)
      #expect(schema.problems(of: value) == [])
      #expect(part.problems(of: value) == [])
      #expect(Set(try #require(value.members).keys) == part.fields)
    }
  }

  @Test("a reading with a number that can't be, or of another kind, is refused")
  func refused() throws {
    let schema = try JSONSchema.file("reading")
    let examples = try #require(schema.keyword("examples")?.elements)
    for example in examples { #expect(schema.problems(of: example) == [], "\(example)") }
    let members = try #require(examples.first { $0["kind"]?.text == "group" }?.members)
    let wrong: [(field: String, value: JSONValue)] = [
      ("kind", .string("group-topic2")), ("lag", .number(-1)), ("state", .string("fine")), ("state_code", .number(6)),
      ("members", .number(0.5)), ("host", .string("billing")), ("host", .string("group/a/b")), ("more", .number(1)),
      ("partitions", .null),
    ]
    for (field, value) in wrong {
      #expect(schema.problems(of: .object(members.merging([field: value]) { $1 })) != [], "\(field) \(value)")
    }
  }
}

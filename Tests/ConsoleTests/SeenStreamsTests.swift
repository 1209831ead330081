import Platform
import Testing

@testable import Console

@Suite("The newest readings of streams")
struct SeenStreamsTests {
  private func reading(
    _ subject: String, kind: String = "stream", at seconds: Int = 0, rate: Double = 1, more: String = ""
  ) -> String {
    #"{"timestamp":"2026-11-22T18:00:\#(seconds < 10 ? "0" : "")\#(seconds).000Z","host":"\#(subject)","#
      + #""kind":"\#(kind)","rate":\#(rate)\#(more)}"#
  }

  private func seen(
    _ values: [String], names: [String] = [], values takesValues: Bool = false, keeps: Bool = false, limit: Int = 100,
    sizeLimit: Int = 10_000
  ) -> (streams: [SeenStream], foreign: Int, hasLeftOut: Bool) {
    var streams = SeenStreams(
      .init(names: names, takesValues: takesValues), keepsRecords: keeps, limit: limit, sizeLimit: sizeLimit)
    for value in values {
      Array(value.utf8).withUnsafeBytes { streams.take(key: nil, value: $0, kafkaTime: 0) }
    }
    return (streams.sorted, streams.foreign, streams.hasLeftOut)
  }

  @Test("the newest reading of each stream counts, with the numbers it has")
  func newest() throws {
    let all = #","byte_rate":2,"delay_ms_avg":-3,"silence_seconds":4,"partitions_missing":5,"late_records":6,"lost":7"#
    let streams = seen([
      reading("b", at: 1, more: all), reading("a", at: 2, rate: 8), reading("a", at: 1, rate: 9),
    ]).streams
    try #require(streams.map(\.subject) == ["a", "b"])
    #expect(streams[0].rate == 8)
    #expect(streams[0].byteRate == nil)
    #expect(streams[0].time.rfc3339 == "2026-11-22T18:00:02.000Z")
    #expect([streams[1].rate, streams[1].byteRate, streams[1].delay, streams[1].silence] == [1, 2, -3, 4])
    #expect([streams[1].missing, streams[1].late, streams[1].lost] == [5, 6, 7])
    #expect(streams[1].value.isEmpty)
  }

  @Test("other kinds are passed over, values are shown on request, right after their stream")
  func kinds() {
    let values = [
      reading("statusd@web-1", kind: "self"), reading("orders-2"), reading("orders/paid", kind: "value"),
      reading("orders"), #"{"host":"web-1","cpu_usage":1}"#, #"{"host":"web-1","kind":7}"#,
    ]
    #expect(seen(values).streams.map(\.subject) == ["orders", "orders-2"])
    let all = seen(values, values: true)
    #expect(all.streams.map(\.subject) == ["orders", "orders/paid", "orders-2"])
    #expect(all.streams.map(\.kind) == ["stream", "value", "stream"])
    #expect(all.foreign == 0)
  }

  @Test(
    "names are globs of streams; one that covers a stream covers its values",
    arguments: [
      (["orders"], ["orders", "orders/paid"]), (["orders/*"], ["orders/paid"]), (["*s"], ["orders", "orders/paid"]),
      (["eu", "nothing"], ["eu"]), (["order?", "e*"], ["eu", "orders", "orders/paid"]), (["paid"], []),
    ])
  func names(_ names: [String], _ expected: [String]) {
    let values = [reading("orders"), reading("orders/paid", kind: "value"), reading("eu")]
    #expect(seen(values, names: names, values: true).streams.map(\.subject) == expected)
  }

  @Test("a tombstone removes a subject; what can't be read is counted")
  func removed() {
    var streams = SeenStreams(.init())
    func take(_ value: String?, key: String?) {
      Array((key ?? "").utf8).withUnsafeBytes { key_ in
        guard let value else { return streams.take(key: key == nil ? nil : key_, value: nil, kafkaTime: 0) }
        Array(value.utf8).withUnsafeBytes { streams.take(key: key_, value: $0, kafkaTime: 0) }
      }
    }
    take(reading("a"), key: "a")
    take(#"{"kind":"stream","timestamp":1}"#, key: "b")
    take(nil, key: "a")
    take(nil, key: nil)
    take("no JSON", key: "a")
    take(reading(#"line\nbreak"#), key: "a")
    #expect(streams.sorted.map(\.subject) == ["b"])
    #expect(streams.foreign == 3)
  }

  @Test("beyond the greatest number new subjects are left out, and known ones are updated")
  func limit() {
    let few = seen([reading("a"), reading("b"), reading("c"), reading("a", at: 1, rate: 5)], limit: 2)
    #expect(few.streams.map(\.subject) == ["a", "b"])
    #expect(few.streams.first?.rate == 5)
    #expect(few.hasLeftOut)
    #expect(!seen([reading("a"), reading("b")], limit: 2).hasLeftOut)
  }

  @Test("kept records are bounded in size; one that is replaced gives its room back")
  func size() {
    let size = reading("a").utf8.count
    let values = (0..<5).map { reading("a", at: $0) }
    let kept = seen(values + [reading("b")], keeps: true, sizeLimit: 2 * size)
    #expect(kept.streams.map(\.value) == [Array(values[4].utf8), Array(reading("b").utf8)])
    #expect(!kept.hasLeftOut)
    let full = seen(values + [reading("b")], keeps: true, sizeLimit: 2 * size - 1)
    #expect(full.streams.map(\.subject) == ["a"])
    #expect(full.hasLeftOut)
  }
}

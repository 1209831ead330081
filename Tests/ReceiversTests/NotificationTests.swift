import JSON
import Records
import Testing

@testable import Receivers

@Suite("Notification")
struct NotificationTests {
  @Test("the same content to the same receiver has the same id; any other content has another")
  func ids() {
    let base = notification([transition()], group: [("rule", "cpu-high")]).id
    #expect(base == notification([transition()], group: [("rule", "cpu-high")]).id)
    #expect(base.utf8.count == 16)
    let others = [
      notification([transition()]), notification([transition()], group: []),
      notification([transition()], receiver: "other", group: [("rule", "cpu-high")]),
      notification([transition()], group: [("rule", "cpu"), ("x", "y")]),
      notification([transition(offset: 1)], group: [("rule", "cpu-high")]),
      notification([transition(repeat: 1)], group: [("rule", "cpu-high")]),
      notification([transition(), transition()], group: [("rule", "cpu-high")]), notification([]),
    ].map(\.id)
    #expect(Set(others + [base]).count == others.count + 1)
  }

  @Test("its JSON has the transitions byte for byte")
  func json() {
    let odd = Array((#"{ "unknown" : [1e2, "\u00e9"], "# + text(record(transition())).dropFirst()).utf8)
    let forwarded = Forwarded(odd)
    #expect(forwarded?.transition == transition())
    let one = Receivers.Notification(receiver: "on-call", transitions: [forwarded].compactMap { $0 })
    #expect(text(one.json) == #"{"receiver":"on-call","alerts":["# + text(odd) + "]}")
    let two = notification([transition(), transition(host: "b\"")], receiver: "a\"", group: [("host", "b\"")])
    #expect(
      text(two.json) == #"{"receiver":"a\"","group":{"host":"b\""},"alerts":["# + text(record(transition())) + ","
        + text(record(transition(host: "b\""))) + "]}")
  }

  @Test("a record that isn't a transition in UTF-8 can't be forwarded; a byte-order mark isn't")
  func unreadable() {
    let good = record(transition())
    #expect(Forwarded([]) == nil)
    #expect(Forwarded(Array("{}".utf8)) == nil)
    #expect(Forwarded(good + [0x7D]) == nil)
    let unknown = Array(#"{"x":""#.utf8) + [0xFF] + Array(#"","#.utf8) + good.dropFirst()
    #expect(Forwarded(unknown) == nil)
    #expect(Forwarded([0xEF, 0xBB, 0xBF] + good)?.bytes == good)
  }

  @Test("its lead is the newest of the worst alerts that fire, by their last transitions")
  func lead() {
    let a = transition(host: "a", severity: .warning)
    let b = transition(host: "b", severity: .critical)
    let c = transition(host: "c", severity: .critical)
    let endOfC = transition(host: "c", status: .resolved, severity: .critical, offset: 2)
    let summary = notification([a, b, c, endOfC]).summary
    #expect(summary.lead?.subject == "b")
    #expect((summary.firing, summary.resolved) == (2, 1))
    let endOfA = transition(host: "a", status: .resolved, severity: .warning, offset: 3)
    #expect(notification([a, c, endOfC, endOfA]).summary.lead?.subject == "a")
    #expect(notification([b, c]).summary.lead?.subject == "c")
    #expect(notification([]).summary.lead == nil)
  }
}

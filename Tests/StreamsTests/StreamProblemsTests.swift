import Testing

@testable import Streams

@Suite("The problems of a stream")
struct StreamProblemsTests {
  private func paths(_ change: (inout StreamDefinition) -> Void) -> [[String]] {
    var stream = StreamDefinition(name: "orders", topics: [.name("orders")])
    change(&stream)
    return stream.problems().map(\.path)
  }

  @Test("a stream that uses every key has none")
  func right() {
    let problems = paths {
      $0.topics = [.name("orders"), .pattern("^orders-(eu|us)$")]
      $0.interval = .seconds(30)
      $0.time = "created_at"
      $0.division = .field("status")
      $0.readsCommitted = true
      $0.counts = [
        .init(name: "errors", field: "message", condition: .matches("(?i)error")),
        .init(name: "slow", field: "ms", condition: .above(500)),
      ]
      $0.measures = [.init(field: "ms", statistics: [.avg, .min, .max, .sum])]
      $0.distincts = [.init(name: "hosts", field: "host", over: .seconds(90))]
    }
    #expect(problems.isEmpty)
  }

  @Test(
    "a name is 1 to 100 letters, digits, dots, underscores and hyphens", arguments: ["", "a b", "a/b", "ä", "kafka"])
  func name(name: String) {
    #expect(paths { $0.name = name } == [["name"]])
    #expect(paths { $0.name = String(repeating: "x", count: 101) } == [["name"]])
    #expect(paths { $0.name = String(repeating: "x", count: 100) }.isEmpty)
  }

  @Test("an interval is a whole number of seconds, 1 s to 1 h")
  func interval() {
    for wrong in [.zero, .milliseconds(999), .milliseconds(1_001), .seconds(3_601), .seconds(-5)] as [Duration] {
      #expect(paths { $0.interval = wrong } == [["interval"]])
    }
    for right in [1, 7, 3_600] { #expect(paths { $0.interval = .seconds(right) }.isEmpty) }
  }

  @Test("a distinct count looks back by a multiple of the interval, which its problem names")
  func over() {
    func problems(_ over: Duration, interval: Int = 40) -> [StreamProblem] {
      var stream = StreamDefinition(name: "s", topics: [.name("t")])
      stream.interval = .seconds(interval)
      stream.distincts = [.init(name: "hosts", field: "host", over: over)]
      return stream.problems()
    }
    #expect(problems(.seconds(40)).isEmpty)
    #expect(problems(.seconds(80)).isEmpty)
    #expect(
      problems(.seconds(50)) == [
        StreamProblem(
          path: ["distinct", "hosts", "over"], others: ["interval"],
          message: "50s isn't a multiple of the interval, 40s; write \"1m20s\"")
      ])
    #expect(problems(.seconds(3_590), interval: 2_400).first?.message.hasSuffix("write \"40m\"") == true)
    for wrong in [.zero, .seconds(-40), .seconds(40) + .nanoseconds(1), .seconds(3_601)] as [Duration] {
      #expect(problems(wrong).count == 1)
    }
  }

  @Test("names of fields and numbers have at most 255 bytes")
  func lengths() {
    let long = String(repeating: "x", count: 256)
    #expect(paths { $0.time = long } == [["time"]])
    #expect(paths { $0.division = .field(long) } == [["by"]])
    #expect(
      paths { $0.counts = [.init(name: long, field: long, condition: .equals(""))] } == [
        ["count", long, "field"], ["count", long],
      ])
    #expect(paths { $0.measures = [.init(field: long, statistics: [.avg, .max])] } == [["measure", long]])
    // With _avg the name is too long.
    let field = String(long.dropLast(2))
    #expect(paths { $0.measures = [.init(field: field, statistics: [.avg, .max])] } == [["measure", field]])
  }

  @Test("every field of a reading is refused as the name of a number")
  func ownFields() {
    for name in StreamDefinition.ownFields {
      #expect(paths { $0.counts = [.init(name: name, field: "f", condition: .above(1))] } == [["count", name]])
      #expect(
        paths { $0.distincts = [.init(name: name, field: "f", over: .seconds(1))] } == [["distinct", name]])
    }
  }

  @Test("a field is measured once")
  func measuredTwice() {
    #expect(
      paths { $0.measures = [.init(field: "a", statistics: [.avg]), .init(field: "a", statistics: [.max])] } == [
        ["measure", "a"]
      ])
    #expect(paths { $0.measures = [.init(field: "a", statistics: [])] } == [["measure", "a"]])
    #expect(paths { $0.measures = [.init(field: "a", statistics: [.sum, .sum])] } == [["measure", "a", "sum"]])
  }

  @Test("limits are finite numbers")
  func finite() {
    for condition in [.above(.nan), .below(.infinity)] as [StreamDefinition.Condition] {
      #expect(
        paths { $0.counts = [.init(name: "a", field: "f", condition: condition)] } == [["count", "a", condition.key]])
    }
  }

  @Test(
    "an expression that PCRE2 refuses has a message and a place",
    arguments: [
      ("(", "missing closing parenthesis", 2), ("ü[", "missing terminating ] for character class", 3),
      ("a*+b", nil, 0), ("a**b", "quantifier does not follow a repeatable item", 3),
      ("*", "quantifier does not follow a repeatable item", 1), ("", nil, 0), ("(?i)é|ü", nil, 0),
      ("(?:(?:a{1000}){1000}){1000}", "regular expression is too large", 28),
    ] as [(String, String?, Int)])
  func expressions(pattern: String, message: String?, column: Int) {
    let problem = Expression.problem(of: pattern)
    #expect(problem?.message == message)
    if problem != nil { #expect(problem?.column == column) }
  }
}

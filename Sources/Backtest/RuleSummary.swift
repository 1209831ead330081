import Platform
import Records

/// A summary of transitions for each rule. Keeps a few words of memory for each alert that fired.
public struct RuleSummary {
  /// The summary of one rule.
  public struct Row: Equatable, Sendable {
    /// The rule's name.
    public var rule: String
    /// How often an alert began to fire.
    public var alerts = 0
    /// The total event time during which its alerts fired.
    public var firing = Duration.zero
    /// The shortest life of a resolved alert; nil if none was resolved.
    public var shortest: Duration?
    /// How often an alert fired again within `flapWithin` after it was resolved.
    public var flaps = 0
    /// How many alerts still fire at the end.
    public var stillFiring = 0
  }

  /// An alert has flapped if it fires again within this time.
  public static let flapWithin = Duration.seconds(600)

  private struct Life {
    var row: Int
    var firedAt: WallTime?
    var resolvedAt: WallTime?
  }

  private var rows: [Row]
  /// The index of each rule's row.
  private var places: [String: Int]
  private var lives: [String: Life] = [:]

  /// A summary of these rules, without any transitions yet.
  public init(rules: [String]) {
    rows = rules.map { Row(rule: $0) }
    places = Dictionary(rules.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Takes a transition; those of one alert come in their order.
  public mutating func take(_ transition: Transition) {
    let key = transition.key
    var life = lives[key] ?? Life(row: row(of: transition.rule))
    switch transition.status {
    case .firing:
      guard life.firedAt == nil else { return }
      life.firedAt = transition.timestamp
      rows[life.row].alerts += 1
      if let ended = life.resolvedAt, transition.timestamp - ended <= Self.flapWithin { rows[life.row].flaps += 1 }
    case .resolved:
      guard let began = life.firedAt else { return }
      let length = max(.zero, transition.timestamp - began)
      rows[life.row].firing += length
      rows[life.row].shortest = min(rows[life.row].shortest ?? length, length)
      life.firedAt = nil
      life.resolvedAt = transition.timestamp
    }
    lives[key] = life
  }

  private mutating func row(of rule: String) -> Int {
    if let known = places[rule] { return known }
    places[rule] = rows.count
    rows.append(Row(rule: rule))
    return rows.count - 1
  }

  /// The rows, in the order of the rules. Alerts that still fire are counted as firing until `end`.
  public func rows(until end: WallTime) -> [Row] {
    var rows = rows
    for life in lives.values {
      guard let began = life.firedAt else { continue }
      rows[life.row].stillFiring += 1
      rows[life.row].firing += max(.zero, end - began)
    }
    return rows
  }
}

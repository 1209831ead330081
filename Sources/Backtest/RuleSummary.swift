import Platform
import Records

/// What a stretch of transitions comes to, for each rule. Remembers each alert that fired: a few words for each.
public struct RuleSummary {
  /// One rule's.
  public struct Row: Equatable, Sendable {
    /// The rule's name.
    public var rule: String
    /// How often an alert began to fire.
    public var alerts = 0
    /// Event time in which its alerts fired, added up.
    public var firing = Duration.zero
    /// The shortest life of an alert that has ended; nil: none has.
    public var shortest: Duration?
    /// How often an alert fired again within `flapWithin` after it was resolved.
    public var flaps = 0
    /// How many alerts still fire at the end.
    public var stillFiring = 0
  }

  /// Who fires again so soon has flapped.
  public static let flapWithin = Duration.seconds(600)

  private struct Life {
    var row: Int
    var firedAt: WallTime?
    var resolvedAt: WallTime?
  }

  private var rows: [Row]
  /// Where each rule's row is.
  private var places: [String: Int]
  private var lives: [String: Life] = [:]

  /// No transitions yet, of these rules.
  public init(rules: [String]) {
    rows = rules.map { Row(rule: $0) }
    places = Dictionary(rules.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Takes in a transition; those of one alert come in their order.
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

  /// The rows, in the order of the rules; what still fires has fired until `end`.
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

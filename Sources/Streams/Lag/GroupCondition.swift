/// How a consumer group is, by what it could read and by what it has done about it.
public enum GroupCondition: Int, CaseIterable, Sendable {
  /// It consumes, or has nothing to read.
  case ok
  /// It has no members, and nothing readable waits, or not for long.
  case empty
  /// It has members, something readable waits, and nothing moves.
  case stalled
  /// It has no members, and something readable waits.
  case stopped
  /// A position moved back.
  case rewinding
  /// Something readable waits, nothing moves, and nobody knows whether it has members.
  case unknown

  /// The word of a reading's `state`; the number of `state_code` is the raw value.
  public var word: String {
    switch self {
    case .ok: "ok"
    case .empty: "empty"
    case .stalled: "stalled"
    case .stopped: "stopped"
    case .rewinding: "rewinding"
    case .unknown: "unknown"
    }
  }

  /// - Parameters:
  ///   - members: nil if unknown.
  ///   - isOverdue: something readable has waited long enough, and nothing has moved meanwhile.
  init(members: Int?, isRewinding: Bool, hasMoved: Bool, isOverdue: Bool) {
    if isRewinding {
      self = .rewinding
    } else if let members {
      if isOverdue {
        self = members > 0 ? .stalled : .stopped
      } else {
        // Consumers that don't use the group's assignment commit without being members.
        self = members > 0 || hasMoved ? .ok : .empty
      }
    } else {
      self = isOverdue ? .unknown : .ok
    }
  }
}

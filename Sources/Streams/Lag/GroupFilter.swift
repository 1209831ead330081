/// Which consumer groups are watched: by name, or by a regular expression. One thread owns it.
public struct GroupFilter {
  private var names: Set<String> = []
  private var patterns: [Expression] = []
  private let excluded: Set<String>

  /// - Parameters:
  ///   - entries: names of groups; one that begins with `^` is an expression.
  ///   - excluded: groups that no expression matches, such as statusd's own. Their names do.
  /// - Throws: if an expression isn't one.
  public init(_ entries: [String], excluding excluded: Set<String> = []) throws(Expression.Problem) {
    self.excluded = excluded
    for entry in entries {
      if entry.hasPrefix("^") { patterns.append(try Expression(entry)) } else { names.insert(entry) }
    }
  }

  /// Whether the group is watched. One that an expression has to look at for too long isn't.
  public func matches(_ group: String) -> Bool {
    if names.contains(group) { return true }
    if excluded.contains(group) { return false }
    let bytes = Array(group.utf8)
    return bytes.withUnsafeBytes { bytes in
      patterns.contains { if case .matches = $0.match(bytes) { true } else { false } }
    }
  }
}

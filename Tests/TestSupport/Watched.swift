import Foundation
import Platform

/// A value that some threads change and others wait for.
public final class Watched<Value: Sendable>: @unchecked Sendable {
  private let changed = NSCondition()
  private var kept: Value

  /// Begins with `value`.
  public init(_ value: Value) { kept = value }

  /// The value now.
  public var value: Value { change { $0 } }

  /// Changes the value, one thread at a time, and tells those who wait.
  public func change<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    changed.lock()
    defer {
      changed.broadcast()
      changed.unlock()
    }
    return try body(&kept)
  }

  /// Waits until the value is as `isAsWanted` says; false where it isn't before `deadline`.
  @discardableResult
  public func wait(until deadline: MonotonicTime = soon(), for isAsWanted: (Value) -> Bool) -> Bool {
    changed.lock()
    defer { changed.unlock() }
    let end = Date(timeIntervalSinceNow: (deadline - SystemTime().monotonic) / .seconds(1))
    while !isAsWanted(kept) {
      if !changed.wait(until: end) { return isAsWanted(kept) }
    }
    return true
  }
}

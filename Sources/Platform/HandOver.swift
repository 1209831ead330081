/// Passes a value that has one owner to a thread, which takes it once.
public final class HandOver<Value: ~Copyable>: @unchecked Sendable {
  private var value: Value?

  /// Keeps `value` until the thread takes it.
  public init(_ value: consuming Value) { self.value = consume value }

  /// The value at the first call; nil at later ones. One thread calls it.
  public func take() -> Value? { value.take() }
}

import JSON
public import Records

/// A transition on its way to a receiver: its bytes as they stand in the topic, and what they say.
public struct Forwarded: Sendable {
  /// The JSON object as it stands in the topic, without a byte-order mark; valid UTF-8.
  public let bytes: [UInt8]
  /// What the bytes say.
  public let transition: Transition

  /// Reads a record of `alerts`; nil if it isn't a transition in valid UTF-8, so that it can be part of a larger text.
  public init?(_ record: [UInt8]) {
    let bytes = Array(record.dropFirst(Text.byteOrderMark(of: record)))
    guard let transition = bytes.withUnsafeBytes({ Text.isUTF8($0) ? Transition.decode($0) : nil }) else { return nil }
    self.bytes = bytes
    self.transition = transition
  }
}

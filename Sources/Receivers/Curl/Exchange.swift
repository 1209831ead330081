import Platform

/// What one transfer sends and receives beside its options. Only the thread that runs the transfer touches it.
final class Exchange {
  /// What is read of an answer; the rest isn't waited for.
  static let maxReceived = 64 * 1024

  /// Ends the transfer.
  let stop: StopSignal
  private let limitAfter: (Exchange) -> MonotonicTime
  private let upload: [UInt8]
  private var sent = 0
  /// The beginning of the answer's body.
  private(set) var received: [UInt8] = []
  /// Whether the answer is longer than that. libcurl then ends the transfer with CURLE_WRITE_ERROR.
  private(set) var isCut = false
  /// What was said so far, if the transfer is a mail.
  private(set) var dialogue = SMTPDialogue()
  /// When something was said, sent or received last.
  private(set) var lastEvent = SystemTime().monotonic

  /// When the transfer ends at the latest, as far as it has got.
  var limit: MonotonicTime { limitAfter(self) }

  /// Whether the transfer has to end.
  var isOverdue: Bool { stop.isStopped || SystemTime().monotonic >= limit }

  /// An exchange that sends `upload`, if the transfer asks for it piece by piece.
  init(upload: [UInt8] = [], stop: StopSignal, limit: @escaping (Exchange) -> MonotonicTime) {
    self.upload = upload
    self.stop = stop
    limitAfter = limit
  }

  /// False if there is more than is read.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    lastEvent = SystemTime().monotonic
    let room = Exchange.maxReceived - received.count
    received += bytes.prefix(room)
    isCut = bytes.count > room
    return !isCut
  }

  /// Copies the next bytes of the upload; returns how many, 0 at its end.
  func send(into room: UnsafeMutableRawBufferPointer) -> Int {
    lastEvent = SystemTime().monotonic
    let count = min(room.count, upload.count - sent)
    upload.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<(sent + count)])) }
    sent += count
    // libcurl knows the size: it may not ask again to hear of the end.
    if sent == upload.count { dialogue.uploaded() }
    return count
  }

  /// A line, or several, of the protocol.
  func line(_ bytes: UnsafeRawBufferPointer, isReply: Bool) {
    lastEvent = SystemTime().monotonic
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if isReply { dialogue.reply(line) } else { dialogue.command(line) }
    }
  }
}

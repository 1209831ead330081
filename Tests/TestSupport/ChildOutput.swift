import Foundation
import Glibc

/// One output of a program, read on a thread of its own as it comes.
public final class ChildOutput: @unchecked Sendable {
  private let changed = NSCondition()
  private var bytes: [UInt8] = []
  private var finished: [String] = []
  private var hasEnded = false

  init(_ descriptor: Int32) {
    let reader = Thread { [weak self] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard let self, count > 0 else { break }
        self.take(buffer[..<count])
      }
      close(descriptor)
      self?.end()
    }
    reader.stackSize = 1 << 18
    reader.start()
  }

  /// All of it so far.
  public var text: String {
    changed.lock()
    defer { changed.unlock() }
    return finished.map { $0 + "\n" }.joined() + String(decoding: bytes, as: UTF8.self)
  }

  /// The lines so far, without their ends; one that hasn't ended yet isn't among them.
  public var lines: [String] {
    changed.lock()
    defer { changed.unlock() }
    return finished
  }

  /// Waits until there are `count` lines; false where there aren't in time, or never will be.
  public func waitForLines(_ count: Int, within seconds: TimeInterval = 60) -> Bool {
    wait(until: Date(timeIntervalSinceNow: seconds)) { finished.count >= count ? true : nil } ?? false
  }

  func line(skipping: Int = 0, until deadline: Date, where matches: (String) -> Bool) -> String? {
    var next = skipping
    return wait(until: deadline) {
      while next < finished.count {
        defer { next += 1 }
        if matches(finished[next]) { return finished[next] }
      }
      return nil
    }
  }

  func waitForEnd(until deadline: Date) {
    changed.lock()
    defer { changed.unlock() }
    while !hasEnded && changed.wait(until: deadline) {}
  }

  private func wait<R>(until deadline: Date, for result: () -> R?) -> R? {
    changed.lock()
    defer { changed.unlock() }
    while true {
      if let result = result() { return result }
      if hasEnded || !changed.wait(until: deadline) { return result() }
    }
  }

  private func take(_ new: ArraySlice<UInt8>) {
    changed.lock()
    defer { changed.unlock() }
    var rest = new
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      bytes.append(contentsOf: rest[..<end])
      finished.append(String(decoding: bytes, as: UTF8.self))
      bytes.removeAll(keepingCapacity: true)
      rest = rest[(end + 1)...]
    }
    bytes.append(contentsOf: rest)
    changed.broadcast()
  }

  private func end() {
    changed.lock()
    defer { changed.unlock() }
    hasEnded = true
    changed.broadcast()
  }
}

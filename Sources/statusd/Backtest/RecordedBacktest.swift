import Backtest
import Console
import Evaluator
import Glibc
import Platform
import Programs
import Records
import Settings

/// A backtest over the records of a file: one partition of a topic with the broker's timestamps.
struct RecordedBacktest {
  private let path: String
  private let topic: String
  private let settings: Settings

  /// The maximum length of a line, in bytes.
  private static let greatestLine = 64 << 20

  init(path: String, topic: String, settings: Settings) {
    self.path = path
    self.topic = topic
    self.settings = settings
  }

  /// Reads the file to its end, or to the first line of JSON that is no record.
  func run(_ view: BacktestView, _ signals: Signals) throws -> ExitCode {
    let wakeup = try Wakeup()
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      printError("statusd backtest: \(path) can't be opened: \(SystemError.text(of: errno))\n")
      return .failed
    }
    defer { close(descriptor) }
    let run = BacktestRun(
      Stretch(topic: topic, offsets: [0: 0..<Int64.max]), settings: settings, partitionCount: 1, log: Cluster.log)
    var reading = Lines(
      BacktestReading(run, after: BacktestResult(view: view), difference: nil, total: nil), path: path)
    var splitter = LineSplitter(limit: Self.greatestLine)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    while reading.goesOn {
      // Waits for a pipe without missing a signal.
      guard signals.wait(or: wakeup, orInput: descriptor) else {
        if signals.take() == .stop { reading.stop() }
        continue
      }
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 {
        printError("statusd backtest: \(path) can't be read: \(SystemError.text(of: errno))\n")
        return .inputOutput
      }
      if count == 0 { break }
      splitter.take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { reading.take($0) }
      reading.show()
    }
    splitter.end { reading.take($0) }
    return try reading.finish(cut: splitter.cut)
  }

  /// One run through the file.
  private struct Lines: ~Copyable {
    private var reading: BacktestReading
    private let path: String
    private var line = 0
    private var offset: Int64 = 0
    /// The number of lines that weren't JSON, and count as unreadable records.
    private var broken = 0
    /// Whether more lines are wanted.
    private(set) var goesOn = true
    private var isRefused = false

    /// How many broken lines are reported.
    private static let saidLines = 5

    init(_ reading: consuming BacktestReading, path: String) {
      self.reading = reading
      self.path = path
    }

    /// Takes a line; blank lines are skipped.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
      line += 1
      guard goesOn, bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
      do throws(RecordedLine.Problem) {
        receive(try RecordedLine(bytes))
      } catch .notJSON {
        broken += 1
        if broken <= Self.saidLines {
          say(RecordedLine.Problem.notJSON.message + "; counted as an unreadable record")
        }
        receive(RecordedLine(asItStands: bytes))
      } catch {
        say(error.message)
        isRefused = true
        goesOn = false
      }
    }

    private func say(_ message: String) { printError("\(path):\(line): \(message)\n") }

    private mutating func receive(_ line: borrowing RecordedLine) {
      line.withRecord(at: offset) { reading.receive($0) }
      offset += 1
    }

    /// Called when a signal ends the command.
    mutating func stop() {
      reading.stop()
      goesOn = false
    }

    /// Shows the results so far.
    mutating func show() { if !reading.show() { goesOn = false } }

    /// Shows the rest. Returns the command's exit code.
    consuming func finish(cut: Int) throws -> ExitCode {
      var more: [String] = []
      if cut > 0 { more.append("\(counted(cut, "line")) longer than \(RecordedBacktest.greatestLine) bytes, cut") }
      if broken > 0 { more.append("\(counted(broken, "line")) not JSON") }
      let code = try reading.end(nil, of: path, more).finish()
      return isRefused ? .failed : code
    }
  }
}

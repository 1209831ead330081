import Testing

@testable import ProcFS

/// Contents of meminfo in kB, and the available memory that they give.
private let contradictions: [(MemoryInfo, UInt64?)] = [
  (MemoryInfo(total: 0, free: 0), nil),
  (MemoryInfo(total: .max, free: 1), nil),
  (MemoryInfo(total: 100, free: 101), nil),
  (MemoryInfo(total: 100), nil),
  (MemoryInfo(total: 100, free: 60, cached: 60), nil),
  (MemoryInfo(total: 100, free: 10, shared: 20), nil),
  (MemoryInfo(total: 100, free: 10, cached: 50, shared: 20), 40),
  (MemoryInfo(total: 100, free: 10, buffers: .max, cached: 50), 60),
  (MemoryInfo(total: 100, free: 10, available: 100), 100),
]

@Suite("The small files")
struct SmallFilesTests {
  @Test("the three load averages are read to the hundredth")
  func load() {
    #expect(
      parsing("0.52 12.61 1024.58 1/321 4242\n", LoadAverages.parse)
        == LoadAverages(oneMinute: 0.52, fiveMinutes: 12.61, fifteenMinutes: 1024.58))
    for text in ["", "0.52", "0.52 0.61", "0.52 0.61 0.58", "a b c d", "-1.0 0 0 0\n", "0.5.2 1 1 1\n"] {
      #expect(parsing(text, LoadAverages.parse) == nil)
    }
  }

  @Test("an uptime is read to the hundredth, and a number that may be truncated is ignored")
  func uptime() {
    #expect(parsing("604800.25 1000.00\n", Uptime.parse) == 60_480_025)
    #expect(parsing("7.5 1\n", Uptime.parse) == 750)
    #expect(parsing("7 1\n", Uptime.parse) == 700)
    for text in ["", "604800.25", "604800.", "x", "1.234 5\n", "99999999999999999999 1\n"] {
      #expect(parsing(text, Uptime.parse) == nil)
    }
  }

  @Test("a pressure is the `some` line's share of the last 10 s")
  func pressure() {
    let some = "some avg10=1.25 avg60=0.50 avg300=0.10 total=123\n"
    #expect(parsing(some, Pressure.parse) == 1.25)
    #expect(parsing("full avg10=9.00 avg60=0.50 avg300=0.10 total=1\n" + some, Pressure.parse) == 1.25)
    for text in ["", "some", "some avg10=", "some avg10=1.25", "full avg10=9.00 avg60=0.50\n", "some avg10=x \n"] {
      #expect(parsing(text, Pressure.parse) == nil)
    }
  }

  @Test("a pressure above 100% is ignored")
  func impossiblePressure() {
    #expect(parsing("some avg10=100.00 avg60=0.50 avg300=0.10 total=123\n", Pressure.parse) == 100)
    for share in ["100.01", "127", "18446744073709551615"] {
      #expect(parsing("some avg10=\(share) avg60=0.50 avg300=0.10 total=123\n", Pressure.parse) == nil)
    }
  }

  @Test("only a UUID is a boot id")
  func bootID() {
    let id = "3b6f7f0e-6f0a-4d5e-9a77-0c6a1e2d3f40"
    #expect(parsing(id + "\n", BootID.parse) == id)
    #expect(parsing(id, BootID.parse) == id)
    for text in ["", "\n", String(id.dropLast()), id + "x", id.replacing("b", with: "\"")] {
      #expect(parsing(text, BootID.parse) == nil)
    }
  }

  @Test("meminfo's numbers may follow the colon directly, and a truncated line is ignored")
  func meminfo() {
    let info = parsing(
      "MemTotal:5 kB\nMemFree:\t 3 kB\nCached: 2 kB extra\nSwapTotal: 7\nSwapFree: 123", MemoryInfo.parse)
    #expect(info == MemoryInfo(total: 5, free: 3, cached: 2))
  }

  @Test("memory figures that contradict each other are left out", arguments: contradictions)
  func contradiction(info: MemoryInfo, available: UInt64?) {
    var oddities: Oddities = []
    #expect(info.usage(&oddities)?.availableBytes == available.map { $0 * 1024 })
  }
}

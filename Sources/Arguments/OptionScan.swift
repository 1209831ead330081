import Cglibc
import Glibc
import Platform
import Synchronization

/// The options and operands of one argument vector, with unparsed values.
struct OptionScan {
  var values: [String: [String]] = [:]
  var operands: [String] = []
}

/// An error in an argument vector.
struct ScanProblem: Error, Equatable {
  var message: String
}

/// getopt_long(3) keeps its state in global variables.
private let getoptLock = Mutex<Void>(())

/// Parses `arguments` with getopt_long(3), so that GNU's conventions hold: abbreviations, `--name=value`, `--name
/// value`, clusters of short options, `--`, and operands between options (unless `stopsAtOperand`).
func scan(
  _ arguments: [String], options: [any OptionDeclaration], stopsAtOperand: Bool
) -> Result<OptionScan, ScanProblem> {
  // getopt expects argv[0], but doesn't read it.
  let vector = CStrings(["statusd"] + arguments)
  let names = CStrings(options.map(\.name))
  var shorts = stopsAtOperand ? "+:" : ":"
  var longs: [option] = []
  for (index, declared) in options.enumerated() {
    let hasValue = declared.placeholder != nil
    if let short = declared.short { shorts += "\(short)\(hasValue ? ":" : "")" }
    longs.append(
      option(name: names.pointers[index], has_arg: hasValue ? 1 : 0, flag: nil, val: longValue(index)))
  }
  longs.append(option())
  return withExtendedLifetime(names) {
    getoptLock.withLock { _ in scan(vector, shorts: shorts, longs: longs, options) }
  }
}

/// Loops over getopt_long's results, while the lock is held.
private func scan(
  _ vector: CStrings, shorts: String, longs: [option], _ options: [any OptionDeclaration]
) -> Result<OptionScan, ScanProblem> {
  statusd_getopt_reset()
  var scan = OptionScan()
  while true {
    let call = statusd_getopt_long(Int32(vector.count), vector.pointers, shorts, longs)
    switch call.result {
    case -1:
      scan.operands = vector.strings(from: Int(call.next), to: vector.count)
      return .success(scan)
    case questionMark:
      return .failure(problem(of: call, in: vector, options))
    case colon:
      let name = declaration(of: call.option, options).map { "--\($0.name)" } ?? "-\(character(call.option))"
      return .failure(ScanProblem(message: "option '\(name)' needs a value"))
    default:
      guard let declared = declaration(of: call.result, options) else { continue }
      scan.values[declared.name, default: []].append(call.value.map { String(cString: $0) } ?? "")
    }
  }
}

private let questionMark = Int32(UInt8(ascii: "?"))
private let colon = Int32(UInt8(ascii: ":"))

/// The value that getopt_long returns for the long option at `index`; above every character.
private func longValue(_ index: Int) -> Int32 { Int32(256 + index) }

private func character(_ value: Int32) -> Character {
  Character(Unicode.Scalar(UInt8(truncatingIfNeeded: value)))
}

private func declaration(of value: Int32, _ options: [any OptionDeclaration]) -> (any OptionDeclaration)? {
  let index = Int(value) - 256
  if index >= 0 { return index < options.count ? options[index] : nil }
  return options.first { $0.short == character(value) }
}

/// Tells apart the four errors for which getopt returns `?`: an unknown letter, a value for a flag, an unknown name,
/// and an ambiguous name.
private func problem(
  of call: statusd_getopt, in vector: CStrings, _ options: [any OptionDeclaration]
) -> ScanProblem {
  if call.option >= 256 {
    let name = declaration(of: call.option, options)?.name ?? ""
    return ScanProblem(message: "option '--\(name)' takes no value")
  }
  if call.option != 0 { return ScanProblem(message: "unknown option '-\(character(call.option))'") }
  let given = vector.strings(from: Int(call.next) - 1, to: Int(call.next)).first ?? ""
  let name = String(given.drop { $0 == "-" }.prefix { $0 != "=" })
  let candidates = options.map(\.name).filter { $0.hasPrefix(name) }
  if !name.isEmpty, candidates.count > 1 {
    let list = candidates.map { "'--\($0)'" }.joined(separator: ", ")
    return ScanProblem(message: "option '--\(name)' is ambiguous: \(list)")
  }
  let hint = suggestion(for: name, among: options.map(\.name)).map { " (did you mean '--\($0)'?)" } ?? ""
  return ScanProblem(message: "unknown option '--\(name)'\(hint)")
}

/// An array of C strings in the form of main's argv, which getopt_long permutes.
private final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let owned: [UnsafeMutablePointer<CChar>?]

  init(_ strings: [String]) {
    owned = strings.map { strdup($0) }
    pointers = .allocate(capacity: owned.count + 1)
    pointers.initialize(from: owned + [nil], count: owned.count + 1)
  }

  deinit {
    for pointer in owned { free(pointer) }
    pointers.deallocate()
  }

  var count: Int { owned.count }

  func strings(from start: Int, to end: Int) -> [String] {
    guard start >= 0, start < end, end <= owned.count else { return [] }
    return (start..<end).compactMap { pointers[$0].map { String(cString: $0) } }
  }
}

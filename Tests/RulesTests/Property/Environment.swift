import Foundation

/// What a run of the tests may be told from outside.
enum Environment {
  static func int(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}

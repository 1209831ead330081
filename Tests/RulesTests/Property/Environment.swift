import Foundation

/// Environment variables of a test run.
enum Environment {
  static func int(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}

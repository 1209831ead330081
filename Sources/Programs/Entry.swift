import Glibc
import Platform

extension CommandSet {
  /// Runs the program with the arguments of C's `main`, and returns its exit status. Called first, on the main thread.
  ///
  /// `CommandLine.arguments` can't be used: Swift looks for them in memory before the environment, and a library that
  /// sets a variable before `main` runs (libfaketime, some allocators) moves the environment away.
  public static func enter(_ count: Int32, _ vector: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    StandardDescriptors.secure()
    let arguments = (0..<Int(count)).compactMap { vector[$0].map { String(cString: $0) } }
    let code = run(Array(arguments.dropFirst()))
    // exit(3), which follows, would destroy data that a client still uses if it didn't end in time.
    if runningThreads > 0 { _exit(code.rawValue) }
    return code.rawValue
  }
}

import Glibc
import Platform

/// The entry point: SwiftPM makes the function of this name the program's `main`.
///
/// `CommandLine.arguments` can't be used: Swift looks for them in memory before the environment, and a library that
/// sets a variable before `main` runs (libfaketime, some allocators) moves the environment away.
@_cdecl("statusd_main")
func enter(_ count: Int32, _ vector: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
  StandardDescriptors.secure()
  let arguments = (0..<Int(count)).compactMap { vector[$0].map { String(cString: $0) } }
  let code = runStatusd(Array(arguments.dropFirst()))
  // exit(3), which follows, would destroy data that a client still uses if it didn't end in time.
  if runningThreads > 0 { _exit(code.rawValue) }
  return code.rawValue
}

import Glibc
import Platform

/// Where the process begins: SwiftPM makes the function of this name the program's `main`.
///
/// `CommandLine.arguments` won't do: Swift looks for them in memory in front of the environment, and a library that sets
/// a variable before `main` runs (libfaketime, some allocators) has moved the environment away by then.
@_cdecl("statusd_main")
func enter(_ count: Int32, _ vector: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
  StandardDescriptors.secure()
  let arguments = (0..<Int(count)).compactMap { vector[$0].map { String(cString: $0) } }
  let code = runStatusd(Array(arguments.dropFirst()))
  // exit(3), which follows, would take away under a client that didn't end in time what it uses.
  if runningThreads > 0 { _exit(code.rawValue) }
  return code.rawValue
}

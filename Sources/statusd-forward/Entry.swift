import Programs

/// The entry point: SwiftPM makes the function of this name the program's `main`.
@_cdecl("statusd_forward_main")
func enter(_ count: Int32, _ vector: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
  StatusdForward.enter(count, vector)
}

import Programs

/// The entry point: SwiftPM makes the function of this name the program's `main`.
@_cdecl("statusd_main")
func enter(_ count: Int32, _ vector: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
  Statusd.enter(count, vector)
}

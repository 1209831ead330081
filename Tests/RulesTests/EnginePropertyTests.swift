import Testing

@testable import Rules

@Suite("The engine against its reference")
struct EnginePropertyTests {
  @Test("random rules over random series give the same transitions as the reference", arguments: 0..<20)
  func sameTransitions(part: Int) { EngineCase.search(part: part) }
}

/// A count with its noun, for people: `1 sample`, `2 samples`.
public func counted(_ count: some BinaryInteger, _ what: String) -> String {
  "\(count) \(what)\(count == 1 ? "" : "s")"
}

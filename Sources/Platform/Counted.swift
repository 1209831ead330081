/// `1 sample`, `2 samples`: how many of something there are, for people.
public func counted(_ count: some BinaryInteger, _ what: String) -> String {
  "\(count) \(what)\(count == 1 ? "" : "s")"
}

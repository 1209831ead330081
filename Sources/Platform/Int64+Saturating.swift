extension Int64 {
  /// The sum with a number that isn't negative, at most the greatest there is.
  public func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, isBeyond) = addingReportingOverflow(other)
    return isBeyond ? .max : sum
  }
}

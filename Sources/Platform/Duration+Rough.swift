extension Duration {
  /// As much of it as people want to know: below 10 s to the millisecond, below a day to the second, then to the minute.
  public var roughText: String {
    if self < .seconds(10) { return text }
    let seconds = components.seconds
    return Duration.seconds(seconds < 86_400 ? seconds : seconds - seconds % 60).text
  }
}

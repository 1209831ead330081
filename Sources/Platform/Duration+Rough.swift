extension Duration {
  /// The duration for people: to the millisecond below 10 s, to the second below a day, to the minute above.
  public var roughText: String {
    if self < .seconds(10) { return text }
    let seconds = components.seconds
    return Duration.seconds(seconds < 86_400 ? seconds : seconds - seconds % 60).text
  }
}

extension WindowRoom {
  /// The aggregate of the samples in a window; NaN if there is none, or if it isn't finite.
  mutating func aggregate(_ number: UInt32, _ plan: WindowPlan) -> Double {
    let window = windows[number]
    let count = window.pointee.count
    guard count > 0 else { return .nan }
    let x: Double
    switch plan.kind {
    case .none: x = .nan
    case .count: x = Double(count)
    case .greatest: x = window.pointee.extremes.greatest
    case .least: x = 0 - window.pointee.extremes.greatest
    case .rank: x = window.pointee.ranks.sample(ofRank: plan.rank(among: Int(count)))
    case .sum: x = FixedPoint.rounded(sum(of: window))
    case .average: x = FixedPoint.quotient(sum(of: window), by: UInt64(count))
    case .deviation: x = deviation(of: window)
    case .delta: x = delta(of: window)
    case .rate: x = rate(of: window)
    }
    return x.isFinite ? x : .nan
  }

  private mutating func deviation(of window: UnsafeMutablePointer<Window>) -> Double {
    let count = UInt64(window.pointee.count)
    return FixedPoint.variance(sum(of: window), squares(of: window), count: count).squareRoot()
  }

  private func delta(of window: UnsafeMutablePointer<Window>) -> Double {
    guard window.pointee.count > 1 else { return .nan }
    return last(of: window).value - first(of: window).value
  }

  private mutating func rate(of window: UnsafeMutablePointer<Window>) -> Double {
    guard window.pointee.count > 1, window.pointee.infinities == 0 else { return .nan }
    let span = last(of: window).time - first(of: window).time
    guard span > 0 else { return .nan }
    return FixedPoint.rounded(sum(of: window)) / (Double(span) / 1000)
  }

  private func first(of window: UnsafeMutablePointer<Window>) -> (time: Int64, value: Double) {
    let chunk = chunks[window.pointee.chunk]
    let index = Int(window.pointee.index)
    return (chunk.pointee.times[index], chunk.pointee.values[index])
  }

  /// The last sample of the window is the last one of its track.
  private func last(of window: UnsafeMutablePointer<Window>) -> (time: Int64, value: Double) {
    let chunk = chunks[tracks[window.pointee.samples].pointee.last]
    let index = Int(chunk.pointee.count) - 1
    return (chunk.pointee.times[index], chunk.pointee.values[index])
  }

  // MARK: Sums

  /// Adds a summand to a window's sums.
  mutating func addSummand(_ value: Double, to window: UnsafeMutablePointer<Window>, _ plan: WindowPlan) {
    guard value.isFinite else {
      window.pointee.infinities += 1
      return
    }
    if !FixedPoint.fitsNarrow(value) {
      window.pointee.misfits += 1
      if !window.pointee.isWide { widen(window) }
    }
    change(window, plan, by: value, takingAway: false)
  }

  /// Subtracts a summand from a window's sums.
  mutating func takeSummand(_ value: Double, from window: UnsafeMutablePointer<Window>, _ plan: WindowPlan) {
    guard value.isFinite else {
      window.pointee.infinities -= 1
      return
    }
    change(window, plan, by: value, takingAway: true)
    if !FixedPoint.fitsNarrow(value) {
      window.pointee.misfits -= 1
      if window.pointee.misfits == 0 { narrow(window) }
    }
  }

  private mutating func change(
    _ window: UnsafeMutablePointer<Window>, _ plan: WindowPlan, by value: Double, takingAway: Bool
  ) {
    if value == 0 { return }
    let sum = sum(of: window)
    FixedPoint.add(FixedPoint.Addend(value), takingAway: takingAway, to: sum.words, first: sum.first)
    if plan.kind == .deviation {
      let squares = squares(of: window)
      FixedPoint.add(
        FixedPoint.Addend(squareOf: value), takingAway: takingAway, to: squares.words, first: squares.first)
    }
  }

  /// The words of a window's sums: first those of the sum, then those of the squares.
  private func words(of window: UnsafeMutablePointer<Window>) -> UnsafeMutablePointer<UInt64> {
    let number = window.pointee.sums
    let sums =
      window.pointee.isWide ? UnsafeMutableRawPointer(wideSums[number]) : UnsafeMutableRawPointer(narrowSums[number])
    return sums.assumingMemoryBound(to: UInt64.self)
  }

  private func sum(of window: UnsafeMutablePointer<Window>) -> FixedPoint.Sum {
    let isWide = window.pointee.isWide
    let count = isWide ? FixedPoint.wideSum : FixedPoint.narrowSum
    return FixedPoint.Sum(
      words: UnsafeMutableBufferPointer(start: words(of: window), count: count),
      first: isWide ? 0 : FixedPoint.narrowSumFirst, base: -1074)
  }

  private func squares(of window: UnsafeMutablePointer<Window>) -> FixedPoint.Sum {
    let isWide = window.pointee.isWide
    let start = words(of: window) + (isWide ? FixedPoint.wideSum : FixedPoint.narrowSum)
    return FixedPoint.Sum(
      words: UnsafeMutableBufferPointer(
        start: start, count: isWide ? FixedPoint.wideSquares : FixedPoint.narrowSquares),
      first: isWide ? 0 : FixedPoint.narrowSquaresFirst, base: -2148)
  }

  /// Turns narrow sums into wide ones, for a value that they can't hold.
  private mutating func widen(_ window: UnsafeMutablePointer<Window>) {
    let (sum, squares) = (sum(of: window), squares(of: window))
    let number = window.pointee.sums
    window.pointee.sums = wideSums.take(WideSums())
    window.pointee.isWide = true
    FixedPoint.widen(sum.words, first: sum.first, into: self.sum(of: window).words)
    FixedPoint.widen(squares.words, first: squares.first, into: self.squares(of: window).words)
    narrowSums.put(number)
  }

  /// Turns wide sums into narrow ones, after the last such value has left.
  private mutating func narrow(_ window: UnsafeMutablePointer<Window>) {
    let (sum, squares) = (sum(of: window), squares(of: window))
    let number = window.pointee.sums
    window.pointee.sums = narrowSums.take(NarrowSums())
    window.pointee.isWide = false
    FixedPoint.narrow(sum.words, first: FixedPoint.narrowSumFirst, into: self.sum(of: window).words)
    FixedPoint.narrow(squares.words, first: FixedPoint.narrowSquaresFirst, into: self.squares(of: window).words)
    wideSums.put(number)
  }
}

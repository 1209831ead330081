import Records

/// An estimate of the memory that the state of subjects takes.
public struct SubjectMemory: Equatable, Sendable {
  /// The size of a subject after its first record, in bytes.
  public var least: Int
  /// The size of a subject with full windows and the least favourable values, in bytes.
  public var most: Int
}

extension RuleSet {
  /// The memory of a subject that sends a sample each `interval`, if all rules cover it. An estimate: the sizes of what
  /// is stored for each, and half the spare room of what grows by doubling.
  public func memory(samplesEvery interval: Duration) -> SubjectMemory {
    let groups = Layout.groups(of: rules)
    let watchesSilence = rules.contains { $0.noData != .keep }
    var fixed = Subject.blockSize(tracks: groups.count, watchesSilence: watchesSilence)
    fixed += rules.count * MemoryLayout<SeriesState>.stride
    // Slots of the name, the deadlines, the queue of writes. The changelog's copy during a restore is freed by then.
    fixed += 24 + (watchesSilence ? 60 : 30) + 6
    var (least, most) = (fixed, fixed)
    for rule in rules {
      if rule.atLeast != nil { most += MemoryLayout<SeriesDetail>.stride + MemoryLayout<Votes>.stride }
      let plan = WindowPlan(rule)
      if plan.kind == .none { continue }
      let window = MemoryLayout<SeriesDetail>.stride + MemoryLayout<Window>.stride
      let sums = plan.needsSums ? MemoryLayout<NarrowSums>.stride : 0
      let isKept = [.greatest, .least, .rank].contains(plan.kind)
      least += window + sums + (isKept ? 2 * SampleChunk.sampleSize : 0)
      most += window + sums + (isKept ? samples(in: plan, interval) * 3 / 2 * SampleChunk.sampleSize : 0)
    }
    for group in groups where rules[group[0]].isWindowed {
      let track = MemoryLayout<SampleTrack>.stride + MemoryLayout<SampleChunk>.stride
      least += track + Int(WindowRoom.firstCapacity) * SampleChunk.sampleSize
      let longest = group.map { samples(in: WindowPlan(rules[$0]), interval) }.max() ?? 0
      let chunks = longest / SampleChunk.size + 2
      most += track + chunks * (SampleChunk.size * SampleChunk.sampleSize + MemoryLayout<SampleChunk>.stride)
    }
    return SubjectMemory(least: least, most: max(least, most))
  }

  /// The number of samples in a window.
  private func samples(in plan: WindowPlan, _ interval: Duration) -> Int {
    let count = plan.length / max(1, interval.wholeMilliseconds) + 1
    return Int(min(Int64(bounds.maxSamples), count))
  }
}

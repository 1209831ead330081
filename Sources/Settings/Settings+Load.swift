extension Settings {
  /// What came of reading a configuration.
  public struct Loaded: Sendable {
    /// The settings; nil where there is a mistake among the complaints.
    public var settings: Settings?
    /// Everything that is wrong or questionable, in the order of the file; where that is more than a hundred, the first
    /// hundred, and how many more there are.
    public var complaints: [Complaint]
    /// Which of `agent.host` and `run.instance` are the machine's name, because the file gives none.
    public var machineNames: Set<String> = []
  }

  /// The most bytes that a configuration may have.
  public static let greatestSize = 1 << 20

  /// Reads the file at `path`. Every mistake is found in one run, but for what a line that isn't TOML hides.
  public static func load(path: String, surroundings: Surroundings = .machine) -> Loaded {
    do {
      let content = try SourceFile.read(path, limit: greatestSize)
      return load(
        text: content.bytes, file: path, surroundings: surroundings, isOpenToAll: content.isOpenToAll)
    } catch {
      return Loaded(
        settings: nil, complaints: [Complaint(file: path, position: nil, message: "the configuration \(error.message)")]
      )
    }
  }

  /// Reads a configuration from its text; `file` is what complaints call it, and whose folder relative paths start from;
  /// `isOpenToAll`: every user of the machine may read it.
  public static func load(
    text: [UInt8], file: String, surroundings: Surroundings = .machine, isOpenToAll: Bool = false
  ) -> Loaded {
    let source: Source
    do {
      source = try Source(text, file: file)
    } catch {
      return Loaded(settings: nil, complaints: [error])
    }
    var complaints = source.complaints
    guard let document = source.document else { return Loaded(settings: nil, complaints: complaints) }
    let reading = Reading(
      document: document, file: file, surroundings: surroundings, isPartial: !source.complaints.isEmpty,
      isOpenToAll: isOpenToAll)
    reading.run()
    complaints += reading.complaints
    let isUsable = !complaints.contains { $0.weight == .mistake }
    return Loaded(
      settings: isUsable ? reading.settings : nil,
      complaints: complaints.bounded(file: file, dropped: reading.droppedComplaints),
      machineNames: reading.machineNames)
  }
}

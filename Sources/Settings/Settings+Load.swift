extension Settings {
  /// The result of reading a configuration.
  public struct Loaded: Sendable {
    /// The settings; nil if there is a mistake among the complaints.
    public var settings: Settings?
    /// The complaints, in the order of the file. If there are more than a hundred, the first hundred and the total.
    public var complaints: [Complaint]
    /// Those of `agent.host` and `run.instance` that are the machine's name, because the file sets none.
    public var machineNames: Set<String> = []
  }

  /// The maximum size of a configuration, in bytes.
  public static let greatestSize = 1 << 20

  /// Reads the file at `path`. Finds all mistakes in one run, except those that a line that isn't TOML hides.
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

  /// Reads a configuration from its text. `file` is the name in complaints, and its folder the start of relative paths;
  /// `isOpenToAll` if every user of the machine may read it.
  public static func load(
    text: [UInt8], file: String, surroundings: Surroundings = .machine, isOpenToAll: Bool = false
  ) -> Loaded {
    let source: SourceText
    do {
      source = try SourceText(text, file: file)
    } catch {
      return Loaded(settings: nil, complaints: [error])
    }
    var complaints = source.complaints
    guard let document = source.document else { return Loaded(settings: nil, complaints: complaints) }
    let reading = DocumentReading(
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

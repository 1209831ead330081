import Foundation
import Synchronization

/// A JSON value as a schema looks at it. Numbers are doubles, as in JavaScript.
public enum JSONValue: Hashable, Sendable, Decodable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number, `1` and `1.0` alike.
  case number(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object([String: JSONValue])

  /// Parses a text; throws if it isn't JSON.
  public init(parsing text: String) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  /// Decodes any value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// The members of an object; nil for any other value.
  public var members: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

  /// The elements of an array; nil for any other value.
  public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  /// The text of a string; nil for any other value.
  public var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The number; nil for any other value.
  public var double: Double? { if case .number(let number) = self { number } else { nil } }

  /// The member of this name; nil if there is none.
  public subscript(name: String) -> JSONValue? { members?[name] }
}

/// A JSON Schema of draft 2020-12, with exactly the keywords that the files in docs/schemas use. A keyword that it doesn't
/// know is an error, not a note: a file can't ask for something that nobody checks.
public struct JSONSchema: Sendable {
  /// A schema that can't be used.
  public struct Unusable: Error, CustomStringConvertible {
    /// Where, and what is wrong.
    public let description: String
  }

  /// The whole file.
  public let document: JSONValue
  private let root: JSONValue

  /// A schema given as text. Throws `Unusable` if it has an unknown keyword, or a keyword with a value that makes no sense.
  public init(parsing text: String) throws {
    let document = try JSONValue(parsing: text)
    try Self.check(document, at: "#", in: document)
    (self.document, root) = (document, document)
  }

  private init(_ root: JSONValue, of document: JSONValue) { (self.document, self.root) = (document, root) }

  /// The schema `docs/schemas/NAME.schema.json`.
  public static func file(_ name: String) throws -> JSONSchema {
    let path = "\(packageRoot)/docs/schemas/\(name).schema.json"
    return try JSONSchema(parsing: String(contentsOfFile: path, encoding: .utf8))
  }

  /// The part of the file that `$defs` calls `name`.
  public func definition(_ name: String) throws -> JSONSchema {
    guard let part = document["$defs"]?[name] else { throw Unusable(description: "no definition \(name)") }
    return JSONSchema(part, of: document)
  }

  /// The names of the fields that the schema describes.
  public var fields: Set<String> { Set(root["properties"]?.members?.keys.map { $0 } ?? []) }

  /// The description of a field as a schema of its own; nil if there is none.
  public subscript(field: String) -> JSONSchema? { root["properties"]?[field].map { JSONSchema($0, of: document) } }

  /// The value of a keyword at the schema's top.
  public func keyword(_ name: String) -> JSONValue? { root[name] }

  /// What is wrong with a record, given as text: a line for each problem, with its place. Empty if nothing is.
  public func problems(of record: String) -> [String] {
    guard let value = try? JSONValue(parsing: record) else { return ["not JSON: \(record)"] }
    return problems(of: value)
  }

  /// What is wrong with a value.
  public func problems(of value: JSONValue) -> [String] { problems(of: value, root, at: "") }

  // MARK: The schema itself

  private static let types = ["null", "boolean", "number", "integer", "string", "array", "object"]

  /// Throws at the first thing in `schema` that can't be used.
  private static func check(_ schema: JSONValue, at place: String, in document: JSONValue) throws {
    if case .bool = schema { return }
    guard let keywords = schema.members else { throw Unusable(description: "\(place): neither object nor boolean") }
    for (keyword, value) in keywords {
      let place = "\(place)/\(keyword)"
      guard try isUsable(keyword, value, at: place, in: document) else {
        throw Unusable(description: "\(place): an unknown keyword, or a value that makes no sense")
      }
    }
  }

  /// Whether `keyword` is known and can have this value. Checks the schemas in it.
  private static func isUsable(
    _ keyword: String, _ value: JSONValue, at place: String, in document: JSONValue
  ) throws -> Bool {
    switch keyword {
    case "$schema": return value.text == "https://json-schema.org/draft/2020-12/schema"
    case "title", "description": return value.text.map { !$0.isEmpty } ?? false
    case "examples", "enum": return value.elements.map { !$0.isEmpty && Set($0).count == $0.count } ?? false
    case "const": return true
    case "type": return value.text.map(types.contains) ?? false
    case "required": return value.elements?.allSatisfy { $0.text != nil } ?? false
    case "pattern": return value.text.map { (try? NSRegularExpression(pattern: $0)) != nil } ?? false
    case "format": return value.text == "date-time"
    case "minimum", "maximum": return value.double != nil
    case "minLength", "maxLength": return value.double.map { $0 >= 0 && $0 == $0.rounded() } ?? false
    case "$ref": return value.text.map { target(of: $0, in: document) != nil } ?? false
    case "properties", "$defs":
      for (name, schema) in value.members ?? [:] { try check(schema, at: "\(place)/\(name)", in: document) }
      return value.members != nil
    case "additionalProperties":
      try check(value, at: place, in: document)
      return true
    case "oneOf", "anyOf":
      for schema in value.elements ?? [] { try check(schema, at: place, in: document) }
      return value.elements?.isEmpty == false
    default: return false
    }
  }

  /// What `#/$defs/NAME` stands for; nil if there is nothing.
  private static func target(of reference: String, in document: JSONValue) -> JSONValue? {
    guard reference.hasPrefix("#/$defs/") else { return nil }
    return document["$defs"]?[String(reference.dropFirst(8))]
  }

  // MARK: A value

  private func problems(of value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
    if case .bool(let isAllowed) = schema { return isAllowed ? [] : ["\(place): not allowed"] }
    let keywords = schema.members ?? [:]
    return keywords.sorted { $0.key < $1.key }.flatMap { keyword, argument in
      switch keyword {
      case "$ref":
        return argument.text.flatMap { Self.target(of: $0, in: document) }.map { problems(of: value, $0, at: place) }
          ?? ["\(place): unknown reference"]
      case "anyOf", "oneOf": return choice(keyword, argument.elements ?? [], value, at: place)
      case "properties":
        return (value.members ?? [:]).sorted { $0.key < $1.key }.flatMap { name, member in
          argument[name].map { problems(of: member, $0, at: "\(place)/\(name)") } ?? []
        }
      case "additionalProperties":
        let known = keywords["properties"]?.members ?? [:]
        return (value.members ?? [:]).sorted { $0.key < $1.key }.flatMap { name, member in
          known[name] == nil ? problems(of: member, argument, at: "\(place)/\(name)") : []
        }
      case "required":
        guard let members = value.members else { return [] }
        let names = (argument.elements ?? []).compactMap(\.text)
        return names.filter { members[$0] == nil }.map { "\(place)/\($0): missing" }
      default:
        return Self.meets(value, keyword, argument) ? [] : ["\(place): \(value) isn't \(keyword) \(argument)"]
      }
    }
  }

  private func choice(_ keyword: String, _ schemas: [JSONValue], _ value: JSONValue, at place: String) -> [String] {
    let results = schemas.map { problems(of: value, $0, at: place) }
    let count = results.count { $0.isEmpty }
    if keyword == "anyOf" ? count > 0 : count == 1 { return [] }
    return ["\(place): \(count) of \(keyword)"] + results.flatMap { $0 }
  }

  /// Whether `value` meets a keyword that looks at nothing but the value. One for another type is met.
  private static func meets(_ value: JSONValue, _ keyword: String, _ argument: JSONValue) -> Bool {
    switch keyword {
    case "type": return argument.text.map { isOf(type: $0, value) } ?? false
    case "enum": return argument.elements?.contains(value) ?? false
    case "const": return value == argument
    case "minimum": return compare(value.double, argument.double, >=)
    case "maximum": return compare(value.double, argument.double, <=)
    case "minLength": return compare(value.text.map { Double($0.unicodeScalars.count) }, argument.double, >=)
    case "maxLength": return compare(value.text.map { Double($0.unicodeScalars.count) }, argument.double, <=)
    case "pattern":
      guard let text = value.text else { return true }
      return argument.text.map { matches(text, $0) } ?? false
    case "format": return value.text.map(isDateTime) ?? true
    case "$schema", "$defs", "title", "description", "examples": return true
    default: return false
    }
  }

  private static func matches(_ text: String, _ pattern: String) -> Bool {
    let expression = expressions.withLock { known in
      if known[pattern] == nil { known[pattern] = try? NSRegularExpression(pattern: pattern) }
      return known[pattern]
    }
    let all = NSRange(location: 0, length: text.utf16.count)
    guard let match = expression?.firstMatch(in: text, range: all) else { return false }
    // Other than in JavaScript, `$` also matches before a line end that is the last character.
    return !pattern.hasSuffix("$") || match.range.upperBound == all.upperBound
  }

  /// Each is compiled once.
  private static let expressions = Mutex<[String: NSRegularExpression]>([:])

  private static func compare(_ value: Double?, _ limit: Double?, _ holds: (Double, Double) -> Bool) -> Bool {
    guard let limit else { return false }
    return value.map { holds($0, limit) } ?? true
  }

  private static func isOf(type: String, _ value: JSONValue) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .number(let number): type == "number" || (type == "integer" && number == number.rounded())
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }

  /// RFC 3339, section 5.6, with a date that exists and an offset that can be.
  private static func isDateTime(_ text: String) -> Bool {
    let digits = text.utf8.map { Int($0) - 48 }
    let shape = #"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"#
    guard matches(text, shape) else { return false }
    func number(_ place: Int, _ count: Int = 2) -> Int { digits[place..<place + count].reduce(0) { $0 * 10 + $1 } }
    let (year, month, day) = (number(0, 4), number(5), number(8))
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    guard (1...12).contains(month) else { return false }
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    guard (1...days).contains(day), number(11) < 24, number(14) < 60, number(17) < 60 else { return false }
    if text.last == "Z" || text.last == "z" { return true }
    return number(digits.count - 5) < 24 && number(digits.count - 2) < 60
  }
}

extension NamedValue {
  /// A path. `$CREDENTIALS_DIRECTORY`, systemd's folder for `LoadCredential=`, works in it with and without braces; a
  /// relative path starts at the folder of the configuration.
  package func path() -> String? {
    guard let raw = rawText("write a path in quotes") else { return nil }
    let plain = "$CREDENTIALS_DIRECTORY"
    var text = raw
    if raw == plain || raw.hasPrefix(plain + "/") { text = "${CREDENTIALS_DIRECTORY}" + raw.dropFirst(plain.count) }
    guard let expansion = expand(text) else { return nil }
    if expansion.value.isEmpty {
      complain("a path can't be empty")
      return nil
    }
    return reading.resolve(expansion.value)
  }

  /// The path of a readable file; `isSecret` if it holds a secret.
  func readableFile(isSecret: Bool) -> String? {
    guard let path = path() else { return nil }
    do {
      if try SourceFile.isOpenToAll(path), isSecret { adviseOfOpenFile(path) }
      return path
    } catch {
      complain("the file \(error.message)")
      return nil
    }
  }

  private func adviseOfOpenFile(_ path: String) {
    complain(
      "every user of this machine may read the file, and the secret in it; prevent that: chmod o-r \(path)", .advice)
  }

  /// A secret in the file, or in a variable that the file names.
  func secret() -> Secret? {
    guard let expansion = expanded("write a text in quotes, or \"${VARIABLE}\"") else { return nil }
    if expansion.value.isEmpty {
      let cause = expansion.variables.first.map { "the variable \($0) is" } ?? "it is"
      complain("\(cause) empty")
      return nil
    }
    let secret = Secret(expansion.value, origin: origin(of: expansion))
    adviseOfOpenText(secret)
    return secret
  }

  /// Advises against a secret in a configuration that every user may read.
  func adviseOfOpenText(_ secret: Secret) {
    guard reading.isOpenToAll, case .literal = secret.origin else { return }
    complain(
      "every user of this machine may read this secret; prevent that: chmod o-r \(reading.file)", .advice)
  }

  /// Where the value of a text comes from. Only a text that is a single variable may be shown: any text beside it is
  /// part of the secret.
  func origin(of expansion: Expansion) -> Secret.Origin {
    if case .string(let raw) = reading.document.nodes[node].value, Secret.isOneVariable(raw) { return .variables(raw) }
    return .literal
  }

  /// The secret in the named file, its only line.
  func secretFile(of what: String = "password") -> Secret? {
    guard let path = path() else { return nil }
    let bytes: [UInt8]
    do {
      let content = try SourceFile.readSecret(path, limit: 64 << 10)
      bytes = content.bytes
      if content.isOpenToAll { adviseOfOpenFile(path) }
    } catch {
      complain("the file \(error.message)")
      return nil
    }
    var content = bytes[...]
    if content.last == UInt8(ascii: "\n") { content.removeLast() }
    if content.last == UInt8(ascii: "\r") { content.removeLast() }
    guard let text = String(validating: content, as: UTF8.self), !content.contains(0) else {
      complain("the file isn't UTF-8 text")
      return nil
    }
    if text.isEmpty {
      complain("the file is empty")
      return nil
    }
    if content.contains(UInt8(ascii: "\n")) {
      complain("the file has more than one line; it must contain only the \(what)")
      return nil
    }
    return Secret(text, origin: .file(path))
  }
}

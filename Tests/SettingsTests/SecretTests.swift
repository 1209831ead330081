import Foundation
import TestSupport
import Testing
import Topics

@testable import Settings

@Suite("Secrets")
struct SecretTests {
  private let secret = "S3cret-of-web-1"

  private func login(_ line: String) -> String {
    "[kafka]\nbrokers = \"a:1\"\n[kafka.tls]\n[kafka.sasl]\nmechanism = \"PLAIN\"\nusername = \"u\"\n\(line)\n"
  }

  @Test("only `reveal` shows a secret")
  func masked() {
    let value = Secret(secret)
    var dumped = ""
    dump(value, to: &dumped)
    dump(Connection.SASL(mechanism: "PLAIN", username: "u", password: value), to: &dumped)
    let shown = "\(value) \(String(reflecting: value)) \(dumped) \(Connection.Value.secret(value))"
    #expect(!shown.contains("S3cret"))
    #expect(value.reveal() == secret)
    #expect(value == Secret(secret, origin: .file("/f")))
    #expect(value != Secret("other"))
  }

  @Test("settings show no secrets, however they are printed")
  func printed() throws {
    let folder = try Folder()
    let file = try folder.write("password", "\(secret)\n")
    let properties = """
      [kafka.properties]
      "ssl.key.password" = "\(secret)"
      "sasl.oauthbearer.config" = "\(secret)"
      "client.rack" = "${RACK}"
      """
    for line in [
      "password = \"\(secret)\"", "password = \"${PASSWORD}\"", "password = \"S3${PASSWORD}\"",
      "password_file = \"\(file)\"",
    ] {
      let loaded = load(login(line) + properties, ["PASSWORD": secret, "RACK": secret])
      let settings = try #require(loaded.settings)
      var dumped = ""
      dump(settings, to: &dumped)
      #expect(!"\(settings) \(dumped) \(settings.describe()) \(loaded.complaints)".contains("S3"))
      #expect(settings.kafka.sasl?.password?.reveal().contains("S3") == true)
      #expect(settings.kafka.properties.allSatisfy { $0.value.reveal() == secret })
    }
  }

  @Test("printed settings name the variable or file of a secret, and mask other secrets")
  func origins() throws {
    let folder = try Folder()
    let file = try folder.write("password", secret)
    let variables = ["PASSWORD": secret]
    #expect(load(login("password = \"x\"")).settings?.describe().contains("password = \"…\"\n") == true)
    #expect(
      load(login("password = \"${PASSWORD}\""), variables).settings?.describe()
        .contains("password = \"${PASSWORD}\"\n") == true)
    #expect(
      load(login("password = \"x${PASSWORD}\""), variables).settings?.describe().contains("password = \"…\"\n") == true)
    #expect(
      load(login("password_file = \"\(file)\"")).settings?.describe().contains("password_file = \"\(file)\"\n") == true)
  }

  @Test("a property that librdkafka refuses is named without a secret value")
  func properties() {
    let all = complaints(
      besideBrokers: """
        [kafka.properties]
        "sasl.pasword" = "\(secret)"
        "linger.ms" = "${SECRET}"
        "socket.keepalive.enable" = "maybe"
        """, ["SECRET": secret])
    #expect(all.count == 3)
    #expect(all.allSatisfy { !$0.contains("S3cret") })
    #expect(all[0].hasPrefix("file.toml:3:1: ") && all[0].contains("did you mean 'sasl.password'?"))
    #expect(all[1] == "file.toml:4:15: kafka.properties: librdkafka refuses the value of 'linger.ms'")
    #expect(all[2].hasPrefix("file.toml:5:29: ") && all[2].contains("socket.keepalive.enable"))
  }

  @Test("an unset or empty variable is named, and no value is shown")
  func variables() {
    #expect(
      complaints(login("password = \"\(secret)${NONE}\"")) == [
        "file.toml:7:12: kafka.sasl.password: the variable NONE isn't set; set it in the environment of statusd, or write "
          + "the value here"
      ])
    #expect(
      complaints(login("password = \"${NONE}\""), ["NONE": ""]) == [
        "file.toml:7:12: kafka.sasl.password: the variable NONE is empty"
      ])
    #expect(complaints(login("password = \"\"")) == ["file.toml:7:12: kafka.sasl.password: it is empty"])
    let all = complaints("kafka.brokers = \"${BROKERS}\"", ["BROKERS": "user:\(secret)@host"])
    #expect(all.count == 1)
    #expect(!all[0].contains("S3cret"))
    #expect(all[0].hasSuffix("(with BROKERS replaced)"))
    let role = complaints(besideBrokers: "run.role = \"${ROLE}\"", ["ROLE": secret])
    #expect(role.count == 1 && !role[0].contains("S3cret"))
  }

  @Test("a secret of the wrong type isn't quoted")
  func wrongType() {
    #expect(
      complaints(login("password = 12345")) == [
        "file.toml:7:12: kafka.sasl.password: that is a whole number: write a text in quotes, or \"${VARIABLE}\""
      ])
  }

  @Test("${NAME} is replaced by a variable, $${ gives ${, and a single $ is kept")
  func expansion() throws {
    let variable = { (name: String) in ["A": "1", "B_2": "${A}"][name] }
    #expect(try Expansion("x${A}y${B_2}", variable: variable).value == "x1y${A}")
    #expect(try Expansion("$${A} $ $A $$", variable: variable).value == "${A} $ $A $$")
    #expect(throws: Expansion.Problem.unset("C")) { try Expansion("${C}", variable: variable) }
    for text in ["${", "${}", "${A", "${1}", "${A-b}", "${ A}"] {
      #expect(throws: Expansion.Problem.malformed) { try Expansion(text, variable: variable) }
    }
    for text in ["${A}", "$${A}", "$$${", "a$", "$", ""] {
      #expect(try Expansion(Expansion.escape(text), variable: variable).value == text)
    }
  }

  @Test("a password file is read from the service's credentials, without its line end")
  func credentials() throws {
    let folder = try Folder()
    try folder.write("kafka", "\(secret)\r\n")
    let variables = ["CREDENTIALS_DIRECTORY": folder.path]
    for path in ["$CREDENTIALS_DIRECTORY/kafka", "${CREDENTIALS_DIRECTORY}/kafka"] {
      let settings = load(login("password_file = \"\(path)\""), variables).settings
      #expect(settings?.kafka.sasl?.password?.reveal() == secret)
    }
    #expect(
      complaints(login("password_file = \"$CREDENTIALS_DIRECTORY/kafka\"")) == [
        "file.toml:7:17: kafka.sasl.password_file: the variable CREDENTIALS_DIRECTORY isn't set; systemd sets it for a "
          + "unit with LoadCredential=; without systemd, set it to the folder of the file"
      ])
  }

  @Test("an invalid password file is refused without showing its content")
  func passwordFiles() throws {
    let folder = try Folder()
    let files: [(String, [UInt8], String)] = [
      ("empty", [10], "the file is empty"),
      (
        "lines", Array("\(secret)\n\(secret)\n".utf8),
        "the file has more than one line; it must contain only the password"
      ),
      ("latin", [0xFC], "the file isn't UTF-8 text"),
      ("zero", [0x61, 0], "the file isn't UTF-8 text"),
      ("large", [UInt8](repeating: 0x61, count: 70_000), "the file is larger than 64KiB"),
    ]
    for (name, content, expected) in files {
      let path = try folder.write(name, content)
      #expect(
        complaints(login("password_file = \"\(path)\"")) == ["file.toml:7:17: kafka.sasl.password_file: \(expected)"])
    }
    #expect(
      complaints(login("password_file = \"\(folder.path)/none\"")).first?.hasSuffix("the file doesn't exist") == true)
  }

  @Test("a pipe or a device is refused as password, certificate or key file, without waiting for it")
  func pipes() throws {
    let folder = try Folder()
    let path = "\(folder.path)/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let refused = "is a pipe or a device, not a file"
    #expect(
      complaints(login("password_file = \"\(path)\"")) == [
        "file.toml:7:17: kafka.sasl.password_file: the file \(refused)"
      ])
    #expect(
      complaints(login("password_file = \"/dev/zero\"")) == [
        "file.toml:7:17: kafka.sasl.password_file: the file \(refused)"
      ])
    for key in ["ca_file", "certificate_file", "key_file"] {
      #expect(
        complaints(besideBrokers: "[kafka.tls]\n\(key) = \"\(path)\"").contains {
          $0.hasSuffix("kafka.tls.\(key): the file \(refused)")
        })
    }
    for name in ["ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.keystore.location"] {
      let all = complaints(
        besideBrokers: "[kafka.properties]\n\"security.protocol\" = \"ssl\"\n\"\(name)\" = \"\(path)\"")
      #expect(all.count == 1 && all[0].hasSuffix("\(name) = \(path): it is a pipe or a device, not a file"))
    }
  }

  @Test("a secret that every user of the machine may read gets advice with the command against that")
  func openFiles() throws {
    let folder = try Folder()
    let password = try folder.write("password", secret)
    let key = try folder.write("key", secret)
    let literal = try folder.write("literal", login("password = \"\(secret)\""))
    for path in [password, key, literal] { chmod(path, 0o644) }
    let file = login("password_file = \"\(password)\"")
    func advice(_ text: String) -> [String] {
      load(text).complaints.filter { $0.weight == .advice }.map(\.description)
    }
    // The file is safe in a folder that nobody else may enter.
    #expect(advice(file).isEmpty)
    #expect(Settings.load(path: literal, surroundings: .machineWithKafka).complaints.isEmpty)
    chmod(folder.path, 0o755)
    let cure = "every user of this machine may read the file, and the secret in it; prevent that: chmod o-r"
    #expect(advice(file) == ["file.toml:7:17: advice: kafka.sasl.password_file: \(cure) \(password)"])
    #expect(
      advice("kafka.brokers = \"a\"\n[kafka.tls]\nkey_file = \"\(key)\"\nca_file = \"\(password)\"") == [
        "file.toml:3:12: advice: kafka.tls.key_file: \(cure) \(key)"
      ])
    #expect(
      Settings.load(path: literal, surroundings: .machineWithKafka).complaints.map(\.description) == [
        "\(literal):7:12: advice: kafka.sasl.password: every user of this machine may read this secret; prevent that: chmod "
          + "o-r \(literal)"
      ])
    for path in [password, key, literal] { chmod(path, 0o640) }
    #expect(advice(file).isEmpty)
    #expect(Settings.load(path: literal, surroundings: .machineWithKafka).complaints.isEmpty)
  }

  @Test("a final line end of a variable is removed, as in a file")
  func lineEnds() {
    for end in ["\n", "\r\n", ""] {
      let settings = load(
        login("password = \"${PASSWORD}\"") + "[kafka.properties]\n\"ssl.key.password\" = \"${PASSWORD}\"",
        ["PASSWORD": secret + end]
      ).settings
      #expect(settings?.kafka.sasl?.password?.reveal() == secret)
      #expect(settings?.kafka.properties.first?.value.reveal() == secret)
    }
  }

  @Test("a property's value from a variable is also hidden in librdkafka's texts")
  func hiddenProperties() throws {
    let loaded = load(
      "kafka.brokers = \"a\"\n[kafka.properties]\n\"client.rack\" = \"${RACK}\"\n\"broker.address.family\" = \"v4\"",
      ["RACK": secret])
    let configuration = try #require(loaded.settings).kafkaConfiguration
    #expect(configuration.hidden == ["client.rack"])
    var dumped = "\(configuration)"
    dump(configuration, to: &dumped)
    #expect(!dumped.contains("S3cret"))
    #expect(dumped.contains("broker.address.family = v4"))
    // An invalid value is refused without being shown.
    let refused = complaints(
      besideBrokers: "[kafka.properties]\n\"security.protocol\" = \"ssl\"\n\"ssl.ca.location\" = \"${CA}\"",
      ["CA": "/none/\(secret)"])
    #expect(refused.count == 1 && !refused[0].contains("S3cret"))
  }

  @Test("checking a configuration runs no program, however Kerberos is configured")
  func noEffects() throws {
    let folder = try Folder()
    let kinit = "\"sasl.kerberos.kinit.cmd\" = \"touch \(folder.path)/ran\""
    for text in [
      "[kafka.sasl]\nmechanism = \"GSSAPI\"\n[kafka.properties]\n\(kinit)",
      "[kafka.properties]\n\"security.protocol\" = \"sasl_plaintext\"\n\(kinit)",
      "[kafka.properties]\n\"security.protocol\" = \"SASL_SSL\"\n\"sasl.mechanism\" = \"gssapi\"\n\(kinit)",
    ] {
      #expect(complaints(besideBrokers: text).isEmpty)
    }
    #expect(access("\(folder.path)/ran", F_OK) != 0)
  }

  @Test("password and password_file exclude each other")
  func both() throws {
    let folder = try Folder()
    let path = try folder.write("password", secret)
    #expect(
      complaints(login("password_file = \"\(path)\"\npassword = \"x\"")) == [
        "file.toml:8:1: kafka.sasl: password and password_file are both set; keep one of them"
      ])
  }
}

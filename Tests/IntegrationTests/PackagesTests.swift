import Foundation
import TestSupport
import Testing

/// What can be said about the packages without building them. `make test-deb` and `make test-boot` install them.
@Suite("the Debian packages", .waits)
struct PackagesTests {
  @Test("they have the version of the program")
  func version() throws {
    let first = try #require(try text("debian/changelog").split(separator: "\n").first)
    let version = try #require(first.firstMatch(of: #/^statusd \(([^)]+)\) /#)).1
    #expect(try Program.run(["version"]).output == "statusd \(version)\n")
  }

  @Test("each file that is installed is in a package, and each package has what its list names")
  func files() throws {
    let folder = try TemporaryDirectory()
    let installed = try install(into: folder)
    let listed = try lists()
    // `debian/rules` leaves it out: debian/copyright has it.
    for file in installed where file != "usr/share/doc/statusd/LICENSE" {
      #expect(listed.contains { file == $0 || file.hasPrefix($0 + "/") }, "\(file) is in no debian/*.install")
    }
    for name in listed {
      #expect(installed.contains { $0 == name || $0.hasPrefix(name + "/") }, "nothing installs \(name)")
    }
    for file in installed where !file.hasSuffix("/examples") {
      let size = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(file)")[.size] as? Int
      #expect(size ?? 0 > 0, "\(file) is empty")
    }
  }

  @Test("every file of the documents, schemas, integrations and examples is installed")
  func documents() throws {
    let folder = try TemporaryDirectory()
    let installed = Set(try install(into: folder))
    for place in ["docs", "Config"] {
      for file in try #require(FileManager.default.enumerator(atPath: "\(packageRoot)/\(place)")) {
        let path = "\(place)/\(file)"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: "\(packageRoot)/\(path)", isDirectory: &isFolder),
          !isFolder.boolValue
        else { continue }
        #expect(installed.contains("usr/share/doc/statusd/\(path)"), "\(path)")
      }
    }
  }

  @Test("only root and the group that the units are in may read the configuration; the installation makes the group")
  func configuration() throws {
    let folder = try TemporaryDirectory()
    _ = try install(into: folder)
    let file = "\(folder.path)/etc/statusd/statusd.toml"
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
    let groups = try String(contentsOfFile: "\(folder.path)/usr/lib/sysusers.d/statusd.conf", encoding: .utf8)
    for name in ["statusd", "statusd-forward"] {
      let unit = try String(contentsOfFile: "\(folder.path)/lib/systemd/system/\(name).service", encoding: .utf8)
      let group = try #require(unit.firstMatch(of: /(?m)^SupplementaryGroups=(\S+)$/)).1
      #expect(groups.split(separator: "\n").contains { $0.hasPrefix("g \(group) ") })
      #expect(try text("debian/statusd.postinst").contains("chgrp \(group) /etc/statusd/statusd.toml"))
    }
  }

  @Test("under another prefix the units name the programs and the configuration of that installation")
  func prefix() throws {
    let folder = try TemporaryDirectory()
    let installed = try install(into: folder, prefix: "/opt/s", units: "/opt/s/lib/systemd/system", sysconf: "/opt/etc")
    for name in ["statusd", "statusd-forward"] {
      let path = "opt/s/lib/systemd/system/\(name).service"
      let unit = try String(contentsOfFile: "\(folder.path)/\(path)", encoding: .utf8)
      #expect(unit.contains("\nExecStart=/opt/s/bin/\(name) run --config /opt/etc/statusd/statusd.toml\n"))
      #expect(!unit.contains("/usr/bin/") && !unit.contains("/usr/share/") && !unit.contains(" /etc/statusd"))
      #expect(installed.contains("opt/s/bin/\(name)"))
    }
  }

  @Test("what is installed is removed again, except the configuration")
  func removal() throws {
    let folder = try TemporaryDirectory()
    _ = try install(into: folder)
    #expect(try install(into: folder, ["--remove"]) == ["etc/statusd/statusd.toml"])
  }

  @Test("their build needs what `make deps` installs")
  func needs() throws {
    let line = try #require(try text("Scripts/deps").firstMatch(of: #/for package in ([a-z0-9+ -]+) "\$@"; do/#)).1
    let control = try text("debian/control").split(separator: "\n").map { $0.trimmingPrefix(" ") }
    // g++ is in build-essential, which a build of packages always has. python3-aiosmtpd is the mail server of the tests,
    // and a build of packages runs no test.
    for package in line.split(separator: " ") where package != "g++" && package != "python3-aiosmtpd" {
      #expect(control.contains { $0.hasPrefix("\(package),") || $0.hasPrefix("\(package) (") }, "\(package)")
    }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(packageRoot)/\(path)", encoding: .utf8)
  }

  /// The paths that `debian/*.install` name.
  private func lists() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(packageRoot)/debian").filter { $0.hasSuffix(".install") }
      .flatMap { try text("debian/\($0)").split(separator: "\n") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  /// Installs what was built beside the tests, by default as `debian/rules` does it; the paths of the files.
  private func install(
    into folder: TemporaryDirectory, _ arguments: [String] = [], prefix: String = "/usr",
    units: String = "/lib/systemd/system", sysconf: String? = nil
  ) throws -> [String] {
    let installation = try Subprocess(
      packageRoot + "/Scripts/install", arguments,
      environment: [
        "DESTDIR": folder.path, "PREFIX": prefix, "SYSCONFDIR": sysconf, "UNITDIR": units,
        "PROGRAMS": URL(fileURLWithPath: Program.path).deletingLastPathComponent().path,
      ])
    try #require(try installation.waitForExit() == .exited(0), "\(installation.errors.text)")
    return try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }.filter {
      path in
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: "\(folder.path)/\(path)", isDirectory: &isFolder)
      return exists && (!isFolder.boolValue || path.hasSuffix("/examples"))
    }
  }
}

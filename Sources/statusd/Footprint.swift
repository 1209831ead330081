import Glibc
import Platform
import Settings

/// Keeps out of the process what this configuration never uses. Before there is a second thread: setenv(3) isn't safe
/// beside others.
enum Footprint {
  static func reduce(_ settings: Settings) {
    if !settings.run.role.evaluates { ProcessMemory.useOneHeap() }
    // librdkafka's first client initialises Cyrus SASL, which loads every plugin there is, one with Berkeley DB: 0.5 MB,
    // all for GSSAPI. The other mechanisms are librdkafka's own.
    if !needsPlugins(settings.kafka) { setenv("SASL_PATH", "/nonexistent", 0) }
  }

  private static func needsPlugins(_ kafka: Connection) -> Bool {
    if let sasl = kafka.sasl { return sasl.mechanism == "GSSAPI" }
    return kafka.properties.contains { $0.name.hasPrefix("sasl.") || $0.name == "security.protocol" }
  }
}

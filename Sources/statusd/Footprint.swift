import Glibc
import Platform
import Settings

/// Keeps resources out of the process that this configuration never uses. Called before a second thread starts, because
/// setenv(3) isn't safe with several.
enum Footprint {
  static func reduce(_ settings: Settings) {
    if !settings.run.role.evaluates { ProcessMemory.useOneHeap() }
    // librdkafka's first client initialises Cyrus SASL, which loads all its plugins, one of them with Berkeley DB: 0.5
    // MB, only for GSSAPI. librdkafka itself implements the other mechanisms.
    if !needsPlugins(settings.kafka) { setenv("SASL_PATH", "/nonexistent", 0) }
  }

  private static func needsPlugins(_ kafka: Connection) -> Bool {
    if let sasl = kafka.sasl { return sasl.mechanism == "GSSAPI" }
    return kafka.properties.contains { $0.name.hasPrefix("sasl.") || $0.name == "security.protocol" }
  }
}

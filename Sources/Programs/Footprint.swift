import Glibc
public import Settings

/// Keeps resources out of the process that this configuration never uses.
public enum Footprint {
  /// Keeps the plugins of Cyrus SASL out. Called before a second thread starts, because setenv(3) isn't safe with
  /// several.
  ///
  /// librdkafka's first client initialises Cyrus SASL, which loads all its plugins, one of them with Berkeley DB: 0.5 MB,
  /// only for GSSAPI. librdkafka itself implements the other mechanisms.
  public static func reduce(_ kafka: Connection) {
    if !needsPlugins(kafka) { setenv("SASL_PATH", "/nonexistent", 0) }
  }

  private static func needsPlugins(_ kafka: Connection) -> Bool {
    if let sasl = kafka.sasl { return sasl.mechanism == "GSSAPI" }
    return kafka.properties.contains { $0.name.hasPrefix("sasl.") || $0.name == "security.protocol" }
  }
}

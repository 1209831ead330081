import Receivers
public import Settings

/// Checks receivers with the code that tells them.
public struct WayChecks: ReceiverChecks {
  /// Checks with the libraries that this program is linked to.
  public init() {}

  /// As `ReceiverChecks` says.
  public func problems(of receiver: ReceiverSettings) -> [ReceiverComplaint] {
    var problems: [ReceiverComplaint] = []
    _ = WayPlan.make(receiver, &problems)
    return problems
  }

  /// As `ReceiverChecks` says.
  public func problems(ofLabels labels: [String], forWay name: String) -> [String] {
    name == "alertmanager" ? AlertIdentity.problems(ofLabels: labels).map(\.message) : []
  }
}

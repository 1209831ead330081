import Platform
import Records

extension PartitionState {
  /// What fires or is pending now.
  func alerts() -> [Alert] {
    var alerts: [Alert] = []
    for number in 0..<subjects.used where subjects[number].isInhabited {
      let subject = subjects[number]
      let states = subject.series
      for index in 0..<layout.seriesCount where !states[index].isQuiet {
        let state = states[index]
        let severity = state.isPending ? state.level : state.alert
        let since = state.isPending ? state.since(severity) : state.changed
        alerts.append(
          Alert(
            rule: layout.rules.rules[layout.series[index].rule].name, subject: subject.text,
            state: state.isPending ? .pending : .firing, severity: severity == 2 ? .critical : .warning,
            value: subject.tracks[layout.trackOfSeries[index]].value, since: WallTime(milliseconds: since)))
      }
    }
    return alerts
  }
}

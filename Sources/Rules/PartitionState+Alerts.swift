import Platform
import Records

extension PartitionState {
  /// What fires or is pending now.
  mutating func alerts() -> [Alert] {
    var alerts: [Alert] = []
    for number in 0..<subjects.used where subjects[number].isInhabited {
      let subject = subjects[number]
      let states = subject.series
      for index in 0..<layout.seriesCount where !states[index].isCalm {
        let state = states[index]
        let severity = state.isPending ? state.level : state.alert
        var since = state.isPending ? state.since(severity) : details[state.detail].pointee.changed
        // A timer that a hole cleared, and that no value has started anew.
        if since == SeriesState.unset { since = timeline(of: index, subject).time }
        alerts.append(
          Alert(
            rule: layout.rules.rules[layout.series[index].rule].name, subject: subject.text,
            state: state.isPending ? .pending : .firing, severity: severity == 2 ? .critical : .warning,
            value: lastValue(of: index, subject), since: WallTime(milliseconds: since)))
      }
    }
    return alerts
  }
}

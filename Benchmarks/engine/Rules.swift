import Records
import Rules

/// Ten rules as a fleet has them.
func benchmarkRules() -> [Rule] {
  func rule(
    _ name: String, _ metric: String, _ side: Rule.Side, warning: Double? = nil, critical: Double? = nil,
    clear: Rule.Limits = Rule.Limits(), hold: Duration = .zero, keepFiringFor: Duration = .zero
  ) -> Rule {
    var rule = Rule(
      name: name, metric: metric, side: side, limits: Rule.Limits(warning: warning, critical: critical))
    rule.clear = clear
    rule.hold = hold
    rule.keepFiringFor = keepFiringFor
    rule.summary = "\(metric) of {{host}} at {{value}} (limit {{threshold}})"
    return rule
  }
  return [
    rule(
      "cpu-high", "cpu_usage", .above, warning: 80, critical: 95, clear: Rule.Limits(warning: 70, critical: 85),
      hold: .seconds(30), keepFiringFor: .seconds(60)),
    rule("cpu-peak", "cpu_usage", .above, critical: 99),
    rule("cpu-busy", "cpu_usage", .above, warning: 90, hold: .seconds(10)),
    rule("cpu-asleep", "cpu_usage", .below, warning: -1, hold: .seconds(60)),
    rule("memory-high", "memory_usage", .above, warning: 85, critical: 95, clear: Rule.Limits(warning: 80)),
    rule("memory-full", "memory_usage", .above, critical: 98, hold: .seconds(5)),
    rule("load-high", "load_1", .above, warning: 8, critical: 16, hold: .seconds(60)),
    rule("load-peak", "load_1", .above, critical: 64),
    rule("swap-used", "swap_usage", .above, warning: 20, critical: 60, keepFiringFor: .seconds(30)),
    rule("swap-full", "swap_usage", .above, critical: 95),
  ]
}

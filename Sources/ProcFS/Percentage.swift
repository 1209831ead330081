/// `part` of `whole` in percent. With counters above 2^53 the quotient is rounded, and could be a little above 100.
func percentage(_ part: Double, of whole: Double) -> Double { min(100, 100 * part / whole) }

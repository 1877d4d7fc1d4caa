public import P2PCopyCore
public import Testing

/// Checks a key deriver against the contract of `KeyDeriver`. Call it in a test.
///
/// It tries the known answers, that the result depends on every argument and on nothing else, the lengths, arguments
/// that must be refused, and derivations in parallel. What does not hold is recorded as an issue of the test. A deriver
/// that takes a cost beyond its own bounds in earnest may work on it for long: that is a finding too.
///
/// - Parameters:
///   - keyDeriver: What to check.
///   - vectors: Known answers, from a source other than the deriver's own code; at least one.
///   - cost: A cheap cost for everything but the known answers: one that the deriver still takes when any one of its factors
///     is one more.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkKeyDeriver(
  _ keyDeriver: some KeyDeriver, vectors: [KeyDerivationVector], cost: KeyDerivationCost,
  sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(keyDeriver, sourceLocation: sourceLocation)
  let conformance = KeyDeriverConformance(keyDeriver: keyDeriver, cost: cost, report: report)
  report.checkDescription(of: keyDeriver)
  report.section("cost factors") { conformance.checkCostFactors() }
  report.section("known answers") { try conformance.checkVectors(vectors) }
  report.section("dependence on the arguments") { try conformance.checkDependence() }
  report.section("lengths") { try conformance.checkLengths() }
  report.section("refusals") { conformance.checkRefusals() }
  await report.section("derivations in parallel") { try await conformance.checkParallelDerivations() }
}

public import P2PCopyCore
public import Testing

/// Checks a key exchange against the contract of `KeyExchange`. Call it in a test.
///
/// It tries that two sides with the same password agree and that nobody else does: another password, other identities,
/// other associated data, two sides of the same role, a side that gets its own messages back; shares that are changed,
/// made up or of a wrong length; runs that are finished twice; and runs in parallel. What does not hold is recorded as an
/// issue of the test. Known answers are left to the author: they need fixed random numbers, which the contract does not
/// let in.
///
/// - Parameters:
///   - keyExchange: What to check.
///   - invalidShares: Shares of the right length that must be refused, such as points that are not on the curve.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkKeyExchange(
  _ keyExchange: some KeyExchange, invalidShares: [[UInt8]] = [], sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(keyExchange, sourceLocation: sourceLocation)
  let conformance = KeyExchangeConformance(keyExchange: keyExchange, report: report)
  report.checkDescription(of: keyExchange)
  report.require(
    keyExchange.passwordByteCount >= 16, "a password of \(keyExchange.passwordByteCount) bytes can be guessed")
  report.require(keyExchange.shareByteCount >= 16, "a share of \(keyExchange.shareByteCount) bytes can be guessed")
  report.section("agreement") { try conformance.checkAgreement() }
  report.section("other passwords") { try conformance.checkOtherPasswords() }
  report.section("what is bound") { try conformance.checkBinding() }
  report.section("roles and reflection") { try conformance.checkRoles() }
  report.section("invalid shares") { try conformance.checkInvalidShares(invalidShares) }
  report.section("changed shares") { try conformance.checkChangedShares() }
  report.section("misuse") { try conformance.checkMisuse() }
  await report.section("runs in parallel") { try await conformance.checkParallelRuns() }
}

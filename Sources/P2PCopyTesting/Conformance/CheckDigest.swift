public import P2PCopyCore
public import Testing

/// Checks a digest against the contract of `Digest`. Call it in a test.
///
/// It tries the known answers, inputs of all sizes up to a chunk in pieces of many sizes, empty pieces, contexts used
/// again for another input, copies of contexts, inputs that differ in one bit or in length, many contexts at once and
/// contexts in parallel.
/// What does not hold is recorded as an issue of the test.
///
/// - Parameters:
///   - digest: What to check.
///   - vectors: Known answers, from a source other than the digest's own code; at least one. A digest that only agrees
///     with itself may be any digest.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkDigest(
  _ digest: some Digest, vectors: [DigestVector], sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(digest, sourceLocation: sourceLocation)
  let conformance = DigestConformance(digest: digest, report: report)
  report.checkDescription(of: digest)
  report.require((8...64).contains(digest.byteCount), "a digest of \(digest.byteCount) bytes is outside of 8 to 64")
  report.section("known answers") { try conformance.checkVectors(vectors) }
  report.section("pieces") { try conformance.checkPieces() }
  report.section("contexts used again") { try conformance.checkReuse() }
  report.section("other inputs") { try conformance.checkOtherInputs() }
  report.section("many contexts") { try conformance.checkManyContexts() }
  await report.section("contexts in parallel") { try await conformance.checkParallelContexts() }
}

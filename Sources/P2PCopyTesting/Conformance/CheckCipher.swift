public import P2PCopyCore
public import Testing

/// Checks a cipher against the contract of `Cipher`. Call it in a test.
///
/// It tries the known answers, all sizes up to a chunk with every nonce length, every flipped bit of nonce, data, tag
/// and associated data, wrong keys, wrong lengths, contexts after a refusal and contexts in parallel. What does not hold
/// is recorded as an issue of the test.
///
/// - Parameters:
///   - cipher: What to check.
///   - vectors: Known answers, from a source other than the cipher's own code; at least one for each nonce length. A
///     cipher that only agrees with itself may be any cipher.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkCipher(
  _ cipher: some Cipher, vectors: [CipherVector], sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(cipher, sourceLocation: sourceLocation)
  let conformance = CipherConformance(cipher: cipher, report: report)
  report.checkDescription(of: cipher)
  report.require(cipher.keyByteCount >= 16, "a key of \(cipher.keyByteCount) bytes can be guessed")
  report.require(cipher.tagByteCount >= 12, "a tag of \(cipher.tagByteCount) bytes can be guessed")
  report.require(cipher.nonceByteCounts.contains(12), "nonces of 12 bytes are not accepted")
  report.section("known answers") { try conformance.checkVectors(vectors) }
  report.section("round trips") { try conformance.checkRoundTrips() }
  report.section("flipped bits") { try conformance.checkFlippedBits() }
  report.section("other messages and keys") { try conformance.checkOtherMessages() }
  report.section("wrong lengths") { try conformance.checkWrongLengths() }
  await report.section("contexts in parallel") { try await conformance.checkParallelContexts() }
}

public import P2PCopyCore
public import Testing

/// Checks a compressor against the contract of `Compressor`. Call it in a test:
///
/// ```swift
/// @Test func conforms() async {
///   await checkCompressor(ZstdCompressor())
/// }
/// ```
///
/// It tries empty, tiny and chunk-sized inputs of all kinds, the output bound, rooms that are too small, truncated,
/// lengthened, damaged and made-up inputs, a decompression bomb, contexts after an error and contexts in parallel.
/// What does not hold is recorded as an issue of the test. An input that makes the codec trap ends the test run: that
/// is a finding too.
///
/// - Parameters:
///   - compressor: What to check, with the options that are to be checked.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkCompressor(
  _ compressor: some Compressor, sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(compressor, sourceLocation: sourceLocation)
  let conformance = CompressorConformance(compressor: compressor, report: report)
  report.checkDescription(of: compressor)
  report.section("output bound") { try conformance.checkBound() }
  report.section("round trips") { try conformance.checkRoundTrips() }
  report.section("small rooms") { try conformance.checkSmallRooms() }
  report.section("truncated and lengthened input") { try conformance.checkWrongLengths() }
  report.section("damaged input") { try conformance.checkDamage() }
  report.section("made-up input") { try conformance.checkGarbage() }
  report.section("decompression bomb") { try conformance.checkBomb() }
  await report.section("contexts in parallel") { try await conformance.checkParallelContexts() }
}

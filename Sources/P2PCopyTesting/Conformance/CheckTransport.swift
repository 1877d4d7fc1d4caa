public import P2PCopyCore
public import Testing

/// Checks a transport against the contract of ``P2PCopyCore/Transport``, over a relay that runs. Call it in a test.
///
/// It pairs connections of its own on random codes and tries messages of all sizes in both directions, their order,
/// shared buffers, much data both ways at once, every kind of end, cancellation and the size limit. What does not hold
/// is recorded as an issue of the test. A transport that loses a message may make it wait for ever: give the test a
/// time limit (`.timeLimit(.minutes(1))`) if you want it to fail instead.
///
/// - Parameters:
///   - transport: What to check.
///   - address: A relay that pairs by `hello` and tells the sender `ready`, such as `RelayServer` or
///     ``InMemoryRelay``. Other tests may use it at the same time.
///   - options: How to connect.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkTransport(
  _ transport: some Transport, address: RelayAddress, options: TransportOptions = TransportOptions(),
  sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(transport, sourceLocation: sourceLocation)
  let conformance = TransportConformance(transport: transport, address: address, options: options, report: report)
  report.checkDescription(of: transport)
  report.require(transport.schemes.contains(address.scheme), "the scheme \(address.scheme) is not among its schemes")
  report.require(
    transport.schemes.allSatisfy { $0 == $0.lowercased() && !$0.isEmpty }, "a scheme is empty or not in lower case")
  await conformance.checkSizes()
  await conformance.checkOrder()
  await conformance.checkSharedBuffers()
  await conformance.checkBulk()
  await conformance.checkSizeLimit()
  await conformance.checkNormalEnd()
  await conformance.checkEndWithStatus()
  await conformance.checkEndOfBothAtOnce()
  await conformance.checkAbort()
  await conformance.checkLostEnd()
  await conformance.checkCancellation()
  await conformance.checkCancellationOfSend()
}

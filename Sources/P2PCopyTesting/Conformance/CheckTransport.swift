public import P2PCopyCore
public import Testing

/// Checks a transport against the contract of `Transport`, over pairs of connections. Call it in a test.
///
/// It tries messages of all sizes in both directions, their order, shared buffers, much data both ways at once, every kind
/// of end, cancellation and the size limit. What does not hold is recorded as an issue of the test. A transport that loses a
/// message may make it wait for ever: give the test a time limit (`.timeLimit(.minutes(1))`) if you want it to fail instead.
///
/// A transport that talks to a relay is checked by ``checkTransport(_:relay:options:sourceLocation:)``, one that can listen
/// by ``checkTransport(_:listeningAt:options:sourceLocation:)``: both make the pairs themselves.
///
/// - Parameters:
///   - transport: What to check.
///   - options: How the connections are made.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
///   - makePair: Makes two connections that lead to each other, each with its options. Nothing has been said on either.
public func checkTransport(
  _ transport: some Transport, options: TransportOptions = TransportOptions(),
  sourceLocation: SourceLocation = #_sourceLocation,
  makePair:
    @escaping @Sendable (_ first: TransportOptions, _ second: TransportOptions) async throws -> (
      first: any TransportConnection, second: any TransportConnection
    )
) async {
  let report = ConformanceReport(transport, sourceLocation: sourceLocation)
  report.checkDescription(of: transport)
  report.checkSchemes(of: transport)
  await PairConformance(options: options, report: report, makePair: makePair).check()
}

/// Checks a transport that can listen, and all that ``checkTransport(_:options:sourceLocation:makePair:)`` does, over pairs
/// of which one side listened and the other one connected.
///
/// - Parameters:
///   - transport: What to check.
///   - endpoint: Where to listen. It leaves to the system what other tests could use at the same time, such as the port.
///   - options: How the connections are made.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkTransport(
  _ transport: some Transport, listeningAt endpoint: Endpoint, options: TransportOptions = TransportOptions(),
  sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(transport, sourceLocation: sourceLocation)
  let listening = ListenerConformance(transport: transport, endpoint: endpoint, options: options, report: report)
  report.checkSchemes(of: transport, for: endpoint)
  report.require(
    transport.properties(forScheme: endpoint.scheme).canListen, "it listens, and its properties say that it cannot")
  await listening.check()
  await checkTransport(transport, options: options, sourceLocation: sourceLocation, makePair: listening.makePair)
}

/// Checks a transport that talks to a relay, and all that ``checkTransport(_:options:sourceLocation:makePair:)`` does, over
/// pairs that the relay made of connections with random ids.
///
/// - Parameters:
///   - transport: What to check.
///   - relay: A relay that pairs by `hello` and tells the sender `ready`, such as `RelayServer` or ``InMemoryRelay``. Other
///     tests may use it at the same time.
///   - options: How to connect.
///   - sourceLocation: Where issues are shown; the place of the call unless told otherwise.
public func checkTransport(
  _ transport: some Transport, relay: Endpoint, options: TransportOptions = TransportOptions(),
  sourceLocation: SourceLocation = #_sourceLocation
) async {
  let report = ConformanceReport(transport, sourceLocation: sourceLocation)
  let pairing = RelayConformance(transport: transport, relay: relay, options: options, report: report)
  report.checkSchemes(of: transport, for: relay)
  await pairing.check()
  await checkTransport(transport, options: options, sourceLocation: sourceLocation, makePair: pairing.makePair)
}

extension ConformanceReport {
  /// What a transport says about its schemes.
  fileprivate func checkSchemes(of transport: some Transport, for endpoint: Endpoint? = nil) {
    require(!transport.schemes.isEmpty, "it serves no scheme")
    require(
      transport.schemes.allSatisfy { $0 == $0.lowercased() && !$0.isEmpty }, "a scheme is empty or not in lower case")
    if let endpoint {
      require(transport.schemes.contains(endpoint.scheme), "the scheme \(endpoint.scheme) is not among its schemes")
    }
    for scheme in transport.schemes {
      guard let limit = transport.properties(forScheme: scheme).maximumMessageByteCount else { continue }
      require(limit > 0, "messages of \(scheme) can have \(limit) bytes at most")
    }
  }
}

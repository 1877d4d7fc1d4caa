import P2PCopyCore

/// What one side of a key exchange begins with and what it is told.
struct KeyExchangeSide: Sendable {
  var role: PeerRole
  var password: [UInt8]
  var identities = KeyExchangeIdentities(sender: Array("alice".utf8), receiver: Array("bob".utf8))
  var associatedData = Array("what both have seen".utf8)

  /// What a side ends with, in a form that can be compared.
  struct Outcome: Equatable, Sendable {
    var key: [UInt8]
    var confirmation: [UInt8]
    var expected: [UInt8]

    /// Whether each of two sides takes the other's confirmation.
    func agrees(with other: Outcome) -> Bool {
      key == other.key && confirmation == other.expected && expected == other.confirmation
    }

    /// Whether one of two sides takes the other's confirmation.
    func isTaken(for other: Outcome) -> Bool {
      confirmation == other.expected || expected == other.confirmation
    }
  }

  func begin(_ keyExchange: any KeyExchange) throws(P2PCopyError) -> any KeyExchangeContext {
    try keyExchange.begin(as: role, password: SecretBytes(copying: password.span.bytes), identities: identities)
  }

  func finish(_ context: any KeyExchangeContext, with share: [UInt8]) throws(P2PCopyError) -> Outcome {
    let result = try context.finish(peerShare: share.span.bytes, associatedData: associatedData.span.bytes)
    return Outcome(
      key: result.sharedKey.withUnsafeBytes { Array($0) }, confirmation: result.confirmation,
      expected: result.expectedConfirmation)
  }
}

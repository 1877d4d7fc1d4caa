package import P2PCopyCore

/// Which way a record travels. Each direction has keys of its own.
package enum KeyDirection: UInt8, Sendable, CaseIterable {
  case senderToReceiver = 0
  case receiverToSender = 1

  /// The direction in which a peer of that role sends.
  package init(from role: PeerRole) {
    self = role == .sender ? .senderToReceiver : .receiverToSender
  }
}

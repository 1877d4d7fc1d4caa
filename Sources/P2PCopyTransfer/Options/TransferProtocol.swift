/// The protocols between two peers.
public enum TransferProtocol: Int, CaseIterable, Sendable {
  /// That of the Python tool p2p-copy 0.1.
  case one = 1

  /// Ours: a handshake that gives the relay nothing to guess at, negotiated codecs, metadata, receipts.
  case two = 2
}

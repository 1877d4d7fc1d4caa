import NIOCore

/// Two peers that are connected with each other, until one of them leaves.
final class Pair {
  let sender: PeerConnection
  let receiver: PeerConnection
  let startedAt: NIODeadline

  /// The payload bytes passed on so far, both ways.
  private(set) var forwardedByteCount: UInt64 = 0

  init(_ first: PeerConnection, role: Hello.Role, _ second: PeerConnection, startedAt: NIODeadline) {
    switch role {
    case .sender: (sender, receiver) = (first, second)
    case .receiver: (sender, receiver) = (second, first)
    }
    self.startedAt = startedAt
  }

  /// Counts payload bytes that are passed on.
  func countForwarded(_ byteCount: Int) {
    forwardedByteCount += UInt64(byteCount)
  }

  /// The other one.
  func partner(of connection: PeerConnection) -> PeerConnection {
    connection === sender ? receiver : sender
  }
}

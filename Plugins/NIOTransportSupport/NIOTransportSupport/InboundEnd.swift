package import P2PCopyCore

/// How the incoming direction ended.
package enum InboundEnd: Sendable {
  /// The other side said so.
  case closed(TransportClosure)
  /// The connection was lost, ended here, or broke the rules.
  case failed(P2PCopyError)
}

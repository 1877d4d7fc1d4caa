/// The kinds of codec a registry holds.
public enum CodecKind: String, CaseIterable, Sendable {
  case transport
  case cipher
  case compressor
  case digest
  case keyDeriver = "key-deriver"
  case keyExchange = "key-exchange"

  /// Whether peers negotiate which codec of the kind they use. Key deriver and key exchange are fixed by the protocol: what
  /// two peers negotiate is protected by what these two made, so that nobody can have chosen the weaker one for them. The
  /// transport is each peer's own affair.
  package var isNegotiated: Bool {
    switch self {
    case .cipher, .compressor, .digest: true
    case .transport, .keyDeriver, .keyExchange: false
    }
  }
}

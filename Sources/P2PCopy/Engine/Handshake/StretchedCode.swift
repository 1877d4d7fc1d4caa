import P2PCopyCore
import P2PCopyWire

/// What protocol 2 makes of a code: where to meet, and the password of the key exchange.
///
/// The code goes no further than this.
final class StretchedCode: Sendable {
  /// The rendezvous id, hexadecimal text: all that the relay gets.
  let rendezvous: String

  private let parts: PairingCodeParts
  private let deriver: any KeyDeriver

  /// Splits the code and computes the rendezvous id; quick for a code with a channel.
  ///
  /// - Throws: ``P2PCopyError`` when the code has an empty part or a codec is missing.
  init(_ code: PairingCode, codecs: CodecRegistry) throws(P2PCopyError) {
    guard let deriver = codecs.keyDeriver(named: Protocol2Suite.keyDeriverName) else {
      throw codecs.missing(.keyDeriver, Protocol2Suite.keyDeriverName, forProtocol: 2)
    }
    self.deriver = deriver
    parts = try code.parts()
    rendezvous =
      if let channel = parts.channel {
        CodeStretching.rendezvous(channel: channel)
      } else {
        try CodeStretching.rendezvous(wholeCode: parts.secret, deriver)
      }
  }

  /// Stretches the secret part and begins a key exchange with it. Takes a tenth of a second of all cores.
  ///
  /// - Throws: ``P2PCopyError`` when a codec is missing or fails.
  func beginKeyExchange(as role: PeerRole, codecs: CodecRegistry) throws(P2PCopyError) -> any KeyExchangeContext {
    guard let exchange = codecs.keyExchange(named: Protocol2Suite.keyExchangeName) else {
      throw codecs.missing(.keyExchange, Protocol2Suite.keyExchangeName, forProtocol: 2)
    }
    let password = try CodeStretching.password(
      secret: parts.secret, channel: parts.channel ?? [], byteCount: exchange.passwordByteCount, deriver)
    return try exchange.begin(as: role, password: password, identities: Protocol2Suite.identities)
  }
}

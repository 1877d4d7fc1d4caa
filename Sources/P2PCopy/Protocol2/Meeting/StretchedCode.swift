import P2PCopyCore

/// What protocol 2 makes of a code: where to meet, and the password of the key exchange.
///
/// The code goes no further than this.
final class StretchedCode: Sendable {
  /// The rendezvous id, hexadecimal text: all that the relay gets.
  let rendezvous: String

  private let code: PairingCode
  private let channel: [UInt8]
  private let secretOffset: Int
  private let deriver: any KeyDeriver

  /// Splits the code and computes the rendezvous id; quick for a code with a channel.
  ///
  /// - Throws: ``P2PCopyError`` when the code has an empty part or a codec is missing.
  init(_ code: PairingCode, codecs: CodecRegistry) throws(P2PCopyError) {
    guard let deriver = codecs.keyDeriver(named: Protocol2Suite.keyDeriverName) else {
      throw Protocol2Suite.missing(.keyDeriver, Protocol2Suite.keyDeriverName, in: codecs)
    }
    self.code = code
    self.deriver = deriver
    let dash = code.withSecret { secret in
      secret.withUnsafeBytes { bytes in
        (bytes.firstIndex(of: UInt8(ascii: "-")), bytes.count)
      }
    }
    guard let dashIndex = dash.0 else {
      channel = []
      secretOffset = 0
      rendezvous = try code.withSecret { (secret) throws(P2PCopyError) in
        try CodeStretching.rendezvous(wholeCode: secret, deriver)
      }
      return
    }
    guard dashIndex > 0, dashIndex + 1 < dash.1 else {
      throw P2PCopyError(
        .usage, "the code has nothing before or behind its '-'; a code looks like 4821-lusab-babad (p2p-copy code)")
    }
    let channel = code.withSecret { secret in secret.withUnsafeBytes { Array($0[..<dashIndex]) } }
    self.channel = channel
    secretOffset = dashIndex + 1
    rendezvous = CodeStretching.rendezvous(channel: channel)
  }

  /// Stretches the secret part and begins a key exchange with it. Takes a tenth of a second of all cores.
  ///
  /// - Throws: ``P2PCopyError`` when a codec is missing or fails.
  func beginKeyExchange(as role: PeerRole, codecs: CodecRegistry) throws(P2PCopyError) -> any KeyExchangeContext {
    guard let exchange = codecs.keyExchange(named: Protocol2Suite.keyExchangeName) else {
      throw Protocol2Suite.missing(.keyExchange, Protocol2Suite.keyExchangeName, in: codecs)
    }
    let secret = code.withSecret { secret in
      secret.withUnsafeBytes { bytes in
        SecretBytes(copying: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[secretOffset...])))
      }
    }
    let password = try CodeStretching.password(
      secret: secret, channel: channel, byteCount: exchange.passwordByteCount, deriver)
    return try exchange.begin(as: role, password: password, identities: Protocol2Suite.identities)
  }
}

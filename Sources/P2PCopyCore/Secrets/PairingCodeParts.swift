/// The two parts that a code has in protocol 2: `CHANNEL-SECRET`, divided at the first `-`.
package struct PairingCodeParts: ~Copyable, Sendable {
  /// The public part, by which the relay pairs; `nil` for a code without `-`, which is secret as a whole.
  package let channel: [UInt8]?

  /// What only the two peers know. A copy, wiped when it goes.
  package let secret: SecretBytes

  init(channel: [UInt8]?, secret: consuming SecretBytes) {
    self.channel = channel
    self.secret = secret
  }
}

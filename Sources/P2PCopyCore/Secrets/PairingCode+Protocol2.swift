extension PairingCode {
  /// Divides the code as protocol 2 does: everything before the first `-` is public, everything after it is secret.
  ///
  /// - Returns: The parts.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is a `-` with nothing before or behind it.
  package func parts() throws(P2PCopyError) -> PairingCodeParts {
    try withSecret { (code) throws(P2PCopyError) in
      try code.withUnsafeBytes { (bytes) throws(P2PCopyError) in
        guard let dash = bytes.firstIndex(of: UInt8(ascii: "-")) else {
          return PairingCodeParts(channel: nil, secret: SecretBytes(copying: RawSpan(_unsafeBytes: bytes)))
        }
        guard dash > 0, dash < bytes.count - 1 else {
          let part = dash == 0 ? "before" : "behind"
          throw P2PCopyError(
            .usage,
            "the code has nothing \(part) its first '-'; a code looks like 482137-lusab-babad: a number for the relay, then"
              + " a secret",
            remedy: .changeCode)
        }
        let secret = UnsafeRawBufferPointer(rebasing: bytes[(dash + 1)...])
        return PairingCodeParts(
          channel: Array(bytes[..<dash]), secret: SecretBytes(copying: RawSpan(_unsafeBytes: secret)))
      }
    }
  }

  /// What somebody who made up this code should know about it in protocol 2: one line for each weakness, safe to show.
  /// Empty for generated codes.
  package var advice: [String] {
    withSecret { code in
      code.withUnsafeBytes { bytes in
        guard let dash = bytes.firstIndex(of: UInt8(ascii: "-")) else {
          return [
            "the code has no '-': the relay gets a hash of all of it and could test guesses offline; use one like"
              + " 482137-lusab-babad"
          ] + Self.advice(secret: bytes)
        }
        return Self.advice(channel: bytes[..<dash])
          + Self.advice(secret: UnsafeRawBufferPointer(rebasing: bytes[(dash + 1)...]))
      }
    }
  }

  private static func advice(channel: Slice<UnsafeRawBufferPointer>) -> [String] {
    // Six digits, of older versions four; the longer ones are numbers just as well.
    if (4...9).contains(channel.count), channel.allSatisfy(isDigit) { return [] }
    let shown = DisplayText.escaped(channel.prefix(40)) + (channel.count > 40 ? "…" : "")
    return ["the part of the code before the first '-' ('\(shown)') is public: the relay sees it"]
  }

  /// A crude estimate: under about 28 bits, the rare guess that somebody has is worth trying.
  private static func advice(secret: UnsafeRawBufferPointer) -> [String] {
    let count = String(decoding: secret, as: UTF8.self).unicodeScalars.count
    let isShort = count < 8 || (count < 9 && secret.allSatisfy(isDigit)) || Set(secret).count < 4
    guard isShort else { return [] }
    return ["the secret part of the code is short: it could be guessed; use two random words or more"]
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

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

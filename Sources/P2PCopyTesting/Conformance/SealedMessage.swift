import P2PCopyCore

/// A sealed message with everything that is needed to open it, so that a check can change one part.
struct SealedMessage: Equatable, Sendable {
  var nonce: [UInt8]
  var bytes: [UInt8]
  var associatedData: [UInt8]
  var tag: [UInt8]
}

extension CipherContext {
  /// Seals a copy of `plaintext`.
  ///
  /// - Parameters:
  ///   - plaintext: What to seal.
  ///   - nonce: The nonce.
  ///   - associatedData: The associated data.
  ///   - room: The free room for the tag, in bytes.
  ///   - report: Told when something outside of that room is written.
  /// - Returns: The message.
  /// - Throws: What the context throws.
  func seal(
    _ plaintext: [UInt8], nonce: [UInt8], authenticating associatedData: [UInt8], room: Int,
    report: ConformanceReport
  ) throws(P2PCopyError) -> SealedMessage {
    var message = SealedMessage(nonce: nonce, bytes: plaintext, associatedData: associatedData, tag: [])
    message.tag = try GuardedOutput.collect(room: room, report: report) { (tag) throws(P2PCopyError) in
      var bytes = message.bytes.mutableSpan
      var raw = bytes.mutableBytes
      try seal(&raw, nonce: nonce.span.bytes, authenticating: associatedData.span.bytes, tag: &tag)
    }
    return message
  }

  /// Opens a copy of a message.
  func open(_ message: SealedMessage) throws(P2PCopyError) -> [UInt8] {
    var opened = message.bytes
    var bytes = opened.mutableSpan
    var raw = bytes.mutableBytes
    try open(
      &raw, nonce: message.nonce.span.bytes, authenticating: message.associatedData.span.bytes,
      tag: message.tag.span.bytes)
    return opened
  }
}

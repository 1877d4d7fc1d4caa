import NIOCore
import P2PCopyCore
import P2PCopyWire

/// Seals and opens the messages of one encrypted session.
///
/// Both peers walk one chain of nonces in lockstep: manifest, receiver manifest if there is one, then every file header
/// and chunk in the order sent. Used by the session's task alone.
final class SessionSecurity {
  private let context: any CipherContext
  private let tagByteCount: Int
  private var nonces: NonceChain?

  /// Derives the key for a code.
  ///
  /// - Throws: ``P2PCopyError`` when a codec is missing or fails.
  package init(code: PairingCode, codecs: CodecRegistry) throws(P2PCopyError) {
    guard let cipher = codecs.cipher(named: Protocol1Suite.cipherName) else {
      throw codecs.missing(.cipher, Protocol1Suite.cipherName, forProtocol: 1)
    }
    guard cipher.nonceByteCounts.contains(NonceChain.byteCount) else {
      throw P2PCopyError(
        .noCommonCodec, "the cipher \(cipher.name) takes no nonces of 32 bytes, which protocol 1 needs")
    }
    let key = try Self.derive(code: code, salt: Protocol1Suite.cipherKeySalt, codecs: codecs)
    context = try cipher.makeContext(key: key)
    tagByteCount = cipher.tagByteCount
  }

  /// The hash that an encrypted session's hello carries.
  package static func codeHash(of code: PairingCode, codecs: CodecRegistry) throws(P2PCopyError) -> [UInt8] {
    let hash = try derive(code: code, salt: Protocol1Suite.codeHashSalt, codecs: codecs)
    return hash.withUnsafeBytes { Array($0) }
  }

  /// Starts the chain of nonces.
  package func begin(startNonce: [UInt8]) {
    nonces = NonceChain(start: startNonce)
  }

  /// The sealed form of a control message: ciphertext and tag.
  package func seal(_ plaintext: String) throws(P2PCopyError) -> [UInt8] {
    var bytes = Array(plaintext.utf8)
    let nonce = try nextNonce()
    var elements = bytes.mutableSpan
    var span = elements.mutableBytes
    let tag = try sealed(&span, nonce: nonce)
    return bytes + tag
  }

  /// The plaintext of a sealed control message.
  package func open(_ sealed: [UInt8]) throws(P2PCopyError) -> String {
    guard sealed.count >= tagByteCount else { throw Self.tooShort }
    var bytes = Array(sealed.dropLast(tagByteCount))
    let tag = Array(sealed.suffix(tagByteCount))
    let nonce = try nextNonce()
    var elements = bytes.mutableSpan
    var span = elements.mutableBytes
    try context.open(
      &span, nonce: nonce.span.bytes, authenticating: RawSpan(), tag: tag.span.bytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw P2PCopyError(.protocolViolation, "the other side sent a sealed control message that is not UTF-8")
    }
    return text
  }

  /// Seals what follows the chunk header of a message in place and appends the tag.
  func sealPayload(of message: inout ByteBuffer) throws(P2PCopyError) {
    let nonce = try nextNonce()
    let tag = try message.withBytesAfterRecordHeader { (payload) throws(P2PCopyError) in
      var span = MutableRawSpan(_unsafeBytes: payload)
      return try sealed(&span, nonce: nonce)
    }
    message.writeBytes(tag)
  }

  /// Opens what follows the chunk header of a message in place and removes the tag.
  func openPayload(of message: inout ByteBuffer) throws(P2PCopyError) {
    let tagIndex = message.writerIndex - tagByteCount
    guard message.readableBytes >= RecordHeader.byteCount + tagByteCount,
      let tag = message.getBytes(at: tagIndex, length: tagByteCount)
    else { throw Self.tooShort }
    message.moveWriterIndex(to: tagIndex)
    let nonce = try nextNonce()
    try message.withBytesAfterRecordHeader { (payload) throws(P2PCopyError) in
      var span = MutableRawSpan(_unsafeBytes: payload)
      try context.open(&span, nonce: nonce.span.bytes, authenticating: RawSpan(), tag: tag.span.bytes)
    }
  }

  private static let tooShort = P2PCopyError(
    .protocolViolation, "the other side sent a sealed message that is too short",
    remedy: .encryptBothSides)

  private static func derive(
    code: PairingCode, salt: [UInt8], codecs: CodecRegistry
  ) throws(P2PCopyError) -> SecretBytes {
    guard let deriver = codecs.keyDeriver(named: Protocol1Suite.keyDeriverName) else {
      throw codecs.missing(.keyDeriver, Protocol1Suite.keyDeriverName, forProtocol: 1)
    }
    return try code.withSecret { (secret) throws(P2PCopyError) in
      try deriver.deriveKey(
        from: secret, salt: salt.span.bytes, cost: Protocol1Suite.derivationCost,
        byteCount: Protocol1Suite.derivedByteCount)
    }
  }

  private func sealed(_ bytes: inout MutableRawSpan, nonce: [UInt8]) throws(P2PCopyError) -> [UInt8] {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: tagByteCount, alignment: 16)
    defer { memory.deallocate() }
    var tag = OutputRawSpan(buffer: memory, initializedCount: 0)
    try context.seal(&bytes, nonce: nonce.span.bytes, authenticating: RawSpan(), tag: &tag)
    let count = tag.finalize(for: memory)
    return Array(memory.prefix(count))
  }

  private func nextNonce() throws(P2PCopyError) -> [UInt8] {
    guard let nonce = nonces?.next() else {
      throw P2PCopyError(.protocolViolation, "the other side sent a sealed message before the manifest")
    }
    return nonce
  }
}

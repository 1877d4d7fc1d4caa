package import P2PCopyCore

/// The control messages of protocol 1: JSON texts between the peers.
package enum ControlMessage: Hashable, Sendable {
  /// Sender to receiver: what will come, and whether to answer with what is there already.
  case manifest(entries: [ManifestEntry], resume: Bool)
  /// A sealed ``manifest(entries:resume:)`` with the start of the session's nonce chain.
  case encryptedManifest(startNonce: [UInt8], sealed: [UInt8])
  /// Receiver to sender: what is there already.
  case receiverManifest([ReceivedPart])
  /// A sealed ``receiverManifest(_:)``.
  case encryptedReceiverManifest(sealed: [UInt8])
  /// Sender to receiver: a file begins.
  case file(FileHeader)
  /// A sealed ``file(_:)``.
  case encryptedFile(sealed: [UInt8])
  /// The file is complete.
  case fileEnd
  /// Everything was sent.
  case end
  /// A message of a type this version does not know.
  case unknown(type: String)
}

extension ControlMessage {
  /// The types of messages that this version knows.
  static let types: Set<String> = [
    "manifest", "enc_manifest", "receiver_manifest", "enc_receiver_manifest", "file", "enc_file", "file_eof", "eof",
  ]

  /// The message's name for error texts.
  package var typeName: String {
    switch self {
    case .manifest: "manifest"
    case .encryptedManifest: "enc_manifest"
    case .receiverManifest: "receiver_manifest"
    case .encryptedReceiverManifest: "enc_receiver_manifest"
    case .file: "file"
    case .encryptedFile: "enc_file"
    case .fileEnd: "file_eof"
    case .end: "eof"
    case .unknown(let type): "'\(DisplayText.escaped(String(type.prefix(40))))'"
    }
  }
}

/// One file of a sender's manifest.
package struct ManifestEntry: Hashable, Sendable {
  /// The path as the sender wrote it: bytes, nothing proven about them.
  package var path: [UInt8]

  /// Size in bytes.
  package var byteCount: Int64

  /// Creates an entry.
  package init(path: [UInt8], byteCount: Int64) {
    self.path = path
    self.byteCount = byteCount
  }
}

/// What a receiver already has of one file of the manifest.
package struct ReceivedPart: Hashable, Sendable {
  /// The path as in the manifest.
  package var path: [UInt8]

  /// How many bytes it has, more than 0.
  package var byteCount: Int64

  /// The ``ChainedChecksum`` over those bytes in steps of ``Protocol1Suite/maximumChunkByteCount``.
  package var chain: [UInt8]

  /// Creates a part.
  package init(path: [UInt8], byteCount: Int64, chain: [UInt8]) {
    self.path = path
    self.byteCount = byteCount
    self.chain = chain
  }
}

/// Announces one file: its chunks follow.
package struct FileHeader: Hashable, Sendable {
  /// The path as in the manifest.
  package var path: [UInt8]

  /// The whole file's size in bytes.
  package var byteCount: Int64

  /// What its chunks are compressed with; `none` for raw bytes.
  package var compression: CodecName

  /// How many bytes at the beginning are not sent because the receiver has them.
  package var appendFrom: Int64

  /// Creates a header.
  package init(path: [UInt8], byteCount: Int64, compression: CodecName, appendFrom: Int64) {
    self.path = path
    self.byteCount = byteCount
    self.compression = compression
    self.appendFrom = appendFrom
  }
}

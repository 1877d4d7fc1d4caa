import P2PCopyCore

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

import FoundationEssentials

extension ControlMessage {
  /// Reads a control message that a peer or a relay sent.
  ///
  /// Unknown fields are ignored, an unknown type is ``unknown(type:)``. Sizes are checked to be non-negative and offsets
  /// to lie inside the file; paths are taken as they are.
  ///
  /// - Parameter text: At most one transport message, so its length is bounded by the transport.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  public init(decoding text: String) throws(P2PCopyError) {
    let raw: RawControlMessage
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      raw = try decoder.decode(RawControlMessage.self, from: Data(text.utf8))
    } catch {
      let shown = DisplayText.escaped(text.utf8.prefix(80))
      throw P2PCopyError(.protocolViolation, "the other side sent a malformed control message: \(shown)")
    }
    guard let message = raw.message else {
      let type = DisplayText.escaped(String(raw.type.prefix(40)))
      throw P2PCopyError(
        .protocolViolation, "the other side sent a '\(type)' message with missing or wrong fields")
    }
    self = message
  }
}

/// The union of all fields, as JSON has them.
private struct RawControlMessage: Decodable {
  struct Entry: Decodable {
    var path: String
    var size: Int64
    var chainHex: String?
  }

  var type: String
  var codeHashHex: String?
  var role: String?
  var resume: Bool?
  var entries: [Entry]?
  var nonce: String?
  var hiddenManifest: String?
  var hiddenFile: String?
  var path: String?
  var size: Int64?
  var compression: String?
  var appendFrom: Int64?

  /// The message, or `nil` when a field is missing or outside its range.
  var message: ControlMessage? {
    switch type {
    case "hello":
      guard let codeHash = codeHashHex.flatMap(Hex.decode), let role = role.flatMap(PeerRole.init) else { return nil }
      return .hello(codeHash: codeHash, role: role)
    case "ready": return .ready
    case "manifest": return manifest
    case "enc_manifest":
      guard let nonce = nonce.flatMap(Hex.decode), let sealed = hiddenManifest.flatMap(Hex.decode) else { return nil }
      return .encryptedManifest(startNonce: nonce, sealed: sealed)
    case "receiver_manifest": return receiverManifest
    case "enc_receiver_manifest":
      return hiddenManifest.flatMap(Hex.decode).map { .encryptedReceiverManifest(sealed: $0) }
    case "file": return file
    case "enc_file": return hiddenFile.flatMap(Hex.decode).map { .encryptedFile(sealed: $0) }
    case "file_eof": return .fileEnd
    case "eof": return .end
    default: return .unknown(type: type)
    }
  }

  private var manifest: ControlMessage? {
    var manifestEntries: [ManifestEntry] = []
    for entry in entries ?? [] {
      guard entry.size >= 0 else { return nil }
      manifestEntries.append(ManifestEntry(path: Array(entry.path.utf8), byteCount: entry.size))
    }
    return .manifest(entries: manifestEntries, resume: resume ?? false)
  }

  private var receiverManifest: ControlMessage? {
    var parts: [ReceivedPart] = []
    for entry in entries ?? [] {
      guard entry.size >= 0, let chain = entry.chainHex.flatMap(Hex.decode) else { return nil }
      parts.append(ReceivedPart(path: Array(entry.path.utf8), byteCount: entry.size, chain: chain))
    }
    return .receiverManifest(parts)
  }

  private var file: ControlMessage? {
    let offset = appendFrom ?? 0
    guard let path, let size, size >= 0, (0...size).contains(offset),
      let compression = try? CodecName(validating: compression ?? "none")
    else { return nil }
    return .file(
      FileHeader(path: Array(path.utf8), byteCount: size, compression: compression, appendFrom: offset))
  }
}

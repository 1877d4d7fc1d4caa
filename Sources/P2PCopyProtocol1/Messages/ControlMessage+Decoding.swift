package import P2PCopyCore
import StrictJSON

extension ControlMessage {
  /// Reads a control message that a peer sent.
  ///
  /// Unknown fields are ignored, an unknown type is ``unknown(type:)``. Sizes are checked to be non-negative and offsets
  /// to lie inside the file; paths are taken as they are.
  ///
  /// - Parameter text: At most one transport message, so its length is bounded by the transport.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(decoding text: String) throws(P2PCopyError) {
    guard let json = try? JSONObject(parsing: text.utf8), let type = try? json.string("type") else {
      let shown = DisplayText.escaped(text.utf8.prefix(80))
      throw P2PCopyError(.protocolViolation, "the other side sent a malformed control message: \(shown)")
    }
    guard let message = try? Self.message(type, json) else {
      let type = DisplayText.escaped(String(type.prefix(40)))
      throw P2PCopyError(
        .protocolViolation, "the other side sent a '\(type)' message with missing or wrong fields")
    }
    self = message
  }

  /// The message, or `nil` when a field is missing or outside its range.
  ///
  /// - Throws: When a field is of the wrong kind.
  private static func message(_ type: String, _ json: JSONObject) throws -> ControlMessage? {
    switch type {
    case "manifest": return try manifest(json)
    case "enc_manifest":
      guard let nonce = try bytes("nonce", of: json), let sealed = try bytes("hidden_manifest", of: json) else {
        return nil
      }
      return .encryptedManifest(startNonce: nonce, sealed: sealed)
    case "receiver_manifest": return try receiverManifest(json)
    case "enc_receiver_manifest":
      return try bytes("hidden_manifest", of: json).map { .encryptedReceiverManifest(sealed: $0) }
    case "file": return try file(json)
    case "enc_file": return try bytes("hidden_file", of: json).map { .encryptedFile(sealed: $0) }
    case "file_eof": return .fileEnd
    case "eof": return .end
    default: return .unknown(type: type)
    }
  }

  private static func manifest(_ json: JSONObject) throws -> ControlMessage? {
    var entries: [ManifestEntry] = []
    for entry in try json.objects("entries") ?? [] {
      guard let path = try entry.string("path"), let size: Int64 = try entry.integer("size"), size >= 0 else {
        return nil
      }
      entries.append(ManifestEntry(path: Array(path.utf8), byteCount: size))
    }
    return .manifest(entries: entries, resume: try json.bool("resume") ?? false)
  }

  private static func receiverManifest(_ json: JSONObject) throws -> ControlMessage? {
    var parts: [ReceivedPart] = []
    for entry in try json.objects("entries") ?? [] {
      guard let path = try entry.string("path"), let size: Int64 = try entry.integer("size"), size >= 0,
        let chain = try bytes("chain_hex", of: entry)
      else { return nil }
      parts.append(ReceivedPart(path: Array(path.utf8), byteCount: size, chain: chain))
    }
    return .receiverManifest(parts)
  }

  private static func file(_ json: JSONObject) throws -> ControlMessage? {
    let offset: Int64 = try json.integer("append_from") ?? 0
    guard let path = try json.string("path"), let size: Int64 = try json.integer("size"), size >= 0,
      (0...size).contains(offset)
    else { return nil }
    return .file(
      FileHeader(
        path: Array(path.utf8), byteCount: size,
        compression: try CodecName(validating: try json.string("compression") ?? "none"), appendFrom: offset))
  }

  private static func bytes(_ key: String, of json: JSONObject) throws -> [UInt8]? {
    try json.string(key).flatMap(Hex.decode)
  }
}

package import P2PCopyCore
import StrictJSON

extension SessionMessage {
  /// The longest control record that is read, in bytes.
  package static let maximumByteCount = 64 << 10

  /// The most codecs of a kind that an offer may list.
  private static let maximumCodecCount = 64

  /// Reads a control record.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it is malformed.
  package init(decoding bytes: some Collection<UInt8>) throws(P2PCopyError) {
    guard bytes.count <= Self.maximumByteCount else { throw P2PCopyError.malformed("a control record") }
    do {
      self = try Self.message(JSONObject(parsing: bytes))
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.protocolViolation, "the other side sent a control record that is malformed", cause: error)
    }
  }

  private static func message(_ json: JSONObject) throws -> SessionMessage {
    guard let type = try json.string("type") else { throw P2PCopyError.malformed("a control record") }
    switch type {
    case "manifest":
      guard let offer = try json.object("offer"), let resume = try json.bool("resume") else {
        throw P2PCopyError.malformed("a manifest")
      }
      return .manifest(try sessionOffer(offer, resume: resume, times: try json.bool("times") ?? false))
    case "receiver_manifest":
      guard let selection = try json.object("selection") else { throw P2PCopyError.malformed("a receiver manifest") }
      return .receiverManifest(try sessionSelection(selection))
    case "manifest_end": return .manifestEnd(try totals(json), failureCount: try failureCount(json))
    case "end":
      return .end(try totals(json), treeDigest: try treeDigest(json), failureCount: try failureCount(json))
    case "stored":
      guard let byteCount: UInt64 = try json.integer("bytes") else {
        throw P2PCopyError.malformed("a count of what is stored")
      }
      return .stored(byteCount: byteCount)
    case "receipt":
      return .receipt(
        try totals(json), treeDigest: try treeDigest(json), failureCount: try failureCount(json),
        metadataRefusalCount: try json.integer("metadata_refusals") ?? 0,
        presentDirectoryCount: try json.integer("present_directories") ?? 0)
    case "working": return .working
    case "error":
      let code = P2PCopyError.Code(named: (try json.string("code") ?? "").utf8) ?? .peerFailed
      return .error(
        code: code, message: DisplayText.escapedOnce((try json.string("message") ?? "").utf8.prefix(4096)))
    default: return .unknown(type: type)
    }
  }

  private static func totals(_ json: JSONObject) throws -> SessionTotals {
    guard let entries: UInt64 = try json.integer("entries"), let files: UInt64 = try json.integer("files"),
      let bytes: UInt64 = try json.integer("bytes")
    else { throw P2PCopyError.malformed("totals") }
    var totals = SessionTotals()
    totals.entries = entries
    totals.files = files
    totals.bytes = bytes
    return totals
  }

  private static func failureCount(_ json: JSONObject) throws -> UInt64 {
    try json.integer("failures") ?? 0
  }

  private static func treeDigest(_ json: JSONObject) throws -> [UInt8] {
    guard let digest = try json.string("tree_digest").flatMap(Hex.decode), digest.count == 32 else {
      throw P2PCopyError.malformed("a tree digest")
    }
    return digest
  }

  private static func sessionOffer(_ json: JSONObject, resume: Bool, times: Bool) throws -> SessionOffer {
    guard let chunkSizes = try json.array("chunk_sizes") else { throw P2PCopyError.malformed("an offer") }
    var chunkByteCounts: [Int] = []
    for size in chunkSizes.prefix(maximumCodecCount) {
      guard let size: Int = size.integer() else { throw P2PCopyError.malformed("an offer") }
      chunkByteCounts.append(size)
    }
    return SessionOffer(
      codecs: CodecOffer(
        ciphers: try codecs("ciphers", of: json), compressors: try codecs("compressors", of: json),
        digests: try codecs("digests", of: json)),
      chunkByteCounts: chunkByteCounts, connectionCount: try json.integer("connections") ?? 1, wantsResume: resume,
      acceptsTimes: times)
  }

  private static func codecs(_ key: String, of json: JSONObject) throws -> [CodecOffer.Entry] {
    guard let entries = try json.objects(key), entries.count <= maximumCodecCount else {
      throw P2PCopyError.malformed("an offer")
    }
    return try entries.map { entry in
      guard let name = try entry.string("name") else { throw P2PCopyError.malformed("an offer") }
      var parameters: [String: Int] = [:]
      for (name, value) in try entry.object("parameters")?.members ?? [:] {
        guard let value: Int = value.integer() else { throw P2PCopyError.malformed("an offer") }
        parameters[name] = value
      }
      return CodecOffer.Entry(name: try CodecName(validating: name), parameters: parameters)
    }
  }

  private static func sessionSelection(_ json: JSONObject) throws -> SessionSelection {
    guard let cipher = try json.string("cipher"), let compressor = try json.string("compressor"),
      let digest = try json.string("digest"), let chunkByteCount: Int = try json.integer("chunk_size")
    else { throw P2PCopyError.malformed("a selection") }
    return SessionSelection(
      codecs: CodecSelection(
        cipher: try CodecName(validating: cipher), compressor: try CodecName(validating: compressor),
        digest: try CodecName(validating: digest)),
      chunkByteCount: chunkByteCount, connectionCount: try json.integer("connections") ?? 1)
  }
}

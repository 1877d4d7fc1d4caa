import FoundationEssentials

extension SessionMessage {
  /// The longest control record that is read, in bytes.
  public static let maximumByteCount = 64 << 10

  /// The most codecs of a kind that an offer may list.
  private static let maximumCodecCount = 64

  /// Reads a control record.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it is malformed.
  public init(decoding bytes: some Collection<UInt8>) throws(P2PCopyError) {
    guard bytes.count <= Self.maximumByteCount else { throw P2PCopyError.malformed("a control record") }
    let fields: Fields
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      fields = try decoder.decode(Fields.self, from: Data(bytes))
    } catch {
      throw P2PCopyError(.protocolViolation, "the other side sent a control record that is malformed", cause: error)
    }
    self = try Self.message(fields)
  }

  private static func message(_ fields: Fields) throws(P2PCopyError) -> SessionMessage {
    switch fields.type {
    case "manifest":
      guard let offer = fields.offer, let resume = fields.resume else { throw P2PCopyError.malformed("a manifest") }
      return .manifest(try offer.sessionOffer(resume: resume))
    case "receiver_manifest":
      guard let selection = fields.selection else { throw P2PCopyError.malformed("a receiver manifest") }
      return .receiverManifest(try selection.sessionSelection())
    case "manifest_end": return .manifestEnd(try fields.totals(), failureCount: fields.failures ?? 0)
    case "end":
      return .end(try fields.totals(), treeDigest: try fields.digest(), failureCount: fields.failures ?? 0)
    case "stored":
      guard let byteCount = fields.bytes else { throw P2PCopyError.malformed("a count of what is stored") }
      return .stored(byteCount: byteCount)
    case "receipt":
      return .receipt(
        try fields.totals(), treeDigest: try fields.digest(), failureCount: fields.failures ?? 0,
        metadataRefusalCount: fields.metadataRefusals ?? 0, presentDirectoryCount: fields.presentDirectories ?? 0)
    case "working": return .working
    case "error":
      let code = P2PCopyError.Code(named: (fields.code ?? "").utf8) ?? .peerFailed
      return .error(code: code, message: DisplayText.escapedOnce((fields.message ?? "").utf8.prefix(4096)))
    default: return .unknown(type: fields.type)
    }
  }

  private struct Fields: Decodable {
    var type: String
    var resume: Bool?
    var offer: Offer?
    var selection: Selection?
    var entries: UInt64?
    var files: UInt64?
    var bytes: UInt64?
    var failures: UInt64?
    var metadataRefusals: UInt64?
    var presentDirectories: UInt64?
    var treeDigest: String?
    var code: String?
    var message: String?

    func totals() throws(P2PCopyError) -> SessionTotals {
      guard let entries, let files, let bytes else { throw P2PCopyError.malformed("totals") }
      var totals = SessionTotals()
      totals.entries = entries
      totals.files = files
      totals.bytes = bytes
      return totals
    }

    func digest() throws(P2PCopyError) -> [UInt8] {
      guard let digest = treeDigest.flatMap(Hex.decode), digest.count == 32 else {
        throw P2PCopyError.malformed("a tree digest")
      }
      return digest
    }
  }

  private struct Offer: Decodable {
    struct Entry: Decodable {
      var name: String
      var parameters: [String: Int]?
    }

    var ciphers: [Entry]
    var compressors: [Entry]
    var digests: [Entry]
    var chunkSizes: [Int]
    var connections: Int?

    func sessionOffer(resume: Bool) throws(P2PCopyError) -> SessionOffer {
      SessionOffer(
        codecs: CodecOffer(
          ciphers: try entries(ciphers), compressors: try entries(compressors), digests: try entries(digests)),
        chunkByteCounts: Array(chunkSizes.prefix(maximumCodecCount)), connectionCount: connections ?? 1,
        wantsResume: resume)
    }

    private func entries(_ entries: [Entry]) throws(P2PCopyError) -> [CodecOffer.Entry] {
      guard entries.count <= maximumCodecCount else { throw P2PCopyError.malformed("an offer") }
      var result: [CodecOffer.Entry] = []
      for entry in entries {
        result.append(
          CodecOffer.Entry(name: try CodecName(validating: entry.name), parameters: entry.parameters ?? [:]))
      }
      return result
    }
  }

  private struct Selection: Decodable {
    var cipher: String
    var compressor: String
    var digest: String
    var chunkSize: Int
    var connections: Int?

    func sessionSelection() throws(P2PCopyError) -> SessionSelection {
      SessionSelection(
        codecs: CodecSelection(
          cipher: try CodecName(validating: cipher), compressor: try CodecName(validating: compressor),
          digest: try CodecName(validating: digest)),
        chunkByteCount: chunkSize, connectionCount: connections ?? 1)
    }
  }
}

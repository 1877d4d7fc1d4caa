import P2PCopyCore
import StrictJSON

/// Reads a receipt from front to back, entry by entry. A receipt is as little to be trusted as a peer.
struct ReceiptReader {
  /// The longest digest of a file, in bytes.
  private static let maximumDigestByteCount = 64

  package private(set) var content = ReceiptContent()
  private let json: JSONReader<ReceiptFile>
  private var seenKeys: Set<String> = []
  private var format: String?
  private var treeDigest = TreeDigest()

  private init(_ file: ReceiptFile) {
    json = JSONReader(file)
  }

  /// Reads all of a receipt.
  ///
  /// - Parameters:
  ///   - file: The receipt.
  ///   - body: Gets each entry, in order; their paths are safe.
  /// - Returns: Everything but the entries.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it is no receipt, and what `body` throws.
  package static func read(
    _ file: ReceiptFile, _ body: (DeliveredEntry, RelativePath) throws(P2PCopyError) -> Void
  ) throws(P2PCopyError) -> ReceiptContent {
    var reader = ReceiptReader(file)
    try reader.read(file, body)
    return reader.content
  }

  private mutating func read(
    _ file: ReceiptFile, _ body: (DeliveredEntry, RelativePath) throws(P2PCopyError) -> Void
  ) throws(P2PCopyError) {
    let json = json
    try json.object { (key) throws(P2PCopyError) in
      seenKeys.insert(key)
      switch key {
      case "format": format = try json.string()
      case "role": content.role = PeerRole(rawValue: try json.string())
      case "digest_algorithm": content.digest = try? CodecName(validating: try json.string())
      case "chunk_size":
        let byteCount = try json.wholeNumber()
        guard let chunkByteCount = Int(exactly: byteCount), chunkByteCount > 0 else {
          throw file.malformed("its chunks have \(byteCount) bytes")
        }
        content.chunkByteCount = chunkByteCount
      case "entries": try json.array { () throws(P2PCopyError) in try readEntry(body) }
      case "failure_count": content.failureCount = try json.wholeNumber()
      case "files": content.totals.fileCount = Int(try json.wholeNumber())
      case "directories": content.totals.directoryCount = Int(try json.wholeNumber())
      case "links": content.totals.linkCount = Int(try json.wholeNumber())
      case "bytes": content.totals.byteCount = try json.wholeNumber()
      case "tree_digest": content.totals.treeDigest = try readHex()
      case "complete": content.totals.isComplete = try json.bool()
      default: try json.skip()
      }
    }
    try json.end()
    guard let format else { throw file.malformed("it has no format") }
    guard format == ReceiptWriter.format else {
      throw file.malformed("its format is '\(DisplayText.escaped(format.utf8.prefix(80)))'")
    }
    let required = [
      "digest_algorithm", "entries", "files", "directories", "links", "bytes", "tree_digest", "complete",
    ]
    if let missing = required.first(where: { !seenKeys.contains($0) }) {
      throw file.malformed("it has no '\(missing)'")
    }
    content.computed.treeDigest = treeDigest.value
  }

  private mutating func readEntry(
    _ body: (DeliveredEntry, RelativePath) throws(P2PCopyError) -> Void
  ) throws(P2PCopyError) {
    let json = json
    var fields = Fields()
    try json.object { (key) throws(P2PCopyError) in
      switch key {
      case "path": fields.setPath(Array(try json.string().utf8))
      case "path_hex": fields.setPath(try readHex())
      case "sent_as": fields.setSentPath(Array(try json.string().utf8))
      case "sent_as_hex": fields.setSentPath(try readHex())
      case "kind": fields.kind = DeliveredEntry.Kind(rawValue: try json.string())
      case "size": fields.byteCount = try json.wholeNumber()
      case "digest": fields.digest = try readDigest()
      case "checked": fields.isKnownByTimes = try json.string() == "times"
      case "target": fields.target = Array(try json.string().utf8)
      case "target_hex": fields.target = try readHex()
      default: try json.skip()
      }
    }
    guard fields.pathCount == 1, fields.sentPathCount <= 1, let bytes = fields.path, let kind = fields.kind else {
      throw json.malformed("an entry without path or kind")
    }
    let path: RelativePath
    let sentPath: RelativePath
    do {
      path = try RelativePath(validating: bytes)
      sentPath = try fields.sentPath.map(RelativePath.init(validating:)) ?? path
    } catch {
      throw json.malformed(error.message)
    }
    var entry = DeliveredEntry(path: sentPath.bytes, placedPath: bytes, kind: kind)
    switch kind {
    case .file:
      guard let byteCount = fields.byteCount, let digest = fields.digest else {
        throw json.malformed("the file '\(path)' without size or digest")
      }
      content.computed.fileCount += 1
      try addSize(byteCount, path)
      entry.byteCount = byteCount
      if digest.isEmpty {
        guard fields.isKnownByTimes else { throw json.malformed("the file '\(path)' without a digest") }
        content.knownByTimesCount += 1
        break
      }
      guard !fields.isKnownByTimes, digest.count <= Self.maximumDigestByteCount,
        content.digestByteCount == nil || content.digestByteCount == digest.count
      else { throw json.malformed("the digest of '\(path)' has the wrong length") }
      entry.digest = digest
      content.digestByteCount = digest.count
    case .directory: content.computed.directoryCount += 1
    case .symbolicLink:
      guard let target = fields.target, (1...RelativePath.maximumByteCount).contains(target.count) else {
        throw json.malformed("the symbolic link '\(path)' without a target that could be one")
      }
      entry.target = target
      content.computed.linkCount += 1
    }
    treeDigest.add(entry)
    try body(entry, path)
  }

  private mutating func addSize(_ byteCount: Int64, _ path: RelativePath) throws(P2PCopyError) {
    let (sum, overflow) = content.computed.byteCount.addingReportingOverflow(byteCount)
    guard !overflow else { throw json.malformed("sizes that are too large") }
    content.computed.byteCount = sum
  }

  /// A digest; empty for `null`, of a file that nobody has read.
  private func readDigest() throws(P2PCopyError) -> [UInt8] {
    switch try json.value() {
    case .null: return []
    case .string(let text):
      guard let bytes = Hex.decode(text), !bytes.isEmpty else { break }
      return bytes
    default: break
    }
    throw json.malformed("a digest that is none")
  }

  private func readHex() throws(P2PCopyError) -> [UInt8] {
    guard let bytes = Hex.decode(try json.string()) else { throw json.malformed("text that is not hexadecimal") }
    return bytes
  }

  private struct Fields {
    var path: [UInt8]?
    var pathCount = 0
    var sentPath: [UInt8]?
    var sentPathCount = 0
    var kind: DeliveredEntry.Kind?
    var byteCount: Int64?
    var digest: [UInt8]?
    var isKnownByTimes = false
    var target: [UInt8]?

    mutating func setPath(_ bytes: [UInt8]) {
      path = bytes
      pathCount += 1
    }

    mutating func setSentPath(_ bytes: [UInt8]) {
      sentPath = bytes
      sentPathCount += 1
    }
  }
}

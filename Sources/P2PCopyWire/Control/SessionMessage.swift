package import P2PCopyCore

/// A control record of protocol 2: JSON.
package enum SessionMessage: Hashable, Sendable {
  /// Sender's first record: what it can do and wants.
  case manifest(SessionOffer)
  /// Receiver's first record: what was selected of it.
  case receiverManifest(SessionSelection)
  /// Sender: the manifest has no more pages than those sent. `failureCount` entries could not be listed.
  case manifestEnd(SessionTotals, failureCount: UInt64)
  /// Sender: it has the receipts of all pages and agrees with them; `failureCount` entries failed at its side.
  case end(SessionTotals, treeDigest: [UInt8], failureCount: UInt64)
  /// Receiver, now and then: so many bytes of content that travelled in this session are stored. What a sender shows as sent
  /// follows it; nothing else does.
  case stored(byteCount: UInt64)
  /// Receiver's last record: everything is in place and durable. `failureCount` entries failed at its side; of
  /// `metadataRefusalCount` that are in place, mode or time could not be set; `presentDirectoryCount` directories were there
  /// before.
  case receipt(
    SessionTotals, treeDigest: [UInt8], failureCount: UInt64, metadataRefusalCount: UInt64 = 0,
    presentDirectoryCount: UInt64 = 0)
  /// Still here, working on something that sends nothing.
  case working
  /// The side that says so cannot go on.
  case error(code: P2PCopyError.Code, message: String)
  /// Of a type this version does not know; ignored.
  case unknown(type: String)
}

extension SessionMessage {
  /// The message's name for error texts.
  package var typeName: String {
    switch self {
    case .manifest: "manifest"
    case .receiverManifest: "receiver_manifest"
    case .manifestEnd: "manifest_end"
    case .end: "end"
    case .stored: "stored"
    case .receipt: "receipt"
    case .working: "working"
    case .error: "error"
    case .unknown(let type): "'\(DisplayText.escaped(String(type.prefix(40))))'"
    }
  }

  /// The message as JSON.
  package func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { json in
      json.key("type")
      switch self {
      case .manifest(let offer):
        json.string("manifest".utf8)
        json.key("resume")
        json.bool(offer.wantsResume)
        if offer.acceptsTimes {
          json.key("times")
          json.bool(true)
        }
        json.key("offer")
        json.object { json in
          json.write("ciphers", offer.codecs.ciphers)
          json.write("compressors", offer.codecs.compressors)
          json.write("digests", offer.codecs.digests)
          json.key("chunk_sizes")
          json.array { json in for size in offer.chunkByteCounts { json.integer(Int64(size)) } }
          json.key("connections")
          json.integer(Int64(offer.connectionCount))
        }
      case .receiverManifest(let selection):
        json.string("receiver_manifest".utf8)
        json.key("selection")
        json.object { json in
          json.key("cipher")
          json.string(selection.codecs.cipher.description.utf8)
          json.key("compressor")
          json.string(selection.codecs.compressor.description.utf8)
          json.key("digest")
          json.string(selection.codecs.digest.description.utf8)
          json.key("chunk_size")
          json.integer(Int64(selection.chunkByteCount))
          json.key("connections")
          json.integer(Int64(selection.connectionCount))
        }
      case .manifestEnd(let totals, let failureCount):
        json.string("manifest_end".utf8)
        json.write(totals, failureCount)
      case .end(let totals, let treeDigest, let failureCount):
        json.string("end".utf8)
        json.write(totals, failureCount)
        json.key("tree_digest")
        json.string(Hex.encode(treeDigest).utf8)
      case .stored(let byteCount):
        json.string("stored".utf8)
        json.key("bytes")
        json.integer(Int64(clamping: byteCount))
      case .receipt(
        let totals, let treeDigest, let failureCount, let metadataRefusalCount, let presentDirectoryCount):
        json.string("receipt".utf8)
        json.write(totals, failureCount)
        if metadataRefusalCount > 0 {
          json.key("metadata_refusals")
          json.integer(Int64(clamping: metadataRefusalCount))
        }
        if presentDirectoryCount > 0 {
          json.key("present_directories")
          json.integer(Int64(clamping: presentDirectoryCount))
        }
        json.key("tree_digest")
        json.string(Hex.encode(treeDigest).utf8)
      case .working: json.string("working".utf8)
      case .error(let code, let message):
        json.string("error".utf8)
        json.key("code")
        json.string(code.name.utf8)
        json.key("message")
        json.string(message.utf8.prefix(4096))
      case .unknown(let type): json.string(type.utf8)
      }
    }
    return writer.bytes
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ name: String, _ entries: [CodecOffer.Entry]) {
    key(name)
    array { json in
      for entry in entries {
        json.object { json in
          json.key("name")
          json.string(entry.name.description.utf8)
          guard !entry.parameters.isEmpty else { return }
          json.key("parameters")
          json.object { json in
            for (name, value) in entry.parameters.sorted(by: { $0.key < $1.key }) {
              json.key(name)
              json.integer(Int64(value))
            }
          }
        }
      }
    }
  }

  fileprivate mutating func write(_ totals: SessionTotals, _ failureCount: UInt64) {
    key("entries")
    integer(Int64(clamping: totals.entries))
    key("files")
    integer(Int64(clamping: totals.files))
    key("bytes")
    integer(Int64(clamping: totals.bytes))
    key("failures")
    integer(Int64(clamping: failureCount))
  }
}

import P2PCopyCore
package import P2PCopyFiles
import P2PCopyWire

extension JSONWriter {
  /// An entry of a receipt.
  package mutating func write(_ entry: DeliveredEntry) {
    object { json in
      // The name in place is the one that people and tools look for; the one in the transfer is in the tree digest.
      json.name("path", entry.placedPath ?? entry.path)
      if entry.placedPath != nil { json.name("sent_as", entry.path) }
      json.key("kind")
      json.string(entry.kind.rawValue.utf8)
      switch entry.kind {
      case .file:
        json.key("size")
        json.integer(entry.byteCount)
        if entry.isKnownByTimes {
          json.key("digest")
          json.null()
          json.key("checked")
          json.string("times".utf8)
        } else {
          json.hex("digest", entry.digest)
        }
      case .directory: break
      case .symbolicLink: json.name("target", entry.target)
      }
      if let mode = entry.mode {
        let digits = String(mode & 0o7777, radix: 8)
        json.key("mode")
        json.string((String(repeating: "0", count: 4 - digits.count) + digits).utf8)
      }
      if let seconds = entry.modificationSeconds {
        json.key("mtime")
        json.string(Self.timestamp(seconds, entry.modificationNanoseconds ?? 0).utf8)
      }
    }
  }

  /// An entry that failed. Its name is the one for showing, so that it cannot be mistaken for a path.
  package mutating func write(_ failure: EntryFailure) {
    object { json in
      json.key("shown_path")
      json.safeString(failure.path.description)
      json.key("code")
      json.string(failure.error.code.name.utf8)
      json.key("message")
      json.safeString(failure.error.message)
      if let remedy = failure.error.remedy {
        json.key("remedy")
        json.string(remedy.rawValue.utf8)
      }
    }
  }

  /// The end of a receipt.
  package mutating func write(_ totals: ReceiptTotals, failureCount: Int) {
    object { json in
      let counts: [(String, Int64)] = [
        ("failure_count", Int64(failureCount)), ("files", Int64(totals.fileCount)),
        ("directories", Int64(totals.directoryCount)), ("links", Int64(totals.linkCount)), ("bytes", totals.byteCount),
      ]
      for (key, count) in counts {
        json.key(key)
        json.integer(count)
      }
      json.hex("tree_digest", totals.treeDigest)
      json.key("complete")
      json.bool(totals.isComplete)
      if let chain = totals.senderChain { json.hex("sender_chain", chain) }
      if let chain = totals.receiverChain { json.hex("receiver_chain", chain) }
    }
  }

  /// A name from a file system: as text where it is UTF-8, otherwise in hexadecimal under `KEY_hex`.
  package mutating func name(_ key: String, _ bytes: [UInt8]) {
    if let text = String(validating: bytes, as: UTF8.self) {
      self.key(key)
      safeString(text)
    } else {
      hex(key + "_hex", bytes)
    }
  }

  private mutating func hex(_ key: String, _ bytes: [UInt8]) {
    self.key(key)
    string(Hex.encode(bytes).utf8)
  }

  /// Seconds since 1970 with nine decimal places. Nanoseconds count forward, so a time before 1970 is counted back.
  private static func timestamp(_ seconds: Int64, _ nanoseconds: UInt32) -> String {
    let nanoseconds = min(nanoseconds, 999_999_999)
    guard seconds < 0, nanoseconds > 0 else { return "\(seconds)." + nineDigits(nanoseconds) }
    return "-\((seconds + 1).magnitude)." + nineDigits(1_000_000_000 - nanoseconds)
  }

  private static func nineDigits(_ number: UInt32) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 9 - digits.count)) + digits
  }
}

import P2PCopyTransfer
import P2PCopyWire

extension OutputInspection.Status {
  /// What lies there as one JSON object.
  package var json: String {
    var writer = JSONWriter()
    writer.object { json in
      json.key("partial_files")
      json.array { json in for file in partialFiles { json.object { $0.write(file) } } }
      json.key("partial_file_count")
      json.integer(Int64(partialFileCount))
      json.key("partial_bytes")
      json.integer(partialByteCount)
      json.key("journal")
      guard let journal else { return json.null() }
      json.object { json in
        for (key, count) in [
          ("files", journal.fileCount), ("unchanged", journal.unchangedCount), ("changed", journal.changedCount),
          ("gone", journal.goneCount),
        ] {
          json.key(key)
          json.integer(Int64(count))
        }
        if let problem = journal.problem {
          json.key("problem")
          json.safeString(problem)
        }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ file: OutputInspection.PartialFile) {
    name("path", file.pathBytes)
    key("bytes")
    integer(file.byteCount)
    key("mtime")
    integer(file.modificationSeconds)
    key("in_use")
    bool(file.isInUse)
  }
}

import P2PCopyCore
import P2PCopyWire

extension ControlMessage {
  /// The message as JSON text, to the byte as the Python tool p2p-copy 0.1 writes it.
  package func encoded() -> String {
    var writer = JSONWriter()
    writer.object { json in
      json.key("type")
      switch self {
      case .manifest(let entries, let resume):
        json.string("manifest".utf8)
        json.key("resume")
        json.bool(resume)
        json.key("entries")
        json.array { json in
          for entry in entries { json.write(entry) }
        }
      case .encryptedManifest(let startNonce, let sealed):
        json.string("enc_manifest".utf8)
        json.key("nonce")
        json.string(Hex.encode(startNonce).utf8)
        json.key("hidden_manifest")
        json.string(Hex.encode(sealed).utf8)
      case .receiverManifest(let parts):
        json.string("receiver_manifest".utf8)
        json.key("entries")
        json.array { json in
          for part in parts { json.write(part) }
        }
      case .encryptedReceiverManifest(let sealed):
        json.string("enc_receiver_manifest".utf8)
        json.key("hidden_manifest")
        json.string(Hex.encode(sealed).utf8)
      case .file(let header):
        json.string("file".utf8)
        json.key("path")
        json.string(header.path)
        json.key("size")
        json.integer(header.byteCount)
        json.key("compression")
        json.string(header.compression.description.utf8)
        json.key("append_from")
        json.integer(header.appendFrom)
      case .encryptedFile(let sealed):
        json.string("enc_file".utf8)
        json.key("hidden_file")
        json.string(Hex.encode(sealed).utf8)
      case .fileEnd:
        json.string("file_eof".utf8)
      case .end:
        json.string("eof".utf8)
      case .unknown(let type):
        json.string(type.utf8)
      }
    }
    return writer.text
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ entry: ManifestEntry) {
    object { json in
      json.key("path")
      json.string(entry.path)
      json.key("size")
      json.integer(entry.byteCount)
    }
  }

  fileprivate mutating func write(_ part: ReceivedPart) {
    object { json in
      json.key("path")
      json.string(part.path)
      json.key("size")
      json.integer(part.byteCount)
      json.key("chain_hex")
      json.string(Hex.encode(part.chain).utf8)
    }
  }
}

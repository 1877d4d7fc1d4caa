import NIOCore
import P2PCopyCore
import P2PCopyTesting
import P2PCopyWire
import TestSupport
import Testing

/// Everything that reads what a peer sent, under seeded random damage: it throws or decodes, and never traps.
@Suite("Decoders of protocol 2")
struct DecoderTests {
  /// One format: a valid encoding, and a decoder that writes again what it understood.
  struct Format: Sendable, CustomTestStringConvertible {
    var name: String
    var encodings: [[UInt8]]
    var recode: @Sendable ([UInt8]) throws -> [UInt8]

    var testDescription: String { name }
  }

  private static let metadata = EntryMetadata(
    mode: 0o4755, modificationSeconds: -1_000_000_007, modificationNanoseconds: 999_999_999)
  private static let digest = TestContent.random(16, seed: 1)

  private static func bytes(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer()
    write(&buffer)
    return Array(buffer.readableBytesView)
  }

  /// Reads behind the kind, which the caller of the decoders has read.
  private static func read<Value>(
    _ bytes: [UInt8], _ body: (inout ByteBuffer) throws -> Value
  ) throws -> Value {
    var buffer = ByteBuffer(bytes: bytes)
    guard buffer.readInteger(as: UInt8.self) != nil else {
      throw P2PCopyError(.protocolViolation, "nothing there")
    }
    return try body(&buffer)
  }

  private static let page = ManifestPage(
    firstIndex: 77,
    entries: [
      PageEntry(path: Array("dir".utf8), kind: .directory, metadata: metadata),
      PageEntry(path: Array("dir/\u{FC}\n".utf8) + [0xFF], kind: .file(byteCount: .max), metadata: nil),
      PageEntry(path: Array("dir/link".utf8), kind: .symbolicLink(target: Array("../x".utf8)), metadata: metadata),
      PageEntry(path: Array("stdin".utf8), kind: .stream, metadata: nil),
    ])

  private static let answer = PageAnswer(
    firstIndex: 77,
    dispositions: [
      (0, .continues(at: 1 << 40)), (1, .check), (5, .unchanged), (6, .skipped), (7, .completeByTimes),
      (2047, .refused(code: .unsafePath, message: "no")),
    ])

  private static let sessionMessages: [SessionMessage] = {
    var totals = SessionTotals()
    totals.addFile(byteCount: 1 << 40)
    totals.addOther()
    let tree = TestContent.random(32, seed: 2)
    let offer = SessionOffer(
      codecs: CodecOffer(
        ciphers: [CodecOffer.Entry(name: "aes-256-gcm")],
        compressors: [CodecOffer.Entry(name: "zstd", parameters: ["level": 3])],
        digests: [CodecOffer.Entry(name: "xxh128")]), chunkByteCounts: [1 << 20, 1 << 16], connectionCount: 4,
      wantsResume: true)
    return [
      .manifest(offer),
      .receiverManifest(
        SessionSelection(
          codecs: CodecSelection(cipher: "aes-256-gcm", compressor: .none, digest: "xxh128"), chunkByteCount: 1 << 16,
          connectionCount: 2)),
      .manifestEnd(totals, failureCount: 3), .end(totals, treeDigest: tree, failureCount: 1),
      .receipt(totals, treeDigest: tree, failureCount: 0),
      .receipt(totals, treeDigest: tree, failureCount: 0, metadataRefusalCount: 3),
      .receipt(totals, treeDigest: tree, failureCount: 0, presentDirectoryCount: 4), .stored(byteCount: 1 << 40),
      .working,
      .error(code: .checksumMismatch, message: "so"),
      .unknown(type: "novelty"),
    ]
  }()

  private static let rendezvousMessages: [RendezvousMessage] = [
    .hello(identifier: "ab01", role: .receiver, protocolNumber: 2),
    .hello(identifier: "ab01", role: .sender, protocolNumber: nil), .waiting, .ready,
    .refused(code: "duplicate-role", message: "taken"), .other(type: "novelty"),
  ]

  private static let handshakeMessages: [HandshakeMessage] = [
    .refused(code: "shutting-down", message: "later"),
    .senderPake(
      protocolNumber: 2, share: TestContent.random(65, seed: 3), kemKey: TestContent.random(1216, seed: 4)),
    .receiverPake(
      protocolNumber: 2, share: TestContent.random(65, seed: 3), kemCiphertext: TestContent.random(1120, seed: 4),
      confirmation: TestContent.random(32, seed: 5)),
    .confirm(TestContent.random(32, seed: 5)), .wrongCode, .unknown(type: "novelty"),
  ]

  static let formats: [Format] = [
    Format(name: "page", encodings: [bytes(page.write)]) { bytes in
      var buffer = ByteBuffer(bytes: bytes)
      let page = try ManifestPage(firstIndex: 77, readingFrom: &buffer)
      return Self.bytes(page.write)
    },
    Format(name: "answer", encodings: [bytes { answer.write(as: .answer, to: &$0) }]) { bytes in
      let answer = try read(bytes) { try PageAnswer(readingFrom: &$0) }
      return Self.bytes { answer.write(as: .answer, to: &$0) }
    },
    Format(
      name: "chunk digests",
      encodings: [
        bytes(
          ChunkDigests(
            .isDamaged, index: 77, firstChunk: 5, digestByteCount: digest.count, digests: digest + digest
          ).writeRecord)
      ]
    ) { bytes in
      let list = try read(bytes) { try ChunkDigests(readingFrom: &$0, digestByteCount: digest.count) }
      return Self.bytes(list.writeRecord)
    },
    Format(
      name: "checks",
      encodings: [
        bytes(
          PageChecks(
            firstIndex: 77,
            checks: [
              PageChecks.Check(position: 1, digest: digest), PageChecks.Check(position: 9, digest: []),
            ]
          ).write)
      ]
    ) { bytes in
      let checks = try read(bytes) { try PageChecks(readingFrom: &$0) }
      return Self.bytes(checks.write)
    },
    Format(
      name: "receipt of a page",
      encodings: [
        bytes(
          PageReceipt(
            firstIndex: 77, treeDigest: TestContent.random(32, seed: 6),
            failures: [
              EntryFailureNotice(index: 78, code: .destinationUnwritable, message: "full"),
              EntryFailureNotice(index: 80, code: .unsafePath, message: ""),
            ]
          ).write)
      ]
    ) { bytes in
      let receipt = try read(bytes) { try PageReceipt(readingFrom: &$0) }
      return Self.bytes(receipt.write)
    },
    Format(
      name: "end of a file",
      encodings: [metadata, nil].map { metadata in
        bytes(FileEnd(index: 5, byteCount: 1 << 40, metadata: metadata, digest: digest).writeRecord)
      }
    ) { bytes in
      let end = try read(bytes) { try FileEnd(readingFrom: &$0) }
      return Self.bytes(end.writeRecord)
    },
    Format(
      name: "failure",
      encodings: [bytes(EntryFailureNotice(index: 5, code: .sourceUnreadable, message: "gone").write)]
    ) { bytes in
      var buffer = ByteBuffer(bytes: bytes)
      let notice = try EntryFailureNotice(readingFrom: &buffer)
      return Self.bytes(notice.write)
    },
    Format(
      name: "bulk header",
      encodings: [true, false].map { isCompressed in
        bytes { buffer in
          buffer.writeRepeatingByte(0, count: BulkHeader.byteCount)
          BulkHeader(kind: .chunk, isCompressed: isCompressed, rawByteCount: 5, index: 7, offset: 1 << 40)
            .write(to: &buffer, at: 0)
          buffer.writeString("12345")
        }
      }
    ) { bytes in
      var body = ByteBuffer(bytes: bytes)
      let header = try BulkHeader(readingFrom: &body, limit: 1 << 20)
      return Self.bytes { buffer in
        buffer.writeRepeatingByte(0, count: BulkHeader.byteCount)
        header.write(to: &buffer, at: 0)
        buffer.writeImmutableBuffer(body)
      }
    },
    Format(name: "control record", encodings: sessionMessages.map { $0.encoded() }) { bytes in
      try SessionMessage(decoding: bytes).encoded()
    },
    Format(name: "message of the rendezvous", encodings: rendezvousMessages.map { Array($0.encoded().utf8) }) { bytes in
      Array(try RendezvousMessage(decoding: String(decoding: bytes, as: UTF8.self)).encoded().utf8)
    },
    Format(name: "message of the handshake", encodings: handshakeMessages.map { Array($0.encoded().utf8) }) { bytes in
      Array(try HandshakeMessage(decoding: String(decoding: bytes, as: UTF8.self)).encoded().utf8)
    },
  ]

  @Test("What is written is read as the same", arguments: formats)
  func identity(format: Format) throws {
    for encoding in format.encodings { #expect(try format.recode(encoding) == encoding) }
  }

  @Test("Messages mean the same after a journey")
  func messages() throws {
    for message in Self.sessionMessages { #expect(try SessionMessage(decoding: message.encoded()) == message) }
    for message in Self.rendezvousMessages { #expect(try RendezvousMessage(decoding: message.encoded()) == message) }
    for message in Self.handshakeMessages { #expect(try HandshakeMessage(decoding: message.encoded()) == message) }
    var buffer = ByteBuffer()
    Self.page.write(to: &buffer)
    #expect(try ManifestPage(firstIndex: 77, readingFrom: &buffer) == Self.page)
    Self.answer.write(as: .verdict, to: &buffer)
    #expect(buffer.readInteger(as: UInt8.self) == RecordKind.verdict.rawValue)
    #expect(try PageAnswer(readingFrom: &buffer) == Self.answer)
  }

  @Test("A part of a message is no message", arguments: formats)
  func truncation(format: Format) {
    for encoding in format.encodings {
      for count in encoding.indices {
        // Of compressed data behind a header any part has the right form.
        if format.name == "bulk header", encoding[1] == 1, count >= BulkHeader.byteCount { continue }
        #expect(throws: P2PCopyError.self, "\(count) bytes") { try format.recode(Array(encoding[..<count])) }
      }
    }
  }

  @Test("Damage is refused or understood, in either case without a trap", arguments: formats)
  func mutation(format: Format) {
    var state: UInt64 = 0x5DEE_CE66_D123_4567
    func random(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(limit))
    }
    var refusals = 0
    for _ in 0..<20_000 {
      var encoding = format.encodings[random(format.encodings.count)]
      for _ in 0...random(4) {
        switch random(6) {
        case 0: encoding[random(encoding.count)] = UInt8(random(256))
        case 1: encoding[random(encoding.count)] = [0, 0x7F, 0x80, 0xFF][random(4)]
        case 2: encoding[random(encoding.count)] ^= 1 << UInt8(random(8))
        case 3: encoding.insert(UInt8(random(256)), at: random(encoding.count))
        case 4 where encoding.count > 1: encoding.remove(at: random(encoding.count))
        default:
          let start = random(encoding.count)
          let end = min(encoding.count, start + 1 + random(8))
          encoding.append(contentsOf: encoding[start..<end])
        }
      }
      do {
        let understood = try format.recode(encoding)
        // What was understood is stable, whatever was dropped on the way.
        #expect((try? format.recode(understood)) == understood)
      } catch {
        #expect((error as? P2PCopyError)?.code == .protocolViolation)
        refusals += 1
      }
    }
    #expect(refusals > 0)
  }
}

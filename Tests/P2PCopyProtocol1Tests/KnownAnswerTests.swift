import NIOCore
import P2PCopyCore
import P2PCopyProtocol1
import P2PCopyWire
import Testing

@Suite("Known answers of p2p-copy 0.1")
struct KnownAnswerTests {
  let answers: KnownAnswers

  init() throws {
    answers = try KnownAnswers.load()
  }

  @Test("The hash of a plain code")
  func codeHash() throws {
    #expect(answers.plainCodeHashes.count == 4)
    for (code, hash) in answers.plainCodeHashes {
      var checksum = ChainedChecksum()
      try PairingCode(code).withSecret { secret in
        _ = secret.withUnsafeBytes { checksum.update(with: $0) }
      }
      #expect(Hex.encode(checksum.current) == hash)
    }
  }

  @Test("The chain over a sequence of payloads")
  func chain() throws {
    var checksum = ChainedChecksum()
    for link in answers.chain {
      let payload =
        try link.payloadHex.map { try #require(Hex.decode($0)) }
        ?? (0..<16).flatMap { _ in (0...255).map { UInt8($0) } }
      #expect(Hex.encode(checksum.update(with: payload)) == link.chainHex)
    }
  }

  @Test("The chain over a file and over its beginning")
  func fileChain() throws {
    let step = Protocol1Suite.maximumChunkByteCount
    func chain(_ bytes: [UInt8]) -> String {
      var checksum = ChainedChecksum()
      for start in stride(from: 0, to: bytes.count, by: step) {
        checksum.update(with: Array(bytes[start..<min(bytes.count, start + step)]))
      }
      return Hex.encode(checksum.current)
    }
    for answer in answers.fileChains {
      let content = KnownAnswers.content(seed: answer.seed, length: answer.length)
      #expect(chain(content) == answer.chainHex)
      #expect(chain(Array(content.prefix(answer.prefixLimit))) == answer.prefixChainHex)
    }
  }

  @Test("A chunk's frame")
  func chunkFrame() throws {
    let frames = answers.chunkFrames
    #expect(!frames.isEmpty)
    for frame in frames {
      let payload = try #require(Hex.decode(frame.payloadHex))
      var checksum = ChainedChecksum()
      var buffer = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
      buffer.writeBytes(payload)
      RecordHeader(sequenceNumber: frame.seq, chain: checksum.update(with: payload)).write(to: &buffer, at: 0)
      #expect(Hex.encode(buffer.readableBytesView) == frame.frameHex)

      let header = try RecordHeader(readingFrom: &buffer)
      #expect(header.sequenceNumber == frame.seq)
      #expect(header.chain == checksum.current)
      #expect(Array(buffer.readableBytesView) == payload)
    }
  }

  @Test("A data message shorter than a header is refused")
  func shortChunk() {
    for count in 0..<RecordHeader.byteCount {
      var buffer = ByteBuffer(repeating: 0, count: count)
      #expect(throws: P2PCopyError.self) { try RecordHeader(readingFrom: &buffer) }
    }
  }
}

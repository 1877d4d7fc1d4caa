import P2PCopyCore
import P2PCopyWire
import TestSupport
import Testing

@Suite("Registry and negotiation")
struct NegotiationTests {
  private struct NamedCompressor: Compressor {
    var name: CodecName
    var summary: String { "for tests" }
    func maximumCompressedByteCount(for byteCount: Int) -> Int { byteCount }
    func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext {
      throw P2PCopyError(.internalError, "not for use")
    }
    func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
      throw P2PCopyError(.internalError, "not for use")
    }
  }

  private struct NamedDigest: Digest {
    var name: CodecName
    var summary: String { "for tests" }
    var byteCount: Int { 16 }
    func makeContext() throws(P2PCopyError) -> any DigestContext {
      throw P2PCopyError(.internalError, "not for use")
    }
  }

  private func registry(
    ciphers: [CodecName], compressors: [CodecName], digests: [CodecName] = ["d"]
  ) -> CodecRegistry {
    var registry = CodecRegistry()
    for name in digests { registry.register(NamedDigest(name: name)) }
    for name in ciphers { registry.register(NamedCipher(name: name)) }
    for name in compressors { registry.register(NamedCompressor(name: name)) }
    return registry
  }

  @Test("The sender's first that the receiver has is selected")
  func senderOrderDecides() throws {
    let sender = registry(ciphers: ["a", "b"], compressors: ["x", "y", "z"])
    let receiver = registry(ciphers: ["b", "a"], compressors: ["z", "y"])
    let selection = try CodecSelection(from: CodecOffer(sender), for: receiver)
    #expect(selection == CodecSelection(cipher: "a", compressor: "y", digest: "d"))
    try selection.check(against: CodecOffer(sender))
  }

  @Test("An offer lists accelerated ciphers first, and keeps the order of registration otherwise")
  func acceleratedFirst() {
    func offered(_ ciphers: [(CodecName, Bool)]) -> [CodecName] {
      var registry = CodecRegistry()
      for (name, isAccelerated) in ciphers {
        registry.register(NamedCipher(name: name, isAccelerated: isAccelerated))
      }
      return CodecOffer(registry).ciphers.map(\.name)
    }
    // The standard order: ChaCha20-Poly1305, which is never accelerated, before AES-GCM, which may be.
    #expect(offered([("chacha", false), ("aes", true)]) == ["aes", "chacha"])
    #expect(offered([("chacha", false), ("aes", false)]) == ["chacha", "aes"])
    #expect(offered([("a", false), ("b", true), ("c", false), ("d", true)]) == ["b", "d", "a", "c"])
    #expect(offered([("a", true), ("b", true)]) == ["a", "b"])
    #expect(offered([]) == [])
  }

  @Test("The sender's processor decides between two ciphers that both sides have")
  func sendersProcessorDecides() throws {
    for isAccelerated in [true, false] {
      var sender = registry(ciphers: [], compressors: [])
      sender.register(NamedCipher(name: "chacha", isAccelerated: false))
      sender.register(NamedCipher(name: "aes", isAccelerated: isAccelerated))
      let receiver = registry(ciphers: ["aes", "chacha"], compressors: [])
      let selection = try CodecSelection(from: CodecOffer(sender), for: receiver)
      #expect(selection.cipher == (isAccelerated ? "aes" : "chacha"))
    }
  }

  @Test("No compression is always common")
  func noneIsCommon() throws {
    let sender = registry(ciphers: ["a"], compressors: ["x"])
    let receiver = registry(ciphers: ["a"], compressors: [])
    #expect(try CodecSelection(from: CodecOffer(sender), for: receiver).compressor == .none)
  }

  @Test("No common cipher names both offers")
  func noCommonCipher() {
    let sender = registry(ciphers: ["a@here"], compressors: ["x"])
    let receiver = registry(ciphers: ["b@there"], compressors: ["x"])
    #expect {
      try CodecSelection(from: CodecOffer(sender), for: receiver)
    } throws: { error in
      guard let error = error as? P2PCopyError else { return false }
      return error.code == .noCommonCodec && error.message.contains("a@here") && error.message.contains("b@there")
    }
  }

  @Test("No common digest names both offers")
  func noCommonDigest() {
    let sender = registry(ciphers: ["a"], compressors: [], digests: ["d@here"])
    let receiver = registry(ciphers: ["a"], compressors: [], digests: ["e@there"])
    #expect {
      try CodecSelection(from: CodecOffer(sender), for: receiver)
    } throws: { error in
      guard let error = error as? P2PCopyError else { return false }
      return error.code == .noCommonCodec && error.message.contains("d@here") && error.message.contains("e@there")
    }
  }

  @Test("A selection that was not offered is refused")
  func selectionNotOffered() {
    let offer = CodecOffer(registry(ciphers: ["a"], compressors: ["x"]))
    for selection in [
      CodecSelection(cipher: "b", compressor: "x", digest: "d"),
      CodecSelection(cipher: "a", compressor: "y", digest: "d"),
      CodecSelection(cipher: "a", compressor: "x", digest: "e"),
    ] {
      #expect(throws: P2PCopyError.self) { try selection.check(against: offer) }
    }
  }

  @Test("Codec names", arguments: ["zstd", "aes-256-gcm", "brotli@example.org", String(repeating: "a", count: 64)])
  func validName(text: String) throws {
    #expect(try CodecName(validating: text).description == text)
  }

  @Test("Names that are none", arguments: ["", "Zstd", "a b", "a/b", "ü", "a\n", String(repeating: "a", count: 65)])
  func invalidName(text: String) {
    #expect(throws: P2PCopyError.self) { try CodecName(validating: text) }
  }

  @Test("Looked up by name, in order of registration")
  func lookup() {
    let registry = registry(ciphers: ["a", "b"], compressors: ["x"])
    #expect(registry.ciphers.map(\.name) == ["a", "b"])
    #expect(registry.cipher(named: "b")?.name == "b")
    #expect(registry.compressor(named: "y") == nil)
    #expect(registry.codecs(of: .compressor).map(\.name) == ["x"])
    #expect(registry.codecs(of: .transport).isEmpty)
  }

  @Test("A name registered twice is a programmer's mistake")
  func duplicateName() async {
    await #expect(processExitsWith: .failure) {
      var registry = CodecRegistry()
      registry.register(NamedCompressor(name: "x"))
      registry.register(NamedCompressor(name: "x"))
    }
  }
}

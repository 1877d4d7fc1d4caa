import Argon2id
import Crypto
import Foundation
import NIOCore
import P2PCopy
import P2PCopyWire
import TestSupport
import Testing

/// What the relay sees of a transfer, searched for everything that it must not see.
@Suite("What the relay sees")
struct CaptureTests {
  private static let channel = "7351"
  private static let secret = "zuvik-mojaw"
  private static let code = channel + "-" + secret

  @Test("Nothing of the secret, and nothing derived from it or the code alone; no name and no content")
  func capture() async throws {
    let folder = try TemporaryDirectory()
    let content = TestContent.random(100_000, seed: 9)
    let text = Array("the plain text of a file that compresses well, over and over\n".utf8)
    try folder.write(content, to: "zzsource-directory/zzname-of-a-file")
    try folder.write((0..<200).flatMap { _ in text }, to: "zzsource-directory/zzother-file")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("zzsource-directory/zzname-of-a-link"), withDestinationPath: "zztarget-of-a-link")

    var codecs = CodecRegistry()
    for cipher in QuickTransfer.quickCodecs.ciphers { codecs.register(cipher) }
    for exchange in QuickTransfer.quickCodecs.keyExchanges { codecs.register(exchange) }
    for digest in QuickTransfer.quickCodecs.digests { codecs.register(digest) }
    for compressor in QuickTransfer.quickCodecs.compressors { codecs.register(compressor) }
    codecs.register(Argon2idKeyDeriver())
    var transfer = QuickTransfer(codecs: codecs)
    transfer.senderCode = Self.code
    transfer.receiverCode = Self.code
    try await transfer.succeed([folder.path("zzsource-directory")], into: folder.path("out"))

    let addresses = transfer.tap.endpoints.map(\.address)
    let rendezvous = CodeStretching.rendezvous(channel: Array(Self.channel.utf8))
    #expect(addresses == ["relay:80/?rendezvous=" + rendezvous, "relay:80/?rendezvous=" + rendezvous])

    var seen = [Data(addresses.joined().utf8)]
    var texts: [String] = []
    for message in transfer.tap.sent {
      switch message {
      case .text(let text):
        texts.append(text)
        seen.append(Data(text.utf8))
      case .binary(let buffer): seen.append(Data(buffer.readableBytesView))
      }
    }
    // The search finds what is there: the rendezvous id, in both hellos and both addresses.
    #expect(Self.count(of: Data(rendezvous.utf8), in: seen) == 4)
    #expect(texts.count == 5)
    for (name, needle) in try Self.needles() {
      #expect(Self.count(of: needle, in: seen) == 0, "\(name)")
    }
    for name in ["zzsource", "zzname", "zzother", "zztarget", folder.path("")] {
      #expect(Self.count(of: Data(name.utf8), in: seen) == 0, "\(name)")
    }
    for start in stride(from: 0, to: content.count - 16, by: 9973) {
      #expect(Self.count(of: Data(content[start..<start + 16]), in: seen) == 0, "content from \(start)")
    }
    #expect(Self.count(of: Data(text.prefix(16)), in: seen) == 0)
    // Nor the digest of the content, by which it could be recognized.
    #expect(Self.count(of: Data(SHA256.hash(data: content)), in: seen) == 0)
  }

  private static func count(of needle: Data, in haystacks: [Data]) -> Int {
    haystacks.reduce(0) { count, haystack in
      var count = count
      var start = haystack.startIndex
      while let range = haystack.range(of: needle, in: start..<haystack.endIndex) {
        count += 1
        start = range.upperBound
      }
      return count
    }
  }

  /// Everything that must not be seen, raw and in the usual texts.
  private static func needles() throws -> [(String, Data)] {
    var raw: [(String, [UInt8])] = []
    var needles: [(String, Data)] = []
    for text in [secret, code] + secret.split(separator: "-").map(String.init) {
      needles.append((text, Data(text.utf8)))
      needles.append(("\(text) in capitals", Data(text.uppercased().utf8)))
      let data = Data(text.utf8)
      raw.append(("SHA-256 of \(text)", Array(SHA256.hash(data: data))))
      raw.append(("SHA-512 of \(text)", Array(SHA512.hash(data: data))))
      raw.append(("SHA-1 of \(text)", Array(Insecure.SHA1.hash(data: data))))
      raw.append(("MD5 of \(text)", Array(Insecure.MD5.hash(data: data))))
    }
    let first: KeyDerivationCost = ["iterations": 3, "memory-kibibytes": 32768, "parallelism": 8]
    let salts: [(String, [UInt8], KeyDerivationCost)] = [
      ("code hash of protocol 1", Array("code_hash used for hello-match".utf8), first),
      ("key of protocol 1", Array("cipher used for E2E-encryption".utf8), first),
      ("rendezvous", Array("p2p-copy/2 rendezvous".utf8), CodeStretching.cost),
      ("password", CodeStretching.passwordSalt(channel: Array(channel.utf8)), CodeStretching.cost),
      ("password without a channel", CodeStretching.passwordSalt(channel: []), CodeStretching.cost),
    ]
    for text in [secret, code] {
      for (name, salt, cost) in salts {
        for byteCount in [32, 48] {
          let derived = try Argon2idKeyDeriver().deriveKey(
            from: SecretBytes(copying: text.utf8Span.span.bytes), salt: salt.span.bytes, cost: cost,
            byteCount: byteCount)
          raw.append(("\(name) of \(text), \(byteCount) bytes", derived.withUnsafeBytes { Array($0) }))
        }
      }
    }
    for (name, bytes) in raw {
      // Half of it would be too much as well.
      let data = Data(bytes.prefix(bytes.count / 2))
      needles.append((name, data))
      needles.append(("\(name), hexadecimal", Data(Hex.encode(data).utf8)))
      needles.append(("\(name), hexadecimal capitals", Data(Hex.encode(data).uppercased().utf8)))
      needles.append(("\(name), base64", Data(data.base64EncodedString().utf8.prefix(10))))
    }
    return needles
  }
}

import NIOCore
import P2PCopy
import P2PCopyProtocol1
import P2PCopyTesting
import TestSupport
import Testing

/// The encrypted session in the Python tool's known answers: code `demo`, start nonce 00 … 1f, a file of 11 bytes of
/// which the receiver has 5.
@Suite("The known encrypted session")
struct KnownSessionTests {
  static let codeHash = "597f45d1c5dec29c6384ac70c5474bcf0028a7368a44b00ef858bf1b260c75d7"
  static let manifest =
    #"{"type":"enc_manifest","nonce":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","hidden_manifest":""#
    + "c57df3f371a6850ff2f3ff47120480e55d33855c99a1c263fd7cc5da0799369ff7559beeaff71ea933aec214c03b0e4d4828aed065122b7943e"
    + "4746451d28970d5bb8d079caa40a6f1492b5f61392c52a8c6368e7c3f04a87d65ddbf0062d266e0906eb83d35e71afa09b7bd5b3c3b114af41d"
    + #"a0c267"}"#
  static let receiverManifest =
    #"{"type":"enc_receiver_manifest","hidden_manifest":""#
    + "8b1c07ef587cd4e725f80c62fece3a137b5f8146280bf34639cd0477e46bc0998ea906d0bd95bf06f222bd3a68b1ee690cd512cb69b475ad6ae"
    + "5deca2f9cd1a834ed003e8549b1acb486901eac67d8e19da4226694f41083b0b5a760bde3e58bdf2d4819e64022fa2670fd092a1a01268dc92b"
    + #"8db555d9a0f8bcb927a3ace530d9705de7ce0c9088af16f73e4fd09973600f7b838ac0b469999656f4273f64fabef19333ca"}"#
  static let file =
    #"{"type":"enc_file","hidden_file":""#
    + "7900d4c30a1b00b8f93e114ab3811cb2397d2c11340b7a034455747054cfc46c67f0df04f7f051b09c709488254a71ccbb6ee595ee3d9a6cf28"
    + #"48d1241763a2230c576a5a3ab01f4c64976288e04f3b482e388880617566a2835faa76339b7daa4"}"#
  static let chunk =
    "0000000000000000045f13dd864bafaad0dd977ac971de549b090cb2836f061d0779b26dd9bb8f4b8af404249a06491627d84603ebd7670680f3"
    + "dadc411c"

  @Test("Our receiver answers it to the byte and completes the file", arguments: [false, true])
  func receive(partIsUnderFinalName: Bool) async throws {
    let folder = try TemporaryDirectory()
    let partName = partIsUnderFinalName ? "out/dir/a.txt" : "out/dir/.a.txt.p2p-copy-partial"
    try folder.write(Array("hello".utf8), to: partName)
    var transfer = InMemoryTransfer(.one)
    transfer.code = "demo"
    transfer.receiveOptions.encrypt = true
    transfer.receiveOptions.completesFiles = partIsUnderFinalName
    let receiver = try transfer.receiver()
    async let received = receiver.receive(into: folder.path("out"))

    let peer = try await InMemoryPeer.connect(
      as: .sender, to: transfer.relay, codeHash: try #require(Hex.decode(Self.codeHash)))
    try await peer.send(text: Self.manifest)
    #expect(try await peer.receiveText() == Self.receiverManifest)
    try await peer.send(text: Self.file)
    try await peer.send(binary: try #require(Hex.decode(Self.chunk)))
    try await peer.send(.fileEnd)
    try await peer.send(.end)
    await peer.finish()

    let summary = try await received
    #expect(summary.completeFileCount == 2)
    #expect(try folder.tree("out") == ["dir/a.txt": Array("hello world".utf8), "b.bin": []])
  }

  @Test("Any flipped bit of a sealed message is refused, and nothing gets a final name")
  func flippedBits() async throws {
    for (index, bit) in [(0, 1), (20, 4), (38, 128), (40, 1), (47, 16), (60, 128), (61, 2)] {
      let folder = try TemporaryDirectory()
      try folder.write(Array("hello".utf8), to: "out/dir/.a.txt.p2p-copy-partial")
      var transfer = InMemoryTransfer(.one)
      transfer.code = "demo"
      transfer.receiveOptions.encrypt = true
      let receiver = try transfer.receiver()
      async let received = result { try await receiver.receive(into: folder.path("out")) }
      let peer = try await InMemoryPeer.connect(
        as: .sender, to: transfer.relay, codeHash: try #require(Hex.decode(Self.codeHash)))
      try await peer.send(text: Self.manifest)
      _ = try await peer.receiveText()
      try await peer.send(text: Self.file)
      var chunk = try #require(Hex.decode(Self.chunk))
      chunk[index] ^= UInt8(bit)
      try await peer.send(binary: chunk)
      await peer.finish()
      let code = await received.errorCode
      #expect(code == (index < 40 ? .checksumMismatch : .wrongCode), "byte \(index)")
      #expect(folder.read("out/dir/a.txt") == nil)
      #expect(folder.read("out/dir/.a.txt.p2p-copy-partial") == Array("hello".utf8))
    }
  }
}

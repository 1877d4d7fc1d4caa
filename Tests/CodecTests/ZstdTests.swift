import P2PCopyCore
import P2PCopyTesting
import P2PCopyWire
import Testing
import Zstd

@Suite struct ZstdTests {
  @Test("Conforms", arguments: [ZstdCompressor.defaultLevel, -5, 1, 12])
  func conforms(level: Int) async throws {
    await checkCompressor(try ZstdCompressor(level: level))
  }

  @Test("Levels of the library are accepted and no others")
  func levelsOfTheLibraryAreAcceptedAndNoOthers() throws {
    #expect(ZstdCompressor().level == 3)
    #expect(try ZstdCompressor(level: ZstdCompressor.levels.lowerBound).level < 0)
    #expect(try ZstdCompressor(level: ZstdCompressor.levels.upperBound).level == 22)
    for level in [Int.min, ZstdCompressor.levels.lowerBound - 1, 23, Int.max] {
      let error = #expect(throws: P2PCopyError.self) { try ZstdCompressor(level: level) }
      #expect(error?.code == .usage)
    }
  }

  @Test("The level can be set by name")
  func theLevelCanBeSetByName() throws {
    for level in [ZstdCompressor.levels.lowerBound, -1, 9, 22] {
      #expect(try ZstdCompressor().setting("level", to: .integer(level)).level == level)
    }
    let others = [("level", 23), ("level", Int.min), ("level", Int.max), ("Level", 3), ("", 3), ("window", 3)]
    for (parameter, value) in others {
      let error = #expect(throws: P2PCopyError.self) { try ZstdCompressor().setting(parameter, to: .integer(value)) }
      #expect(error?.code == .usage)
    }
  }

  @Test("A registry passes the level on")
  func aRegistryPassesTheLevelOn() throws {
    var registry = CodecRegistry(plugins: [ZstdCompressor.self])
    try registry.set("level", of: "zstd", to: .integer(7))
    #expect(registry.compressor(named: "zstd")?.parameters.first?.value == .integer(7))
    #expect(CodecOffer(registry).compressors.first?.parameters == ["level": 7])
  }

  /// Made with python-zstandard 0.25 (libzstd 1.5.7), which the Python tool uses.
  @Test(
    "Frames of others are read",
    arguments: [
      "28b52ffd202cf50000c07065657220746f202c206368756e6b206279206368756e6b0100a30b17",
      // Without its size, with a checksum, level 19.
      "28b52ffd0400f50000c07065657220746f202c206368756e6b206279206368756e6b0100e9cb051730bae0",
      // From a stream.
      "28b52ffd0058f50000c07065657220746f202c206368756e6b206279206368756e6b0100a30b17",
    ])
  func framesOfOthersAreRead(frame: String) throws {
    let bytes = try #require(Hex.decode(frame))
    #expect(try ZstdCompressor().decompressed(bytes, room: 44) == text)
    #expect(try ZstdCompressor().decompressed(bytes, room: 5000) == text)
  }

  @Test("Header holds the size and no checksum")
  func headerHoldsTheSizeAndNoChecksum() throws {
    for count in [0, 44, 300, 70_000, 1 << 20] {
      let frame = try ZstdCompressor().compressed([UInt8](repeating: 7, count: count))
      #expect(frame[..<4] == [0x28, 0xB5, 0x2F, 0xFD])
      let descriptor = frame[4]
      #expect(descriptor & 0x04 == 0, "a checksum flag")
      #expect(descriptor & 0x03 == 0, "a dictionary")
      // Frame_Header_Descriptor: the upper two bits say how long the size field is, none means one byte only
      // together with the single segment flag (RFC 8878, section 3.1.1.1).
      #expect(descriptor >> 6 != 0 || descriptor & 0x20 != 0, "no content size for \(count) bytes")
    }
  }

  @Test("An empty frame is empty and nothing is no frame")
  func anEmptyFrameIsEmptyAndNothingIsNoFrame() throws {
    let empty = try #require(Hex.decode("28b52ffd2000010000"))
    #expect(try ZstdCompressor().decompressed(empty, room: 0) == [])
    #expect(try ZstdCompressor().compressed([]) == empty)
    expectCorrupt([], room: 100)
  }

  @Test("Other frames are refused")
  func otherFramesAreRefused() throws {
    let frame = try ZstdCompressor().compressed(text)
    expectCorrupt(frame + frame, room: 1000)
    // A skippable frame (RFC 8878, section 3.1.2), alone and around a standard one.
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    expectCorrupt(skippable, room: 1000)
    expectCorrupt(skippable + frame, room: 1000)
    expectCorrupt(frame + skippable, room: 1000)
    // The format before the standard, v0.7.
    expectCorrupt([0x27, 0xB5, 0x2F, 0xFD] + frame[4...], room: 1000)
  }

  @Test("A bomb without a size stops at the room")
  func aBombWithoutASizeStopsAtTheRoom() {
    expectCorrupt(bomb(windowDescriptor: 0x50), room: 1 << 20)
  }

  @Test("A window beyond the limit is refused")
  func aWindowBeyondTheLimitIsRefused() throws {
    // 2²⁷ is the most; the content fits in both cases.
    #expect(
      try ZstdCompressor().decompressed(bomb(windowDescriptor: 17 << 3, blocks: 1), room: 1 << 20).count == 1 << 17)
    expectCorrupt(bomb(windowDescriptor: 18 << 3, blocks: 1), room: 1 << 20)
  }

  @Test("A claimed size beyond the room is refused")
  func aClaimedSizeBeyondTheRoomIsRefused() throws {
    // A single segment that claims 2⁶³ bytes.
    expectCorrupt([0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x80, 1, 0, 0], room: 1 << 20)
  }

  private let text = Array("peer to peer to peer to peer, chunk by chunk".utf8)

  /// A frame without content size whose blocks repeat one byte 128 KiB times: 4 bytes a block.
  private func bomb(windowDescriptor: UInt8, blocks: Int = 8192) -> [UInt8] {
    var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, windowDescriptor]
    for number in 1...blocks {
      // Block_Header: last block, type RLE, size.
      let header: UInt32 = (number == blocks ? 1 : 0) | 1 << 1 | (128 << 10) << 3
      frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16), 0]
    }
    return frame
  }

  private func expectCorrupt(_ input: [UInt8], room: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: P2PCopyError.self, sourceLocation: sourceLocation) {
      try ZstdCompressor().decompressed(input, room: room)
    }
    #expect(error?.code == .corruptData, sourceLocation: sourceLocation)
  }
}

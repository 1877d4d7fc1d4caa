#if LZ4
  import LZ4
  import P2PCopyCore
  import P2PCopyTesting
  import Testing

  @Suite struct LZ4Tests {
    @Test("Conforms", arguments: [1, 50])
    func conforms(acceleration: Int) async throws {
      await checkCompressor(try LZ4Compressor(acceleration: acceleration))
    }

    @Test("Accelerations of the library are accepted and no others")
    func accelerationsOfTheLibraryAreAcceptedAndNoOthers() throws {
      #expect(LZ4Compressor().acceleration == 1)
      #expect(try LZ4Compressor(acceleration: 65_537).acceleration == 65_537)
      for acceleration in [Int.min, 0, 65_538, Int.max] {
        let error = #expect(throws: P2PCopyError.self) { try LZ4Compressor(acceleration: acceleration) }
        #expect(error?.code == .usage)
      }
    }

    @Test("The acceleration can be set by name")
    func theAccelerationCanBeSetByName() throws {
      for acceleration in [1, 9, 65_537] {
        #expect(try LZ4Compressor().setting("acceleration", to: .integer(acceleration)).acceleration == acceleration)
      }
      let others = [("acceleration", 0), ("acceleration", 65_538), ("acceleration", Int.min), ("level", 1), ("", 1)]
      for (parameter, value) in others {
        let error = #expect(throws: P2PCopyError.self) { try LZ4Compressor().setting(parameter, to: .integer(value)) }
        #expect(error?.code == .usage)
      }
    }

    @Test("A chunk is its size and one block")
    func aChunkIsItsSizeAndOneBlock() throws {
      // The token 0xB0 stands for eleven literals and the end of the block.
      let chunk: [UInt8] = [11, 0, 0, 0, 0xB0] + Array("hello world".utf8)
      #expect(try LZ4Compressor().compressed(Array("hello world".utf8)) == chunk)
      #expect(try LZ4Compressor().decompressed(chunk, room: 11) == Array("hello world".utf8))
      #expect(try LZ4Compressor().compressed([]) == [0, 0, 0, 0, 0])
      #expect(try LZ4Compressor().decompressed([0, 0, 0, 0, 0], room: 0) == [])
    }

    @Test(
      "Other chunks are refused",
      arguments: [
        [],
        [0, 0, 0, 0],
        // Claims more, less, and far more than the block holds.
        [12, 0, 0, 0, 0xB0] + Array("hello world".utf8),
        [10, 0, 0, 0, 0xB0] + Array("hello world".utf8),
        [0xFF, 0xFF, 0xFF, 0xFF, 0xB0] + Array("hello world".utf8),
        // A match that reaches back before the beginning.
        [20, 0, 0, 0, 0x14, 0x41, 0xFF, 0xFF, 0x50, 1, 2, 3, 4, 5],
      ] as [[UInt8]])
    func otherChunksAreRefused(chunk: [UInt8]) {
      let error = #expect(throws: P2PCopyError.self) { try LZ4Compressor().decompressed(chunk, room: 4096) }
      #expect(error?.code == .corruptData)
    }

    @Test("Registers")
    func registers() {
      let registry = CodecRegistry(plugins: [LZ4Compressor.self])
      #expect(registry.compressors.map(\.name) == ["lz4"])
      #expect(registry.compressors[0].parameters.map(\.name) == ["acceleration"])
    }
  }
#endif

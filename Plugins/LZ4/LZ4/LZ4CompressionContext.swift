#if LZ4
  import CLZ4
  import P2PCopyCore

  /// The library's hash table, reused for every chunk.
  final class LZ4CompressionContext: CompressionContext {
    private let state: UnsafeMutableRawPointer
    private let acceleration: Int32

    init(acceleration: Int) {
      state = .allocate(byteCount: Int(LZ4_sizeofState()), alignment: 16)
      self.acceleration = Int32(clamping: acceleration)
    }

    deinit {
      state.deallocate()
    }

    func compress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
      guard input.byteCount <= LZ4Chunk.maximumRawByteCount else {
        throw P2PCopyError(
          .internalError, "lz4 takes at most \(LZ4Chunk.maximumRawByteCount) bytes at once, not \(input.byteCount)")
      }
      try output.appendBytes(from: input) { source, room throws(P2PCopyError) in
        let block = UnsafeMutableRawBufferPointer(rebasing: room.dropFirst(LZ4Chunk.headerByteCount))
        let count =
          block.isEmpty
          ? 0
          : LZ4_compress_fast_extState(
            state, source.baseAddress, block.baseAddress, Int32(source.count), Int32(clamping: block.count),
            acceleration)
        guard count > 0 else {
          throw P2PCopyError(.internalError, "lz4 could not compress \(source.count) bytes: the room is too small")
        }
        room.storeBytes(of: UInt32(source.count).littleEndian, as: UInt32.self)
        return LZ4Chunk.headerByteCount + Int(count)
      }
    }
  }
#endif

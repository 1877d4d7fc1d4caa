#if LZ4
  import CLZ4
  import P2PCopyCore

  /// Decompression needs no state; the class is there for the protocol.
  final class LZ4DecompressionContext: DecompressionContext {
    func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
      guard input.byteCount > LZ4Chunk.headerByteCount, input.byteCount <= Int(Int32.max) else {
        throw refusal("it is too short or too long")
      }
      let header = input.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
      let claimed = Int(UInt32(littleEndian: header))
      guard claimed <= min(output.freeCapacity, LZ4Chunk.maximumRawByteCount) else {
        throw refusal("it claims \(claimed) bytes where \(output.freeCapacity) are allowed")
      }
      try output.appendBytes(from: input) { source, room throws(P2PCopyError) in
        let block = UnsafeRawBufferPointer(rebasing: source[LZ4Chunk.headerByteCount...])
        // The library checks every step against both ends, and refuses a block that does not end with the input.
        let count = LZ4_decompress_safe(block.baseAddress, room.baseAddress, Int32(block.count), Int32(claimed))
        guard count == claimed else { throw refusal("its block is damaged") }
        return claimed
      }
    }

    private func refusal(_ why: String) -> P2PCopyError {
      P2PCopyError(.corruptData, "an lz4 chunk cannot be decompressed: \(why)", remedy: .sendAgain)
    }
  }
#endif

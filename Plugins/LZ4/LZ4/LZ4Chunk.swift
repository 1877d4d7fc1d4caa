#if LZ4
  import CLZ4

  /// The format of a chunk; ``LZ4Compressor`` describes it.
  enum LZ4Chunk {
    /// Bytes of the raw size in front.
    static let headerByteCount = 4

    /// The most raw bytes that the library takes in one block.
    static let maximumRawByteCount = Int(LZ4_MAX_INPUT_SIZE)
  }
#endif

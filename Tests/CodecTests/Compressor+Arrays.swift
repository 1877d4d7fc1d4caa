import P2PCopyCore

extension Compressor {
  /// Compresses with a fresh context.
  func compressed(_ input: [UInt8]) throws -> [UInt8] {
    let context = try makeCompressionContext()
    return try [UInt8](rawCapacity: maximumCompressedByteCount(for: input.count)) { output in
      try context.compress(input.span.bytes, into: &output)
    }
  }

  /// Decompresses with a fresh context.
  func decompressed(_ input: [UInt8], room: Int) throws -> [UInt8] {
    let context = try makeDecompressionContext()
    return try [UInt8](rawCapacity: room) { output in
      try context.decompress(input.span.bytes, into: &output)
    }
  }
}

extension [UInt8] {
  fileprivate init(rawCapacity: Int, _ body: (inout OutputRawSpan) throws -> Void) throws {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: rawCapacity, alignment: 16)
    defer { memory.deallocate() }
    var output = OutputRawSpan(buffer: memory, initializedCount: 0)
    do {
      try body(&output)
    } catch {
      _ = output.finalize(for: memory)
      throw error
    }
    self.init(memory[..<output.finalize(for: memory)])
  }
}

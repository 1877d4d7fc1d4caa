import P2PCopyCore
import P2PCopyFiles

/// The chained checksum over the beginning of a file in steps of 1 MiB, which tells whether two files begin the same.
enum PrefixChecksum {
  /// Computes it, looking for cancellation now and then.
  ///
  /// - Parameters:
  ///   - descriptor: An open file.
  ///   - byteCount: How much of it, at most.
  /// - Returns: The chain, and how many bytes it covers: fewer than asked for when the file is shorter.
  /// - Throws: ``SystemError`` or `CancellationError`.
  static func compute(
    over descriptor: borrowing FileDescriptor, byteCount: Int64
  ) throws -> (chain: [UInt8], byteCount: Int64) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Protocol1Suite.maximumChunkByteCount, alignment: 4096)
    defer { memory.deallocate() }
    var checksum = ChainedChecksum()
    var offset: Int64 = 0
    while offset < byteCount {
      try Task.checkCancellation()
      let wanted = Int(min(Int64(memory.count), byteCount - offset))
      let count = try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted]), at: offset)
      if count == 0 { break }
      checksum.update(with: UnsafeRawBufferPointer(rebasing: memory[..<count]))
      offset += Int64(count)
      if count < wanted { break }
    }
    return (checksum.current, offset)
  }
}

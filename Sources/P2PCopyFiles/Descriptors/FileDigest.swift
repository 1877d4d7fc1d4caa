package import P2PCopyCore

/// Digests of what lies in files.
package enum FileDigest {
  /// Feeds the beginning of a file to a digest, looking for cancellation now and then.
  ///
  /// - Parameters:
  ///   - context: The digest.
  ///   - descriptor: An open file.
  ///   - byteCount: How much of it, at most.
  /// - Returns: How many bytes there were.
  /// - Throws: ``SystemError``, ``P2PCopyError`` or `CancellationError`.
  package static func update(
    _ context: any DigestContext, over descriptor: borrowing FileDescriptor, byteCount: Int64
  ) throws -> Int64 {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Int(min(byteCount, Int64(1 << 20))), alignment: 4096)
    defer { memory.deallocate() }
    var offset: Int64 = 0
    while offset < byteCount {
      try Task.checkCancellation()
      let wanted = Int(min(Int64(memory.count), byteCount - offset))
      let count = try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted]), at: offset)
      let bytes = UnsafeRawBufferPointer(rebasing: memory[..<count])
      try context.update(RawSpan(_unsafeBytes: bytes))
      offset += Int64(count)
      if count < wanted { break }
    }
    return offset
  }
}

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
    try update(context, byteCount: byteCount) { memory, offset in
      let count = try descriptor.read(into: memory, at: offset)
      return (count, count < memory.count)
    }
  }

  /// Feeds what a reader gives, looking for cancellation now and then.
  ///
  /// - Parameters:
  ///   - context: The digest.
  ///   - byteCount: How much, at most.
  ///   - read: Fills memory from its beginning with what lies so many bytes behind the start, and says how many bytes there
  ///     were and whether they were the last.
  /// - Returns: How many bytes there were.
  /// - Throws: What `read` throws, ``P2PCopyError`` or `CancellationError`.
  package static func update(
    _ context: any DigestContext, byteCount: Int64,
    _ read: (_ memory: UnsafeMutableRawBufferPointer, _ offset: Int64) throws -> (count: Int, isLast: Bool)
  ) throws -> Int64 {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Int(min(byteCount, Int64(1 << 20))), alignment: 4096)
    defer { memory.deallocate() }
    var offset: Int64 = 0
    while offset < byteCount {
      try Task.checkCancellation()
      let wanted = Int(min(Int64(memory.count), byteCount - offset))
      let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted])
      let (count, isLast) = try read(part, offset)
      try context.update(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: part[..<count])))
      offset += Int64(count)
      if isLast { break }
    }
    return offset
  }
}

extension OutputRawSpan {
  /// Appends what a C function writes, given the bytes of an input. Nothing is copied or allocated.
  ///
  /// ```swift
  /// try output.appendBytes(from: input) { source, room throws(P2PCopyError) in
  ///   let count = my_compress(source.baseAddress, source.count, room.baseAddress, room.count)
  ///   guard count > 0 else { throw P2PCopyError(.internalError, "…") }
  ///   return count
  /// }
  /// ```
  ///
  /// The base addresses can be given to `void *`, `char *` and `unsigned char *` alike.
  ///
  /// - Parameters:
  ///   - input: What to read.
  ///   - write: Gets the bytes of `input`, and the room behind what the span holds already. Returns how many bytes of the
  ///     room it has filled, from its beginning on. Both pointers are valid during the call only.
  /// - Throws: What `write` throws, and nothing counts as appended then; ``P2PCopyError`` with code
  ///   ``P2PCopyError/Code/internalError`` when it says that it filled more than there was room for.
  public mutating func appendBytes(
    from input: RawSpan,
    _ write: (_ source: UnsafeRawBufferPointer, _ room: UnsafeMutableRawBufferPointer) throws(P2PCopyError) -> Int
  ) throws(P2PCopyError) {
    try input.withUnsafeBytes { source throws(P2PCopyError) in
      try appendBytes { room throws(P2PCopyError) in try write(source, room) }
    }
  }

  /// Appends what a C function writes.
  ///
  /// - Parameter write: Gets the room behind what the span holds already. Returns how many bytes of it it has filled, from
  ///   its beginning on.
  /// - Throws: As ``appendBytes(from:_:)``.
  public mutating func appendBytes(
    _ write: (_ room: UnsafeMutableRawBufferPointer) throws(P2PCopyError) -> Int
  ) throws(P2PCopyError) {
    try withUnsafeMutableBytes { memory, used throws(P2PCopyError) in
      let room = UnsafeMutableRawBufferPointer(rebasing: memory[used...])
      let count = try write(room)
      guard (0...room.count).contains(count) else {
        throw P2PCopyError(.internalError, "a codec claims to have written \(count) bytes into a room of \(room.count)")
      }
      used += count
    }
  }
}

extension SecretBytes {
  /// Makes a secret that a C function derives from another one. Nothing is copied.
  ///
  /// ```swift
  /// try SecretBytes(byteCount: 32, from: password, salt) { password, salt, room throws(P2PCopyError) in
  ///   let status = my_derive(
  ///     password.baseAddress, password.count, salt.baseAddress, salt.count, room.baseAddress, room.count)
  ///   guard status == 0 else { throw P2PCopyError(.internalError, "…") }
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - byteCount: 0 or more.
  ///   - secret: What to derive from.
  ///   - input: What else to read, such as a salt.
  ///   - write: Gets the bytes of both, and room for `byteCount` bytes, zero at first, all of which become the secret. The
  ///     pointers are valid during the call only.
  /// - Throws: What `write` throws; the memory is wiped then too.
  public init(
    byteCount: Int, from secret: borrowing SecretBytes, _ input: RawSpan,
    _ write: (
      _ secret: UnsafeRawBufferPointer, _ input: UnsafeRawBufferPointer, _ room: UnsafeMutableRawBufferPointer
    ) throws(P2PCopyError) -> Void
  ) throws(P2PCopyError) {
    try self.init(byteCount: byteCount) { (memory: inout MutableRawSpan) throws(P2PCopyError) in
      try secret.withUnsafeBytes { secret throws(P2PCopyError) in
        try input.withUnsafeBytes { input throws(P2PCopyError) in
          try memory.withUnsafeMutableBytes { room throws(P2PCopyError) in try write(secret, input, room) }
        }
      }
    }
  }

  /// The same from two secrets.
  package init(
    byteCount: Int, from secret: borrowing SecretBytes, _ other: borrowing SecretBytes,
    _ write: (
      _ secret: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer, _ room: UnsafeMutableRawBufferPointer
    ) throws(P2PCopyError) -> Void
  ) throws(P2PCopyError) {
    self = try other.withUnsafeBytes { (other) throws(P2PCopyError) in
      try SecretBytes(byteCount: byteCount, from: secret, RawSpan(_unsafeBytes: other), write)
    }
  }
}

import CSystemCalls
package import P2PCopyCore
package import P2PCopyPlatform

extension OpenSourceFile {
  /// How much of a file whose size cannot be relied on is read into memory.
  private static let maximumByteCount: Int64 = 64 << 20

  /// The file, or a copy in memory when its size cannot be relied on: protocol 1 announces sizes and keeps to them.
  ///
  /// - Returns: A file whose size tells how much there is to read.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``, also when it is too large for memory.
  package func inMemoryIfNeeded() throws(P2PCopyError) -> OpenSourceFile {
    guard try !hasReliableSize() else { return self }
    let number = p2p_copy_make_memory_file()
    guard number >= 0 else { throw Self.explain(.last, source) }
    let copy = FileDescriptor(owning: number)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { memory.deallocate() }
    var byteCount: Int64 = 0
    do throws(SystemError) {
      while true {
        let count = try descriptor.readNext(into: memory)
        if count == 0 { break }
        try copy.write(UnsafeRawBufferPointer(rebasing: memory[..<count]), at: byteCount)
        byteCount += Int64(count)
        guard byteCount <= Self.maximumByteCount else { throw SystemError(number: EFBIG) }
      }
    } catch {
      guard error.number == EFBIG else { throw Self.explain(error, source) }
      throw P2PCopyError(
        .sourceUnreadable,
        "cannot send '\(DisplayText.escaped(source.location))': nothing says how large it is, and it is more than"
          + " \(Self.maximumByteCount >> 20) MiB, which is what protocol 1 can send of that kind",
        remedy: .useProtocol2, scope: .entry, cause: error)
    }
    return OpenSourceFile(self, copiedTo: copy, byteCount: byteCount)
  }
}

extension FileDescriptor {
  /// Reads what comes next, for files that know no offsets.
  ///
  /// - Returns: How many bytes; 0 at the end.
  /// - Throws: ``SystemError``.
  package func readNext(into memory: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = Glibc.read(number, memory.baseAddress, memory.count)
      if count >= 0 { return count }
      let error = SystemError.last
      guard error.number == EINTR else { throw error }
    }
  }
}

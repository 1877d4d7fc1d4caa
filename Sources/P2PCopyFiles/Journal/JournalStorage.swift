package import P2PCopyPlatform

/// The bytes that a journal lies in. Its own type, so that a test can lose what was not synchronised.
package protocol JournalStorage: Sendable {
  /// How many bytes there are.
  ///
  /// - Throws: ``SystemError``.
  func byteCount() throws(SystemError) -> Int64

  /// Reads at an offset until the memory is full or the bytes end.
  ///
  /// - Parameters:
  ///   - memory: Where to put what is read.
  ///   - offset: Where to begin.
  /// - Returns: How many bytes were read.
  /// - Throws: ``SystemError``.
  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int

  /// Writes all of the memory at an offset.
  ///
  /// - Parameters:
  ///   - memory: The bytes.
  ///   - offset: Where they belong.
  /// - Throws: ``SystemError``; some of them may have been written then.
  func write(_ memory: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError)

  /// Cuts the bytes off behind an offset.
  ///
  /// - Parameter byteCount: How many stay.
  /// - Throws: ``SystemError``.
  func truncate(to byteCount: Int64) throws(SystemError)

  /// Makes sure that what was written outlasts the machine.
  ///
  /// - Throws: ``SystemError``.
  func synchronize() throws(SystemError)
}

/// A journal's open and locked file.
package final class JournalFile: JournalStorage {
  private let descriptor: FileDescriptor

  package init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }

  package func byteCount() throws(SystemError) -> Int64 { try descriptor.status().byteCount }

  package func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    try descriptor.read(into: memory, at: offset)
  }

  package func write(_ memory: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
    try descriptor.write(memory, at: offset)
  }

  package func truncate(to byteCount: Int64) throws(SystemError) { try descriptor.truncate(to: byteCount) }

  package func synchronize() throws(SystemError) {
    guard fdatasync(descriptor.number) == 0 else { throw .last }
  }
}

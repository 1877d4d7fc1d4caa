package import NIOCore
package import P2PCopyFiles
package import P2PCopyPlatform

extension ByteBuffer {
  /// Appends bytes of a file.
  ///
  /// - Returns: How many: fewer than wanted only at the end of the file.
  package mutating func readFile(
    _ descriptor: borrowing P2PCopyFiles.FileDescriptor, byteCount: Int, at offset: Int64
  ) throws(SystemError) -> Int {
    var failure: SystemError?
    let count = writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { memory in
      do throws(SystemError) {
        return try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]), at: offset)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return count
  }
}

import P2PCopyFiles
import P2PCopyPlatform

extension FileDescriptor {
  /// Reads all of a file that is small enough to be in memory.
  ///
  /// - Parameter limit: The most bytes that are read.
  /// - Returns: Its bytes.
  /// - Throws: ``SystemError``, with `EFBIG` when it has more.
  func contents(atMost limit: Int) throws(SystemError) -> [UInt8] {
    let byteCount = try status().byteCount
    guard byteCount <= limit else { throw SystemError(number: EFBIG) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, Int(byteCount)), alignment: 1)
    defer { memory.deallocate() }
    return Array(memory[..<(try read(into: memory, at: 0))])
  }
}

import Crypto
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import StrictJSON

/// A receipt that is open for reading.
final class ReceiptFile: JSONSource, Sendable {
  /// The path, safe to show.
  let shownPath: String
  private let descriptor: FileDescriptor

  /// Opens the file.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(opening path: LocalPath) throws(P2PCopyError) {
    shownPath = path.description
    guard path.canBePath else {
      throw P2PCopyError(.usage, "'\(path)' is not the name of a file")
    }
    let kind: FileStatus.Kind
    do {
      descriptor = try FileDescriptor(opening: path.bytes, flags: O_RDONLY | O_NONBLOCK)
      kind = try descriptor.status().kind
    } catch {
      throw P2PCopyError(.usage, "cannot read the receipt '\(path)': \(error)", cause: error)
    }
    // It is read twice: a pipe cannot be.
    guard kind == .regular else { throw P2PCopyError(.usage, "the receipt '\(shownPath)' is not a regular file") }
  }

  /// Reads at an offset.
  ///
  /// - Returns: How many bytes; 0 at the end.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(P2PCopyError) -> Int {
    do {
      return try descriptor.read(into: memory, at: offset)
    } catch {
      throw P2PCopyError(.usage, "cannot read the receipt '\(shownPath)': \(error)", cause: error)
    }
  }

  /// The SHA-512 of all of it.
  ///
  /// - Throws: As ``read(into:at:)``.
  func digest() throws(P2PCopyError) -> [UInt8] {
    var hash = SHA512()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 1)
    defer { memory.deallocate() }
    var offset: Int64 = 0
    while true {
      let count = try read(into: memory, at: offset)
      guard count > 0 else { return Array(hash.finalize()) }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: memory[..<count]))
      offset += Int64(count)
    }
  }

  /// The error for content that is not that of a receipt.
  package func malformed(_ why: String) -> P2PCopyError {
    P2PCopyError(.usage, "'\(shownPath)' is not a receipt of p2p-copy, or is damaged: \(why)")
  }
}

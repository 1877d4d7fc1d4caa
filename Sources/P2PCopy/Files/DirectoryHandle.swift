import Glibc
import P2PCopyCore

/// An open directory below the output directory.
///
/// Everything is done relative to its descriptor and without following links, so it does not matter what happens to the
/// path it was opened by.
package final class DirectoryHandle {
  let descriptor: FileDescriptor

  init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }

  /// What is there under a name, links not followed; `nil` for nothing.
  func status(of name: some Collection<UInt8>) throws(SystemError) -> FileStatus? {
    do {
      return try FileStatus(of: name, relativeTo: descriptor.number, followLinks: false)
    } catch {
      guard error.number == ENOENT else { throw error }
      return nil
    }
  }

  /// Where a symbolic link leads; `nil` when it cannot be read.
  func linkTarget(of name: some Collection<UInt8>) -> [UInt8]? {
    let limit = RelativePath.maximumByteCount + 1
    let target = [UInt8](unsafeUninitializedCapacity: limit) { memory, count in
      let result = name.withCString { name in
        memory.withMemoryRebound(to: CChar.self) { memory in
          memory.baseAddress.map { readlinkat(descriptor.number, name, $0, limit) } ?? -1
        }
      }
      count = max(0, result)
    }
    return target.isEmpty || target.count == limit ? nil : target
  }

  /// Removes a name that is not a directory. Does nothing when it is gone.
  func remove(_ name: some Collection<UInt8>) throws(SystemError) {
    guard name.withCString({ unlinkat(descriptor.number, $0, 0) }) == 0 || errno == ENOENT else { throw .last }
  }

  /// Renames within the directory and replaces what is there, in one step.
  func rename(_ old: some Collection<UInt8>, replacing new: some Collection<UInt8>) throws(SystemError) {
    let result = old.withCString { old in
      new.withCString { new in renameat(descriptor.number, old, descriptor.number, new) }
    }
    guard result == 0 else { throw .last }
  }
}

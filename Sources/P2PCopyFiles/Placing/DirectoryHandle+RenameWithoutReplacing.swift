import CSystemCalls
package import P2PCopyPlatform

extension DirectoryHandle {
  /// Renames within the directory and fails with `EEXIST` when the new name is taken, even if it was taken just now.
  ///
  /// Where the file system cannot rename so, a hard link does the same; where it has no hard links either, the name is
  /// looked at first.
  package func renameWithoutReplacing(_ old: some Collection<UInt8>, to new: some Collection<UInt8>) throws(SystemError)
  {
    let directory = descriptor.number
    let renamed = call(old, new) { p2p_copy_rename_without_replacing(directory, $0, directory, $1) }
    if renamed == 0 { return }
    let error = SystemError.last
    guard error.number == EINVAL || error.number == ENOSYS else { throw error }

    if call(old, new, { linkat(directory, $0, directory, $1, 0) }) == 0 {
      try remove(old)
      return
    }
    let linkError = SystemError.last
    guard linkError.number == EPERM || linkError.number == ENOTSUP || linkError.number == ENOSYS else {
      throw linkError
    }

    guard try status(of: new) == nil else { throw SystemError(number: EEXIST) }
    try rename(old, replacing: new)
  }

  private func call(
    _ old: some Collection<UInt8>, _ new: some Collection<UInt8>,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
  ) -> Int32 {
    old.withCString { old in new.withCString { new in body(old, new) } }
  }
}

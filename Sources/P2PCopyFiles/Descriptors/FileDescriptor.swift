package import P2PCopyPlatform

/// An open file descriptor with one owner, closed when it goes.
package struct FileDescriptor: ~Copyable {
  package let number: Int32

  /// Takes ownership of an open descriptor.
  package init(owning number: Int32) {
    self.number = number
  }

  /// Opens a path relative to a directory.
  ///
  /// - Parameters:
  ///   - path: What to open; must not contain NUL.
  ///   - directory: A directory's descriptor, or `AT_FDCWD`.
  ///   - flags: As for `open`; close-on-exec is added.
  ///   - mode: The permissions of a file that is made.
  /// - Throws: ``SystemError``.
  package init(
    opening path: [UInt8], relativeTo directory: Int32 = AT_FDCWD, flags: Int32, mode: mode_t = 0
  ) throws(SystemError) {
    while true {
      let number = path.withCString { openat(directory, $0, flags | O_CLOEXEC, mode) }
      if number >= 0 {
        self.number = number
        return
      }
      let error = SystemError.last
      guard error.number == EINTR else { throw error }
    }
  }

  deinit {
    close(number)
  }

  /// Gives the descriptor to somebody else, who closes it.
  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  /// Reads into memory at an offset until it is full or the file ends.
  ///
  /// - Returns: How many bytes were read; fewer than the memory holds only at the end of the file.
  /// - Throws: ``SystemError``.
  package func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    guard let start = memory.baseAddress else { return 0 }
    var count = 0
    while count < memory.count {
      let result = pread(number, start + count, memory.count - count, Int(offset) + count)
      if result == 0 { break }
      if result < 0 {
        let error = SystemError.last
        if error.number == EINTR { continue }
        throw error
      }
      count += result
    }
    return count
  }

  /// Writes all of the memory at an offset.
  ///
  /// - Throws: ``SystemError``; some of the bytes may have been written then.
  package func write(_ memory: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
    guard let start = memory.baseAddress else { return }
    var count = 0
    while count < memory.count {
      let result = pwrite(number, start + count, memory.count - count, Int(offset) + count)
      if result < 0 {
        let error = SystemError.last
        if error.number == EINTR { continue }
        throw error
      }
      count += result
    }
  }

  /// What the system knows about the open file.
  package func status() throws(SystemError) -> FileStatus {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .last }
    return FileStatus(status)
  }

  /// Cuts or extends the file to a size.
  package func truncate(to byteCount: Int64) throws(SystemError) {
    guard ftruncate(number, Int(byteCount)) == 0 else { throw .last }
  }
}

extension Collection<UInt8> {
  /// Calls `body` with the bytes as a C string, on the stack when it is short. The bytes must not contain NUL: paths are
  /// checked for that.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { memory in
      let end = memory.initialize(fromContentsOf: lazy.map { CChar(bitPattern: $0) })
      memory[end] = 0
      // There is at least the terminator, so the address is never nil.
      return memory.baseAddress.map { body($0) } ?? body("")
    }
  }
}

extension FileDescriptor {
  /// Locks the file until it is closed, so that two receivers cannot write one file.
  ///
  /// - Throws: ``SystemError`` with `EAGAIN` when somebody else has it locked. Some network file systems have no locks:
  ///   then there is none to respect.
  package func lock() throws(SystemError) {
    try lock(LOCK_EX)
  }

  /// Finds out whether somebody else has the file locked, and keeps receivers from it until it is closed.
  ///
  /// - Throws: As ``lock()``.
  package func lockForReading() throws(SystemError) {
    try lock(LOCK_SH)
  }

  private func lock(_ kind: Int32) throws(SystemError) {
    guard flock(number, kind | LOCK_NB) != 0 else { return }
    let error = SystemError.last
    guard error.number != EWOULDBLOCK else { throw SystemError(number: EAGAIN) }
  }
}

package import P2PCopyPlatform

/// The names in an open directory, a batch at a time: sorted within a batch, which makes a walk of an ordinary tree
/// repeatable, and never all of a directory with a million names.
///
/// It can be set aside, which gives its descriptor back, and goes on where it was.
package final class DirectoryStream {
  private static let batchCount = 1024

  private var stream: OpaquePointer?
  /// Where reading goes on after it was set aside.
  private var position = 0
  /// The batch's names, each with a NUL behind it.
  private var bytes: [UInt8] = []
  /// Where the batch's names begin, the next one last.
  private var starts: [Int] = []
  private var isAtEnd = false
  private var error: SystemError?

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: Relative to `directory`.
  ///   - directory: A directory's descriptor, or `AT_FDCWD`.
  ///   - followLinks: Whether the path may be a symbolic link.
  /// - Throws: ``SystemError``.
  package init(opening path: UnsafePointer<CChar>, relativeTo directory: Int32, followLinks: Bool) throws(SystemError) {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followLinks ? 0 : O_NOFOLLOW)
    var number = openat(directory, path, flags)
    while number < 0, errno == EINTR { number = openat(directory, path, flags) }
    guard number >= 0 else { throw .last }
    stream = try Self.stream(of: number)
  }

  deinit {
    if let stream { closedir(stream) }
  }

  /// For opening what is in it. Valid until it is set aside; `nil` while it is.
  package var descriptor: Int32? { stream.map { dirfd($0) } }

  /// Whether there is nothing more to say about it, neither names nor an error.
  package var isExhausted: Bool { isAtEnd && starts.isEmpty && error == nil }

  /// Gives the descriptor back until ``resume(_:)``.
  func setAside() {
    guard let stream else { return }
    position = telldir(stream)
    closedir(stream)
    self.stream = nil
  }

  /// Goes on where it was set aside.
  ///
  /// - Parameter directory: The same directory, opened again for reading.
  /// - Throws: ``SystemError``.
  package func resume(_ directory: consuming FileDescriptor) throws(SystemError) {
    let stream = try Self.stream(of: directory.release())
    // A position of the file system's, not of this stream: the same wherever it is opened.
    if !isAtEnd { seekdir(stream, position) }
    self.stream = stream
  }

  private static func stream(of number: Int32) throws(SystemError) -> OpaquePointer {
    guard let stream = fdopendir(number) else {
      let error = SystemError.last
      close(number)
      throw error
    }
    return stream
  }

  /// Appends the next name to a buffer.
  ///
  /// - Parameter buffer: What to append to.
  /// - Returns: Whether there was one.
  /// - Throws: ``SystemError`` when the directory cannot be read any further.
  func appendNextName(to buffer: inout [UInt8]) throws(SystemError) -> Bool {
    if starts.isEmpty { readBatch() }
    guard let start = starts.popLast() else {
      if let error { throw error }
      return false
    }
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      let name = UnsafeRawPointer(base + start)
      let count = strlen(name.assumingMemoryBound(to: CChar.self))
      buffer.append(contentsOf: UnsafeRawBufferPointer(start: name, count: count))
    }
    return true
  }

  private func readBatch() {
    guard !isAtEnd else { return }
    bytes.removeAll(keepingCapacity: true)
    while let stream, starts.count < Self.batchCount {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { error = .last }
        isAtEnd = true
        break
      }
      append(entry)
    }
    bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
      // The other way round, because they are taken from the end.
      starts.sort { strcmp(base + $0, base + $1) > 0 }
    }
  }

  private func append(_ entry: UnsafeMutablePointer<dirent>) {
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return }
    let name = UnsafeRawPointer(entry) + offset
    let count = strlen(name.assumingMemoryBound(to: CChar.self))
    let isSelfOrParent =
      name.load(as: UInt8.self) == UInt8(ascii: ".")
      && (count == 1 || count == 2 && name.load(fromByteOffset: 1, as: UInt8.self) == UInt8(ascii: "."))
    guard !isSelfOrParent else { return }
    starts.append(bytes.count)
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: name, count: count))
    bytes.append(0)
  }
}

import Glibc
import TestSupport

/// Whole files by system calls, so that no library touches the bytes of a name on the way.
enum RawFile {
  /// Every byte of a file.
  static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw SystemCallError("cannot open \(path)") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemCallError("cannot stat \(path)") }
    return try [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      while count < buffer.count {
        let result = Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
        guard result >= 0 else { throw SystemCallError("cannot read \(path)") }
        guard result > 0 else { break }
        count += result
      }
    }
  }

  /// Writes a file, with the folders it lies in.
  static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
    try makeDirectory(path.parentPath)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemCallError("cannot create \(path)") }
    defer { close(descriptor) }
    try Array(bytes).withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let result = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        guard result > 0 else { throw SystemCallError("cannot write \(path)") }
        rest = rest.dropFirst(result)
      }
    }
  }

  /// Makes a folder and those above it.
  static func makeDirectory(_ path: String) throws {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, !path.parentPath.isEmpty else { throw SystemCallError("cannot make \(path)") }
    try makeDirectory(path.parentPath)
    try makeDirectory(path)
  }

  /// When a file was last written, in nanoseconds since 1970, or `nil` when there is none.
  static func modified(_ path: String) -> Int? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }

  /// How many bytes a file has, or `nil` when there is none.
  static func size(_ path: String) -> Int? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return Int(status.st_size)
  }

  /// Dates a file back to 2001, so that any later write to it shows.
  static func age(_ path: String) throws {
    let long = timespec(tv_sec: 1_000_000_000, tv_nsec: 0)
    guard utimensat(AT_FDCWD, path, [long, long], AT_SYMLINK_NOFOLLOW) == 0 else {
      throw SystemCallError("cannot date \(path)")
    }
  }

  /// The names in a folder, but for a receiver's journal.
  static func names(in path: String) throws -> [String] {
    guard let directory = opendir(path) else { throw SystemCallError("cannot list \(path)") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = Glibc.readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != "..", name != ".p2p-copy-journal" { names.append(name) }
    }
    return names
  }

  /// Whether a path is a folder, and not a link to one.
  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

extension String {
  /// The path without its last component.
  var parentPath: String {
    String(self[..<(lastIndex(of: "/") ?? startIndex)])
  }
}

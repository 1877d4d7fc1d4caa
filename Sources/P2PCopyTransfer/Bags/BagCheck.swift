import Crypto
public import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// Checks a bag (RFC 8493): every file that a manifest lists is there with its digest, and nothing else is in the payload.
///
/// ```swift
/// try BagCheck(directory: "results-bag").run()
/// ```
public struct BagCheck: Sendable {
  private static let maximumTagFileByteCount = 1 << 30

  /// The bag.
  public let directory: LocalPath

  /// Names a directory; nothing is read yet.
  public init(directory: LocalPath) {
    self.directory = directory
  }

  /// Reads all of it.
  ///
  /// - Parameter progress: Called with the bytes that were read so far, and the file being read.
  /// - Returns: How many files the payload has.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it is no bag, or one in a form that is not known,
  ///   ``P2PCopyError/Code/checksumMismatch`` when it is not as its manifests say, naming the first thing,
  ///   ``P2PCopyError/Code/cancelled``.
  public func run(progress: (_ byteCount: Int64, _ path: EntryPath) -> Void = { _, _ in }) throws(P2PCopyError) -> Int {
    let declaration = try lines(of: "bagit.txt") ?? []
    guard declaration.first?.hasPrefix("BagIt-Version:") == true else {
      throw P2PCopyError(.usage, "'\(directory)' is no bag: it has no bagit.txt that says its version")
    }
    guard declaration.dropFirst().first?.uppercased().hasSuffix("UTF-8") == true else {
      throw P2PCopyError(.usage, "the bag '\(directory)' has tag files in another encoding than UTF-8")
    }
    if let fetched = try lines(of: "fetch.txt"), !fetched.isEmpty {
      throw differing("fetch.txt lists \(fetched.count) files that are elsewhere; fetch them first")
    }
    var listed: Set<String>?
    var readByteCount: Int64 = 0
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
    defer { memory.deallocate() }
    for algorithm in Algorithm.allCases {
      guard let manifest = try manifest("manifest-\(algorithm.rawValue).txt") else { continue }
      for (path, expected) in manifest {
        guard path.hasPrefix("data/") else {
          throw differing("the manifest lists '\(DisplayText.escaped(path))', which is not in the payload")
        }
        try check(path, expected, algorithm, memory) { count in
          readByteCount += Int64(count)
          progress(readByteCount, EntryPath(path.utf8))
        }
      }
      let names = Set(manifest.map(\.path))
      if let listed, listed != names { throw differing("its manifests do not list the same files") }
      listed = names
    }
    guard let listed else {
      let known = Algorithm.allCases.map { "manifest-\($0.rawValue).txt" }.joined(separator: ", ")
      throw P2PCopyError(.usage, "the bag '\(directory)' has no manifest of a kind that is known here (\(known))")
    }
    for algorithm in Algorithm.allCases {
      for (path, expected) in try manifest("tagmanifest-\(algorithm.rawValue).txt") ?? [] {
        try check(path, expected, algorithm, memory) { _ in }
      }
    }
    try checkPayload(listed)
    return listed.count
  }

  /// The digests of manifests.
  private enum Algorithm: String, CaseIterable {
    case sha512, sha256, sha1, md5

    func makeHash() -> any HashFunction {
      switch self {
      case .sha512: SHA512()
      case .sha256: SHA256()
      case .sha1: Insecure.SHA1()
      case .md5: Insecure.MD5()
      }
    }
  }

  private func differing(_ what: String) -> P2PCopyError {
    P2PCopyError(.checksumMismatch, "the bag '\(directory)' is not valid: \(what)")
  }

  private func manifest(_ name: String) throws(P2PCopyError) -> [(path: String, digest: String)]? {
    guard let lines = try lines(of: name) else { return nil }
    var entries: [(path: String, digest: String)] = []
    for line in lines where !line.isEmpty {
      guard let end = line.firstIndex(where: { $0 == " " || $0 == "\t" }) else {
        throw differing("a line of \(name) has no path")
      }
      var path = line[end...].drop { $0 == " " || $0 == "\t" }
      if path.first == "*" { path = path.dropFirst() }
      if path.hasPrefix("./") { path = path.dropFirst(2) }
      entries.append((BagPath.decode(path), line[..<end].lowercased()))
    }
    return entries
  }

  /// - Returns: `nil` when there is no such file.
  private func lines(of name: String) throws(P2PCopyError) -> [Substring]? {
    do throws(SystemError) {
      let root = try DirectoryHandle(entering: directory.bytes, followLinks: true)
      let descriptor = try FileDescriptor(
        opening: Array(name.utf8), relativeTo: root.descriptor.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let text = String(decoding: try descriptor.contents(atMost: Self.maximumTagFileByteCount), as: UTF8.self)
      return text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline)
    } catch {
      guard error.number != ENOENT else { return nil }
      throw P2PCopyError(.usage, "cannot read '\(name)' of '\(directory)': \(error)", cause: error)
    }
  }

  private func check(
    _ path: String, _ expected: String, _ algorithm: Algorithm, _ memory: UnsafeMutableRawBufferPointer,
    didRead: (Int) -> Void
  ) throws(P2PCopyError) {
    let shown = DisplayText.escaped(path)
    let relative: RelativePath
    do {
      relative = try RelativePath(validating: Array(path.utf8))
    } catch {
      throw differing("a manifest lists '\(shown)', which leads elsewhere")
    }
    do throws(SystemError) {
      let descriptor = try FileDescriptor(
        opening: directory.bytes + [UInt8(ascii: "/")] + relative.bytes, flags: O_RDONLY | O_NONBLOCK)
      guard try descriptor.status().kind == .regular else { throw SystemError(number: EISDIR) }
      var hash = algorithm.makeHash()
      var offset: Int64 = 0
      while !Task.isCancelled {
        let count = try descriptor.read(into: memory, at: offset)
        guard count > 0 else { break }
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        offset += Int64(count)
        didRead(count)
      }
      if !Task.isCancelled, Hex.encode(Array(hash.finalize())) != expected { throw SystemError(number: EBADMSG) }
    } catch {
      switch error.number {
      case EBADMSG: throw differing("'\(shown)' has another \(algorithm.rawValue) than the manifest says")
      case ENOENT: throw differing("'\(shown)' is missing")
      default: throw differing("'\(shown)' cannot be read: \(error)")
      }
    }
    guard !Task.isCancelled else { throw P2PCopyError(.cancelled, "interrupted") }
  }

  private func checkPayload(_ listed: Set<String>) throws(P2PCopyError) {
    let payload = LocalPath(directory.bytes + "/data".utf8)
    let walk = try SourceWalk([payload], rules: FilterRules(), links: .keep)
    while let element = walk.next() {
      switch element {
      case .entry(let entry):
        if case .directory = entry.kind { continue }
        guard let name = String(validating: entry.path.bytes, as: UTF8.self), listed.contains(name) else {
          throw differing("'\(entry.path)' is in the payload and in no manifest")
        }
      case .notice(let text): throw differing(text)
      case .failure(let failure): throw failure.error
      }
    }
  }
}

import Glibc
import P2PCopyCore

/// A file that is written beside its place under a name of its own and takes its place when it is complete: nobody sees
/// half of it, and what was there before stays until then.
///
/// An error is kept until ``finish()``, so that a disk that is full for this file does not stop what it reports on.
final class ReplacementFile {
  private static let bufferByteCount = 64 << 10

  private let shownPath: String
  private let directory: DirectoryHandle
  private let name: [UInt8]
  private let temporaryName: [UInt8]
  private let descriptor: FileDescriptor
  private var buffer: [UInt8] = []
  private var offset: Int64 = 0
  private var failure: P2PCopyError?
  private var isPlaced = false

  /// Makes the file under its temporary name, for its owner only.
  ///
  /// - Parameter path: Where the file shall be. A regular file there is replaced; anything else is refused.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` for something that is no place for a file,
  ///   otherwise ``P2PCopyError/Code/destinationUnwritable``.
  init(path: LocalPath) throws(P2PCopyError) {
    let location = path.bytes
    shownPath = path.description
    func refuse(_ why: String) -> P2PCopyError {
      P2PCopyError(.usage, "cannot write '\(path)': \(why)")
    }
    let slash = location.lastIndex(of: UInt8(ascii: "/"))
    let name = slash.map { Array(location[($0 + 1)...]) } ?? location
    guard !name.isEmpty, path.canBePath, !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) else {
      throw refuse("it is not the name of a file")
    }
    let parent = slash.map { $0 == 0 ? Array("/".utf8) : Array(location[..<$0]) } ?? Array(".".utf8)
    self.name = name
    temporaryName =
      [UInt8(ascii: ".")] + name.prefix(200) + Array(".p2p-copy-\(UInt64.random(in: .min ... .max))".utf8)
    let existing: FileStatus?
    do throws(SystemError) {
      directory = DirectoryHandle(try FileDescriptor(opening: parent, flags: O_RDONLY | O_DIRECTORY))
      existing = try directory.status(of: name)
      // A device or a pipe is never to be replaced by a file.
      guard existing == nil || existing?.kind == .regular else { throw SystemError(number: EEXIST) }
      descriptor = try FileDescriptor(
        opening: temporaryName, relativeTo: directory.descriptor.number,
        flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    } catch {
      guard error.number != EEXIST else { throw refuse("something is there that is not a regular file") }
      throw Self.explain(error, shownPath)
    }
    buffer.reserveCapacity(Self.bufferByteCount)
  }

  deinit {
    if !isPlaced { try? directory.remove(temporaryName) }
  }

  /// Writes the next bytes.
  func write(_ bytes: some Collection<UInt8>) {
    guard failure == nil else { return }
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferByteCount { flush() }
  }

  /// Writes text.
  func write(_ text: String) { write(text.utf8) }

  /// Gives the file its name.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``; nothing is left behind then.
  func finish() throws(P2PCopyError) {
    guard !isPlaced else { return }
    flush()
    if let failure { throw failure }
    do throws(SystemError) {
      guard fsync(descriptor.number) == 0 else { throw .last }
      try directory.rename(temporaryName, replacing: name)
    } catch {
      throw Self.explain(error, shownPath)
    }
    isPlaced = true
  }

  private func flush() {
    guard failure == nil, !buffer.isEmpty else { return }
    failure = buffer.withUnsafeBytes { bytes in
      do throws(SystemError) {
        try descriptor.write(bytes, at: offset)
        return nil
      } catch {
        return Self.explain(error, shownPath)
      }
    }
    offset += Int64(buffer.count)
    buffer.removeAll(keepingCapacity: true)
  }

  private static func explain(_ error: SystemError, _ shownPath: String) -> P2PCopyError {
    P2PCopyError(.destinationUnwritable, "cannot write '\(shownPath)': \(error)", cause: error)
  }
}

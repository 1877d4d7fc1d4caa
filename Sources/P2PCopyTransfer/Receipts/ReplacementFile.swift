import Crypto
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// A file that is written beside its place under a name of its own and takes its place when it is complete: nobody sees
/// half of it, and what was there before stays until then.
///
/// An error is kept until ``finish()``, so that a disk that is full for this file does not stop what it reports on.
final class ReplacementFile {
  private static let bufferByteCount = 64 << 10

  let shownPath: String
  private let directory: DirectoryHandle
  private let name: [UInt8]
  private let temporaryName: [UInt8]
  private let descriptor: FileDescriptor
  /// What lay there at the beginning.
  private let replaced: FileStatus?
  private var buffer: [UInt8] = []
  private var offset: Int64 = 0
  private var failure: P2PCopyError?
  private var hash: (any HashFunction)?
  private var isPlaced = false

  /// Makes the file under its temporary name.
  ///
  /// - Parameters:
  ///   - path: Where the file shall be. A regular file there is replaced; anything else is refused.
  ///   - mode: Who may do what with it, as far as the process's umask lets them; its owner only unless it is given.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` for something that is no place for a file,
  ///   otherwise ``P2PCopyError/Code/destinationUnwritable``.
  package init(path: LocalPath, mode: mode_t = 0o600) throws(P2PCopyError) {
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
      directory = try DirectoryHandle(entering: parent, followLinks: true)
      existing = try directory.status(of: name)
      // A device or a pipe is never to be replaced by a file.
      guard existing == nil || existing?.kind == .regular else { throw SystemError(number: EEXIST) }
      descriptor = try FileDescriptor(
        opening: temporaryName, relativeTo: directory.descriptor.number,
        flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    } catch {
      guard error.number != EEXIST else { throw refuse("something is there that is not a regular file") }
      throw Self.explain(error, shownPath)
    }
    replaced = existing
    buffer.reserveCapacity(Self.bufferByteCount)
  }

  /// Where the file shall be.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  package func place() throws(P2PCopyError) -> OwnFiles.Place {
    do {
      return OwnFiles.Place(directory: try directory.descriptor.status().identity, name: name)
    } catch {
      throw Self.explain(error, shownPath)
    }
  }

  /// Adds where the file is and shall be.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  package func add(to ownFiles: inout OwnFiles) throws(P2PCopyError) {
    var place = try place()
    ownFiles.add(place, replaced?.identity)
    place.name = temporaryName
    do {
      ownFiles.add(temporary: place, try descriptor.status().identity)
    } catch {
      throw Self.explain(error, shownPath)
    }
  }

  deinit {
    if !isPlaced { try? directory.remove(temporaryName) }
  }

  /// Has what is written digested as well. Before anything is.
  func beginHashing(with hash: any HashFunction) {
    self.hash = hash
  }

  /// The digest of what was written; of what is to be written, if something could not be.
  func digest() -> [UInt8] {
    flush()
    return hash.map { Array($0.finalize()) } ?? []
  }

  /// The last component of where it shall be.
  var fileName: String { String(decoding: name, as: UTF8.self) }

  /// Writes the next bytes.
  package func write(_ bytes: some Collection<UInt8>) {
    guard failure == nil else { return }
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferByteCount { flush() }
  }

  /// Writes text.
  package func write(_ text: String) { write(text.utf8) }

  /// Gives the file its name.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something has come there since the
  ///   beginning, otherwise ``P2PCopyError/Code/destinationUnwritable``; nothing is left behind then.
  package func finish() throws(P2PCopyError) {
    guard !isPlaced else { return }
    flush()
    if let failure { throw failure }
    do throws(SystemError) {
      guard fsync(descriptor.number) == 0 else { throw .last }
      // What came meanwhile may be what was just received.
      guard let replaced else {
        try directory.renameWithoutReplacing(temporaryName, to: name)
        isPlaced = true
        return
      }
      let existing = try directory.status(of: name)
      guard existing == nil || existing?.isSameFile(as: replaced) == true else { throw SystemError(number: EEXIST) }
      try directory.rename(temporaryName, replacing: name)
    } catch {
      guard error.number != EEXIST else { throw Self.isInTheWay(shownPath) }
      throw Self.explain(error, shownPath)
    }
    isPlaced = true
  }

  private func flush() {
    guard failure == nil, !buffer.isEmpty else { return }
    failure = buffer.withUnsafeBytes { bytes in
      hash?.update(bufferPointer: bytes)
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

  /// The error for something that must not be replaced.
  static func isInTheWay(_ shownPath: String) -> P2PCopyError {
    P2PCopyError(
      .destinationExists,
      "'\(shownPath)' was not written: this transfer, or somebody else, has put something there meanwhile, which stays as"
        + " it is; give another place")
  }

  private static func explain(_ error: SystemError, _ shownPath: String) -> P2PCopyError {
    P2PCopyError(.destinationUnwritable, "cannot write '\(shownPath)': \(error)", cause: error)
  }
}

extension FileStatus {
  /// Whether it is the same file and nothing has happened to it. An inode number alone may have gone to another file.
  fileprivate func isSameFile(as other: FileStatus) -> Bool {
    identity == other.identity && changeSeconds == other.changeSeconds && changeNanoseconds == other.changeNanoseconds
  }
}

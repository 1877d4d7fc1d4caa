import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer

/// Compares what is there with what the sender has: a file of an entry's name, and under `--on-conflict rename` those
/// that earlier transfers named `name (1)`, `name (2)`, ….
///
/// Used by the answering task alone.
final class ExistingFiles {
  /// How many names have what is beside them remembered.
  private static let maximumFamilyCount = 16

  /// What is known of the numbered names beside one.
  private final class Family {
    /// All numbers below this have been looked at.
    var nextNumber = 1
    /// Files of each size whose digest nobody needed yet.
    var unread: [Int64: [Int]] = [:]
    /// The size of each file that was seen.
    var byteCounts: Set<Int64> = []
    /// What was read, by digest.
    var read: [[UInt8]: (number: Int, status: FileStatus)] = [:]
    /// Links, by target.
    var links: [[UInt8]: (number: Int, status: FileStatus)] = [:]
  }

  private let digests: DigestContexts
  private var families: [[UInt8]: Family] = [:]

  init(digests: DigestContexts) {
    self.digests = digests
  }

  /// A file, if it has that digest.
  ///
  /// - Returns: What it is; `nil` when it has another digest or cannot be read.
  /// - Throws: ``P2PCopyError``; with code ``P2PCopyError/Code/cancelled`` the session is over.
  func file(
    _ path: RelativePath, _ directory: DirectoryHandle, digest: [UInt8]
  ) throws(P2PCopyError) -> FileStatus? {
    guard let (found, status) = try read(path.name, directory), found == digest else { return nil }
    return status
  }

  /// Whether a numbered file beside a name has that size.
  func hasNumbered(
    _ path: RelativePath, _ directory: DirectoryHandle, byteCount: Int64
  ) throws(P2PCopyError) -> Bool {
    try family(of: path, directory).byteCounts.contains(byteCount)
  }

  /// A numbered file beside a name that has that content. Each is read once in a transfer, and only when its size fits.
  ///
  /// - Throws: ``P2PCopyError``; with code ``P2PCopyError/Code/cancelled`` the session is over.
  func numbered(
    _ path: RelativePath, _ directory: DirectoryHandle, byteCount: Int64, digest: [UInt8]
  ) throws(P2PCopyError) -> (path: RelativePath, status: FileStatus)? {
    let family = try family(of: path, directory)
    for number in family.unread.removeValue(forKey: byteCount) ?? [] {
      guard let (found, status) = try read(NumberedName.make(path.name, number), directory) else { continue }
      if family.read[found] == nil { family.read[found] = (number, status) }
    }
    return family.read[digest].flatMap { unchanged($0, path, directory) }
  }

  /// A numbered link beside a name that leads to the same target.
  func numberedLink(
    _ path: RelativePath, _ directory: DirectoryHandle, target: [UInt8]
  ) throws(P2PCopyError) -> (path: RelativePath, status: FileStatus)? {
    try family(of: path, directory).links[target].flatMap { unchanged($0, path, directory) }
  }

  /// What was found, unless it changed since.
  private func unchanged(
    _ found: (number: Int, status: FileStatus), _ path: RelativePath, _ directory: DirectoryHandle
  ) -> (path: RelativePath, status: FileStatus)? {
    let name = NumberedName.make(path.name, found.number)
    guard let now = try? directory.status(of: name), now == found.status else { return nil }
    return (path.renamed(name), now)
  }

  /// Looks at the numbered names that nobody has looked at yet, up to the first that is free.
  private func family(of path: RelativePath, _ directory: DirectoryHandle) throws(P2PCopyError) -> Family {
    if families[path.bytes] == nil, families.count >= Self.maximumFamilyCount {
      families.removeAll(keepingCapacity: true)
    }
    let family = families[path.bytes] ?? Family()
    families[path.bytes] = family
    while family.nextNumber <= NumberedName.maximumNumber {
      let name = NumberedName.make(path.name, family.nextNumber)
      guard let status = try directory.status(of: path.renamed(name)) else { break }
      if status.kind == .regular {
        family.unread[status.byteCount, default: []].append(family.nextNumber)
        family.byteCounts.insert(status.byteCount)
      } else if status.kind == .symbolicLink, let target = directory.linkTarget(of: name), family.links[target] == nil {
        family.links[target] = (family.nextNumber, status)
      }
      family.nextNumber += 1
    }
    return family
  }

  /// The digest of a file that is there; `nil` when it is none or cannot be read.
  private func read(
    _ name: some Collection<UInt8>, _ directory: DirectoryHandle
  ) throws(P2PCopyError) -> (digest: [UInt8], status: FileStatus)? {
    try Self.unlessUnreadable {
      let descriptor = try directory.openFile(name)
      let status = try descriptor.status()
      guard status.kind == .regular else { return nil }
      let loan = try digests.borrow()
      let byteCount = try FileDigest.update(loan.context, over: descriptor, byteCount: status.byteCount)
      let digest = try loan.context.finish()
      digests.giveBack(loan)
      return byteCount == status.byteCount ? (digest, status) : nil
    }
  }

  /// What `body` finds in a file, or `nil` when the system does not let it be read.
  ///
  /// - Throws: ``P2PCopyError``; with code ``P2PCopyError/Code/cancelled`` the session is over.
  static func unlessUnreadable<Found>(_ body: () throws -> Found?) throws(P2PCopyError) -> Found? {
    do {
      return try body()
    } catch let error as P2PCopyError {
      throw error
    } catch is CancellationError {
      throw P2PCopyError(.cancelled, "interrupted")
    } catch {
      return nil
    }
  }
}

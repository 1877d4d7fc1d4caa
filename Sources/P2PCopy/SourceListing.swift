public import P2PCopyCore
public import P2PCopyFiles
public import P2PCopyTransfer

/// What a sender would send, element by element, as it looks now. Used by one task.
///
/// ```swift
/// for element in try SendOptions().listing(of: ["results"]) {
///   if case .entry(let entry) = element { print(entry.path) }
/// }
/// ```
public final class SourceListing: Sequence, IteratorProtocol {
  /// Something to send.
  public struct Entry: Sendable {
    /// What an entry is.
    public enum Kind: Hashable, Sendable {
      /// A file, with its size in bytes.
      case file(byteCount: Int64)
      /// A directory. What is in it are entries of their own, later.
      case directory
      /// A symbolic link that is sent as a link, with the bytes of its target.
      case symbolicLink(target: [UInt8])
    }

    /// The name it would arrive under.
    public let path: EntryPath
    /// What it is.
    public let kind: Kind
  }

  /// What a listing has.
  public enum Element: Sendable {
    /// Something to send.
    case entry(Entry)
    /// Something that is left out, for a person to know.
    case notice(String)
    /// Something that cannot be listed.
    case failure(EntryFailure)
  }

  private let walk: SourceWalk

  fileprivate init(_ walk: SourceWalk) {
    self.walk = walk
  }

  /// The next element, in the order in which they would be sent; `nil` after the last.
  public func next() -> Element? {
    switch walk.next() {
    case nil: nil
    case .notice(let text): .notice(text)
    case .failure(let failure): .failure(failure)
    case .entry(let entry): .entry(Entry(entry))
    }
  }
}

extension SourceListing.Entry {
  fileprivate init(_ entry: SourceEntry) {
    path = EntryPath(entry.path)
    kind =
      switch entry.kind {
      case .file(let byteCount): .file(byteCount: byteCount)
      case .directory: .directory
      case .symbolicLink(let target): .symbolicLink(target: target)
      // A walk finds none.
      case .stream: .file(byteCount: 0)
      }
  }
}

extension SendOptions {
  /// Lists what would be sent with these options; nothing is connected.
  ///
  /// - Parameter paths: As for ``Sender/send(_:listener:)-([LocalPath],_)``.
  /// - Returns: The listing.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when a path does not exist, two would arrive under one
  ///   name, or the options do not fit each other.
  public func listing(of paths: [LocalPath]) throws(P2PCopyError) -> SourceListing {
    SourceListing(
      try SourceWalk(
        paths, rules: rules, links: links, list: fileList, ownFiles: OwnFiles(at: deliveryFiles.places)))
  }
}

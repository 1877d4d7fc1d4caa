/// The name of a file, directory or link in a transfer, as it is to be shown or handed on.
///
/// Bytes, not text: two names that Unicode counts as equal stay two names, and one that is no UTF-8 stays itself.
public struct EntryPath: Hashable, Sendable {
  /// The bytes, components joined with `/`. From a peer, so anything: it is no path to open.
  public let bytes: [UInt8]

  /// Takes a name as bytes.
  public init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }

  /// Takes a path that was checked.
  package init(_ path: RelativePath) {
    bytes = path.bytes
  }
}

extension EntryPath: ExpressibleByStringLiteral {
  /// Takes a name that a program has in its source.
  public init(stringLiteral text: String) { self.init(text.utf8) }
}

extension EntryPath: CustomStringConvertible {
  /// The name, escaped so that it is safe to show; says so when it is empty.
  public var description: String { bytes.isEmpty ? DisplayText.entry(bytes) : DisplayText.escaped(bytes) }
}

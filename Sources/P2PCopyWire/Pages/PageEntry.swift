package import NIOCore
package import P2PCopyCore

/// One entry of a manifest's page.
package struct PageEntry: Hashable, Sendable {
  /// What it is.
  package enum Kind: Hashable, Sendable {
    /// A regular file of so many bytes when it was listed.
    case file(byteCount: Int64)
    /// A directory.
    case directory
    /// A symbolic link and where it leads: bytes, nothing proven about them.
    case symbolicLink(target: [UInt8])
    /// Data whose length nobody knows yet, such as standard input; received as a file.
    case stream
  }

  /// The longest path or target in bytes.
  static let maximumPathByteCount = RelativePath.maximumByteCount

  /// The most bytes an entry takes on the wire.
  package static let maximumEncodedByteCount = 2 * (maximumPathByteCount + 2) + 32

  /// The path as the sender wrote it: bytes, nothing proven about them.
  package var path: [UInt8]

  /// What it is.
  package var kind: Kind

  /// Permissions and time; missing when the sender keeps them to itself.
  package var metadata: EntryMetadata?

  /// Creates an entry.
  package init(path: [UInt8], kind: Kind, metadata: EntryMetadata?) {
    self.path = path
    self.kind = kind
    self.metadata = metadata
  }

  /// Appends `[kind u8 | path | metadata | size u64 (file) or target (link)]`; path and target are behind their length
  /// (u16). Kinds: 0 file, 1 directory, 2 symbolic link, 3 stream.
  package func write(to buffer: inout ByteBuffer) {
    let kindByte: UInt8 =
      switch kind {
      case .file: 0
      case .directory: 1
      case .symbolicLink: 2
      case .stream: 3
      }
    buffer.writeInteger(kindByte)
    buffer.writeShortBytes(path)
    buffer.writeMetadata(metadata)
    switch kind {
    case .file(let byteCount): buffer.writeInteger(UInt64(clamping: byteCount))
    case .symbolicLink(let target): buffer.writeShortBytes(target)
    case .directory, .stream: break
    }
  }

  /// Takes an entry.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it is malformed.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let kindByte = buffer.readInteger(as: UInt8.self),
      let path = buffer.readShortBytes(limit: Self.maximumPathByteCount)
    else { throw P2PCopyError.malformed("a manifest entry") }
    let metadata = try buffer.readMetadata()
    let kind: Kind
    switch kindByte {
    case 0:
      guard let size = buffer.readInteger(as: UInt64.self), let byteCount = Int64(exactly: size) else {
        throw P2PCopyError.malformed("a manifest entry")
      }
      kind = .file(byteCount: byteCount)
    case 1: kind = .directory
    case 2:
      guard let target = buffer.readShortBytes(limit: Self.maximumPathByteCount) else {
        throw P2PCopyError.malformed("a manifest entry")
      }
      kind = .symbolicLink(target: target)
    case 3: kind = .stream
    default: throw P2PCopyError.malformed("a manifest entry")
    }
    self.init(path: path, kind: kind, metadata: metadata)
  }
}

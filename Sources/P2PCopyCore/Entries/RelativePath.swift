/// A path from a peer that has been proven to stay below the directory it is taken relative to, as far as its spelling
/// goes: symbolic links on the way are the file system code's concern.
///
/// Bytes, not text: two names that Unicode counts as equal stay two names.
package struct RelativePath: Hashable, Sendable {
  /// The longest path in bytes.
  package static let maximumByteCount = 4095

  /// The longest component in bytes (`NAME_MAX`).
  package static let maximumComponentByteCount = 255

  /// The most components.
  package static let maximumDepth = 256

  /// The path's bytes, components joined with `/`.
  package let bytes: [UInt8]

  /// Checks a path.
  ///
  /// - Parameter bytes: Components separated by `/`.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/unsafePath`` that names the path and what is wrong: empty,
  ///   absolute, a component that is empty, `.` or `..`, a NUL, too long, too deep. A backslash is an ordinary character.
  package init(validating bytes: [UInt8]) throws(P2PCopyError) {
    func refuse(_ why: String) -> P2PCopyError {
      P2PCopyError(
        .unsafePath, "refused the name '\(DisplayText.escaped(bytes.prefix(300)))': \(why)", scope: .entry)
    }
    guard !bytes.isEmpty else { throw refuse("it is empty") }
    guard bytes.count <= Self.maximumByteCount else { throw refuse("it is longer than \(Self.maximumByteCount) bytes") }
    guard bytes[0] != UInt8(ascii: "/") else { throw refuse("it is absolute") }
    if let fault = Self.fault(in: bytes.span) { throw refuse(fault) }
    self.bytes = bytes
  }

  /// What is wrong with a path of a proper length that is not absolute. One pass, because a receiver checks millions.
  private static func fault(in bytes: Span<UInt8>) -> String? {
    let slash = UInt8(ascii: "/")
    let dot = UInt8(ascii: ".")
    var depth = 1
    var start = 0
    var dotCount = 0
    for index in 0...bytes.count {
      guard index == bytes.count || bytes[index] == slash else {
        if bytes[index] == 0 { return "it contains a NUL byte" }
        if bytes[index] == dot { dotCount += 1 }
        continue
      }
      let count = index - start
      if count == 0 { return "it has an empty component" }
      if count == dotCount, count <= 2 {
        return count == 1 ? "it has a component '.'" : "it leads out of the directory"
      }
      if count > maximumComponentByteCount { return "a component is longer than \(maximumComponentByteCount) bytes" }
      if index < bytes.count {
        depth += 1
        if depth > maximumDepth { return "it is deeper than \(maximumDepth) directories" }
      }
      start = index + 1
      dotCount = 0
    }
    return nil
  }

  /// The components, at least one.
  package var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

  /// The last component: the file's own name.
  package var name: ArraySlice<UInt8> {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
    return bytes[(slash + 1)...]
  }

  /// Everything before the last component, without the `/`; empty when there is only one component.
  package var parent: ArraySlice<UInt8> {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return [] }
    return bytes[..<slash]
  }
}

extension RelativePath {
  /// The same path with another last component, which must be a proper one.
  package func renamed(_ name: [UInt8]) -> RelativePath {
    RelativePath(unchecked: parent.isEmpty ? name : parent + [UInt8(ascii: "/")] + name)
  }

  private init(unchecked bytes: [UInt8]) {
    self.bytes = bytes
  }
}

extension RelativePath: CustomStringConvertible {
  /// The path, safe to show.
  package var description: String { DisplayText.escaped(bytes) }
}

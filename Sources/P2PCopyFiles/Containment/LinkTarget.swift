package import P2PCopyCore

/// What a symbolic link from a peer may point to.
package enum LinkTarget {
  private static let maximumByteCount = 4095

  /// Checks that a link cannot lead out of the output directory, whatever other links are there.
  ///
  /// A target is relative, and `..` stands at its beginning only and leads at most to the output directory: behind a name
  /// it would be taken from where that name leads, which another link decides.
  ///
  /// - Parameters:
  ///   - target: What the link points to.
  ///   - path: The link.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/unsafePath``.
  package static func check(target: [UInt8], of path: RelativePath) throws(P2PCopyError) {
    func refuse(_ why: String) -> P2PCopyError {
      P2PCopyError(
        .unsafePath,
        "refused the symbolic link '\(path)' to '\(DisplayText.escaped(target.prefix(300)))': \(why)",
        remedy: .changeLinkPolicy, scope: .entry)
    }
    let slash = UInt8(ascii: "/")
    guard let first = target.first else { throw refuse("its target is empty") }
    guard target.count <= maximumByteCount else {
      throw refuse("its target is longer than \(maximumByteCount) bytes")
    }
    guard !target.contains(0) else { throw refuse("its target contains a NUL byte") }
    guard first != slash else { throw refuse("its target is absolute") }
    let depth = path.bytes.count { $0 == slash }
    var upwards = 0
    var hasName = false
    for component in target.split(separator: slash) where !component.elementsEqual(".".utf8) {
      guard component.elementsEqual("..".utf8) else {
        hasName = true
        continue
      }
      guard !hasName else { throw refuse("'..' behind a name could lead out of the output directory") }
      upwards += 1
      guard upwards <= depth else { throw refuse("it leads out of the output directory") }
    }
  }
}

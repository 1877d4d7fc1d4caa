package import P2PCopyCore

/// What a transfer itself writes, its receipt and its list of checksums: never among what it sends.
package struct OwnFiles: Sendable {
  /// A name in a directory.
  package struct Place: Hashable {
    package var directory: FileStatus.Identity
    package var name: [UInt8]

    package init(directory: FileStatus.Identity, name: [UInt8]) {
      self.directory = directory
      self.name = name
    }
  }

  package private(set) var places: [Place] = []

  /// The names that the files have until they are complete; nobody needs to hear of them.
  private(set) var temporaryNames: Set<[UInt8]> = []

  /// The files that lie there now, which a symbolic link may lead to.
  package private(set) var identities: [FileStatus.Identity] = []

  /// None.
  package init() {}

  /// Those of a transfer that is only looked at.
  ///
  /// - Parameter paths: Where they would be.
  package init(at paths: [LocalPath?]) {
    for path in paths.compactMap(\.self) where path.canBePath {
      let slash = path.bytes.lastIndex(of: UInt8(ascii: "/"))
      let parent = slash.map { path.bytes[...$0] } ?? [UInt8(ascii: ".")]
      // What is no place for a file is told when one is to be written.
      guard let directory = try? FileStatus(of: parent, followLinks: true).identity else { continue }
      let name = slash.map { path.bytes[($0 + 1)...] } ?? path.bytes[...]
      add(
        Place(directory: directory, name: Array(name)), try? FileStatus(of: path.bytes, followLinks: false).identity)
    }
  }

  /// Whether there are none.
  package var isEmpty: Bool { places.isEmpty }

  /// Adds a name, and what lies there.
  package mutating func add(_ place: Place, _ identity: FileStatus.Identity?) {
    places.append(place)
    if let identity { identities.append(identity) }
  }

  /// Adds the name that a file has until it is complete.
  package mutating func add(temporary place: Place, _ identity: FileStatus.Identity) {
    temporaryNames.insert(place.name)
    add(place, identity)
  }

  /// The names that are in a directory.
  package func names(in directory: FileStatus.Identity) -> [[UInt8]] {
    guard !isEmpty else { return [] }
    return places.filter { $0.directory == directory }.map(\.name)
  }

  /// Refuses a path that is to be sent when it is to be written as well.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func check(_ argument: SourceArgument) throws(P2PCopyError) {
    guard !isEmpty, argument.status.kind == .regular else { return }
    var isOwn = argument.isFollowed && identities.contains(argument.status.identity)
    let slash = argument.location.lastIndex(of: UInt8(ascii: "/"))
    let parent = slash.map { argument.location[...$0] } ?? [UInt8(ascii: ".")]
    if let directory = try? FileStatus(of: parent, followLinks: true).identity {
      isOwn = isOwn || names(in: directory).contains(argument.name)
    }
    guard isOwn else { return }
    throw P2PCopyError(
      .usage,
      "'\(DisplayText.escaped(argument.location))' is to be sent, and the receipt or the list of checksums would replace"
        + " it; give another place for that; nothing was sent")
  }
}

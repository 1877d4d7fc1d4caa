package import P2PCopyCore

/// Where an entry is to be put, as it was planned.
package struct PlannedPlace: Sendable {
  /// The path below the output directory. Not the one in the transfer when a directory on the way has another name here.
  package var path: RelativePath

  /// What was there when it was planned, which is all that may be replaced; `nil` for nothing.
  package var replaceable: FileStatus?

  /// A place where nothing was.
  package init(_ path: RelativePath) {
    self.path = path
  }

  /// A place with what is there now.
  ///
  /// - Parameters:
  ///   - path: The path below the output directory.
  ///   - directory: The directory it is in.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable`` when that cannot be looked at.
  package init(_ path: RelativePath, in directory: DirectoryHandle) throws(P2PCopyError) {
    self.init(path, replacing: try directory.status(of: path))
  }

  package init(_ path: RelativePath, replacing replaceable: FileStatus?) {
    self.path = path
    self.replaceable = replaceable
  }
}

/// Something that is in place.
package struct PlacedEntry: Sendable {
  /// Where: under ``ConflictPolicy/rename`` its name may be another one than was planned.
  package var path: RelativePath

  /// What of its mode and times was refused.
  package var refusal = MetadataRefusal()

  /// The mode and time it has there; `nil` when nobody asked.
  package var metadata: EntryMetadata?

  /// Whether its time stays as it is: not that of a directory that more comes into.
  package var hasLastingTime = true

  /// What a file is under its name, for a journal; `nil` when there is none.
  package var status: FileStatus?

  package init(
    path: RelativePath, refusal: MetadataRefusal = MetadataRefusal(), metadata: EntryMetadata? = nil,
    hasLastingTime: Bool = true, status: FileStatus? = nil
  ) {
    self.path = path
    self.refusal = refusal
    self.metadata = metadata
    self.hasLastingTime = hasLastingTime
    self.status = status
  }
}

extension DirectoryHandle {
  /// What is there under an entry's name; `nil` for nothing.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  package func status(of path: RelativePath) throws(P2PCopyError) -> FileStatus? {
    do {
      return try status(of: path.name)
    } catch {
      throw P2PCopyError(
        .destinationUnwritable, "cannot look at '\(path)': \(error)", scope: error.writingScope, cause: error)
    }
  }
}

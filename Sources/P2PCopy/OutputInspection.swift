public import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// Looks at what transfers have left in an output directory beside what is complete: partial files and a journal.
///
/// ```swift
/// let status = try OutputInspection(directory: "downloads").status()
/// print(status.partialFiles.count)
/// ```
public struct OutputInspection: Sendable {
  /// How many partial files a result names; the others are counted.
  public static let maximumNamedCount = 10_000

  /// A partial file.
  public struct PartialFile: Sendable, Hashable {
    /// Its path below the directory.
    public var path: EntryPath
    /// How many bytes are there.
    public var byteCount: Int64
    /// When it was written last, in seconds since 1970.
    public var modificationSeconds: Int64
    /// Whether a receiver is writing it now.
    public var isInUse: Bool
  }

  /// What a journal knows.
  public struct Journal: Sendable, Hashable {
    /// How many files it knows.
    public var fileCount = 0
    /// How many of them are as it knows them.
    public var unchangedCount = 0
    /// To how many something has happened since.
    public var changedCount = 0
    /// How many are not there any more.
    public var goneCount = 0
    /// Why it is not used; `nil` when it is.
    public var problem: String?
  }

  /// What lies there.
  public struct Status: Sendable {
    /// The partial files, at most ``OutputInspection/maximumNamedCount``.
    public internal(set) var partialFiles: [PartialFile] = []
    /// How many partial files there are.
    public internal(set) var partialFileCount = 0
    /// How many bytes they have.
    public internal(set) var partialByteCount: Int64 = 0
    /// The journal; `nil` when there is none.
    public internal(set) var journal: Journal?
    /// Directories that could not be read, at most ``OutputInspection/maximumNamedCount``, safe to show.
    public internal(set) var unreadable: [String] = []
  }

  /// What was removed, or would be.
  public struct Removal: Sendable {
    /// Paths below the directory, at most ``OutputInspection/maximumNamedCount``.
    public internal(set) var paths: [EntryPath] = []
    /// How many there are.
    public internal(set) var count = 0
    /// How many bytes they have.
    public internal(set) var byteCount: Int64 = 0
    /// What could not be removed or read, and why, at most ``OutputInspection/maximumNamedCount``, safe to show.
    public internal(set) var failures: [String] = []
  }

  /// The output directory.
  public let directory: LocalPath

  /// Names a directory; nothing is looked at yet.
  public init(directory: LocalPath) {
    self.directory = directory
  }

  /// Looks at what lies there. Nothing is changed, and no link is followed.
  ///
  /// - Returns: What lies there.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it cannot be read,
  ///   ``P2PCopyError/Code/cancelled`` when the task is cancelled.
  public func status() throws(P2PCopyError) -> Status {
    let root = try open()
    var status = Status()
    var byteCount = SaturatingCount<Int64>()
    var unreadable: [String] = []
    try leftovers(root, { unreadable.append($0) }) { leftover in
      status.partialFileCount += 1
      byteCount += leftover.status.byteCount
      guard status.partialFiles.count < Self.maximumNamedCount else { return }
      status.partialFiles.append(
        PartialFile(
          path: EntryPath(leftover.path), byteCount: leftover.status.byteCount,
          modificationSeconds: Int64(leftover.status.modificationSeconds), isInUse: leftover.isInUse()))
    }
    status.partialByteCount = byteCount.value
    status.unreadable = unreadable
    status.journal = try journal(root)
    return status
  }

  /// Removes this user's partial files and journal, but for what a receiver is using now. Nothing else, through no link.
  ///
  /// - Parameters:
  ///   - age: Only what was written last so long ago.
  ///   - isDryRun: Whether to find out only what would be removed.
  /// - Returns: What was removed.
  /// - Throws: As ``status()``.
  public func clean(olderThan age: Duration = .zero, isDryRun: Bool = false) throws(P2PCopyError) -> Removal {
    let root = try open()
    let (oldest, overflow) = Int(time(nil)).subtractingReportingOverflow(Int(clamping: age.components.seconds))
    var removal = Removal()
    var byteCount = SaturatingCount<Int64>()
    var failures: [String] = []
    func fail(_ text: String) { if failures.count < Self.maximumNamedCount { failures.append(text) } }
    func remove(_ leftover: Leftover) {
      guard !overflow, leftover.status.modificationSeconds <= oldest else { return }
      do throws(SystemError) {
        guard try leftover.remove(isDryRun: isDryRun) else { return }
      } catch {
        fail("'\(DisplayText.escaped(leftover.path))': \(error)")
        return
      }
      removal.count += 1
      byteCount += leftover.status.byteCount
      if removal.paths.count < Self.maximumNamedCount { removal.paths.append(EntryPath(leftover.path)) }
    }
    try leftovers(root, fail, remove)
    if let journal = Leftover(PlacementJournal.name, path: PlacementJournal.name, in: root) { remove(journal) }
    removal.byteCount = byteCount.value
    removal.failures = failures
    return removal
  }

  private func open() throws(P2PCopyError) -> DirectoryHandle {
    guard directory.canBePath else { throw P2PCopyError(.usage, "'\(directory)' is not a path") }
    do throws(SystemError) {
      return try DirectoryHandle(entering: directory.bytes, followLinks: true)
    } catch {
      throw P2PCopyError(.usage, "cannot look into '\(directory)': \(error)", cause: error)
    }
  }

  private func journal(_ root: DirectoryHandle) throws(P2PCopyError) -> Journal? {
    var found = Journal()
    switch root.readJournal() {
    case .missing: return nil
    case .inUse: found.problem = "a receiver is replacing it"
    case .unusable(let reason): found.problem = reason
    case .open(let journal):
      let output = try OutputDirectory(path: directory)
      journal.forEachFile { file in
        found.fileCount += 1
        if let status = Self.status(of: file, in: output) {
          if file.isStill(status) { found.unchangedCount += 1 } else { found.changedCount += 1 }
        } else {
          found.goneCount += 1
        }
      }
    }
    return found
  }

  private static func status(of file: PlacedFile, in output: OutputDirectory) -> FileStatus? {
    guard let path = try? RelativePath(validating: file.path),
      let parent = (try? output.directory(of: path, creating: false)) ?? nil
    else { return nil }
    return (try? parent.status(of: path.name)) ?? nil
  }

  private func leftovers(
    _ root: DirectoryHandle, _ cannotRead: (String) -> Void, _ body: (Leftover) -> Void
  ) throws(P2PCopyError) {
    var walk = LeftoverWalk(root)
    while true {
      guard !Task.isCancelled else { throw P2PCopyError(.cancelled, "interrupted") }
      switch walk.next() {
      case .leftover(let leftover): body(leftover)
      case .unreadable(let path, let error):
        cannotRead("'\(path.isEmpty ? directory.description : DisplayText.escaped(path))': \(error)")
      case .other: break
      case nil: return
      }
    }
  }
}

package import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire
public import SystemPackage

/// An open descriptor that takes the content of the one file that a sender sends: a pipe, a terminal, a file.
///
/// The descriptor stays the caller's, who keeps it open as long as something is received and closes it.
public struct StreamDestination: Sendable {
  /// The standard output of this process.
  public static let standardOutput = StreamDestination(.standardOutput)

  private let descriptor: StreamDescriptor

  /// A destination that writes to a descriptor, where that stands.
  public init(_ descriptor: SystemPackage.FileDescriptor) {
    self.descriptor = StreamDescriptor(number: descriptor.rawValue)
  }

  /// What a person calls it.
  var shown: String { descriptor.shown }
}

extension StreamDestination: Destination {
  package var outputPath: LocalPath? { nil }

  package var canBeginAgain: Bool { false }

  package func check() {}

  package func open(_ settings: ReceiveSettings) -> OpenDestination {
    OpenDestination(decisions: StreamDecisions(shown: shown), store: StreamStore(descriptor))
  }
}

/// Wants one file.
private final class StreamDecisions: EntryDeciding {
  private let shown: String
  private var hasFile = false

  init(shown: String) {
    self.shown = shown
  }

  func decide(_ entry: IncomingEntry, _ path: RelativePath) throws(P2PCopyError) -> EntryDecision {
    switch entry.kind {
    case .file, .stream:
      guard !hasFile else {
        throw P2PCopyError(.usage, "\(shown) takes one file; '\(path)' is another one", scope: .entry)
      }
      hasFile = true
      return .whole(PlannedPlace(path))
    case .directory, .symbolicLink:
      throw P2PCopyError(.usage, "\(shown) takes one file; '\(path)' is none", scope: .entry)
    }
  }

  func decide(
    _ entry: IncomingEntry, _ path: RelativePath, comparing digest: [UInt8]
  ) -> EntryDecision {
    .whole(PlannedPlace(path))
  }
}

/// Writes what comes, as it comes: nothing of it can be taken back.
private final class StreamStore: EntryStoring {
  private let descriptor: StreamDescriptor
  /// What writes the one file; a second one is for the same file, which comes once more.
  private var writer: Writer?

  init(_ descriptor: StreamDescriptor) {
    self.descriptor = descriptor
  }

  var canTakeAgain: Bool { false }

  func openFile(
    _ entry: IncomingEntry, at place: PlannedPlace, continuing start: PartialStart?
  ) throws(P2PCopyError) -> any EntryWriting {
    try makeWriter(place)
  }

  private func makeWriter(_ place: PlannedPlace) throws(P2PCopyError) -> Writer {
    guard writer?.hasWritten != true else {
      throw P2PCopyError(
        .incomplete,
        "'\(place.path)' changed while it was being sent, and what was written to \(descriptor.shown) by then cannot be"
          + " taken back", remedy: .runAgain, scope: .entry)
    }
    let made = Writer(descriptor, place)
    writer = made
    return made
  }

  func storeFile(
    _ content: UnsafeRawBufferPointer, _ entry: IncomingEntry, at place: PlannedPlace, _ metadata: EntryMetadata?
  ) throws(P2PCopyError) -> PlacedEntry {
    let writer = try makeWriter(place)
    try writer.write(content, at: 0)
    return writer.place(metadata, byteCount: Int64(content.count))
  }

  func storeLink(
    _ entry: IncomingEntry, to target: [UInt8], at place: PlannedPlace
  ) throws(P2PCopyError) -> PlacedEntry {
    throw P2PCopyError(.internalError, "a link was to be made in \(descriptor.shown); please report it")
  }

  func storeDirectory(
    _ entry: IncomingEntry, at path: RelativePath, _ origin: DirectoryOrigin
  ) throws(P2PCopyError) -> PlacedEntry {
    throw P2PCopyError(.internalError, "a directory was to be made in \(descriptor.shown); please report it")
  }

  func finish() -> [EntryFailure] { [] }

  private final class Writer: EntryWriting {
    private let descriptor: StreamDescriptor
    private let planned: PlannedPlace
    private(set) var hasWritten = false

    init(_ descriptor: StreamDescriptor, _ planned: PlannedPlace) {
      self.descriptor = descriptor
      self.planned = planned
    }

    func write(_ content: UnsafeRawBufferPointer, at offset: Int64) throws(P2PCopyError) {
      if !content.isEmpty { hasWritten = true }
      do {
        try descriptor.writeAll(content)
      } catch {
        throw P2PCopyError(
          .destinationUnwritable, "cannot write to \(descriptor.shown): \(error)", scope: error.writingScope,
          cause: error)
      }
    }

    func place(_ metadata: EntryMetadata?, byteCount: Int64) -> PlacedEntry { PlacedEntry(path: planned.path) }

    func discard() {}
  }
}

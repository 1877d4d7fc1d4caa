import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

/// The receiving half of protocol 1 as a state machine over the messages of one session.
///
/// `manifest`, then for each file `file`, chunks, `file_eof`, and at the end `eof`. Anything else ends the session.
final class IncomingFiles {
  private enum State {
    case awaitingManifest
    case betweenFiles
    case inFile(IncomingChunks, shown: String)
    case ended
  }

  private let connection: Protocol1Connection
  private let output: OutputDirectory
  private let takenNames: TakenNames
  private let completesFiles: Bool
  private let tree: DestinationTree
  private let codecs: CodecRegistry
  private let claimedPaths: ClaimedPaths
  private let monitor: TransferMonitor

  private var state = State.awaitingManifest
  private var files: [[UInt8]: AnnouncedFile] = [:]
  private var order: [[UInt8]] = []
  private var isResuming = false
  private var decompressions: [CodecName: any DecompressionContext] = [:]
  private let scratch = UnsafeMutableRawBufferPointer.allocate(
    byteCount: Protocol1Suite.maximumChunkByteCount, alignment: 4096)

  private let failures: EntryFailures

  init(
    connection: Protocol1Connection, output: OutputDirectory, takenNames: TakenNames, completesFiles: Bool,
    codecs: CodecRegistry,
    claimedPaths: ClaimedPaths, monitor: TransferMonitor, failures: EntryFailures
  ) {
    self.connection = connection
    self.output = output
    self.takenNames = takenNames
    self.completesFiles = completesFiles
    self.codecs = codecs
    self.claimedPaths = claimedPaths
    self.monitor = monitor
    self.failures = failures
    tree = DestinationTree(output: output, takenNames: takenNames) { monitor.rename($0, to: $1) }
  }

  deinit {
    scratch.deallocate()
  }

  /// Takes the next message.
  ///
  /// - Returns: Whether more are expected.
  func take(_ message: consuming TransportMessage) async throws -> Bool {
    switch consume message {
    case .binary(let chunk): try take(chunk)
    case .text(let text):
      switch (try connection.open(text), state) {
      case (.manifest(let entries, let resume), .awaitingManifest):
        try await begin(entries, resume: resume)
      case (.file(let header), .betweenFiles):
        try begin(header)
      case (.fileEnd, .inFile(let chunks, let shown)):
        try finish(chunks, shown)
      case (.end, .betweenFiles):
        state = .ended
        return false
      case (.unknown(let type), .awaitingManifest) where type == "waiting":
        break
      case (let other, _):
        throw P2PCopyError(.protocolViolation, "the sender sent a \(other.typeName) message out of turn")
      }
    }
    return true
  }

  /// Accounts for every file of the manifest once the sender says that it sent everything, and makes it durable.
  func settle() throws {
    for key in order {
      guard let file = files[key], file.state == .awaited, let path = file.path else { continue }
      files[key]?.state = .settled
      if file.byteCount == 0 {
        try createEmptyFile(path)
      } else if isResuming, let finding = file.finding, finding.part.byteCount == file.byteCount {
        try keepUnchanged(path, finding)
      } else {
        try fail(
          EntryPath(path),
          P2PCopyError(
            .incomplete, "'\(path)' was announced and never came: the sender could not read it",
            scope: .entry))
      }
    }
    try output.synchronize()
  }

  private var plan: DestinationPlan {
    DestinationPlan(tree: tree, isResuming: isResuming, completesFiles: completesFiles)
  }

  // MARK: Manifest

  private func begin(_ entries: [ManifestEntry], resume: Bool) async throws {
    isResuming = resume
    var byteCount: Int64 = 0
    for entry in entries {
      let (sum, overflows) = byteCount.addingReportingOverflow(entry.byteCount)
      guard !overflows else {
        throw P2PCopyError(.protocolViolation, "the manifest's sizes add up to more than any disk holds")
      }
      byteCount = sum
    }
    monitor.start(fileCount: entries.count, byteCount: byteCount)
    for entry in entries {
      guard claimedPaths.claim(entry.path) else {
        throw P2PCopyError(
          .protocolViolation, "the manifest lists '\(DisplayText.entry(entry.path))' twice")
      }
      files[entry.path] = try announced(entry)
      order.append(entry.path)
    }
    state = .betweenFiles
    if resume { try await reportWhatIsThere() }
  }

  private func announced(_ entry: ManifestEntry) throws(P2PCopyError) -> AnnouncedFile {
    do throws(P2PCopyError) {
      let path = try RelativePath(validating: entry.path)
      guard !PartialFile.isReserved(anyOf: path) else {
        throw P2PCopyError(
          .unsafePath, "refused the name '\(path)': it is reserved for partial files",
          scope: .entry)
      }
      return AnnouncedFile(path: path, byteCount: entry.byteCount)
    } catch {
      try fail(EntryPath(entry.path), error)
      return AnnouncedFile(path: nil, byteCount: entry.byteCount, state: .settled)
    }
  }

  private func reportWhatIsThere() async throws {
    let scan = ResumeScan(tree: tree, completesFiles: completesFiles)
    var parts: [ReceivedPart] = []
    var room = Protocol1Suite.maximumMessageByteCount / 2 - 256
    for key in order {
      guard let file = files[key], let path = file.path, file.byteCount > 0 else { continue }
      monitor.emit(.checking(path: EntryPath(path)))
      guard let finding = try scan.look(for: path, byteCount: file.byteCount) else { continue }
      // The answer must fit into one message: 120 bytes cover an entry's other fields, 2 the escaping of a byte.
      room -= 120 + 2 * key.count
      guard room > 0 else { break }
      files[key]?.finding = finding
      parts.append(finding.part)
    }
    try await connection.send(.receiverManifest(parts))
  }

  // MARK: Files

  private func begin(_ header: FileHeader) throws(P2PCopyError) {
    let shown = DisplayText.entry(header.path)
    guard let file = files[header.path] else {
      throw P2PCopyError(.protocolViolation, "the sender sent '\(shown)', which its manifest does not list")
    }
    let decompression = try decompression(for: header, shown)
    guard let path = file.path else {
      state = .inFile(incomingChunks(header, .nowhere(.skipped), decompression), shown: shown)
      return
    }
    guard file.state == .awaited else {
      throw P2PCopyError(.protocolViolation, "the sender sent '\(shown)' twice")
    }
    files[header.path]?.state = .settled
    let destination = try plan.destination(for: header, path, file.finding)
    monitor.beginFile(path, byteCount: header.byteCount, resumedByteCount: header.appendFrom)
    state = .inFile(incomingChunks(header, destination, decompression), shown: shown)
  }

  private func incomingChunks(
    _ header: FileHeader, _ destination: IncomingChunks.Destination, _ decompression: (any DecompressionContext)?
  ) -> IncomingChunks {
    IncomingChunks(header, to: destination, decompression: decompression, scratch: scratch)
  }

  private func decompression(
    for header: FileHeader, _ shown: String
  ) throws(P2PCopyError) -> (any DecompressionContext)? {
    guard header.compression != .none else { return nil }
    if let context = decompressions[header.compression] { return context }
    guard let compressor = codecs.compressor(named: header.compression) else {
      throw codecs.missing(.compressor, header.compression, forProtocol: 1)
    }
    let context = try compressor.makeDecompressionContext()
    decompressions[header.compression] = context
    return context
  }

  private func take(_ chunk: consuming ByteBuffer) throws(P2PCopyError) {
    guard case .inFile(let chunks, let shown) = state else {
      throw P2PCopyError(.protocolViolation, "the sender sent data outside a file")
    }
    var chunk = consume chunk
    try connection.security?.openPayload(of: &chunk)
    let byteCount = try chunks.take(chunk, shown: shown)
    connection.transportConnection.buffers.recycle(chunk)
    monitor.advance(by: byteCount)
  }

  private func finish(_ chunks: IncomingChunks, _ shown: String) throws(P2PCopyError) {
    state = .betweenFiles
    guard let path = files[chunks.header.path]?.path else { return }
    switch chunks.finish(takenNames, shown: shown) {
    case .complete(let place):
      if place.name != path.name { monitor.rename(path, to: place) }
      monitor.finishFile(place, byteCount: chunks.header.byteCount)
    case .skipped: monitor.skipExisting(path)
    case .failed(let error): try fail(EntryPath(path), error)
    }
  }

  /// A file failed; the others go on.
  ///
  /// - Throws: The error itself when more ends than this file.
  private func fail(_ path: EntryPath, _ error: P2PCopyError) throws(P2PCopyError) {
    guard error.scope == .entry else { throw error }
    failures.takeUntold(EntryFailure(path: path, error: error))
  }

  // MARK: Files without data

  /// Makes an empty file by the manifest alone: with `resume` the Python sender never sends them.
  private func createEmptyFile(_ path: RelativePath) throws(P2PCopyError) {
    do throws(P2PCopyError) {
      let header = FileHeader(path: path.bytes, byteCount: 0, compression: .none, appendFrom: 0)
      if isResuming, case (let place, let directory?)? = try tree.place(of: path, creating: false),
        plan.isEmptyFile(place, in: directory)
      {
        monitor.skipUnchanged(place, byteCount: 0)
        return
      }
      monitor.beginFile(path, byteCount: 0)
      try finish(incomingChunks(header, plan.destination(for: header, path, nil), nil), path.description)
    } catch {
      try fail(EntryPath(path), error)
    }
  }

  /// Counts a file as complete that the sender found to be the same. A complete partial file gets its name.
  private func keepUnchanged(_ path: RelativePath, _ finding: ResumeScan.Finding) throws(P2PCopyError) {
    guard case .partialFile(let start) = finding.place else {
      monitor.skipUnchanged(finding.path, byteCount: finding.part.byteCount)
      return
    }
    do throws(P2PCopyError) {
      guard let directory = try output.directory(of: finding.path, creating: false) else {
        throw P2PCopyError(
          .destinationUnwritable, "the directory of '\(path)' is gone", remedy: .runAgain, scope: .entry)
      }
      var destination = PlannedPlace(finding.path)
      switch try plan.conflict(finding.path, in: directory) {
      case .none: break
      case .replaceable(let existing): destination.replaceable = existing
      case .outcome(.failed(let error)): throw error
      case .outcome:
        monitor.skipExisting(finding.path)
        return
      }
      let partial = try PartialFile(opening: destination, in: directory, continuing: start)
      let place = try partial.place(takenNames).path
      if place.name != path.name { monitor.rename(path, to: place) }
      monitor.skipUnchanged(place, byteCount: finding.part.byteCount)
    } catch {
      try fail(EntryPath(path), error)
    }
  }
}

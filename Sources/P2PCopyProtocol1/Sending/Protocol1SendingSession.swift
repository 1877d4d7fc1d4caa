import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer

/// One sender's session of protocol 1: its share of the files over one connection.
struct Protocol1SendingSession: Sendable {
  let rendezvous: SessionRendezvous
  let files: [SourceFile]
  let compression: CompressionMode
  let resume: Bool
  let failures: EntryFailures

  private var monitor: TransferMonitor { rendezvous.monitor }

  /// The manifest for some files.
  static func manifest(of files: [SourceFile], resume: Bool) -> ControlMessage {
    .manifest(
      entries: files.map { ManifestEntry(path: $0.path.bytes, byteCount: $0.byteCount) }, resume: resume)
  }

  /// Runs the session to its end.
  ///
  /// - Throws: ``P2PCopyError`` when the session as a whole failed; files that failed by themselves are told to the
  ///   monitor.
  func run() async throws {
    let contexts = try compressionContexts()
    // A sender is told that the receiver is there, which says nothing by itself.
    let (connection, _) = try await rendezvous.findPeer()
    try await Goodbye.onFailure(connection.transportConnection, role: .sender) {
      try await transfer(over: connection, contexts)
    }
  }

  private func compressionContexts() throws(P2PCopyError) -> CompressionContexts? {
    guard compression != .off else { return nil }
    guard let compressor = rendezvous.codecs.compressor(named: Protocol1Suite.compressorName) else {
      throw rendezvous.codecs.missing(.compressor, Protocol1Suite.compressorName, forProtocol: 1)
    }
    return CompressionContexts(compressor)
  }

  private func transfer(over connection: Protocol1Connection, _ contexts: CompressionContexts?) async throws {
    let byteCount = SaturatingCount(summing: files.lazy.map(\.byteCount))
    monitor.start(fileCount: files.count, byteCount: byteCount.value)
    try await connection.send(Self.manifest(of: files, resume: resume))
    let parts = resume ? try await receivedParts(connection) : [:]
    for file in files {
      try Task.checkCancellation()
      do {
        try await send(file, over: connection, parts[file.path.bytes], contexts)
      } catch let error as P2PCopyError where error.scope == .entry {
        failures.takeUntold(EntryFailure(path: EntryPath(file.path), error: error))
      }
    }
    try await connection.send(.end)
    try await connection.finish()
  }

  /// What the receiver has, by path.
  private func receivedParts(_ connection: Protocol1Connection) async throws -> [[UInt8]: ReceivedPart] {
    guard case .text(let text) = try await connection.receive(),
      case .receiverManifest(let parts) = try connection.open(text)
    else {
      throw P2PCopyError(.protocolViolation, "the receiver did not answer the manifest with what it has")
    }
    return Dictionary(parts.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Sends a file.
  ///
  /// - Throws: ``P2PCopyError`` whose scope is the entry when only this file could not be sent; anything else ends the
  ///   session.
  private func send(
    _ source: SourceFile, over connection: Protocol1Connection, _ part: ReceivedPart?, _ contexts: CompressionContexts?
  ) async throws {
    let file = try OpenSourceFile(opening: source).inMemoryIfNeeded()
    let offset = try resumeOffset(of: file, part)
    if offset > 0, offset == file.byteCount {
      monitor.skipUnchanged(source.path, byteCount: offset)
      return
    }
    var chunks = OutgoingChunks(
      of: file, from: offset, to: connection, compression: compression, contexts: contexts, monitor: monitor)
    try await chunks.run()
    monitor.finishFile(source.path, byteCount: file.byteCount)
  }

  /// How much of the file the receiver has: all that it reported when that is how the file begins, otherwise nothing.
  private func resumeOffset(of file: OpenSourceFile, _ part: ReceivedPart?) throws -> Int64 {
    guard let part, part.byteCount > 0, part.byteCount <= file.byteCount else { return 0 }
    monitor.emit(.checking(path: EntryPath(file.source.path)))
    do {
      let (chain, byteCount) = try PrefixChecksum.compute(over: file.descriptor, byteCount: part.byteCount)
      return byteCount == part.byteCount && chain == part.chain ? byteCount : 0
    } catch let error as SystemError {
      throw OpenSourceFile.explain(error, file.source)
    }
  }
}

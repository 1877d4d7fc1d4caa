import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Stores what the sender sends: directories, links, files in chunks and in packs, and says what is in place.
///
/// Used by the storing task alone.
final class Storage {
  let lane: Lane
  let settings: ReceiveSettings
  /// Missing when everything goes to standard output.
  let output: OutputDirectory?
  let window: PageWindow
  let log: DeliveryLog

  var pages: [PageStorage] = []
  var current: IncomingFile?
  private var ledger = DirectoryLedger()
  private var tree = TreeDigest()
  private var delivered = SessionTotals()
  /// What failed after the last page's receipt, which the sender does not know of yet.
  private var lateFailureCount: UInt64 = 0
  /// What the sender is told now and then, so that it shows what is here and not what is on the way.
  private var acknowledgement: StorageAcknowledgement
  /// Directories that were there before the session.
  private var presentDirectoryCount: UInt64 = 0
  let decompression: (any DecompressionContext)?
  let packLoan: DigestContexts.Loan
  let scratch: UnsafeMutableRawBufferPointer

  init(
    lane: Lane, settings: ReceiveSettings, output: OutputDirectory?, window: PageWindow, log: DeliveryLog
  ) throws(P2PCopyError) {
    self.lane = lane
    self.settings = settings
    self.output = output
    self.window = window
    self.log = log
    acknowledgement = StorageAcknowledgement(interval: settings.acknowledgementInterval)
    decompression = try settings.compressor?.makeDecompressionContext()
    packLoan = try settings.digests.borrow()
    scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: settings.chunkByteCount, alignment: 4096)
  }

  deinit {
    scratch.deallocate()
  }

  var monitor: TransferMonitor { settings.monitor }

  /// Stores until everything is in place and the receipt is sent.
  func run(_ items: BoundedQueue<StoreItem>) async throws {
    while let item = try await items.next() {
      switch item {
      case .page(let page): pages.append(PageStorage(page))
      case .chunk(let header, let body): try takeChunk(header, body)
      case .pack(let header, let body): try takePack(header, body)
      case .fileEnd(let end): try finish(end)
      case .fileFailed(let notice): try takeFailure(notice)
      case .pageEnd(let firstIndex): try await finishPage(firstIndex)
      case .end(let totals, let treeDigest, let failureCount):
        try await finish(totals, treeDigest, failureCount)
        return
      }
      if let message = acknowledgement.due() { try await lane.send(message) }
    }
  }

  /// Raw bytes of content have been dealt with.
  func advance(by byteCount: Int) {
    monitor.advance(by: byteCount)
    acknowledgement.byteCount += byteCount
  }

  // MARK: Pages

  func place(of index: UInt64) throws(P2PCopyError) -> (PageStorage, Int) {
    for page in pages {
      if let position = page.page.position(of: index) {
        return (page, position)
      }
    }
    throw P2PCopyError(.protocolViolation, "the sender sent data of an entry that is not in its manifest")
  }

  private func finishPage(_ firstIndex: UInt64) async throws {
    guard current == nil, let page = pages.first, page.page.firstIndex == firstIndex else {
      throw P2PCopyError(.protocolViolation, "the sender ended a page out of turn")
    }
    try page.takeOverPlans()
    for position in page.outcomes.indices {
      guard case .awaited = page.outcomes[position] else { continue }
      page.outcomes[position] = try place(page.page.entries[position], page.page[position])
    }
    var receipt = PageReceipt(firstIndex: firstIndex, treeDigest: [], failures: [])
    for (position, outcome) in page.outcomes.enumerated() {
      let entry = page.page.entries[position]
      switch outcome {
      case .delivered(let delivered, let isUnchanged):
        tree.add(delivered)
        log.add(delivered)
        settle(delivered, entry, isUnchanged: isUnchanged)
      case .failed(let error):
        receipt.failures.append(
          settings.failures.notice(
            of: EntryFailure(path: entry.shown, error: error), index: firstIndex + UInt64(position)))
      case .settled: break
      case .awaited: throw P2PCopyError(.internalError, "an entry without an outcome")
      }
    }
    receipt.treeDigest = tree.value
    pages.removeFirst()
    window.close()
    var record = lane.buffers.takeRecord()
    receipt.write(to: &record)
    try await lane.send(consume record)
  }

  /// Counts a directory, or makes a symbolic link. A file that is still awaited never came.
  ///
  /// - Throws: ``P2PCopyError`` when more ends than this entry.
  private func place(
    _ entry: IncomingEntry, _ plan: IncomingPage.Plan
  ) throws(P2PCopyError) -> PageStorage.Outcome {
    do throws(P2PCopyError) {
      let placed: PlacedEntry
      var isUnchanged = false
      switch (plan, entry.kind) {
      case (.made(let path, let origin), .directory):
        placed = try settle(directory: path, origin, entry)
        isUnchanged = origin == .found
      case (.expected(let destination?), .symbolicLink(let target)):
        guard let output else { throw PageStorage.unasked(entry) }
        placed = try directory(of: destination, in: output).createSymbolicLink(
          to: target, at: destination, metadata: settings.keepsMetadata ? entry.metadata : nil, settings.takenNames)
        monitor.take(placed.refusal, of: .symbolicLink, placed.path.description)
      default: throw P2PCopyError(.incomplete, "'\(entry.shown)' was announced and never came", scope: .entry)
      }
      return .delivered(entry.delivered(digest: [], byteCount: 0, placed), isUnchanged: isUnchanged)
    } catch {
      guard error.scope == .entry else { throw error }
      return .failed(error)
    }
  }

  /// Puts a directory down for its mode and times, which it gets in the end.
  ///
  /// - Returns: The directory with what it will have then. The time of one that keeps its own is not known before.
  private func settle(
    directory path: RelativePath, _ origin: DirectoryOrigin, _ entry: IncomingEntry
  ) throws(P2PCopyError) -> PlacedEntry {
    var metadata = settings.keepsMetadata ? entry.metadata : nil
    if origin == .found, settings.takenNames.policy != .overwrite { metadata = nil }
    if let metadata { ledger.record(path, metadata, origin) }
    guard settings.takenNames.recordsMetadata, let output else { return PlacedEntry(path: path) }
    let directory = try output.existingDirectory(path)
    do throws(SystemError) {
      let status = try directory.descriptor.status()
      var expected = metadata ?? status.metadata
      expected.mode =
        metadata?.permissions(of: status, origin: origin, keepingSetID: settings.keepsSetID) ?? status.permissions
      return PlacedEntry(path: path, metadata: expected, hasLastingTime: metadata != nil)
    } catch {
      throw PartialFile.explain(error, path)
    }
  }

  /// The directory that an entry belongs in.
  func directory(of destination: Destination, in output: OutputDirectory) throws(P2PCopyError) -> DirectoryHandle {
    guard let directory = try output.directory(of: destination.path, creating: true) else {
      throw P2PCopyError(.internalError, "the directory of '\(destination.path)' was not made")
    }
    return directory
  }

  private func settle(_ delivered: DeliveredEntry, _ entry: IncomingEntry, isUnchanged: Bool) {
    guard let sentPath = entry.path else { return }
    let path = path(of: delivered, sentAs: sentPath)
    guard delivered.kind == .file else {
      self.delivered.addOther()
      if !isUnchanged {
        // Directories say it themselves, once for all that is in them.
        if delivered.kind != .directory { sayIfRenamed(sentPath, path) }
        monitor.finishOther(delivered.kind)
      } else if delivered.kind == .directory {
        // Links that were there the sender knows from the answers.
        presentDirectoryCount += 1
      }
      return
    }
    self.delivered.addFile(byteCount: delivered.byteCount)
    if isUnchanged { monitor.skipUnchanged(path, byteCount: delivered.byteCount) }
  }

  /// A file is in place: it counts from now on, though its page's receipt is yet to come.
  func place(_ delivered: DeliveredEntry, _ page: PageStorage, _ position: Int) {
    page.outcomes[position] = .delivered(delivered, isUnchanged: false)
    guard let sentPath = page.page.entries[position].path else { return }
    let path = path(of: delivered, sentAs: sentPath)
    sayIfRenamed(sentPath, path)
    monitor.finishFile(path, byteCount: delivered.byteCount)
  }

  private func path(of delivered: DeliveredEntry, sentAs path: RelativePath) -> RelativePath {
    delivered.placedPath.flatMap { try? RelativePath(validating: $0) } ?? path
  }

  private func sayIfRenamed(_ sentPath: RelativePath, _ path: RelativePath) {
    if path.name != sentPath.name { monitor.rename(sentPath, to: path) }
  }

  private func takeFailure(_ notice: EntryFailureNotice) throws(P2PCopyError) {
    let (page, position) = try place(of: notice.index)
    guard case .awaited = page.outcomes[position], page.page.entries[position].kind != .directory else {
      throw PageStorage.unasked(page.page.entries[position])
    }
    if current?.index == notice.index { current = nil }
    page.outcomes[position] = .settled
    settings.failures.takeReported(
      EntryFailure(
        path: page.page.entries[position].shown,
        error: P2PCopyError(
          .incomplete, "the sender could not send '\(page.page.entries[position].shown)': \(notice.message)",
          scope: .entry)))
  }

  // MARK: The end

  private func finish(_ totals: SessionTotals, _ treeDigest: [UInt8], _ failureCount: UInt64) async throws {
    guard current == nil, pages.isEmpty else {
      throw P2PCopyError(.protocolViolation, "the sender ended before everything it announced was sent")
    }
    guard totals == delivered, treeDigest == tree.value else {
      throw P2PCopyError(
        .checksumMismatch, "what arrived is not what the sender counted", remedy: .runAgain)
    }
    if let output {
      let failures = ledger.apply(in: output, keepingSetID: settings.keepsSetID) { path, refusal in
        monitor.take(refusal, of: .directory, path.description)
      }
      for failure in failures {
        lateFailureCount += 1
        settings.failures.takeUntold(failure)
      }
      try output.synchronize()
    }
    let reportedCount = settings.failures.reportedCount
    if failureCount > reportedCount {
      settings.failures.takeUnnamed(
        count: failureCount - reportedCount,
        P2PCopyError(
          .incomplete, "the sender could not list or send everything", remedy: .seeOtherSide, scope: .entry))
    }
    // The chains up to here: what is sent from now on is not in this side's receipt.
    let chains = lane.chains
    try log.finish(
      treeDigest: tree.value, senderChain: chains.received, receiverChain: chains.sent, isComplete: failureCount == 0)
    try await lane.send(
      .receipt(
        delivered, treeDigest: tree.value, failureCount: lateFailureCount,
        metadataRefusalCount: UInt64(clamping: monitor.metadataRefusalCount),
        presentDirectoryCount: presentDirectoryCount))
  }
}

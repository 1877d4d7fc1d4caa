import Logging
import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// The receiver's part of a session, once both peers have the keys.
///
/// Tasks: one reads records, one answers pages, one stores; others keep the session connected. Between reading and storing
/// workers decompress and digest.
struct ReceivingSession: Sendable {
  /// How many bytes may wait to be stored.
  private static let storeLimit = 8 << 20

  /// More questions than a sender that keeps to the protocol can have under way.
  private static let questionLimit = 64

  let options: ReceiveOptions
  let destination: any Destination
  let codecs: CodecRegistry
  let monitor: TransferMonitor
  let log: DeliveryLog
  /// Counts over all sessions of the transfer.
  let limits: ReceivingLimits

  /// Receives everything and sends the receipt.
  ///
  /// - Throws: ``P2PCopyError`` when the session as a whole failed; entries that failed by themselves are told to the
  ///   monitor.
  func run(in session: PeerSession, over lane: Lane, _ dialing: LaneDialing) async throws {
    let agreed = try await Negotiation.run(
      selectingFor: codecs, connectionLimit: min(options.connections.maximumCount, dialing.maximumLaneCount),
      in: session, over: lane, stepTimeout: options.stepTimeout)
    monitor.emit(.negotiated(agreed.terms))
    log.begin(role: .receiver, agreed.digests)
    limits.beginSession()
    let settings = ReceiveSettings(agreed, options, limits, log, monitor)
    let delivery = Delivery(
      session, over: lane, dialing: dialing, maximumLaneCount: agreed.connectionCount,
      contentInterval: max(options.acknowledgementInterval, Protocol2Suite.acknowledgementInterval), monitor: monitor)
    try await transfer(settings, to: destination.open(settings), in: session, by: delivery)
    await delivery.awaitEnd()
  }

  private func transfer(
    _ settings: ReceiveSettings, to destination: OpenDestination, in session: PeerSession, by delivery: Delivery
  ) async throws {
    let ledger = IncomingPageLedger()
    let questions = BoundedQueue<PageQuestion>(limit: Self.questionLimit)
    let items = BoundedQueue<StoreItem>(limit: Self.storeLimit)
    // As many as there can be: whoever asks is not held up.
    let partials = BoundedQueue<PartialQuestion>(limit: 2 * ManifestPage.window * ManifestPage.maximumEntryCount)
    var tasks = SessionTasks(failing: questions, items, partials)
    tasks.add("receiver: reading", as: .reading) {
      try await RecordReader(delivery: delivery, settings: settings, ledger: ledger, questions: questions, items: items)
        .run()
    }
    tasks.add("receiver: answering") {
      try await PageAnswering(
        delivery: delivery, settings: settings, ledger: ledger, decisions: destination.decisions, partials: partials
      ).run(questions)
    }
    tasks.add("receiver: reading what is there") {
      try await PartialReading(delivery: delivery, settings: settings, store: destination.partials).run(partials)
    }
    tasks.add("receiver: storing", as: .work) {
      try await EntryStorage(
        delivery: delivery, settings: settings, ledger: ledger, store: destination.store, partials: partials, log: log
      ).run(items)
      // The receipt, before the lanes are left alone.
      try await delivery.flush()
    }
    tasks.add("receiver: keeping the lane alive") {
      try await Liveness(delivery: delivery, silenceLimit: session.silenceLimit).run()
    }
    if let checkpoints = destination.checkpoints {
      tasks.add("receiver: keeping the journal") {
        try await checkpoints.run(every: options.journalInterval, settings.logger)
      }
    }
    delivery.addTasks(to: &tasks)
    try await tasks.run()
  }
}

/// What was negotiated, and what a receiver was asked for: the same for all files of a session.
package struct ReceiveSettings: Sendable {
  let digests: DigestContexts
  /// Missing when nothing is compressed.
  let decompression: DecompressionContexts?
  let chunkByteCount: Int
  let wantsResume: Bool
  let conflictPolicy: ConflictPolicy
  let keepsMetadata: Bool
  let keepsSetID: Bool
  /// Whether somebody wants to know the modes and times of what is in place.
  let recordsMetadata: Bool
  let acknowledgementInterval: Duration
  let limits: ReceivingLimits
  /// Whether a file may count as complete by its size and time.
  let checksQuickly: Bool
  /// Whether that holds as well for a file that no journal knows.
  let trustsTimes: Bool
  let keepsJournal: Bool
  let digestName: CodecName
  let logger: Logger
  let monitor: TransferMonitor
  let failures: EntryFailures

  init(
    _ agreed: Negotiation.Outcome, _ options: ReceiveOptions, _ limits: ReceivingLimits, _ log: DeliveryLog,
    _ monitor: TransferMonitor
  ) {
    self.limits = limits
    digests = agreed.digests
    decompression = agreed.compressor.map { DecompressionContexts($0) }
    chunkByteCount = agreed.chunkByteCount
    wantsResume = agreed.wantsResume
    conflictPolicy = options.conflictPolicy
    keepsMetadata = options.keepsMetadata
    keepsSetID = options.keepsSetID
    recordsMetadata = log.recordsMetadata
    acknowledgementInterval = options.acknowledgementInterval
    checksQuickly = agreed.acceptsTimes && !options.comparesContent
    trustsTimes = options.trustsTimes
    keepsJournal = options.keepsJournal
    digestName = agreed.digest.name
    logger = options.logger
    self.monitor = monitor
    failures = EntryFailures(monitor, log)
  }

  /// The mode and times to give a file: those at its end, otherwise those in the manifest; `nil` for none.
  func metadata(of entry: IncomingEntry, _ end: FileEnd) -> EntryMetadata? {
    keepsMetadata ? end.metadata ?? entry.metadata : nil
  }
}

import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// The receiver's part of a session, once both peers have the keys.
///
/// Four tasks: one reads records, one answers pages, one stores, one keeps the connection alive.
struct ReceivingSession: Sendable {
  /// How many bytes may wait to be stored.
  private static let storeLimit = 8 << 20

  /// More questions than a sender that keeps to the protocol can have under way.
  private static let answerLimit = 64

  let options: ReceiveOptions
  let target: ReceiveTarget
  let codecs: CodecRegistry
  let monitor: TransferMonitor
  let log: DeliveryLog

  /// Receives everything and sends the receipt.
  ///
  /// - Throws: ``P2PCopyError`` when the session as a whole failed; entries that failed by themselves are told to the
  ///   monitor.
  func run(in session: PeerSession, over lane: Lane) async throws {
    let agreed = try await Negotiation.run(
      selectingFor: codecs, in: session, over: lane, stepTimeout: options.stepTimeout)
    log.begin(role: .receiver, digest: agreed.digest.name)
    // Opened once, so that all tasks mean the same directory whatever becomes of its path.
    let outputs = try Outputs(target)
    let settings = ReceiveSettings(
      compressor: agreed.compressor, digests: DigestContexts(agreed.digest), chunkByteCount: agreed.chunkByteCount,
      wantsResume: agreed.wantsResume,
      takenNames: TakenNames(
        options.conflictPolicy, in: outputs.forNames, recordsMetadata: log.recordsMetadata),
      keepsMetadata: options.keepsMetadata, keepsSetID: options.keepsSetID,
      acknowledgementInterval: options.acknowledgementInterval, monitor: monitor,
      failures: EntryFailures(monitor, log))
    try await transfer(settings, outputs, in: session, over: lane)
    await farewell(lane)
  }

  private func transfer(_ settings: ReceiveSettings, _ outputs: Outputs, in session: PeerSession, over lane: Lane)
    async throws
  {
    let answers = BoundedQueue<AnswerItem>(limit: Self.answerLimit)
    let items = BoundedQueue<StoreItem>(limit: Self.storeLimit)
    let window = PageWindow()
    var tasks = SessionTasks(failing: answers, items)
    tasks.add("receiver: reading", as: .reading) {
      try await RecordIntake(lane: lane, settings: settings, answers: answers, store: items, window: window).run()
    }
    tasks.add("receiver: answering") {
      try await PageAnswering(lane: lane, settings: settings, output: outputs.forAnswering).run(answers)
    }
    tasks.add("receiver: storing", as: .work) {
      try await Storage(lane: lane, settings: settings, output: outputs.forStoring, window: window, log: log).run(items)
    }
    tasks.add("receiver: keeping the lane alive") { try await session.keepAlive(lane) }
    try await tasks.run()
  }

  /// Waits for the sender to end the connection. Everything is in place by now, so nothing that happens here can undo
  /// success.
  private func farewell(_ lane: Lane) async {
    let connection = lane.connection
    _ = try? await withDeadline(.seconds(30), orThrow: P2PCopyError(.peerLeft, "no close from the sender")) {
      try await connection.finish(.normal)
    }
    connection.abort()
  }
}

/// The output directory, opened for each task that uses it.
///
/// Safe to pass to tasks although a directory is not: each task uses one of them, and ``TakenNames`` its own under a lock.
private struct Outputs: @unchecked Sendable {
  let forAnswering: OutputDirectory?
  let forStoring: OutputDirectory?
  let forNames: OutputDirectory?

  init(_ target: ReceiveTarget) throws(P2PCopyError) {
    switch target {
    case .directory(let path):
      let output = try OutputDirectory(path: path)
      forStoring = output
      forAnswering = try OutputDirectory(sharing: output)
      forNames = try OutputDirectory(sharing: output)
    case .standardOutput:
      forStoring = nil
      forAnswering = nil
      forNames = nil
    }
  }
}

import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// The sender's part of a session, once both peers have the keys.
///
/// Tasks beside the workers: the walk fills pages, the reader takes what the receiver says, the pump answers both and
/// sends the data, and one keeps the connection alive.
struct SendingSession: Sendable {
  /// More events than workers and a receiver that keeps to the protocol can have under way.
  private static let maximumPendingEventCount = 64

  let options: SendOptions
  let codecs: CodecRegistry
  let monitor: TransferMonitor
  let log: DeliveryLog

  private var resumes: Bool { options.resume ?? true }

  /// Sends what the source has and waits for the receipt.
  ///
  /// - Throws: ``P2PCopyError`` when the session as a whole failed; entries that failed by themselves are told to the
  ///   monitor.
  func run(
    _ source: any Source, in session: PeerSession, over lane: Lane, _ dialing: LaneDialing
  ) async throws {
    var codecs = codecs
    if options.compression == .off { codecs.removeCompressors() }
    if let cipher = options.cipher { try codecs.keepOnly(cipher: cipher) }
    let offer = SessionOffer(
      codecs: CodecOffer(codecs), chunkByteCounts: Protocol2Suite.chunkByteCounts(forRate: options.rateLimit),
      connectionCount: min(options.connections.maximumCount, dialing.maximumLaneCount), wantsResume: resumes,
      acceptsTimes: resumes && options.keepsMetadata && !options.comparesContent)
    let agreed = try await Negotiation.run(
      offering: offer, codecs: codecs, in: session, over: lane, stepTimeout: options.stepTimeout)
    monitor.emit(.negotiated(agreed.terms))
    log.begin(role: .sender, agreed.digests)
    let delivery = Delivery(
      session, over: lane, dialing: dialing, maximumLaneCount: agreed.connectionCount, monitor: monitor)
    try await transfer(settings(source, agreed, delivery.buffers), in: session, by: delivery)
    await delivery.finish()
  }

  private func settings(
    _ source: any Source, _ agreed: Negotiation.Outcome, _ buffers: MessageBufferPool
  ) -> SendSettings {
    SendSettings(
      source: source, buffers: buffers, chunkByteCount: agreed.chunkByteCount,
      compressionMode: options.compression, compressor: agreed.compressor, digests: agreed.digests,
      keepsMetadata: options.keepsMetadata, resumes: resumes, acceptsTimes: agreed.acceptsTimes, monitor: monitor,
      failures: EntryFailures(monitor, log))
  }

  private func transfer(
    _ settings: SendSettings, in session: PeerSession, by delivery: Delivery
  ) async throws {
    let events = BoundedQueue<SenderEvent>(limit: Self.maximumPendingEventCount)
    let credits = BoundedQueue<Void>(limit: ManifestPage.window)
    var tasks = SessionTasks(failing: events, credits)
    tasks.add("sender: listing") { try await Self.walk(settings, into: events, credits) }
    tasks.add("sender: reading", as: .reading) { try await delivery.listen(into: events, settings) }
    tasks.add("sender: sending", as: .work) {
      try await SendingPump(delivery: delivery, settings: settings, events: events, credits: credits, log: log).run()
    }
    tasks.add("sender: keeping the lane alive") {
      try await Liveness(delivery: delivery, silenceLimit: session.silenceLimit).run()
    }
    delivery.addTasks(to: &tasks)
    if delivery.maximumLaneCount > 1 {
      tasks.add("sender: choosing how many lanes") {
        try await LaneScaling(delivery: delivery, connections: options.connections).run()
      }
    }
    try await tasks.run()
  }

  private static func walk(
    _ settings: SendSettings, into events: BoundedQueue<SenderEvent>, _ credits: BoundedQueue<Void>
  ) async throws {
    var pages = SourcePages(try settings.source.entries(from: 0), settings.monitor, settings.failures)
    while let page = pages.next() {
      try Task.checkCancellation()
      try await credits.put(())
      settings.monitor.announce(page.fileByteCounts)
      try await events.put(.page(page, page.record(settings)))
    }
    try await events.put(.pagesEnded(pages.totals, failureCount: pages.failureCount))
  }
}

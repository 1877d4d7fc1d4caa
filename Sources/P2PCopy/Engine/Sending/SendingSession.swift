import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// The sender's part of a session, once both peers have the keys.
///
/// Four tasks: the walk fills pages, the reader takes what the receiver says, the session's own task answers both and
/// sends the data, and one keeps the connection alive.
struct SendingSession: Sendable {
  /// More events than a receiver that keeps to the protocol can have under way.
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
  func run(_ source: SendSource, in session: PeerSession, over lane: Lane) async throws {
    var codecs = codecs
    if options.compression == .off { codecs.removeCompressors() }
    if let cipher = options.cipher { try codecs.keepOnly(cipher: cipher) }
    let offer = SessionOffer(
      codecs: CodecOffer(codecs), chunkByteCounts: Protocol2Suite.chunkByteCounts,
      wantsResume: resumes)
    let agreed = try await Negotiation.run(
      offering: offer, codecs: codecs, in: session, over: lane, stepTimeout: options.stepTimeout)
    log.begin(role: .sender, digest: agreed.digest.name)
    try await transfer(source, settings(for: agreed, lane), in: session, over: lane)
    let closure = try await lane.finish()
    // The receipt said that everything arrived; how the connection ends changes nothing.
    _ = closure
  }

  private func settings(for agreed: Negotiation.Outcome, _ lane: Lane) -> SendSettings {
    SendSettings(
      chunkByteCount: agreed.chunkByteCount, compressionMode: options.compression,
      compression: agreed.compressor.map {
        RecordCompression(contexts: CompressionContexts($0), buffers: lane.buffers)
      },
      digests: DigestContexts(agreed.digest), digestByteCount: agreed.digest.byteCount,
      keepsMetadata: options.keepsMetadata, resumes: resumes, monitor: monitor,
      failures: EntryFailures(monitor, log))
  }

  private func transfer(_ source: SendSource, _ settings: SendSettings, in session: PeerSession, over lane: Lane)
    async throws
  {
    let events = BoundedQueue<SenderEvent>(limit: Self.maximumPendingEventCount)
    let credits = BoundedQueue<Void>(limit: ManifestPage.window)
    let failures = FirstFailure()
    @Sendable func stop(_ error: any Error) {
      failures.record(error)
      events.fail(error)
      credits.fail(error)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        do {
          try await Self.walk(source, monitor, settings.failures, into: events, credits)
        } catch {
          stop(error)
        }
      }
      group.addTask {
        do {
          try await Self.listen(to: lane, into: events, monitor)
        } catch {
          stop(error)
        }
        failures.readerIsDone()
      }
      group.addTask {
        do {
          try await session.keepAlive(lane)
        } catch {
          stop(error)
        }
      }
      do {
        let loop = SendingLoop(
          lane: lane, settings: settings, events: events, credits: credits, source: source, log: log)
        try await loop.run()
      } catch {
        // The connection's end is what the receiver's own last word, if there is one, leads to.
        throw await failures.explanation(for: error)
      }
    }
  }

  private static func walk(
    _ source: SendSource, _ monitor: TransferMonitor, _ failures: EntryFailures, into events: BoundedQueue<SenderEvent>,
    _ credits: BoundedQueue<Void>
  ) async throws {
    var pages = source.pages(monitor, failures)
    while let page = pages.next() {
      try Task.checkCancellation()
      try await credits.put(())
      try await events.put(.page(page))
    }
    try await events.put(.pagesEnded(pages.totals, failureCount: pages.failureCount))
  }

  /// Reads what the receiver sends until its receipt.
  private static func listen(
    to lane: Lane, into events: BoundedQueue<SenderEvent>, _ monitor: TransferMonitor
  ) async throws {
    while true {
      var body = try await lane.receive()
      guard let kind = body.readInteger(as: UInt8.self).flatMap(RecordKind.init) else {
        throw P2PCopyError(.protocolViolation, "the receiver sent a record of an unknown kind")
      }
      switch kind {
      case .control:
        switch try SessionMessage(decoding: body.readableBytesView) {
        case .receipt(
          let totals, let treeDigest, let failureCount, let metadataRefusalCount, let presentDirectoryCount):
          monitor.discountPresentDirectories(presentDirectoryCount)
          try await events.put(
            .receipt(
              totals, treeDigest: treeDigest, failureCount: failureCount, metadataRefusalCount: metadataRefusalCount))
          return
        case .stored(let byteCount): monitor.acknowledge(byteCount: byteCount)
        case .error(let code, let message): throw P2PCopyError(reportedBy: .receiver, code, message)
        case .working, .unknown: break
        case let other:
          throw P2PCopyError(.protocolViolation, "the receiver sent a \(other.typeName) message out of turn")
        }
      case .answer: try await events.put(.answer(PageAnswer(readingFrom: &body)))
      case .verdict: try await events.put(.verdict(PageAnswer(readingFrom: &body)))
      case .pageReceipt: try await events.put(.pageReceipt(PageReceipt(readingFrom: &body)))
      case .page, .checks, .chunk, .pack, .fileEnd, .fileFailed, .pageEnd:
        throw P2PCopyError(.protocolViolation, "the receiver sent a record that only a sender sends")
      }
      lane.buffers.recycle(body)
    }
  }
}

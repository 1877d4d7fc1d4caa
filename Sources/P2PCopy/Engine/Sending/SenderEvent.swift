import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// The receiver's last word: what it has.
struct SessionReceipt: Sendable {
  var totals: SessionTotals
  var treeDigest: [UInt8]
  /// What failed after the last page's receipt.
  var failureCount: UInt64
  var metadataRefusalCount: UInt64
}

/// What the pump reacts to: the walk, the receiver, the workers.
enum SenderEvent: Sendable {
  /// The walk has filled a page, whose record this is.
  case page(SourcePages.Page, OutgoingMessage)
  /// The walk is over.
  case pagesEnded(SessionTotals, failureCount: UInt64)
  /// The receiver answers a page.
  case answer(PageAnswer)
  /// The receiver answers the digests that it was sent.
  case verdict(PageAnswer)
  /// The receiver says what it has of a file.
  case chunkDigests(ChunkDigests)
  /// The receiver is done with a page.
  case pageReceipt(PageReceipt)
  /// The receiver is done with everything.
  case receipt(SessionReceipt)
  /// A worker has digested files; why, where one could not be read.
  case digested([(position: Int, result: Result<DeliveredEntry, P2PCopyError>)], firstIndex: UInt64)
  /// A worker has opened a file.
  case opened(FilePreparation.Opened, position: Int, firstIndex: UInt64)
  /// A worker has prepared a unit.
  case prepared(PreparedUnit, number: Int)
  /// A worker has read on in what comes by itself.
  case piece(OutgoingStream.Piece)
}

extension Delivery {
  /// Reads what the receiver says, until its receipt.
  func listen(into events: BoundedQueue<SenderEvent>, _ settings: SendSettings) async throws {
    let monitor = settings.monitor
    let digestByteCount = settings.digests.digest.byteCount
    while true {
      var body = try await receive()
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
              SessionReceipt(
                totals: totals, treeDigest: treeDigest, failureCount: failureCount,
                metadataRefusalCount: metadataRefusalCount)))
          return
        case .stored(let byteCount): monitor.acknowledge(byteCount: byteCount)
        case .error(let code, let message): try heard(P2PCopyError(reportedBy: .receiver, code, message))
        case .working, .unknown: break
        case let other:
          throw P2PCopyError(.protocolViolation, "the receiver sent a \(other.typeName) message out of turn")
        }
      case .answer: try await events.put(.answer(PageAnswer(readingFrom: &body)))
      case .verdict: try await events.put(.verdict(PageAnswer(readingFrom: &body)))
      case .pageReceipt: try await events.put(.pageReceipt(PageReceipt(readingFrom: &body)))
      case .chunkDigests:
        try await events.put(.chunkDigests(ChunkDigests(readingFrom: &body, digestByteCount: digestByteCount)))
      case .page, .checks, .chunk, .pack, .fileEnd, .fileFailed, .pageEnd, .received, .lanes, .laneLost, .fileAgain:
        throw P2PCopyError(.protocolViolation, "the receiver sent a record that only a sender sends")
      }
      buffers.recycle(body)
    }
  }
}

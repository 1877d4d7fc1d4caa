/// The events of one transfer, in order; ends after ``TransferEvent/finished(_:)``.
///
/// A listener that falls more than 4,096 events behind loses the oldest ones: memory stays bounded, and the summary in
/// the last event is complete in any case.
public struct TransferEvents: AsyncSequence, Sendable {
  /// What the sequence yields.
  public typealias Element = TransferEvent

  static let maximumPendingCount = 4096

  package let stream: AsyncStream<TransferEvent>

  /// Iterates over the events. One iteration only.
  public struct AsyncIterator: AsyncIteratorProtocol {
    package var base: AsyncStream<TransferEvent>.AsyncIterator

    /// The next event, or `nil` after the last.
    public mutating func next() async -> TransferEvent? { await base.next() }

    /// The next event, or `nil` after the last.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> TransferEvent? {
      await base.next(isolation: actor)
    }
  }

  /// Starts iterating.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: stream.makeAsyncIterator()) }
}

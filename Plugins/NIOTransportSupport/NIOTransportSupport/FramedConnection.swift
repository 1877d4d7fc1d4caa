package import NIOCore
package import P2PCopyCore

/// One connection of a transport over a stream of bytes.
///
/// Sending frames on the caller's thread, receiving parses on the event loop; in between are two queues, so
/// that neither suspends while it need not. The channel lives as long as this object.
package final class FramedConnection: TransportConnection {
  package let buffers: MessageBufferPool

  private let channel: any Channel
  private let handler: NIOLoopBound<FrameHandler>
  private let inbound: InboundQueue
  private let outbound: OutboundQueue
  private let framing: any OutboundFraming
  private let peer: String

  /// On the event loop of the handler.
  package init(channel: any Channel, handler: NIOLoopBound<FrameHandler>) {
    self.channel = channel
    self.handler = handler
    buffers = handler.value.buffers
    inbound = handler.value.inbound
    outbound = handler.value.outbound
    framing = handler.value.outboundFraming
    peer = handler.value.peer
  }

  deinit {
    // Asked first: a channel that is closed may have outlived its threads.
    if channel.isActive { channel.close(promise: nil) }
  }

  package func send(_ message: consuming TransportMessage) async throws {
    let followup = try outbound.enqueue(framing.frame(message))
    if followup.needsFlush { requestWrite() }
    if followup.isFull { try await outbound.waitForSpace() }
  }

  package func receive() async throws -> TransportMessage? {
    try await inbound.receive(resumeReading: resumeReading)
  }

  package func finish(_ closure: TransportClosure) async throws -> TransportClosure {
    try await abortingWhenCancelled {
      if outbound.enqueueClose(framing.frame(closing: closure)) { requestWrite() }
      if inbound.startDiscarding() { resumeReading() }
      switch await inbound.waitForEnd() {
      case .failed(let error):
        abort()
        throw error
      case .closed(let answer):
        defer { channel.close(promise: nil) }
        do {
          try await outbound.waitUntilDrained()
        } catch  where !answer.isNormal {
          // The other side gave up for a reason and did not wait for the rest: the reason says more.
        }
        try Task.checkCancellation()
        return answer
      }
    }
  }

  package func abort() {
    let error = P2PCopyError(.cancelled, "the connection to \(peer) was ended on this side")
    inbound.abort(error)
    outbound.fail(error)
    channel.close(promise: nil)
  }

  private func requestWrite() {
    let handler = handler
    handler.eventLoop.execute { handler.value.writeQueued() }
  }

  @Sendable private func resumeReading() {
    let handler = handler
    handler.eventLoop.execute { handler.value.resumeReading() }
  }

  /// Runs something that may wait; when its task is cancelled it ends with `CancellationError` and the connection, too.
  private func abortingWhenCancelled<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await withTaskCancellationHandler(operation: body) { abort() }
    } catch {
      if Task.isCancelled { throw CancellationError() }
      throw error
    }
  }
}

import NIOCore
import P2PCopyCore

/// One end of a pair in an ``InMemoryRelay``. A connection that nobody holds any more counts as aborted, as a process
/// that ended would.
final class InMemoryConnection: TransportConnection {
  let buffers: MessageBufferPool

  private let relay: InMemoryRelay
  private let identifier: Int
  private let maximumMessageByteCount: Int

  init(relay: InMemoryRelay, maximumMessageByteCount: Int) {
    self.relay = relay
    self.maximumMessageByteCount = maximumMessageByteCount
    buffers = relay.buffers
    identifier = relay.open()
  }

  deinit {
    relay.release(identifier)
  }

  func send(_ message: consuming TransportMessage) async throws {
    try await relay.send(message, from: identifier)
  }

  func receive() async throws -> TransportMessage? {
    guard let message = try await relay.receive(at: identifier) else { return nil }
    guard message.byteCount <= maximumMessageByteCount else {
      abort()
      throw P2PCopyError(
        .protocolViolation,
        "a message of \(message.byteCount) bytes came; the limit is \(maximumMessageByteCount)")
    }
    return message
  }

  func finish(_ closure: TransportClosure) async throws -> TransportClosure {
    try await relay.finish(identifier, saying: closure)
  }

  func abort() {
    relay.abort(identifier)
  }
}

extension TransportMessage {
  /// The message's length on the wire, in bytes.
  var byteCount: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let buffer): buffer.readableBytes
    }
  }
}

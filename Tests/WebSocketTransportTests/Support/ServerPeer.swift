import NIOCore
import TestSupport

/// The server's end of one connection.
struct ServerPeer: Sendable {
  let channel: any Channel
  let frames: AsyncStream<Frame>

  /// The next frame of the client; `nil` once it is gone.
  func next() async -> Frame? {
    for await frame in frames { return frame }
    return nil
  }

  func send(_ frames: Frame...) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: frames.flatMap { $0.encoded() }))
  }

  func close() async throws {
    try await channel.close()
  }
}

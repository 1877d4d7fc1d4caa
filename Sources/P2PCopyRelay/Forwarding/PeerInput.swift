import NIOCore
import WebSocketFraming

/// What comes from one peer: its frames, its Close, and a read that waits until there is room for what it brings.
///
/// It says what came and decides nothing, so that whoever decides may come back to it.
struct PeerInput {
  private var frames: ClientFrames
  private var isOutOfStep = false

  /// The peer's Close, once it is here.
  private(set) var receivedClose: ClosePayload?

  /// Whether a read was asked for and is held back.
  private(set) var isReadHeldBack = false

  init(maximumMessageByteCount: Int) {
    frames = ClientFrames(maximumMessageByteCount: maximumMessageByteCount)
  }

  /// Whether what the peer sends is looked at: nothing is after its Close, or once it can no longer be understood.
  var isLookedAt: Bool { !isOutOfStep && receivedClose == nil }

  /// Whether a data frame has begun and not ended. Until then nothing else may be written to the partner.
  var isInsideDataFrame: Bool { frames.isInsideDataFrame }

  // MARK: Frames

  /// Sets another limit. Only between messages.
  mutating func setLimit(maximumMessageByteCount: Int) {
    frames.setLimit(maximumMessageByteCount: maximumMessageByteCount)
  }

  /// Takes the next step from the front of `bytes`, see ``ClientFrames/next(from:into:)``.
  mutating func next(
    from bytes: inout ByteBuffer, into output: inout ByteBuffer
  ) throws(FramingError) -> ClientFrames.Step? {
    guard receivedClose == nil else { return nil }
    return try frames.next(from: &bytes, into: &output)
  }

  /// Takes the payload of the peer's Close: nothing that comes after it counts.
  mutating func takeClose(_ payload: ByteBuffer) throws(FramingError) -> ClosePayload {
    let close = try ClosePayload(decoding: payload)
    receivedClose = close
    return close
  }

  /// Gives up after an error: where the next frame begins is not known.
  ///
  /// - Parameter takesBackFrame: Whether the frame in progress has not been begun for the partner.
  mutating func giveUp(takesBackFrame: Bool) {
    isOutOfStep = true
    if takesBackFrame { frames.forgetDataFrame() }
  }

  // MARK: Reads

  /// Takes note of a read that was asked for and has to wait.
  mutating func holdBackRead() {
    isReadHeldBack = true
  }

  /// Takes note that the read is being done.
  mutating func releaseRead() {
    isReadHeldBack = false
  }
}

package import NIOCore
package import NIOTransportSupport
package import P2PCopyCore

/// What stands in front of each payload: one byte that says what it is, and its length in bytes, 32 bits big endian.
package struct TCPFrameHeader: Hashable, Sendable {
  /// What a frame is.
  package enum Kind: UInt8, Sendable, CaseIterable {
    /// A message, UTF-8.
    case text = 1
    /// A message.
    case binary = 2
    /// Everything was said: a byte for the reason and at most 123 bytes of UTF-8.
    case close = 3
    /// Asks for a pong; empty.
    case ping = 4
    /// The answer; empty.
    case pong = 5
  }

  package static let byteCount = 5

  package let kind: Kind
  package let payloadByteCount: Int

  /// Fills ``byteCount`` bytes.
  fileprivate func write(into bytes: UnsafeMutableRawBufferPointer) {
    bytes[0] = kind.rawValue
    bytes.storeBytes(of: UInt32(truncatingIfNeeded: payloadByteCount).bigEndian, toByteOffset: 1, as: UInt32.self)
  }
}

/// Writes messages as TCP frames.
package struct TCPFrames: OutboundFraming {
  package init() {}

  package func frame(_ message: consuming TransportMessage) -> OutboundFrame {
    switch consume message {
    case .text(let text): Self.frame(.text, ByteBuffer(framing: text))
    case .binary(let buffer): Self.frame(.binary, buffer)
    }
  }

  package func frame(closing closure: TransportClosure) -> OutboundFrame { Self.frame(.close, closure.encodedForTCP()) }

  package func ping() -> ByteBuffer { Self.control(.ping, ByteBuffer()) }

  package func pong(answering payload: ByteBuffer) -> ByteBuffer { Self.control(.pong, ByteBuffer()) }

  /// What tells the other side of its mistake, and ends the connection.
  static func farewell(because what: String) -> ByteBuffer {
    control(.close, TransportClosure(.refused, text: what).encodedForTCP())
  }

  private static func frame(_ kind: TCPFrameHeader.Kind, _ payload: consuming ByteBuffer) -> OutboundFrame {
    let header = TCPFrameHeader(kind: kind, payloadByteCount: payload.readableBytes)
    return OutboundFrame(
      body: payload, headerByteCount: TCPFrameHeader.byteCount, isMessage: kind != .close,
      writeHeader: header.write(into:))
  }

  private static func control(_ kind: TCPFrameHeader.Kind, _ payload: ByteBuffer) -> ByteBuffer {
    var frame = ByteBuffer()
    frame.writeInteger(kind.rawValue)
    frame.writeInteger(UInt32(truncatingIfNeeded: payload.readableBytes))
    frame.writeImmutableBuffer(payload)
    return frame
  }
}

/// Makes messages out of received bytes. A length is checked before anything is kept for it, and what is kept grows with
/// what has come.
package final class TCPFrameReader: InboundFraming {
  /// From which size on a message gets one of the large reused buffers.
  package static let pooledByteCount = 64 << 10

  private let buffers: MessageBufferPool
  private let maximumMessageByteCount: Int
  private var header: TCPFrameHeader?
  private var payload = ByteBuffer()

  package init(buffers: MessageBufferPool, maximumMessageByteCount: Int) {
    self.buffers = buffers
    self.maximumMessageByteCount = maximumMessageByteCount
  }

  /// What of a header has come.
  private var headerBytes = ByteBuffer()

  package func next(from input: inout ByteBuffer) throws(FramingViolation) -> InboundEvent? {
    if header == nil { header = try nextHeader(from: &input) }
    guard let header else { return nil }
    let missing = header.payloadByteCount - payload.readableBytes
    // The one copy: out of the channel's buffer into the message's.
    if let piece = input.readSlice(length: min(missing, input.readableBytes)) { payload.writeImmutableBuffer(piece) }
    guard payload.readableBytes == header.payloadByteCount else { return nil }
    self.header = nil
    var whole = ByteBuffer()
    swap(&whole, &payload)
    switch header.kind {
    case .text:
      guard let text = String(validating: whole.readableBytesView, as: UTF8.self) else {
        throw Self.violation("a text that is not UTF-8")
      }
      return .message(.text(text))
    case .binary: return .message(.binary(whole))
    case .close: return .close(try closure(whole))
    case .ping: return .ping(whole)
    case .pong: return .pong
    }
  }

  private func nextHeader(from input: inout ByteBuffer) throws(FramingViolation) -> TCPFrameHeader? {
    let missing = TCPFrameHeader.byteCount - headerBytes.readableBytes
    if let piece = input.readSlice(length: min(missing, input.readableBytes)) {
      headerBytes.writeImmutableBuffer(piece)
    }
    // Looked at before the length is there: who speaks something else should not be waited for.
    guard let first = headerBytes.getInteger(at: headerBytes.readerIndex, as: UInt8.self) else { return nil }
    guard let kind = TCPFrameHeader.Kind(rawValue: first) else {
      throw Self.violation("a frame of the unknown kind \(first)")
    }
    guard let length = headerBytes.getInteger(at: headerBytes.readerIndex + 1, as: UInt32.self) else { return nil }
    headerBytes.clear()
    let header = TCPFrameHeader(kind: kind, payloadByteCount: Int(length))
    let allowed =
      switch kind {
      case .text, .binary: 0...maximumMessageByteCount
      case .close: 1...TransportClosure.maximumTCPByteCount
      case .ping, .pong: 0...0
      }
    guard allowed.contains(header.payloadByteCount) else {
      throw Self.violation("a \(kind) frame of \(length) bytes; \(allowed.upperBound) are allowed")
    }
    if kind == .binary, header.payloadByteCount >= Self.pooledByteCount { payload = buffers.take() }
    return header
  }

  private func closure(_ payload: ByteBuffer) throws(FramingViolation) -> TransportClosure {
    guard let closure = TransportClosure(decodingTCP: payload) else { throw Self.violation("an end that is not UTF-8") }
    return closure
  }

  private static func violation(_ what: String) -> FramingViolation {
    FramingViolation(message: "sent \(what)", farewell: TCPFrames.farewell(because: what))
  }
}

extension FramedConnection {
  /// Makes a connection of a channel, on its event loop.
  static func overTCP(_ channel: any Channel, peer: String, options: TransportOptions) throws -> FramedConnection {
    let buffers = options.buffers ?? MessageBufferPool()
    let handler = FrameHandler(
      peer: peer, buffers: buffers,
      inbound: TCPFrameReader(buffers: buffers, maximumMessageByteCount: options.maximumMessageByteCount),
      outbound: TCPFrames(), options: options)
    try channel.pipeline.syncOperations.addHandler(handler)
    return FramedConnection(channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
  }
}

import Foundation
import Glibc
import NIOCore
import P2PCopyCore
import P2PCopyProtocol1
import P2PCopyWire
import TestSupport
import WebSocketFraming

/// A peer that says whatever a test wants it to say. Blocks: use it in ``offTask(_:)``.
final class RawPeer {
  private let socket: TCPSocket
  private var reader = FrameReader(fromClient: false)

  /// Connects and says hello.
  init(_ relay: Relay, as role: PeerRole, code: String) throws {
    socket = try TCPSocket.connecting(to: relay.port)
    socket.write(
      Array(
        """
        GET / HTTP/1.1\r\nHost: 127.0.0.1:\(relay.port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
        """.utf8))
    while reader.take(through: "\r\n\r\n") == nil {
      let bytes = socket.read()
      guard !bytes.isEmpty else { throw ToolFailure(description: "the relay did not answer a raw peer") }
      reader.append(bytes)
    }
    var checksum = ChainedChecksum()
    let hash = code.utf8.withContiguousStorageIfAvailable { checksum.update(with: UnsafeRawBufferPointer($0)) } ?? []
    send(RendezvousMessage.hello(identifier: Hex.encode(hash), role: role, protocolNumber: nil).encoded())
  }

  /// Sends a text message.
  func send(_ text: String) { send(Frame(opcode: .text, payload: Array(text.utf8))) }

  /// Sends a control message.
  func send(_ message: ControlMessage) { send(message.encoded()) }

  /// Sends a frame.
  func send(_ frame: Frame) { socket.write(frame.encoded(maskedBy: .random())) }

  /// Sends data as a chunk of a file, with the right chain.
  func sendChunk(_ number: UInt64, _ bytes: [UInt8], _ checksum: inout ChainedChecksum) {
    let chain = bytes.withUnsafeBytes { checksum.update(with: $0) }
    var buffer = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
    RecordHeader(sequenceNumber: number, chain: chain).write(to: &buffer, at: 0)
    send(Frame(opcode: .binary, payload: Array(buffer.readableBytesView) + bytes))
  }

  /// Waits for the next message, answering pings; `nil` at the end.
  func next() throws -> Frame? {
    while true {
      while let frame = try reader.next() {
        switch frame.opcode {
        case .ping: send(Frame(opcode: .pong, payload: frame.payload))
        case .pong: break
        case .close:
          send(Frame(opcode: .close, payload: frame.payload))
          return frame
        default: return frame
        }
      }
      let bytes = socket.read()
      if bytes.isEmpty { return nil }
      reader.append(bytes)
    }
  }

  /// Waits for a text message that contains something.
  @discardableResult
  func expect(_ part: String) throws -> String {
    while let frame = try next() {
      let text = String(decoding: frame.payload, as: UTF8.self)
      if frame.opcode == .text, text.contains(part) { return text }
    }
    throw ToolFailure(description: "the other side ended before it said '\(part)'")
  }

  /// Says that all is said, reads until the end, and returns the status of the other side's close.
  func close(status: UInt16 = 1000) throws -> UInt16? {
    send(Frame.close(status))
    return try readToEnd()
  }

  /// Reads until the other side closes, and returns its status.
  func readToEnd() throws -> UInt16? {
    while let frame = try next() {
      if let status = frame.closeStatus { return status }
    }
    return nil
  }

  /// Ends the connection without a word.
  func vanish() {
    socket.end()
  }
}

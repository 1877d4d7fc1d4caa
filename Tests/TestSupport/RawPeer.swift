import NIOCore
package import P2PCopyCore
package import P2PCopyProtocol1
import P2PCopyWire

/// One side of a session of protocol 1 whose every message the test writes itself.
package protocol RawPeer {
  /// Sends a message as it is.
  func send(_ message: TransportMessage) async throws

  /// The next message; `nil` when the other side has closed.
  func receive() async throws -> TransportMessage?
}

extension RawPeer {
  /// The code of both sides, unless a test says otherwise.
  package static var code: String { "4821-lusab-babad" }

  // MARK: Sending

  /// Says hello for a plain code.
  package func sayHello(as role: PeerRole, code: String = Self.code) async throws {
    var checksum = ChainedChecksum()
    try await sayHello(as: role, codeHash: checksum.update(with: Array(code.utf8)))
  }

  /// Says hello with a code hash.
  package func sayHello(as role: PeerRole, codeHash: [UInt8]) async throws {
    try await send(
      text: RendezvousMessage.hello(identifier: Hex.encode(codeHash), role: role, protocolNumber: nil).encoded())
  }

  package func send(_ message: ControlMessage) async throws {
    try await send(text: message.encoded())
  }

  package func send(text: String) async throws {
    try await send(.text(text))
  }

  package func send(binary bytes: [UInt8]) async throws {
    try await send(.binary(ByteBuffer(bytes: bytes)))
  }

  /// Sends payloads as well-formed chunks of one file.
  package func send(chunks payloads: [[UInt8]]) async throws {
    var checksum = ChainedChecksum()
    for (index, payload) in payloads.enumerated() {
      try await send(binary: Self.chunk(UInt64(index), &checksum, payload))
    }
  }

  /// Sends a whole plain file: header, one chunk, end.
  package func send(file path: String, _ content: [UInt8], announcing byteCount: Int? = nil) async throws {
    try await send(
      .file(
        FileHeader(
          path: Array(path.utf8), byteCount: Int64(byteCount ?? content.count), compression: .none, appendFrom: 0)))
    try await send(chunks: [content])
    try await send(.fileEnd)
  }

  /// A chunk of a file, with the right chain.
  package static func chunk(_ number: UInt64, _ checksum: inout ChainedChecksum, _ payload: [UInt8]) -> [UInt8] {
    var buffer = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
    buffer.writeBytes(payload)
    RecordHeader(sequenceNumber: number, chain: checksum.update(with: payload)).write(to: &buffer, at: 0)
    return Array(buffer.readableBytesView)
  }

  // MARK: Receiving

  /// The next message as text; `nil` when it is something else.
  package func receiveText() async throws -> String? {
    guard case .text(let text)? = try await receive() else { return nil }
    return text
  }

  /// Waits for a text message that contains something.
  @discardableResult
  package func expect(_ part: String) async throws -> String {
    while let message = try await receive() {
      if case .text(let text) = message, text.contains(part) { return text }
    }
    throw NeverHappened(description: "the other side ended before it said '\(part)'")
  }
}

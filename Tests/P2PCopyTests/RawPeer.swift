import NIOCore
import P2PCopy
import P2PCopyProtocol1
import P2PCopyTesting
import P2PCopyWire

/// One side of a session of protocol 1 whose every message the test writes itself.
struct RawPeer {
  /// The code of both sides, unless a test says otherwise.
  static let code = "4821-lusab-babad"

  let connection: any TransportConnection

  /// Connects and says hello for a plain code.
  static func connect(as role: PeerRole, to relay: InMemoryRelay, code: String = code) async throws -> RawPeer {
    var checksum = ChainedChecksum()
    let hash = checksum.update(with: Array(code.utf8))
    return try await connect(as: role, to: relay, codeHash: hash)
  }

  /// Connects and says hello with a code hash.
  static func connect(as role: PeerRole, to relay: InMemoryRelay, codeHash: [UInt8]) async throws -> RawPeer {
    let transport = InMemoryTransport(relay: relay)
    let connection = try await transport.connect(
      to: Endpoint(scheme: "memory", address: "relay"), options: TransportOptions())
    let peer = RawPeer(connection: connection)
    try await peer.send(
      text: RendezvousMessage.hello(identifier: Hex.encode(codeHash), role: role, protocolNumber: nil).encoded())
    if role == .sender { _ = try await connection.receive() }
    return peer
  }

  func send(_ message: ControlMessage) async throws {
    try await connection.send(.text(message.encoded()))
  }

  func send(text: String) async throws {
    try await connection.send(.text(text))
  }

  func send(bytes: [UInt8]) async throws {
    try await connection.send(.binary(ByteBuffer(bytes: bytes)))
  }

  /// Sends payloads as well-formed chunks of one file.
  func send(chunks payloads: [[UInt8]]) async throws {
    var checksum = ChainedChecksum()
    for (index, payload) in payloads.enumerated() {
      try await send(bytes: Self.chunk(UInt64(index), &checksum, payload))
    }
  }

  /// Sends a whole plain file: header, one chunk, end.
  func send(file path: String, _ content: [UInt8], announcing byteCount: Int? = nil) async throws {
    try await send(
      .file(
        FileHeader(
          path: Array(path.utf8), byteCount: Int64(byteCount ?? content.count), compression: .none, appendFrom: 0)))
    try await send(chunks: [content])
    try await send(.fileEnd)
  }

  static func chunk(_ number: UInt64, _ checksum: inout ChainedChecksum, _ payload: [UInt8]) -> [UInt8] {
    var buffer = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
    buffer.writeBytes(payload)
    RecordHeader(sequenceNumber: number, chain: checksum.update(with: payload)).write(to: &buffer, at: 0)
    return Array(buffer.readableBytesView)
  }

  /// The next message as text; `nil` when it is something else.
  func receiveText() async throws -> String? {
    guard case .text(let text)? = try await connection.receive() else { return nil }
    return text
  }

  /// Ends in good order whatever the other side said.
  func finish() async {
    _ = try? await connection.finish(.normal)
  }
}

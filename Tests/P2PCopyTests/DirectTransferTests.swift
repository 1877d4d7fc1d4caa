import Foundation
import P2PCopy
import P2PCopyWire
import TCPTransport
import TestSupport
import Testing

/// Two peers without a relay: one listens, the other one connects.
@Suite("Without a relay", .timeLimit(.minutes(2)))
struct DirectTransferTests {
  private typealias Ends = (sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>)

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for number in 0..<300 {
      try folder.write(TestContent.random(number * 7, seed: UInt64(number)), to: "tree/many/\(number)")
    }
    try folder.write(TestContent.random(9 << 20, seed: 1), to: "tree/large")
    try folder.write([], to: "tree/dir/nothing")
    try folder.makeDirectory("tree/dir/empty")
    try FileManager.default.createSymbolicLink(atPath: folder.path("tree/link"), withDestinationPath: "dir/nothing")
    try FileManager.default.createSymbolicLink(atPath: folder.path("tree/dangling"), withDestinationPath: "nowhere")
  }

  private var codecs: CodecRegistry {
    var codecs = QuickTransfer.quickCodecs
    codecs.register(TCPTransport())
    return codecs
  }

  private func listen() async throws -> any TransportListener {
    try await TCPTransport().listen(at: Endpoint(scheme: "tcp", address: "127.0.0.1:0"), options: TransportOptions())
  }

  /// Runs both sides to their ends; `role` listens.
  private func run(
    _ role: PeerRole, at listener: any TransportListener, senderCode: String = QuickTransfer.code,
    receiverCode: String = QuickTransfer.code
  ) async throws -> Ends {
    let (listening, connecting) = (
      RendezvousPoint.direct(.listening(listener)), RendezvousPoint.direct(.connecting(to: listener.endpoint))
    )
    let sender = try Sender(
      at: role == .sender ? listening : connecting, code: PairingCode(senderCode), codecs: codecs)
    let receiver = try Receiver(
      at: role == .receiver ? listening : connecting, code: PairingCode(receiverCode), codecs: codecs)
    let (source, target) = (folder.path("tree"), folder.path("out"))
    async let sent = result { try await sender.send([source]) }
    async let received = result { try await receiver.receive(into: target) }
    return await (sent, received)
  }

  @Test("A whole tree arrives, whoever listens", arguments: [PeerRole.sender, .receiver])
  func arrives(listening role: PeerRole) async throws {
    let listener = try await listen()
    let ends = try await run(role, at: listener)
    let (sent, received) = (try ends.sent.get(), try ends.received.get())
    let differences = TreeSnapshot(of: folder.path("out/tree")).differences(from: TreeSnapshot(of: folder.path("tree")))
    #expect(differences.isEmpty, "\(differences.prefix(5))")
    for summary in [sent, received] {
      #expect(summary.completeFileCount == 302)
      #expect(summary.linkCount == 2)
    }
    // The same listener serves the next one.
    let again = try await run(role, at: listener)
    #expect(try again.sent.get().transferredByteCount == 0)
    #expect(try again.received.get().unchangedFileCount == 302)
  }

  @Test("A wrong code is found on both sides, and nothing is sent", arguments: [PeerRole.sender, .receiver])
  func wrongCode(listening role: PeerRole) async throws {
    let listener = try await listen()
    let ends = try await run(role, at: listener, receiverCode: QuickTransfer.code + "x")
    #expect(ends.sent.errorCode == .wrongCode)
    #expect(ends.received.errorCode == .wrongCode)
    #expect(try folder.tree("out").isEmpty)
  }

  @Test("Who comes with another id, in the same role or with anything else is turned away, and the peer still met")
  func strangers() async throws {
    let listener = try await listen()
    let transport = TCPTransport()
    let id = CodeStretching.rendezvous(channel: Array("4821".utf8))
    let texts = [
      "", "GET / HTTP/1.1", #"{"type":"ready"}"#,
      RendezvousMessage.hello(identifier: id, role: .receiver, protocolNumber: 2).encoded(),
      RendezvousMessage.hello(identifier: id, role: .sender, protocolNumber: nil).encoded(),
      RendezvousMessage.hello(identifier: id + "0", role: .sender, protocolNumber: 2).encoded(),
    ]
    // More than are listened to at the same time: they have to make room.
    var strangers: [any TransportConnection] = []
    for text in texts + texts + texts {
      let stranger = try await transport.connect(to: listener.endpoint, options: TransportOptions())
      try await stranger.send(.text(text))
      strangers.append(stranger)
    }
    // They say nothing at all.
    for _ in 0..<3 {
      strangers.append(try await transport.connect(to: listener.endpoint, options: TransportOptions()))
    }
    let ends = try await run(.receiver, at: listener)
    #expect(try ends.sent.get().completeFileCount == 302)
    #expect(try ends.received.get().completeFileCount == 302)
    for stranger in strangers { stranger.abort() }
  }

  @Test("Who connects with another id is told that nobody waits for it")
  func otherIdentifier() async throws {
    let listener = try await listen()
    var receiverOptions = ReceiveOptions()
    receiverOptions.peerTimeout = .seconds(2)
    let receiver = try Receiver(
      at: .direct(.listening(listener)), code: PairingCode("1111-x-y"), codecs: codecs,
      options: receiverOptions)
    let sender = try Sender(
      at: .direct(.connecting(to: listener.endpoint)), code: PairingCode("2222-x-y"), codecs: codecs)
    let (source, target) = (folder.path("tree"), folder.path("out"))
    async let received = result { try await receiver.receive(into: target) }
    let sent = await result { try await sender.send([source]) }
    #expect(sent.errorCode == .relayRefused)
    #expect(await received.errorCode == .peerNeverCame)
  }

  @Test("What cannot be: protocol 1, a scheme that nobody serves, nobody there")
  func refusals() async throws {
    let listener = try await listen()
    let source = folder.path("tree")
    for (endpoint, transferProtocol, code) in [
      (listener.endpoint, TransferProtocol.one, P2PCopyError.Code.usage),
      (Endpoint(scheme: "smoke", address: "hill"), .two, .usage),
      (Endpoint(scheme: "tcp", address: "127.0.0.1"), .two, .usage),
      (Endpoint(scheme: "tcp", address: "127.0.0.1:1"), .two, .relayUnreachable),
    ] {
      var options = SendOptions()
      options.transferProtocol = transferProtocol
      let sender = try Sender(
        at: .direct(.connecting(to: endpoint)), code: PairingCode(QuickTransfer.code), codecs: codecs,
        options: options)
      #expect(await result { try await sender.send([source]) }.errorCode == code, "\(endpoint)")
    }
  }
}

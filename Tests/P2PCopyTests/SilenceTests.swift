import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import TestSupport
import Testing

/// Peers that are there and say nothing: the other one ends by itself, and says that, not that somebody interrupted it.
@Suite("Silence")
struct SilenceTests {
  private static let limit = Duration.seconds(1)

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    // More than what fits into the queues on the way.
    try folder.write(TestContent.random(16 << 20, seed: 5), to: "file")
  }

  private func expectSilence(
    _ result: Result<TransferSummary, any Error>, of role: PeerRole, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .failure(let error as P2PCopyError) = result else {
      Issue.record("the transfer succeeded", sourceLocation: sourceLocation)
      return
    }
    #expect(error.code == .peerLeft, "\(error)", sourceLocation: sourceLocation)
    #expect(
      error.message.contains("nothing was heard from the \(role)"), "\(error)", sourceLocation: sourceLocation)
    #expect(error.remedy == .resume, "\(error)", sourceLocation: sourceLocation)
  }

  @Test("A receiver that takes nothing and says nothing, while the sender sends", arguments: [false, true])
  func silentReceiver(takesEverything: Bool) async throws {
    var transfer = QuickTransfer()
    transfer.sendOptions.silenceLimit = Self.limit
    transfer.sendOptions.compression = .off
    let ready = transfer
    async let sent = ready.watched { await ready.send([folder.path("file")]) }
    let peer = try await RecordPeer.meet(as: .receiver, at: transfer.relay)
    // On a machine that is busy the other side may lose its patience earlier: then this fails, and that is all right.
    _ = await result {
      try await peer.negotiateAsReceiver()
      try await peer.awaitRecord(.page)
      try await peer.answer([])
      if takesEverything { try await peer.awaitRecord(.pageEnd) }
    }
    expectSilence(await sent, of: .receiver)
    await peer.finish()
  }

  @Test("A receiver that does not answer a page")
  func unansweredPage() async throws {
    var transfer = QuickTransfer()
    transfer.sendOptions.silenceLimit = Self.limit
    let ready = transfer
    async let sent = ready.watched { await ready.send([folder.path("file")]) }
    let peer = try await RecordPeer.meet(as: .receiver, at: transfer.relay)
    _ = await result { try await peer.negotiateAsReceiver() }
    expectSilence(await sent, of: .receiver)
    await peer.finish()
  }

  @Test("A sender that says nothing", arguments: [false, true])
  func silentSender(afterPage: Bool) async throws {
    var transfer = QuickTransfer()
    transfer.receiveOptions.silenceLimit = Self.limit
    let ready = transfer
    async let received = ready.watched { await ready.receive(into: folder.path("out")) }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    _ = await result {
      try await peer.negotiate()
      guard afterPage else { return }
      try await peer.send(page: [PageEntry(path: Array("x".utf8), kind: .file(byteCount: 1), metadata: nil)])
      _ = try await peer.receiveAnswer()
    }
    expectSilence(await received, of: .sender)
    await peer.finish()
  }

  @Test("A sender that is there and does not begin the handshake is not waited for as one that may yet come")
  func handshakeNeverBegins() async throws {
    var transfer = QuickTransfer()
    transfer.receiveOptions.stepTimeout = .milliseconds(100)
    let ready = transfer
    async let received = ready.watched { await ready.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    while (try? await connection.receive()) != nil {}
    _ = try? await connection.finish(.normal)
    #expect(await received.errorCode == .peerLeft)
  }

  @Test("A relay that does not say that the sender is there: the waiting time counts")
  func oldRelay() async throws {
    var transfer = QuickTransfer(speaksProtocol2: false)
    transfer.receiveOptions.stepTimeout = .milliseconds(10)
    transfer.receiveOptions.peerTimeout = .milliseconds(200)
    let ready = transfer
    async let received = ready.watched { await ready.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    while (try? await connection.receive()) != nil {}
    _ = try? await connection.finish(.normal)
    #expect(await received.errorCode == .peerNeverCame)
  }
}

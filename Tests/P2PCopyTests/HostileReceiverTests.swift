import P2PCopy
import P2PCopyProtocol1
import P2PCopyTesting
import TestSupport
import Testing

/// A receiver of protocol 1 whose every message is the test's.
@Suite("Hostile receiver")
struct HostileReceiverTests {
  let folder: TemporaryDirectory
  var transfer = InMemoryTransfer(.one)

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(3 << 20, seed: 1), to: "file")
    transfer.sendOptions.resume = true
    transfer.sendOptions.compression = .off
  }

  private func send(
    to receiver: @Sendable (InMemoryPeer) async throws -> Void
  ) async throws -> Result<TransferSummary, any Error> {
    let sender = try transfer.sender()
    async let sent = result { try await sender.send([folder.path("file")]) }
    let peer = try await InMemoryPeer.connect(as: .receiver, to: transfer.relay)
    _ = await result { try await receiver(peer) }
    await peer.finish()
    return await sent
  }

  @Test(
    "What it claims to have without having it is sent anew",
    arguments: [
      #"{"path":"file","size":5,"chain_hex":"00"}"#, #"{"path":"file","size":3145729,"chain_hex":"00"}"#,
      #"{"path":"file","size":9223372036854775807,"chain_hex":""}"#, #"{"path":"../x","size":5,"chain_hex":"00"}"#,
      #"{"path":"file","size":0,"chain_hex":""}"#,
    ])
  func falseClaims(entry: String) async throws {
    let sent = try await send { peer in
      _ = try await peer.receiveText()
      try await peer.send(text: #"{"type":"receiver_manifest","entries":["# + entry + "]}")
      let header = try await peer.receiveText()
      #expect(header?.contains(#""append_from":0"#) == true)
      while try await peer.receiveText() != ControlMessage.end.encoded() {}
      await peer.finish()
    }
    #expect(try sent.get().transferredByteCount == 3 << 20)
  }

  @Test(
    "A malformed answer ends the session",
    arguments: [
      #"{"type":"receiver_manifest","entries":[{"path":"file","size":-1,"chain_hex":"00"}]}"#, "{", #"{"type":"eof"}"#,
      #"{"type":"enc_receiver_manifest","hidden_manifest":"00"}"#,
    ])
  func malformedAnswer(text: String) async throws {
    let sent = try await send { peer in
      _ = try await peer.receiveText()
      try await peer.send(text: text)
      while try await peer.connection.receive() != nil {}
    }
    #expect(sent.errorCode == .protocolViolation || sent.errorCode == .wrongCode)
  }

  @Test("Leaving early, in order or not, is a failure", arguments: [false, true])
  func leaving(inOrder: Bool) async throws {
    let sent = try await send { peer in
      _ = try await peer.receiveText()
      if inOrder {
        await peer.finish()
      } else {
        peer.connection.abort()
      }
    }
    #expect(sent.errorCode == .peerLeft)
  }

  @Test("A failure it reports at the end is a failure here")
  func reportedFailure() async throws {
    let sent = try await send { peer in
      _ = try await peer.receiveText()
      try await peer.send(.receiverManifest([]))
      while try await peer.receiveText() != ControlMessage.end.encoded() {}
      _ = try? await peer.connection.finish(TransferClosure.failed)
    }
    #expect(sent.errorCode == .peerFailed)
  }

  private enum TransferClosure {
    static let failed = TransportClosure(.failed(.receiver), text: "disk\u{1B}[2J")
  }
}

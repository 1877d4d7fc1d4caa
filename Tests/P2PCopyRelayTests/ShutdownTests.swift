import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Shutting down", .timeLimit(.minutes(2)))
struct ShutdownTests {
  @Test("Waiting peers are sent away, a pair may finish, then the relay is gone")
  func drains() async throws {
    let relay = try await RelayServer.start(configuration: RelayConfiguration(limits: .patient), logger: .silent)
    let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "pair")
    let waiting = try await WebSocketPeer.connect(port: relay.port, code: "alone", role: "sender")
    await relay.waitUntil { $0.waiting == 1 }
    async let end: Void = relay.shutDown(drain: .seconds(60))
    #expect(try await waiting.frame() == .close(1001, "the relay is shutting down"))
    await waiting.vanish()
    await #expect(throws: (any Error).self) { try await WebSocketPeer.dial(port: relay.port) }
    sender.send(ClientFrame.text("still here") + ClientFrame.close(1000))
    #expect(try await receiver.frame() == Frame(opcode: .text, payload: Array("still here".utf8)))
    #expect(try await receiver.frame() == .close(1000, ""))
    receiver.send(ClientFrame.close(1000))
    #expect(try await sender.frame() == .close(1000, ""))
    await end
    await relay.waitUntilClosed()
    // Once more does no harm.
    await relay.shutDown(drain: .seconds(60))
    await relay.shutDownNow()
  }

  @Test("A pair that goes on for too long is closed with 1001")
  func drainEnds() async throws {
    let relay = try await RelayServer.start(configuration: RelayConfiguration(limits: .patient), logger: .silent)
    let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "pair")
    async let end: Void = relay.shutDown(drain: .milliseconds(20))
    #expect(try await sender.frame()?.closeStatus == 1001)
    #expect(try await receiver.frame()?.closeStatus == 1001)
    await sender.vanish()
    receiver.send(ClientFrame.close(1001))
    #expect(try await receiver.frame() == nil)
    await end
  }

  @Test("A second, more urgent call cuts the first one short")
  func now() async throws {
    let relay = try await RelayServer.start(configuration: RelayConfiguration(limits: .patient), logger: .silent)
    let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "pair")
    async let patient: Void = relay.shutDown(drain: .seconds(600))
    async let watcher: Void = relay.waitUntilClosed()
    await relay.shutDownNow()
    await patient
    await watcher
    #expect(try await sender.frame()?.closeStatus == 1001)
    #expect(try await sender.frame() == nil)
    _ = await receiver.rest()
  }

  @Test("Waiting for the end stops when the task is cancelled")
  func waitIsCancellable() async throws {
    try await RelayServer.run { relay in
      let task = Task { await relay.waitUntilClosed() }
      task.cancel()
      await task.value
    }
  }
}

import NIOCore
import P2PCopyCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What has to hold for connections to a relay.
struct RelayConformance: Sendable {
  let transport: any Transport
  let relay: Endpoint
  let options: TransportOptions
  let report: ConformanceReport

  func check() async {
    await checkEitherOrder()
    await checkRefusal("a second sender with one id", .unavailable) {
      let id = randomIdentifier()
      let connections = [
        try await connect(saying: hello(id, as: .sender)), try await connect(saying: hello(id, as: .sender)),
      ]
      defer { for connection in connections { connection.abort() } }
      // Which of them is the second at the relay is not said: the one that it answers.
      return try await withThrowingTaskGroup(of: TransportMessage?.self) { group in
        for connection in connections { group.addTask { try await connection.receive() } }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    }
    await checkRefusal("no hello", .refused) {
      let connection = try await connect(saying: "no hello")
      defer { connection.abort() }
      return try await connection.receive()
    }
  }

  /// The relay's own message comes as any other, whoever is first.
  private func checkEitherOrder() async {
    for isSenderFirst in [true, false] {
      await report.section("who is first") {
        let id = randomIdentifier()
        let first = try await connect(saying: hello(id, as: isSenderFirst ? .sender : .receiver))
        defer { first.abort() }
        let second = try await connect(saying: hello(id, as: isSenderFirst ? .receiver : .sender))
        defer { second.abort() }
        let (sender, receiver) = isSenderFirst ? (first, second) : (second, first)
        report.require(try await isReady(sender.receive()), "the relay did not say ready first")
        try await receiver.send(.text("hello, sender"))
        report.require(
          try await sender.receive() == .text("hello, sender"), "what came behind the relay's message came changed")
      }
    }
  }

  /// Why the relay closes has to arrive as what it was.
  private func checkRefusal(
    _ what: String, _ reason: TransportClosure.Reason,
    _ provoke: @Sendable () async throws -> TransportMessage?
  ) async {
    await report.section(what) {
      do {
        let message = try await provoke()
        report.fail("\(what) was answered with \(message.map { "\($0)" } ?? "a normal end") instead of a refusal")
      } catch let closure as TransportClosure {
        report.require(closure.reason == reason, "\(what) was refused as \(closure.reason) instead of \(reason)")
      }
    }
  }

  /// Two connections that the relay has paired. The first one is the sender's.
  @Sendable func makePair(
    _ first: TransportOptions, _ second: TransportOptions
  ) async throws -> (first: any TransportConnection, second: any TransportConnection) {
    let id = randomIdentifier()
    let sender = try await connect(saying: hello(id, as: .sender), options: first)
    let receiver = try await connect(saying: hello(id, as: .receiver), options: second)
    guard try await isReady(sender.receive()) else {
      throw P2PCopyError(.protocolViolation, "the relay did not say ready first")
    }
    return (sender, receiver)
  }

  private func connect(
    saying hello: String, options: TransportOptions? = nil
  ) async throws -> any TransportConnection {
    let connection = try await transport.connect(to: relay, options: options ?? self.options)
    try await connection.send(.text(hello))
    return connection
  }

  private func randomIdentifier() -> String {
    var random = SystemRandomNumberGenerator()
    return Hex.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
  }

  private func hello(_ identifier: String, as role: PeerRole) -> String {
    #"{"type":"hello","code_hash_hex":"\#(identifier)","role":"\#(role.rawValue)"}"#
  }

  private func isReady(_ message: TransportMessage?) -> Bool {
    struct Notice: Decodable {
      var type: String
    }
    guard case .text(let text) = message else { return false }
    return (try? JSONDecoder().decode(Notice.self, from: Data(text.utf8)))?.type == "ready"
  }
}

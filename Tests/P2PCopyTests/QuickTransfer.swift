import AESGCM
import P2PCopy
import P2PCopyTesting
import SPAKE2
import TestSupport
import Testing
import XXH128
import Zstd

/// Two peers of protocol 2 that meet at a relay inside the test, with codes that cost nothing to stretch.
struct QuickTransfer: Sendable {
  static let code = "4821-lusab-babad"

  /// After this time a run counts as hanging. Long, because hundreds of them share the processors.
  private static let limit = Duration.seconds(180)

  let relay: InMemoryRelay
  let tap = Tap()
  var sendOptions = SendOptions()
  var receiveOptions = ReceiveOptions()
  var senderCode = QuickTransfer.code
  var receiverCode = QuickTransfer.code
  var codecs: CodecRegistry

  /// - Parameters:
  ///   - tamper: What its relay does to messages.
  ///   - speaksProtocol2: Whether its relay knows protocol 2.
  ///   - codecs: Everything but a transport.
  ///   - relay: Another transfer's relay; `nil` for one of its own.
  ///   - wrap: What to put between the peers and the transport to the relay.
  init(
    tamper: InMemoryRelay.Tamper? = nil, speaksProtocol2: Bool = true,
    codecs: CodecRegistry = QuickTransfer.quickCodecs, at relay: InMemoryRelay? = nil,
    through wrap: (any P2PCopyCore.Transport) -> any P2PCopyCore.Transport = { $0 }
  ) {
    self.relay = relay ?? InMemoryRelay(tamper: tamper, speaksProtocol2: speaksProtocol2)
    // So that how many messages there are does not depend on the clock.
    receiveOptions.acknowledgementInterval = .seconds(3600)
    // A peer that was lost is not waited for where that is not what a test is about.
    sendOptions.retryDuration = .zero
    receiveOptions.retryDuration = .zero
    self.codecs = codecs
    self.codecs.register(Tap.Transport(tap: tap, inner: wrap(InMemoryTransport(relay: self.relay))))
  }

  /// Everything but a transport.
  static var quickCodecs: CodecRegistry {
    var codecs = CodecRegistry(plugins: [
      ZstdCompressor.self, AESGCMCipher.self, XXH128Digest.self, SPAKE2KeyExchange.self,
    ])
    codecs.register(QuickKeyDeriver())
    return codecs
  }

  func send(_ paths: [String]) async -> Result<TransferSummary, any Error> {
    await result {
      try await Sender(relay: "memory://relay", code: senderCode, codecs: codecs, options: sendOptions).send(paths)
    }
  }

  func receive(into directory: String) async -> Result<TransferSummary, any Error> {
    await result {
      try await Receiver(relay: "memory://relay", code: receiverCode, codecs: codecs, options: receiveOptions)
        .receive(into: directory)
    }
  }

  /// Runs both sides to their ends; cuts them off, which is a failure, when they hang.
  ///
  /// - Parameters:
  ///   - paths: What to send.
  ///   - directory: Where to receive it.
  ///   - isLost: Says that nothing more can come, so that the connection is to be cut once all is silent.
  /// - Returns: How both sides ended.
  func run(
    _ paths: [String], into directory: String, cuttingWhen isLost: @escaping @Sendable () -> Bool = { false }
  ) async -> (sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>) {
    await watched(cuttingWhen: isLost) {
      async let sent = send(paths)
      async let received = receive(into: directory)
      return await (sent, received)
    }
  }

  /// Runs both sides, each as it says itself, to their ends.
  ///
  /// - Parameters:
  ///   - send: Has the sender send.
  ///   - receive: Has the receiver receive.
  /// - Returns: How both sides ended.
  func run(
    sending send: @Sendable (Sender) async throws -> TransferSummary,
    receiving receive: @Sendable (Receiver) async throws -> TransferSummary
  ) async -> (sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>) {
    await watched {
      async let sent = result {
        try await send(
          Sender(relay: "memory://relay", code: senderCode, codecs: codecs, options: sendOptions))
      }
      async let received = result {
        try await receive(
          Receiver(relay: "memory://relay", code: receiverCode, codecs: codecs, options: receiveOptions))
      }
      return await (sent, received)
    }
  }

  /// Runs both sides, which must both succeed.
  @discardableResult
  func succeed(_ paths: [String], into directory: String) async throws -> (
    sent: TransferSummary, received: TransferSummary
  ) {
    let results = await run(paths, into: directory)
    return (try results.sent.get(), try results.received.get())
  }

  /// Runs something that uses this transfer's connections, and ends them when it hangs.
  func watched<Value: Sendable>(
    cuttingWhen isLost: @escaping @Sendable () -> Bool = { false }, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let tap = tap
    let watchdog = Task {
      let start = ContinuousClock.now
      while true {
        try await Task.sleep(for: .milliseconds(25))
        if isLost(), tap.silence > .milliseconds(250) { tap.cut() }
        guard ContinuousClock.now - start > Self.limit else { continue }
        Issue.record("the peers hang")
        tap.cut()
        return
      }
    }
    defer { watchdog.cancel() }
    return try await body()
  }
}

import AESGCM
import Argon2id
import P2PCopy
import P2PCopyTesting
import SHA256Sum
import SPAKE2
import TestSupport
import XXH128
import Zstd

/// Two peers that meet at a relay inside the test.
struct InMemoryTransfer {
  let relay: InMemoryRelay
  var sendOptions = SendOptions()
  var receiveOptions = ReceiveOptions()
  var code = InMemoryPeer.code

  init(_ transferProtocol: TransferProtocol = .two, tamper: InMemoryRelay.Tamper? = nil) {
    relay = InMemoryRelay(tamper: tamper)
    sendOptions.transferProtocol = transferProtocol
    receiveOptions.transferProtocol = transferProtocol
    // A peer that was lost is not waited for where that is not what a test is about.
    sendOptions.retryDuration = .zero
    receiveOptions.retryDuration = .zero
  }

  var codecs: CodecRegistry {
    var codecs = CodecRegistry(plugins: [
      ZstdCompressor.self, AESGCMCipher.self, Argon2idKeyDeriver.self, SPAKE2KeyExchange.self, XXH128Digest.self,
      SHA256Digest.self,
    ])
    codecs.register(InMemoryTransport(relay: relay))
    return codecs
  }

  func sender() throws -> Sender {
    try Sender(relay: "memory://relay", code: code, codecs: codecs, options: sendOptions)
  }

  func receiver() throws -> Receiver {
    try Receiver(relay: "memory://relay", code: code, codecs: codecs, options: receiveOptions)
  }

  /// Runs both sides to their ends.
  func run(_ paths: [String], into directory: String) async throws -> (
    sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>
  ) {
    let sender = try sender()
    let receiver = try receiver()
    async let sent = result { try await sender.send(paths) }
    async let received = result { try await receiver.receive(into: directory) }
    return await (sent, received)
  }

  /// Runs both sides, which must both succeed.
  @discardableResult
  func succeed(_ paths: [String], into directory: String) async throws -> (
    sent: TransferSummary, received: TransferSummary
  ) {
    let results = try await run(paths, into: directory)
    return (try results.sent.get(), try results.received.get())
  }
}

/// What `body` returns or throws.
func result<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
  do {
    return .success(try await body())
  } catch {
    return .failure(error)
  }
}

extension Result where Failure == any Error {
  /// The code of the error it failed with.
  var errorCode: P2PCopyError.Code? {
    guard case .failure(let error as P2PCopyError) = self else { return nil }
    return error.code
  }

  /// What helps against that error.
  var errorRemedy: P2PCopyError.Remedy? {
    guard case .failure(let error as P2PCopyError) = self else { return nil }
    return error.remedy
  }

  /// What that error says to a person.
  var errorMessage: String? {
    guard case .failure(let error as P2PCopyError) = self else { return nil }
    return error.message
  }
}

import AESGCM
import Argon2id
import P2PCopy
import P2PCopyCore
import P2PCopyTesting
import SPAKE2

/// A transfer inside one process, whose two sides have codecs of their own.
struct InProcessTransfer {
  private let relay = InMemoryRelay()
  var senderCodecs: CodecRegistry
  var receiverCodecs: CodecRegistry
  var sendOptions = SendOptions()

  /// Both sides with what every build has; digests, compressors and further ciphers are for the test to add.
  init() {
    var codecs = CodecRegistry(plugins: [AESGCMCipher.self, Argon2idKeyDeriver.self, SPAKE2KeyExchange.self])
    codecs.register(InMemoryTransport(relay: relay))
    (senderCodecs, receiverCodecs) = (codecs, codecs)
  }

  /// Runs both sides to their ends.
  func run(_ source: String, into directory: String) async throws -> (
    sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>
  ) {
    let address = "memory://relay"
    let code = "4821-lusab-babad"
    let sender = try Sender(relay: address, code: code, codecs: senderCodecs, options: sendOptions)
    let receiver = try Receiver(relay: address, code: code, codecs: receiverCodecs)
    async let sent = Self.result { try await sender.send([source]) }
    async let received = Self.result { try await receiver.receive(into: directory) }
    return await (sent, received)
  }

  private static func result<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
    do {
      return .success(try await body())
    } catch {
      return .failure(error)
    }
  }
}

import InMemoryLogging
import Logging
import P2PCopy
import P2PCopyWire
import TestSupport
import Testing

@Suite("What is logged")
struct LoggingTests {
  /// What a logger that takes everything got.
  private struct Log {
    let handler: InMemoryLogHandler
    let logger: Logger

    init() {
      var handler = InMemoryLogHandler()
      handler.logLevel = .trace
      self.handler = handler
      logger = Logger(label: "test") { [handler] _ in handler }
    }

    var messages: [String] { handler.entries.map { "\($0.message)" } }
    var text: String { handler.entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") }

    /// The metadata of the first entry with that message.
    func metadata(_ message: String) -> Logger.Metadata? {
      handler.entries.first { "\($0.message)" == message }?.metadata
    }
  }

  private static let steps = [
    "the transfer begins", "connecting", "connected, waiting for the other side",
    "the other side is there and has the same code", "a lane opens", "agreed", "a file is complete",
    "the transfer is over",
  ]

  @Test("Every step of a transfer is, in order, at both sides, and nothing of the code", arguments: [1, 2])
  func steps(protocolNumber: Int) async throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "source/zzfile")
    let (sender, receiver) = (Log(), Log())
    var transfer = QuickTransfer()
    transfer.sendOptions.logger = sender.logger
    transfer.receiveOptions.logger = receiver.logger
    if protocolNumber == 1 {
      transfer.sendOptions.transferProtocol = .one
      transfer.receiveOptions.transferProtocol = .one
      transfer.sendOptions.encrypt = true
      transfer.receiveOptions.encrypt = true
    }
    try await transfer.succeed([folder.path("source")], into: folder.path("out"))
    let expected = Self.steps.filter { protocolNumber == 2 || !["a lane opens", "agreed"].contains($0) }
    for (log, role) in [(sender, "sender"), (receiver, "receiver")] {
      #expect(log.messages.filter { Self.steps.contains($0) } == expected, "\(log.messages)")
      #expect(log.handler.entries.allSatisfy { $0.metadata["role"] == "\(role)" })
      #expect(log.metadata("connecting")?["relay"] == "memory://relay:80")
      #expect(log.metadata("a file is complete")?["path"] == "source/zzfile")
      if protocolNumber == 2 {
        let agreed = log.metadata("agreed")
        #expect(agreed?["cipher"] == "aes-256-gcm" && agreed?["digest"] == "xxh128", "\(log.text)")
      }
      for secret in ["4821-lusab-babad", "lusab", "babad"] { #expect(!log.text.contains(secret), "\(log.text)") }
      let rendezvous = CodeStretching.rendezvous(channel: Array("4821".utf8))
      #expect(!log.text.contains(rendezvous), "\(log.text)")
    }
  }

  @Test("A failed entry is a warning, and a failed transfer says its code")
  func failures() async throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "source/file\u{1B}")
    try folder.write([4, 5, 6], to: "out/source/file\u{1B}")
    let receiver = Log()
    var transfer = QuickTransfer()
    transfer.receiveOptions.logger = receiver.logger
    let results = await transfer.run([folder.path("source")], into: folder.path("out"))
    #expect(throws: P2PCopyError.self) { try results.received.get() }
    let warning = receiver.handler.entries.first { $0.level == .warning }
    #expect(warning?.metadata["path"] == "source/file\\u{1B}", "\(receiver.text)")
    #expect(receiver.metadata("the transfer failed")?["code"] == "destination-exists", "\(receiver.text)")
    #expect(!receiver.text.contains("\u{1B}"))
  }

  @Test("With different codes both say so, and show neither")
  func wrongCode() async throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "source/file")
    let (sender, receiver) = (Log(), Log())
    var transfer = QuickTransfer()
    transfer.receiverCode += "x"
    transfer.sendOptions.logger = sender.logger
    transfer.receiveOptions.logger = receiver.logger
    let results = await transfer.run([folder.path("source")], into: folder.path("out"))
    #expect(throws: P2PCopyError.self) { try results.sent.get() }
    for log in [sender, receiver] {
      #expect(log.metadata("the transfer failed")?["code"] == "wrong-code", "\(log.text)")
      #expect(!log.text.contains("lusab") && !log.text.contains("babad"), "\(log.text)")
    }
  }
}

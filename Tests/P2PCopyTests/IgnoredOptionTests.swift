import Foundation
import P2PCopy
import SystemPackage
import TestSupport
import Testing

/// Options that a protocol would ignore.
@Suite("Options that a protocol does not have")
struct IgnoredOptionTests {
  static let sending: [(String, @Sendable (inout SendOptions) -> Void)] = [
    ("cipher", { $0.cipher = "aes-256-gcm" }), ("rules", { $0.rules = FilterRules([FilterRule(.exclude, "x")]) }),
    ("links", { $0.links = .skip }), ("links", { $0.links = .follow }), ("fileList", { $0.fileList = [] }),
    ("keepsMetadata", { $0.keepsMetadata = false }), ("receiptFile", { $0.receiptFile = "receipt" }),
    ("checksumsFile", { $0.checksumsFile = "checksums" }), ("acceptsGrowingFiles", { $0.acceptsGrowingFiles = true }),
  ]

  static let receiving: [(String, @Sendable (inout ReceiveOptions) -> Void)] = [
    ("keepsMetadata", { $0.keepsMetadata = false }), ("keepsSetID", { $0.keepsSetID = true }),
    ("receiptFile", { $0.receiptFile = "receipt" }), ("checksumsFile", { $0.checksumsFile = "checksums" }),
    ("maximumByteCount", { $0.maximumByteCount = 1 }), ("maximumFileCount", { $0.maximumFileCount = 1 }),
  ]

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write([1], to: "file")
  }

  @Test("A sender of protocol 1 refuses them by name, before anything is connected")
  func sender() async throws {
    for (name, change) in Self.sending {
      var transfer = QuickTransfer()
      transfer.sendOptions.transferProtocol = .one
      change(&transfer.sendOptions)
      let result = await transfer.send([folder.path("file")])
      #expect(result.errorCode == .usage, "\(name)")
      #expect(result.errorMessage?.contains(name) == true, "\(name): \(result)")
      #expect(transfer.tap.endpoints.isEmpty)
    }
  }

  @Test("So does a receiver, and makes no directory")
  func receiver() async throws {
    for (name, change) in Self.receiving {
      var transfer = QuickTransfer()
      transfer.receiveOptions.transferProtocol = .one
      change(&transfer.receiveOptions)
      let result = await transfer.receive(into: folder.path("out"))
      #expect(result.errorCode == .usage, "\(name)")
      #expect(result.errorMessage?.contains(name) == true, "\(name): \(result)")
      #expect(transfer.tap.endpoints.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }
  }

  @Test("What chooses among entries is refused for standard input")
  func standardInput() async throws {
    for (name, change) in Self.sending where ["rules", "links", "fileList", "acceptsGrowingFiles"].contains(name) {
      var transfer = QuickTransfer()
      change(&transfer.sendOptions)
      let ready = transfer
      let result = await result {
        try await Sender(
          relay: "memory://relay", code: QuickTransfer.code, codecs: ready.codecs, options: ready.sendOptions
        ).send(.standardInput, named: Array("stdin".utf8))
      }
      #expect(result.errorCode == .usage, "\(name)")
      #expect(result.errorMessage?.contains(name) == true, "\(name): \(result)")
    }
  }

  @Test("The events end with the summary all the same")
  func events() async throws {
    var transfer = QuickTransfer()
    transfer.sendOptions.transferProtocol = .one
    transfer.sendOptions.cipher = "aes-256-gcm"
    let sender = try Sender(
      relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs, options: transfer.sendOptions)
    await confirmation { finished in
      _ = await result {
        try await sender.send([folder.path("file")]) { events in
          for await event in events { if case .finished = event { finished() } }
        }
      }
    }
  }
}

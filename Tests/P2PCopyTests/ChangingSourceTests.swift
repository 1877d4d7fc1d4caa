import Foundation
import NIOCore
import P2PCopy
import P2PCopyCore
import P2PCopyTesting
import Synchronization
import TestSupport
import Testing

/// A file that changes while it is being sent must not arrive as a mixture of old and new.
@Suite("Sources that change while they are sent")
struct ChangingSourceTests {
  private static let byteCount = 24 << 20

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(Self.byteCount, seed: 7), to: "source/file")
  }

  /// A transfer in which something happens once the first piece of a file has been sent.
  private func run(
    _ transferProtocol: TransferProtocol, _ happening: @escaping @Sendable (String) -> Void
  ) async throws -> Result<TransferSummary, any Error> {
    let path = folder.path("source/file")
    let hasHappened = Mutex(false)
    let transfer = InMemoryTransfer(transferProtocol) { message, direction in
      if case .binary(let bytes) = message, direction == .senderToReceiver, bytes.readableBytes > 500_000 {
        let isFirst = hasHappened.withLock { hasHappened in
          defer { hasHappened = true }
          return !hasHappened
        }
        if isFirst { happening(path) }
      }
      return [message]
    }
    let results = try await transfer.run([path], into: folder.path("out"))
    #expect(hasHappened.withLock { $0 })
    return results.sent
  }

  @Test(
    "Content that changed is noticed, though size and time are what they were", arguments: TransferProtocol.allCases)
  func timeSetBack(transferProtocol: TransferProtocol) async throws {
    let sent = try await run(transferProtocol) { path in
      var status = stat()
      let descriptor = open(path, O_WRONLY)
      guard descriptor >= 0, fstat(descriptor, &status) == 0,
        pwrite(descriptor, [UInt8](repeating: 0, count: 100), 100, 0) == 100,
        pwrite(descriptor, [UInt8](repeating: 0, count: 100), 100, Self.byteCount - 100) == 100,
        futimens(descriptor, [status.st_atim, status.st_mtim]) == 0
      else {
        Issue.record("cannot change the file")
        return
      }
      close(descriptor)
    }
    #expect(sent.errorCode == .sourceUnreadable, "\(sent)")
    let hasArrived = folder.read("out/file") != nil
    #expect(!hasArrived)
  }

  @Test(
    "Another mode, another name and a file in its place leave what is sent as it was",
    arguments: ["mode", "name", "link", "replaced"], TransferProtocol.allCases)
  func contentStays(what: String, transferProtocol: TransferProtocol) async throws {
    let content = folder.read("source/file")
    let other = try folder.write([1], to: "other")
    let sent = try await run(transferProtocol) { path in
      let result =
        switch what {
        case "mode": chmod(path, 0o604)
        case "name": rename(path, path + ".moved")
        case "link": link(path, path + ".linked")
        default: rename(other, path)
        }
      #expect(result == 0)
    }
    #expect(throws: Never.self) { try sent.get() }
    // A truth value, since an expectation that fails prints its operands.
    let isSame = folder.read("out/file") == content
    #expect(isSame)
  }
}
